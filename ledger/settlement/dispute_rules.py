"""What of a CDR may be disputed, how much of it, until when, and what may be given back.

Pure: the CDR, its agreement's terms and what is disputed already are given.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from ledger.books.disputes import SALE, Owed, disputed_entries, owed_of
from ledger.books.entries import reversal_of
from ledger.roaming.cdr import Cdr
from ledger.roaming.legs import Decision, Leg
from ledger.roaming.terms import Refunds, Terms
from ledger.settlement.calendar import rebooked
from ledger.settlement.claim import Deadlines, DisputedPart, GrantedPart, ReturnedPart
from ledger.settlement.contested import Contested, ContestedCdr
from ledger.settlement.period import SettlementPeriod
from ledger.values.fractions import fraction_of
from ledger.values.instants import BEGINNING, month_after, start_of_month
from ledger.values.money import EXACT, SCALE_4, ZERO, round_to_scale_4, share_out
from ledger.values.reasons import Reason, Refusal, Refused

DECISION_DAYS = 14
"""Days from the opening of a dispute until it is decided."""

Periods = Mapping[str, SettlementPeriod]


class Contestable(NamedTuple):
    """A CDR that may be disputed: what is left of its sale, before tax and with it, scale 4."""

    cdr: str
    decision: Decision
    terms: Terms
    owed: Owed
    net: Decimal

    @property
    def sale(self) -> Leg:
        """The sale between the two parties."""
        return self.decision.legs[SALE]


def contestable(
    cdr: Cdr, contested: ContestedCdr, terms: Terms, *, at: datetime, path: str
) -> Contestable:
    """Return what of an accepted CDR may still be disputed.

    Refuses: CDR_NOT_OPEN, DISPUTE_WINDOW_OVER, AMOUNT_TOO_LARGE where nothing is left.
    """
    decision = cdr.decision
    if cdr.state != "accepted" or decision is None:
        raise Refused(Refusal(Reason.CDR_NOT_OPEN, path, "accepted", cdr.state))
    window_ends_at = window_of(decision, terms)
    if at >= window_ends_at:
        raise Refused(
            Refusal(Reason.DISPUTE_WINDOW_OVER, path, window_ends_at.isoformat(), at.isoformat())
        )
    owed = left_of(cdr, decision, contested)
    if owed is None or owed.gross <= 0:
        raise Refused(Refusal(Reason.AMOUNT_TOO_LARGE, path, "something left to dispute", "0"))
    sale = decision.legs[SALE]
    net = sale.net
    if owed.gross != sale.gross:
        net = round_to_scale_4(EXACT.divide(EXACT.multiply(owed.gross, sale.net), sale.gross))
    return Contestable(cdr.key, decision, terms, owed, net)


def left_of(cdr: Cdr, decision: Decision, contested: ContestedCdr) -> Owed | None:
    """Return what of a sale is neither taken back nor disputed; None where nothing was booked."""
    owed = owed_of(decision.legs[SALE], (*decision.entries, *cdr.adjustments))
    if owed is None:
        return None
    total = contested.total
    return owed._replace(
        gross=owed.gross - total.gross,
        sold_book=owed.sold_book - total.sold_book,
        bought_book=owed.bought_book - total.bought_book,
    )


def window_of(decision: Decision, terms: Terms) -> datetime:
    """Return until when a CDR may be disputed: days after the end of the period it is posted in.

    The period's statement is what shows a CDR to its buyer, so a CDR that came late, and stands in
    a later one, leaves as much time as any other. The calendar ends a period, not who closes it.
    """
    days = terms.windows.dispute_days
    if not days:
        return BEGINNING  # no such window was agreed
    month = month_after(decision.booking.posted_period.split("/")[1])
    return start_of_month(month, terms.calendar.time_zone) + timedelta(days=days)


def deadlines_of(rows: Sequence[Contestable], *, at: datetime) -> Deadlines:
    """Return the deadlines of a dispute: of several agreements, the shortest for the answer."""
    hours = min(row.terms.sla.correction_h for row in rows)
    return Deadlines(at + timedelta(hours=hours), at + timedelta(days=DECISION_DAYS))


def parts_of(
    rows: Sequence[Contestable], net: Decimal | None, periods: Periods
) -> tuple[tuple[DisputedPart, ...], tuple[Contested, ...]]:
    """Cut a disputed amount before tax into parts per CDR, and say what they keep of each.

    Nothing named is all that is left. Largest remainder over what is left before tax; each part
    takes the same part of the gross along. Refuses: AMOUNT_TOO_LARGE, AMOUNT_SCALE.
    """
    left = [row.net for row in rows]
    nets = left if net is None else _cut(net, left, "disputed")
    parts, kept, first = [], [], 1
    for row, part in zip(rows, nets, strict=True):
        if not part:
            continue
        gross = _with_tax(part, row.net, row.owed.gross)
        entries = disputed_entries(row.sale, row.owed, gross)
        parts.append(
            DisputedPart(
                cdr=row.cdr,
                clause=row.sale.clause,
                agreement_version=row.sale.agreement_version,
                net=part,
                gross=gross,
                first_entry=first,
                entries=entries,
                booking=rebooked(
                    row.decision.booking, calendar=row.terms.calendar, periods=periods
                ),
            )
        )
        first += len(entries)
        sold, bought = (entry.postings[0].book_amount for entry in entries)
        kept.append(Contested("", gross, sold, bought))
    return tuple(parts), tuple(kept)


def returned_parts(
    parts: Sequence[DisputedPart], terms: Mapping[str, Terms], periods: Periods
) -> tuple[ReturnedPart, ...]:
    """Return the exact reversal of what a dispute moved, by the terms of each CDR's agreement."""
    return tuple(
        ReturnedPart(
            cdr=part.cdr,
            clause=part.clause,
            agreement_version=part.agreement_version,
            gross=part.gross,
            first_entry=part.first_entry,
            reversal=tuple(reversal_of(entry) for entry in part.entries),
            booking=rebooked(part.booking, calendar=terms[part.cdr].calendar, periods=periods),
        )
        for part in parts
    )


