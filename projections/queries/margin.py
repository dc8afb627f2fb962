"""What stays with an eMSP of what it sells to its drivers, from the recorded sales of CDRs."""

from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from projections.database import Connection, rows


class Margin(NamedTuple):
    """What an eMSP sold to its drivers and what it paid for it, before tax, in one currency.

    `fees` are the fees and shares it pays less those it gets. `margin` is what is left of `retail`
    after `wholesale` and `fees`; None where the sales of these CDRs are in several currencies, and
    each has a row of its own. What was given back is taken off; a true-up is of no CDR, and not in
    here. `month` is the accounting month, None for all of them.
    """

    emsp: str
    cpo: str
    month: str | None
    currency: str
    is_one_currency: bool
    cdrs: int
    retail: Decimal
    wholesale: Decimal
    fees: Decimal
    margin: Decimal | None


def margins(
    connection: Connection,
    *,
    cdr: str | None = None,
    party: str | None = None,
    period: str | None = None,
    known_at: datetime | None = None,
) -> list[Margin]:
    """Return the margins per eMSP, CPO, month and currency: of one CDR, its months together.

    `party` is the eMSP or the CPO, `period` the settlement period that the sales are posted in. An
    agent sells nothing to its driver, and a CPO that collects itself resells nothing: neither has
    a margin.
    """
    filters = {"cdr": cdr, "party": party, "period": period, "known_at": known_at}
    return rows(connection, "vat_margins", Margin, **filters, by_month=cdr is None)
