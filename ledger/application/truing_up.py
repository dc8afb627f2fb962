"""What a true-up books: a leg per clause that owes more, or less, than its CDRs booked.

A leg is decided like any other, tax and conversions at the last day of the period, and posted on
that day in the books of payee and payer.
"""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction

from ledger.application.facts import View
from ledger.application.ledger import Ledger
from ledger.application.selling import Occasion, leg_between, trader_of
from ledger.books.split import THE_REST
from ledger.roaming.agreement import Agreement
from ledger.roaming.clauses import Fee
from ledger.roaming.legs import Booking
from ledger.settlement.monthly import monthly_fees, tiered_monthly
from ledger.settlement.period import SettlementPeriod
from ledger.settlement.true_up import (
    Adjustment,
    Clause,
    ClauseFigures,
    Owed,
    clause_of,
    owed_by_clauses,
)
from ledger.values.countries import alpha_2
from ledger.values.instants import last_day, start_of_month
from ledger.values.money import ZERO
from ledger.vat.parties import SupplyKind


def adjustments_of(
    view: View, period: SettlementPeriod, figures: ClauseFigures
) -> tuple[Adjustment, ...]:
    """Return what a period's clauses owe beyond what is booked; nothing where all is booked.

    Refuses: PARTY_UNKNOWN, ENTITY_UNKNOWN, and what the tax or the conversion of a leg refuses.
    """
    adjusted = [row for row in _owed(view, period, figures) if row.missing]
    return tuple(_adjustment(view, period, row, index) for index, row in enumerate(adjusted))


def pending_true_up(ledger: Ledger, period: str, figures: ClauseFigures) -> tuple[Adjustment, ...]:
    """Return what a true-up would book now. Refuses what `adjustments_of` refuses."""
    ledger.refresh()
    view = View(ledger.facts)
    found = view.find(SettlementPeriod, period)
    return adjustments_of(view, found, figures) if found is not None else ()


def booking_of_true_up(period: SettlementPeriod) -> Booking:
    """Return where a true-up is booked: in its own period, on its last day.

    >>> october = SettlementPeriod.blank("ALL/2026-10")
    >>> booking_of_true_up(october).posted_on.isoformat()
    '2026-10-31'
    """
    day = last_day(period.month)
    return Booking(day, period.key, day, period.key, period.month)


def tiered_clauses(ledger: Ledger, clauses: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return the clauses, of an agreement's version each, whose price depends on the volume."""
    view = View(ledger.facts)
    return [
        (version, clause)
        for version, clause in clauses
        if clause != THE_REST and clause_of(view.terms_of(version), clause).tiers is not None
    ]


def agreements_with_tiered_months(ledger: Ledger) -> list[str]:
    """Return the agreements whose monthly fees depend on what was sold under them."""
    return tiered_monthly(ledger.facts.all_of(Agreement))


def _owed(view: View, period: SettlementPeriod, figures: ClauseFigures) -> Sequence[Owed]:
    day = last_day(period.month)

    def convert(amount: Decimal, currency: str, into: str) -> Fraction:
        if currency == into:
            return Fraction(amount)
        rate = view.fx(from_currency=currency, to_currency=into, rate_on=day)
        return Fraction(amount) * Fraction(rate.rate)

    of_cdrs = owed_by_clauses(
        figures, before=period.trued_up, terms_of=view.terms_of, convert=convert
    )
    of_the_month = monthly_fees(
        view.all_of(Agreement),
        group=period.group,
        begins_at=start_of_month(period.month, period.time_zone),
        ends_at=period.ends_at,
        sales=figures.sales,
        before=period.trued_up,
    )
    owed = [*of_cdrs, *of_the_month]
    named = {row.clause for row in owed}
    # What a correction of the agreement put in another clause's place is owed no more.
    gone = sorted(clause for clause in period.trued_up if clause not in named)
    return [
        *owed,
        *(Owed(row, Fraction(0), ZERO, ZERO, period.trued_up[row], None) for row in gone),
    ]


def _adjustment(view: View, period: SettlementPeriod, owed: Owed, index: int) -> Adjustment:
    clause, day = owed.clause, last_day(period.month)
    at = period.ends_at - timedelta(microseconds=1)
    missing = owed.exact - Fraction(owed.booked) - Fraction(owed.before)
    sold = leg_between(
        view,
        kind=clause.kind,
        supply=_supply(view, clause),
        seller=trader_of(view, clause.payee, at),
        buyer=trader_of(view, clause.payer, at),
        occasion=Occasion(alpha_2(clause.charger_country), tax_point=day, rate_on=day),
        clause=clause.clause,
        agreement_version=clause.agreement_version,
        currency=clause.currency,
        net_exact=str(missing),
        net=owed.missing,
        terms=view.terms_of(clause.agreement_version).vat,
    )
    return Adjustment(
        clause=clause,
        leg=sold.leg,
        entries=sold.entries(index),
        owed_exact=str(owed.exact),
        owed=owed.owed,
        booked=owed.booked,
        before=owed.before,
        volume=owed.volume,
    )


def _supply(view: View, clause: Clause) -> SupplyKind:
    """Return what the payee sells, as the CDRs' own legs have it."""
    if clause.kind == "wholesale":
        return "electricity"
    if clause.kind == "fee" or clause.clause == THE_REST:
        return "service"
    named = clause_of(view.terms_of(clause.agreement_version), clause.clause)
    return "service" if isinstance(named, Fee) else named.vat_kind