def granted_parts(
    parts: Sequence[DisputedPart], net: Decimal | None, sales: Mapping[str, tuple[Leg, Terms]]
) -> tuple[GrantedPart, ...]:
    """Cut what is granted, before tax, into parts per CDR; nothing named is all that is disputed.

    Refuses: AMOUNT_TOO_LARGE, AMOUNT_SCALE, REFUNDS_NOT_AGREED.
    """
    disputed = [part.net for part in parts]
    nets = disputed if net is None else _cut(net, disputed, "amount")
    granted = tuple(
        GrantedPart(part.cdr, share, _with_tax(share, part.net, part.gross))
        for part, share in zip(parts, nets, strict=True)
        if share
    )
    for row in granted:
        sale, terms = sales[row.cdr]
        _refuse_a_refund_beyond(terms.refunds, sale, row)
    return granted


def _refuse_a_refund_beyond(refunds: Refunds, sale: Leg, granted: GrantedPart) -> None:
    if refunds.rule == "none":
        raise Refused(Refusal(Reason.REFUNDS_NOT_AGREED, granted.cdr, "no refund"))
    if refunds.borne_by != "seller":
        # What is given back, the seller bears; a buyer that bears it itself gets nothing back.
        raise Refused(Refusal(Reason.REFUNDS_NOT_AGREED, granted.cdr, "borne by the buyer"))
    if refunds.rule == "partial" and refunds.part is not None:
        portion = fraction_of(refunds.part)
        most = round_to_scale_4(
            EXACT.divide(EXACT.multiply(sale.net, portion.numerator), Decimal(portion.denominator))
        )
        if granted.net > most:
            raise Refused(
                Refusal(Reason.REFUNDS_NOT_AGREED, granted.cdr, f"at most {most}", str(granted.net))
            )


def needs_second_person(granted: Sequence[GrantedPart], terms: Sequence[Terms]) -> bool:
    """True where what is given back, with tax, is more than an agreement lets one person decide."""
    limits = [row.four_eyes_amount for row in terms if row.four_eyes_amount is not None]
    return bool(limits) and sum((row.gross for row in granted), ZERO) > min(limits)


def _cut(amount: Decimal, left: Sequence[Decimal], path: str) -> list[Decimal]:
    most = sum(left, ZERO)
    if not ZERO < amount <= most:
        expected = f"more than 0, at most {most}"
        raise Refused(Refusal(Reason.AMOUNT_TOO_LARGE, path, expected, str(amount)))
    if amount != amount.quantize(SCALE_4):
        raise Refused(Refusal(Reason.AMOUNT_SCALE, path, "4 decimals", str(amount)))
    return share_out(amount, left)


def _with_tax(net: Decimal, whole_net: Decimal, whole_gross: Decimal) -> Decimal:
    """Return the same part of the gross; the whole of it is the gross itself."""
    if net == whole_net:
        return whole_gross
    return round_to_scale_4(EXACT.divide(EXACT.multiply(whole_gross, net), whole_net))
