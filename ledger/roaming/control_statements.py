"""What parties state about the exchange itself: control totals of a day, and words of a dispute.

Field names are those of the messages. Amounts are before taxes, in their own currency.
"""

from datetime import date, datetime
from decimal import Decimal

import msgspec

from ledger.values.identifiers import checked_party, party_key, record_key


class StatedAmount(msgspec.Struct, frozen=True, gc=False):
    """An amount before taxes, in `currency`, as a party states it."""

    currency: str
    before_taxes: Decimal


class CdrReference(msgspec.Struct, frozen=True, gc=False):
    """Which CDR is meant: its CPO and its id."""

    country_code: str
    party_id: str
    id: str

    @property
    def key(self) -> str:
        """The CDR's business key.

        >>> CdrReference("nl", "xyz", "C-17").key
        'NL*XYZ/c-17'
        """
        return record_key(party_key(self.country_code, self.party_id), self.id)


class Evidence(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A file that supports a claim, fixed by the SHA-256 of its bytes."""

    name: str
    sha256: str
    url: str | None = None


class ControlTotalsStatement(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """What a sender says it sent on a topic in a day.

    `country_code` and `party_id` are the sender's; `day` is a day in UTC, of what the messages say
    of their sending; `messages` counts each once, however often it was sent.
    """

    country_code: str
    party_id: str
    topic: str
    day: date
    messages: int
    last_updated: datetime
    first_sequence: int | None = None
    last_sequence: int | None = None
    energy_kwh: Decimal | None = None
    amounts: tuple[StatedAmount, ...] = ()

    @property
    def id(self) -> str:
        """The totals' own name among their sender's: `cdrs.v1/2026-10-05`."""
        return f"{self.topic}/{self.day}"

    @property
    def speaker(self) -> str:
        """The party in whose name the totals speak. Refuses: WRONG_IDENTIFIER."""
        return party_key(self.country_code, self.party_id)


class DisputeStatement(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """What a party says of a dispute.

    `country_code` and `party_id` are the CPO's whose CDRs it is about, `by` is who speaks.
    `disputed` None is all of the CDRs.
    """

    country_code: str
    party_id: str
    command_id: str
    dispute_id: str
    action: str
    by: str
    last_updated: datetime
    cdrs: tuple[CdrReference, ...] = ()
    reason_code: str | None = None
    disputed: StatedAmount | None = None
    text: str | None = None
    evidence: tuple[Evidence, ...] = ()

    @property
    def id(self) -> str:
        """The dispute's name among those about the CPO."""
        return self.dispute_id

    @property
    def speaker(self) -> str:
        """The party that speaks, `NL*XYZ`. Refuses: WRONG_IDENTIFIER."""
        return checked_party(self.by)
