"""What people do about CDRs, for the tests of the projections: made by the ledger's aggregates."""

from datetime import date
from decimal import Decimal
from fractions import Fraction

import msgspec
from projection_events import booking, cdr_statement, command, provenance

from ledger.books.adjustments import part_reversed
from ledger.books.entries import reversal_of
from ledger.roaming.cdr import Cdr
from ledger.roaming.interventions import Proposal, Reject, corrected
from ledger.roaming.legs import Booking
from ledger.roaming.release import Release
from ledger.roaming.statements import CdrStatement
from ledger.values.entries import Entry
from ledger.values.reasons import Reason, Refusal

BY = command("olga")
NOVEMBER_BOOKING = booking("2026-11", date(2026, 11, 1), "ALL/2026-10")


def reversal(cdr: Cdr) -> tuple[Entry, ...]:
    """Return the opposite of all that stands in the books of a CDR."""
    assert cdr.decision is not None
    return tuple(reversal_of(entry) for entry in (*cdr.decision.entries, *cdr.adjustments))


def exclude(cdr: Cdr, back: Booking | None = None) -> Cdr:
    """Exclude a CDR, with the reversal of what was booked."""
    booked = cdr.decision if cdr.state == "accepted" else None
    cdr.exclude(
        reason="never happened",
        reversal=reversal(cdr) if booked else (),
        reversal_booking=(back or booked.booking) if booked else None,
        provenance=BY,
    )
    return cdr


def readmit(cdr: Cdr) -> Cdr:
    """Take an excluded CDR back in."""
    cdr.readmit(reason="it did happen", provenance=BY)
    return cdr


def credit(cdr: Cdr, back: Booking | None = None, by: str = "NL*XYZ/credit-1") -> Cdr:
    """Credit a CDR in full."""
    assert cdr.decision is not None
    cdr.credit(
        by,
        reason="wrong price",
        reversal=reversal(cdr),
        reversal_booking=back or cdr.decision.booking,
        provenance=BY,
    )
    return cdr


def adjust(cdr: Cdr, amount: str, back: Booking | None = None) -> Cdr:
    """Give a part of a CDR back, gross."""
    assert cdr.decision is not None
    sale = cdr.decision.legs[0]
    entries = [entry for entry in cdr.decision.entries if entry.leg == 0]
    cdr.adjust(
        amount=Decimal(amount),
        reason="goodwill",
        entries=part_reversed(entries, Fraction(amount) / Fraction(sale.gross)),
        booking=back or cdr.decision.booking,
        provenance=BY,
    )
    return cdr


def release(cdr: Cdr) -> Cdr:
    """Let go whatever holds a CDR."""
    codes = tuple(refusal.reason.value for refusal in cdr.refusals)
    cdr.release_findings(Release(codes, "computed", "by phone"), provenance=BY)
    return cdr


def correct(cdr: Cdr, **after: object) -> Cdr:
    """Set fields of a CDR anew."""
    assert cdr.statement is not None
    statement, changes = corrected(cdr.statement, after)
    cdr.correct(statement, tuple(changes), reason="typed wrong", provenance=BY)
    return cdr


def propose(cdr: Cdr, action: str = "exclude", amount: str = "10.00") -> Cdr:
    """Propose an action that a second person has to confirm."""
    cdr.propose(Proposal(action, "ab" * 32, "too much", Decimal(amount), "EUR", BY))
    return cdr


def reject(cdr: Cdr) -> Cdr:
    """Ask for a CDR again."""
    found = Reject(
        "11111111-1111-5111-8111-111111111111", cdr.content_sha256, cdr.refusals, "again"
    )
    cdr.request_resubmission(found, provenance=BY)
    return cdr


def resubmit(cdr: Cdr, number: int) -> Cdr:
    """Send a CDR again as message `number`, citing its reject."""
    assert cdr.reject is not None
    statement = answering(cdr_statement(1), cdr.reject.reject_id)
    sent = cdr.resubmit(statement, content_sha256="ef" * 32, provenance=provenance(number))
    assert sent
    return cdr


def answering(statement: CdrStatement, reject_id: str) -> CdrStatement:
    """Return a statement that cites a reject."""
    extension = msgspec.structs.replace(statement.clearwatt, reject_id=reject_id)
    return msgspec.structs.replace(statement, clearwatt=extension)


def refuse(cdr: Cdr, number: int) -> Cdr:
    """Refuse a CDR for a finding that is fatal."""
    cdr.hold(
        cdr_statement(number),
        content_sha256=f"{number:064x}",
        refusals=(Refusal(Reason.UNKNOWN_CURRENCY, "currency", actual="EUX"),),
        provenance=provenance(number),
        is_fatal=True,
    )
    return cdr
