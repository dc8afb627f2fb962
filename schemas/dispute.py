"""`DisputeCommandV1` and `DisputeEventV1`: what parties say of a dispute, and what became of it.

A dispute is about CDRs of one CPO, and that CPO is the key of both topics, whoever speaks: so
whatever concerns a CDR stands in one partition. `by` says who speaks, and only a sender that is
entitled to speak for that party may say it. Texts go to the other party: a driver's name or token
has no place in them.
"""

from typing import Literal, Self

from pydantic import model_validator
from pydantic_core import PydanticCustomError

from schemas.control_parts import (
    CdrReference,
    Evidence,
    StatedAmount,
    refuse_missing,
    refuse_named_twice,
    refuse_not_applicable,
)
from schemas.fields import (
    CountryCode,
    Id36,
    Instant,
    Many,
    Party,
    PartyId,
    Position,
    Record,
    Some,
    Text5000,
    Uuid,
)

DisputeAction = Literal["OPEN", "ANSWER", "WITHDRAW", "ACCEPT"]
DisputeReason = Literal[
    "PRICE",
    "ENERGY",
    "DURATION",
    "DUPLICATE",
    "NOT_MY_TOKEN",
    "SESSION_UNKNOWN",
    "PARKING",
    "TAX",
    "OTHER",
]
DisputeState = Literal["opened", "answered", "upheld", "partly_upheld", "dismissed", "closed"]


class DisputeCommandV1(Record):
    """The value of `dispute-commands.v1`; `country_code` and `party_id` are the CPO's.

    The opener chooses `dispute_id`, unique among the disputes about that CPO; `command_id` is the
    speaker's own for this command, and the same one again is the same command. OPEN names the
    CDRs, why, and how much of them is `disputed` (None: all of it); ANSWER is the other party's
    word, ACCEPT its consent, WITHDRAW the opener's end of it.

    Refuses beyond its fields: MISSING_FIELD (OPEN without CDRs or reason), FIELD_NOT_APPLICABLE
    (these in another action), CDR_OF_ANOTHER_PARTY, NAMED_TWICE (a CDR), NUMBER_OUT_OF_RANGE
    (nothing or less than nothing disputed).
    """

    country_code: CountryCode
    party_id: PartyId
    command_id: Id36
    dispute_id: Id36
    action: DisputeAction
    by: Party
    cdrs: Many[CdrReference] = ()
    reason_code: DisputeReason | None = None
    disputed: StatedAmount | None = None
    text: Text5000 | None = None
    evidence: Many[Evidence] = ()
    last_updated: Instant

    @model_validator(mode="after")
    def _says_what_its_action_needs(self) -> Self:
        if self.action != "OPEN":
            for name in ("cdrs", "reason_code", "disputed"):
                if getattr(self, name):
                    refuse_not_applicable(name, "only OPEN says what is disputed")
            return self
        if not self.cdrs:
            refuse_missing("cdrs", "OPEN names the CDRs")
        if self.reason_code is None:
            refuse_missing("reason_code", "OPEN says why")
        self._refuse_cdrs_of_another_party()
        refuse_named_twice("cdrs", (cdr.id for cdr in self.cdrs))
        if self.disputed is not None and self.disputed.before_taxes <= 0:
            raise PydanticCustomError(
                "number_out_of_range", "more than zero", {"path": "disputed.before_taxes"}
            )
        return self

    def _refuse_cdrs_of_another_party(self) -> None:
        cpo = (self.country_code.upper(), self.party_id.upper())
        for place, cdr in enumerate(self.cdrs):
            if (cdr.country_code.upper(), cdr.party_id.upper()) != cpo:
                raise PydanticCustomError(
                    "cdr_of_another_party",
                    "the CPO that the message names",
                    {"path": f"cdrs.{place}.party_id"},
                )


class DisputeEventV1(Record):
    """The value of `dispute-events.v1`: a dispute as it stands after an event.

    Delivered at least once, in log order of one CPO; `event_id` is the same in every delivery and
    `position` the event's in the log. `state` is what the event led to; a dispute that is
    withdrawn is closed at once. `disputed` None is all of the CDRs, `upheld` what was granted of
    it. `deadline_at` is when the next word is due, `text` what was said last, `visible_to` the
    parties that may see it.
    """

    event_id: Uuid
    position: Position
    dispute_id: Id36
    state: DisputeState
    cdrs: Some[CdrReference]
    reason_code: DisputeReason
    disputed: StatedAmount | None = None
    upheld: StatedAmount | None = None
    opened_by: Party
    against: Party
    deadline_at: Instant | None = None
    text: Text5000 | None = None
    evidence: Many[Evidence] = ()
    occurred_at: Instant
    recorded_at: Instant
    visible_to: Many[Party]
