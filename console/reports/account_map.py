"""Accounts as a report: what each means, what it must be at the close, and its number elsewhere."""

from collections.abc import Iterable, Iterator, Sequence

from console.reports.chart_map import ChartMap, chart_row
from console.reports.report import Cell, Report, Row, columns
from ledger.books.accounts import CHART
from ledger.values.reasons import Reason, Refusal, Refused

COLUMNS = columns("account", "type", "meaning", "control", "number", "name",
                  "tax_code", "group", "verified")  # fmt: skip


def chart_accounts(chart: ChartMap | None) -> list[str]:
    """Return every account there can be, as the chart and a customer's chart write them.

    >>> chart_accounts(None)[:2]
    ['receivable:driver', 'receivable:<party>']
    """
    ours = [row.name for row in CHART]
    return [*ours, *(name for name in chart.lines if name not in ours)] if chart else ours


def account_map(
    names: Iterable[str], chart: ChartMap | None, said: Sequence[tuple[str, Cell]] = ()
) -> Report:
    """Return accounts, used ones or lines of the chart, with their places in a customer's chart.

    Refuses: ACCOUNT_NOT_MAPPED.
    """
    listed = list(names)
    rows = list(_rows(listed, chart))
    notes = []
    if any(row[-1] is False for row in rows):
        notes.append("Not verified: no source confirms this number; ask who keeps that chart.")
    if chart is not None:
        for name, numbers in chart.unlisted(row for row in listed if "<" not in row).items():
            said_so = ", ".join(f"{party}: {number}" for party, number in numbers.items())
            notes.append(f"Without numbers of their own; the next in {name} are {said_so}.")
        notes += [f"Source: {source}." for source in chart.sources]
    about = () if chart is None else (("chart", chart.title),)
    return Report(
        title="Accounts", columns=COLUMNS, rows=rows, facts=(*about, *said), notes=tuple(notes)
    )


def _rows(names: Iterable[str], chart: ChartMap | None) -> Iterator[Row]:
    for name in names:
        account = chart_row(name)
        if account is None:
            raise Refused(Refusal(Reason.ACCOUNT_NOT_MAPPED, "account", actual=name))
        told = (name, account.type, account.meaning, account.control)
        if chart is None:
            yield (*told, None, None, None, None, None)
            continue
        mapped = chart.lines[name].mapped if name in chart.lines else chart.mapped(name)
        number = mapped.number or name
        yield (*told, number, mapped.name, mapped.tax_code, mapped.group, mapped.is_verified)
