"""The split report: who got what by which clause, before tax."""

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal

from console.reports.report import Cell, Report, columns
from console.reports.running import NOTHING
from projections.queries.split import SplitSum

COLUMNS = columns(
    "posted_period::period", "payee", "payer", "agreement_version::agreement", "clause",
    "currency", "cdrs:count:CDRs", "booked:money", "trued_up:money", "amount:money",
)  # fmt: skip


def share_report(found: Sequence[SplitSum], said: Sequence[tuple[str, Cell]] = ()) -> Report:
    """Return what each clause gave, and the sum of each payee per currency."""
    sums: defaultdict[tuple[str, str], list[Decimal]] = defaultdict(lambda: [NOTHING] * 3)
    for row in found:
        kept = sums[row.payee, row.currency]
        for place, amount in enumerate((row.booked, row.trued_up, row.amount)):
            kept[place] += amount
    return Report(
        title="Shares and fees by clause",
        facts=tuple(said),
        columns=COLUMNS,
        rows=found,
        totals=[
            ("total", payee, None, None, None, currency, None, *amounts)
            for (payee, currency), amounts in sorted(sums.items())
        ],
        notes=("Amounts are before tax; what a seller keeps of its own sale is its own share.",),
    )
