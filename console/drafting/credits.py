"""What a credit inside is outside: OCPI's credit CDR, and the CDR that takes the original's place.

Source: OCPI 2.2.1 and 2.3.0, mod_cdrs, «Credit CDRs»: an id of its own, `credit` true,
`credit_reference_id`, the original repeated, only `total_cost` negative; 2.1.1 has no credit CDR.
OCPI credits in full, so what was given back in part goes out as a full credit and a new CDR with
what is left: its parts stay as the tariff gives them, its total says what is owed.
"""

from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple

from console.drafting.register import plain
from ledger.application.ledger import Ledger
from ledger.books.adjustments import gross_left
from ledger.books.disputes import SALE
from ledger.log import log_of
from ledger.log.subjects import with_personal_data
from ledger.roaming.cdr import Cdr
from ledger.values.money import EXACT, SCALE_4, ZERO
from ledger.values.reasons import Reason, Refusal, Refused
from schemas import CdrV1
from schemas.parts import Price

CREDIT_SUFFIX = "-CR"
REPLACING_SUFFIX = "-R"


class Outward(NamedTuple):
    """The credit CDR, and the CDR that takes its original's place where a part is still owed."""

    credit: CdrV1
    replacing: CdrV1 | None


def outward_documents(ledger: Ledger, key: str, *, at: datetime) -> Outward:
    """Return the OCPI documents of a CDR that was credited or adjusted.

    `at` is their `last_updated`. Refuses: NOT_FOUND, CDR_NOT_OPEN (neither credited nor
    adjusted), NOT_IN_THIS_VERSION (OCPI 2.1.1), SUBJECT_ERASED.
    """
    cdr = Cdr.blank(key)
    for stored in ledger.store.events_of([cdr.id]).get(cdr.id, ()):
        ledger.event_mapper.to_domain_event(stored).mutate(cdr)
    if cdr.statement is None:
        raise Refused(Refusal(Reason.NOT_FOUND, "cdr", actual=key))
    if cdr.state != "credited" and not cdr.is_adjusted:
        raise Refused(Refusal(Reason.CDR_NOT_OPEN, key, "credited or adjusted", cdr.standing))
    if cdr.statement.ocpi_version.startswith("2.1"):
        raise Refused(
            Refusal(Reason.NOT_IN_THIS_VERSION, "credit", "2.2.1 or later", "2.1.1 has no credit")
        )
    original = CdrV1(**plain(with_personal_data(log_of(ledger), cdr.statement)))
    credit = credit_of(original, at=at)
    if cdr.state == "credited":
        return Outward(credit, None)
    decision = cdr.booked()
    sale = decision.legs[SALE]
    left = gross_left(sale, (*decision.entries, *cdr.adjustments))
    part = EXACT.divide(left, sale.gross) if sale.gross else ZERO
    return Outward(credit, replaced(original, part, at=at))


def credit_of(original: CdrV1, *, at: datetime) -> CdrV1:
    """Return the credit CDR that cancels a CDR in full."""
    return original.model_copy(
        update={
            "id": f"{original.id}{CREDIT_SUFFIX}",
            "credit": True,
            "credit_reference_id": original.id,
            "total_cost": _times(original.total_cost, Decimal(-1)),
            "last_updated": at,
            "original": None,
        }
    )


def replaced(original: CdrV1, part: Decimal, *, at: datetime) -> CdrV1:
    """Return the CDR that takes a CDR's place, with a part of its total at scale 4."""
    return original.model_copy(
        update={
            "id": f"{original.id}{REPLACING_SUFFIX}",
            "total_cost": _times(original.total_cost, part),
            "remark": f"Replaces {original.id}",
            "last_updated": at,
            "original": None,
        }
    )


def _times(price: Price, factor: Decimal) -> Price:
    def times(amount: Decimal) -> Decimal:
        product = EXACT.multiply(amount, factor)
        return product if factor == -1 else product.quantize(SCALE_4, ROUND_HALF_UP)

    taxes = tuple(tax.model_copy(update={"amount": times(tax.amount)}) for tax in price.taxes)
    after = price.after_taxes
    return price.model_copy(
        update={
            "before_taxes": times(price.before_taxes),
            "after_taxes": None if after is None else times(after),
            "taxes": taxes,
        }
    )
