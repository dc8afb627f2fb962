"""What an eMSP gives back of what it sold to its driver: its own matter, the CPO is paid as before.

`control.adjust` gives back what was sold between the parties, or to a driver on the spot.
"""

from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction
from functools import partial

from ledger.application.acting import Effect, each, may, only
from ledger.application.commands import By, provenance_of
from ledger.application.control import adjust
from ledger.application.ledger import Ledger
from ledger.application.work import Work
from ledger.books.accounts import receivable
from ledger.books.adjustments import part_reversed
from ledger.books.disputes import SALE
from ledger.roaming.cdr import Cdr
from ledger.roaming.legs import DRIVER
from ledger.settlement.calendar import rebooked
from ledger.values.entries import Entry
from ledger.values.money import SCALE_4, ZERO, share_out
from ledger.values.reasons import Reason, Refusal, Refused


def refund_driver(
    ledger: Ledger, cdr: str, *, amount: Decimal, reason: str, by: By, dry_run: bool = False
) -> Effect:
    """Give a driver back a part of what a CDR cost it: `amount` gross, in that sale's currency.

    The retail sale's entries are reversed in part, with that part of the recorded tax; what the
    eMSP owes the CPO stays. Where the CDR itself is the sale to the driver (paid on the spot, or
    through an agent), it is that sale's adjustment. Refuses: CDR_NOT_OPEN, NOT_SOLD_TO_DRIVER,
    AMOUNT_TOO_LARGE, AMOUNT_SCALE, REASON_MISSING, SECOND_PERSON_REQUIRED.
    """
    act = partial(refund, amount=amount, reason=reason, by=by)
    return only(each(ledger, [cdr], act, reason, by, dry_run=dry_run, roles=("finance",)))


def refund(work: Work, cdr: Cdr, *, amount: Decimal, reason: str, by: By) -> bool:
    """Refund inside a piece of work; False where a second person must confirm it."""
    if cdr.state != "accepted":
        raise Refused(Refusal(Reason.CDR_NOT_OPEN, cdr.key, "accepted", cdr.state))
    decision = cdr.booked()
    sale = decision.legs[SALE]
    if sale.buyer == DRIVER or sale.for_driver:
        return adjust(work, cdr, amount=amount, reason=reason, by=by)
    sold = {place: leg for place, leg in enumerate(decision.legs) if leg.buyer == DRIVER}
    if not sold:
        raise Refused(Refusal(Reason.NOT_SOLD_TO_DRIVER, cdr.key, "a retail sale"))
    retail = next(iter(sold.values()))
    _refuse_unless_left(amount, (*decision.entries, *cdr.adjustments), retail.currency)
    if not may(work, cdr, "adjust", [DRIVER, str(amount)], reason, by):
        return False
    # The energy and the services beside it are sales of their own, each with its tax.
    shares = share_out(amount, [leg.gross for leg in sold.values()])
    entries = [
        entry
        for (place, leg), share in zip(sold.items(), shares, strict=True)
        if share
        for entry in part_reversed(
            [row for row in decision.entries if row.leg == place],
            Fraction(share) / Fraction(leg.gross),
        )
    ]
    terms = work.view.terms_of(decision.agreement)
    cdr.adjust(
        amount=amount,
        reason=reason,
        entries=tuple(entries),
        booking=rebooked(decision.booking, calendar=terms.calendar, periods=work.view.periods),
        provenance=provenance_of(by),
        of=retail,
    )
    return True


def _refuse_unless_left(amount: Decimal, entries: Iterable[Entry], currency: str) -> None:
    """Refuse more than what is left of the sale to the driver, whatever was paid of it."""
    postings = (row for entry in entries for row in entry.postings)
    left = sum(
        (
            row.amount if row.side == "debit" else -row.amount
            for row in postings
            if row.account == receivable(DRIVER)
        ),
        ZERO,
    )
    if not ZERO < amount <= left:
        expected = f"at most {left} {currency}"
        raise Refused(Refusal(Reason.AMOUNT_TOO_LARGE, "amount", expected, str(amount)))
    if amount != amount.quantize(SCALE_4):
        raise Refused(Refusal(Reason.AMOUNT_SCALE, "amount", "4 decimals", str(amount)))
