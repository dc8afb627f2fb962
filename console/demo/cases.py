"""Sound charges that people have something to do about: disputes, a goodwill, a question."""

from datetime import timedelta
from typing import Final

from console.demo.charge import Charge, Context, Fault, cdr_of, pair_of
from console.demo.plan import ACCEPTED, Planned, planned
from schemas import DisputeCommandV1
from schemas.control_parts import CdrReference

PAIR: Final = ("NL*PLD", "NL*GRT")
"""The disputes are between these two, whose launch is not far enough to expand."""
OPEN_DISPUTE: Final = "D-PARKING"
_HOUR: Final = timedelta(hours=1)


def _as_it_is(charge: Charge, _: Context) -> Charge:
    return charge


def disputed_over_the_close(charge: Charge, context: Context) -> Charge:
    """The eMSP opens a dispute by a message, the CPO answers by one; nobody decides it yet."""
    cdr = cdr_of(charge)
    seller, buyer = pair_of(charge)
    opened_at = context.reviewed_at + _HOUR
    opening = DisputeCommandV1(
        country_code=cdr.country_code,
        party_id=cdr.party_id,
        command_id=f"{OPEN_DISPUTE}-1",
        dispute_id=OPEN_DISPUTE,
        action="OPEN",
        by=buyer,
        cdrs=(CdrReference(country_code=cdr.country_code, party_id=cdr.party_id, id=cdr.id),),
        reason_code="PARKING",
        text="The car had left before the parking that is billed.",
        last_updated=opened_at,
    )
    answer = DisputeCommandV1(
        country_code=cdr.country_code,
        party_id=cdr.party_id,
        command_id=f"{OPEN_DISPUTE}-2",
        dispute_id=OPEN_DISPUTE,
        action="ANSWER",
        by=seller,
        text="The plug was locked until then.",
        last_updated=opened_at + _HOUR,
    )
    said = (_said(opening, buyer), _said(answer, seller))
    return charge._replace(extras=(*charge.extras, *said))


def _said(command: DisputeCommandV1, sender: str) -> Planned:
    sent_at = command.last_updated
    return planned("dispute-command", command, sender=sender, sent_at=sent_at, expect=ACCEPTED)


CASES: Final[tuple[Fault, ...]] = (
    Fault(
        "disputed_and_upheld",
        "an eMSP disputes a CDR and is right",
        1,
        _as_it_is,
        pair=PAIR,
    ),
    Fault(
        "disputed_and_dismissed",
        "an eMSP disputes two CDRs and is wrong",
        2,
        _as_it_is,
        pair=PAIR,
    ),
    Fault(
        "disputed_over_the_close",
        "an eMSP disputes a CDR, and nobody has decided when the month is closed",
        1,
        disputed_over_the_close,
        pair=PAIR,
        events=("dispute.opened.v1", "dispute.answered.v1"),
        fails=("disputes_open",),
    ),
    Fault("goodwill", "a driver is given back 1.00 of goodwill", 1, _as_it_is),
)
