"""`ControlTotalsV1`: what a sender says it sent on one topic in one day, on `control-totals.v1`.

A sender counts its own messages, so the key is the sender's party: `country_code` and `party_id`
are its own, also where it sends for others (a hub for its CPOs). A later `last_updated` for the
same sender, topic and day supersedes. Totals never change what was recorded: a difference is a
finding, and where it comes from is for people to find out.
"""

from datetime import date
from typing import Literal, Self

from pydantic import model_validator
from pydantic_core import PydanticCustomError

from schemas.control_parts import (
    StatedAmount,
    refuse_missing,
    refuse_named_twice,
    refuse_not_applicable,
)
from schemas.fields import (
    Count,
    CountryCode,
    Instant,
    Many,
    PartyId,
    Quantity,
    Record,
    SequenceNumber,
)

CountedTopic = Literal[
    "tariff-versions.v1",
    "sessions.v1",
    "cdrs.v1",
    "locations.v1",
    "dispute-commands.v1",
    "command-results.v1",
    "parties.v1",
    "payments.v1",
]


class ControlTotalsV1(Record):
    """The value of `control-totals.v1`; `topic` is a topic's name without prefix.

    `day` is a day in UTC, of the header `cw-sent-at`. `messages` counts what was sent that day,
    a message that was sent again (the same `cw-message-id`) once. `first_sequence` and
    `last_sequence` are the least and greatest `cw-sequence` of the day. `energy_kwh` sums
    `total_energy` of CDRs or `kwh` of sessions; `amounts` sum `total_cost.before_taxes`, one
    for each currency, where a credit counts with its own sign.

    Refuses beyond its fields: MISSING_FIELD (one sequence number without the other),
    END_BEFORE_START (the last below the first), FIELD_NOT_APPLICABLE (sequence numbers of no
    message), NAMED_TWICE (a currency).
    """

    country_code: CountryCode
    party_id: PartyId
    topic: CountedTopic
    day: date
    messages: Count
    first_sequence: SequenceNumber | None = None
    last_sequence: SequenceNumber | None = None
    energy_kwh: Quantity | None = None
    amounts: Many[StatedAmount] = ()
    last_updated: Instant

    @model_validator(mode="after")
    def _is_no_nonsense(self) -> Self:
        first, last = self.first_sequence, self.last_sequence
        if first is None and last is not None:
            refuse_missing("first_sequence", "the last has no first")
        if first is not None and last is None:
            refuse_missing("last_sequence", "the first has no last")
        if first is not None and self.messages == 0:
            refuse_not_applicable("first_sequence", "there were no messages")
        if first is not None and last is not None and last < first:
            raise PydanticCustomError(
                "end_before_start", "it is below the first", {"path": "last_sequence"}
            )
        refuse_named_twice("amounts", (amount.currency for amount in self.amounts))
        return self
