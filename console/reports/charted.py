"""A report with the account numbers and names of a customer's own chart beside ours."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from console.reports.chart_map import ChartMap
from console.reports.report import Column, Report, Row

ADDED = (Column("account_number"), Column("account_name"))


def charted(report: Report, chart: ChartMap) -> Report:
    """Return a report with number and name after its accounts; totals have none.

    A report without accounts stays as it is. Refuses, as its rows are read: ACCOUNT_NOT_MAPPED.
    """
    keys = [column.key for column in report.columns]
    if "account" not in keys:
        return report
    place = keys.index("account")
    after = place + 1
    return replace(
        report,
        columns=(*report.columns[:after], *ADDED, *report.columns[after:]),
        rows=_mapped(report.rows, place, chart),
        totals=((*row[:after], None, None, *row[after:]) for row in report.totals),
        facts=(*report.facts, ("chart", chart.title)),
    )


def _mapped(rows: Iterable[Row], place: int, chart: ChartMap) -> Iterator[Row]:
    after = place + 1
    for row in rows:
        account = chart.mapped(str(row[place]))
        yield (*row[:after], account.number, account.name, *row[after:])
