"""What the read models read of each event: partial structs that name only the needed fields.

Amounts and instants stay the text that the event recorded: a projection copies them. Fields that
an event leaves out have the default of the ledger's struct of the same name.
"""

from typing import Literal

import msgspec


class Source(msgspec.Struct):
    """The message that caused an event: `ledger.values.provenance.Source`."""

    topic: str
    partition: int
    offset: int
    sender: str
    message_id: str | None = None


class Provenance(msgspec.Struct):
    """Who and when: `ledger.values.provenance.Provenance`; instants are RFC 3339 text."""

    actor: str
    proof: str
    occurred_at: str
    received_at: str
    source: Source | None = None


class Posting(msgspec.Struct):
    """One side of an entry, amounts at scale 4 as text."""

    account: str
    side: Literal["debit", "credit"]
    amount: str
    book_amount: str


class Entry(msgspec.Struct):
    """A journal entry: `ledger.values.entries.Entry`."""

    book: str
    book_currency: str
    currency: str
    rule: str
    leg: int
    postings: list[Posting]


class Vat(msgspec.Struct):
    """A VAT decision: `ledger.vat.decide.VatDecision`."""

    rule: str
    place: str
    category: str
    percent: str
    vat: str
    tax_point: str
    why: str
    data_version: str = ""
    rate_source: str = ""
    buyer_accounts: bool = False
    exemption: str = ""


class Step(msgspec.Struct):
    """One step of the split: `ledger.roaming.legs.SplitStep`."""

    payee: str
    basis: str
    rate: str
    exact: str
    amount: str
    remaining: bool = False


class Leg(msgspec.Struct):
    """One sale: `ledger.roaming.legs.Leg`."""

    kind: str
    seller: str
    buyer: str
    clause: str
    agreement_version: str
    currency: str
    net: str
    vat: Vat
    gross: str
    split: list[Step] = []


class Booking(msgspec.Struct):
    """Where entries belong: `ledger.roaming.legs.Booking`; days are ISO text."""

    service_on: str
    service_period: str
    posted_on: str
    posted_period: str
    accounting_month: str
    late_of: str | None = None


class TariffUse(msgspec.Struct):
    """The tariff version that priced a CDR."""

    tariff: str
    number: int


class SessionUse(msgspec.Struct):
    """The session a CDR was matched to."""

    session: str


class Decision(msgspec.Struct):
    """A decision about a CDR: `ledger.roaming.legs.Decision`."""

    seller: str
    buyer: str
    tariff: TariffUse
    booking: Booking
    legs: list[Leg]
    entries: list[Entry]
    visible_to: list[str]
    session: SessionUse | None = None


class Refusal(msgspec.Struct, omit_defaults=True):
    """One reason with its facts: `ledger.values.reasons.Refusal`."""

    reason: str
    path: str = ""
    expected: str = ""
    actual: str = ""


class StatedPrice(msgspec.Struct):
    """What a partner states as a price, before taxes."""

    before_taxes: str


class CdrStatement(msgspec.Struct):
    """The part of a stated CDR that lists show."""

    end_date_time: str
    currency: str
    total_cost: StatedPrice
    session_id: str | None = None


class Event(msgspec.Struct):
    """What every event carries. `subject` is the key of the object that the event is about."""

    provenance: Provenance | None = None

    @property
    def subject(self) -> str:
        """The object's key; empty where this version of Clearwatt does not know the event."""
        return ""


class CdrEvent(Event, kw_only=True):
    """An event about a CDR."""

    cdr: str

    @property
    def subject(self) -> str:
        return self.cdr


class CdrHeld(CdrEvent, kw_only=True):
    """cdr.held.v1"""

    statement: CdrStatement
    refusals: list[Refusal]
    moved_from: str


class CdrConflictHeld(CdrEvent, kw_only=True):
    """cdr.conflict_held.v1"""

    statement: CdrStatement
    content_sha256: str


class CdrAccepted(CdrEvent, kw_only=True):
    """cdr.accepted.v1"""

    statement: CdrStatement
    decision: Decision
    moved_from: str
    because: str


class CdrRedecided(CdrEvent, kw_only=True):
    """cdr.redecided.v1"""

    reverses_version: int
    reversal: list[Entry]
    reversal_booking: Booking
    visible_to: list[str]
    decision: Decision | None
    refusals: list[Refusal]
    because: str
    moved_to: str


class SessionEvent(Event, kw_only=True):
    """An event about a session; a conflict names its content."""

    session: str
    content_sha256: str

    @property
    def subject(self) -> str:
        return self.session


class TariffReceived(Event, kw_only=True):
    """tariff_version.received.v1"""

    tariff: str

    @property
    def subject(self) -> str:
        return self.tariff


class TariffConflictHeld(TariffReceived, kw_only=True):
    """tariff_version.conflict_held.v1"""

    content_sha256: str


class LocationRecorded(Event, kw_only=True):
    """location.recorded.v1"""

    location: str

    @property
    def subject(self) -> str:
        return self.location


class LocationConflictHeld(LocationRecorded, kw_only=True):
    """location.conflict_held.v1"""

    content_sha256: str


class PartyDocument(msgspec.Struct):
    """The legal entity whose book is the party's."""

    entity: str


class PartyRegistered(Event, kw_only=True):
    """party.registered.v1"""

    party: str
    document: PartyDocument

    @property
    def subject(self) -> str:
        return self.party


class EntityRegistered(Event, kw_only=True):
    """entity.registered.v1"""

    entity: str

    @property
    def subject(self) -> str:
        return self.entity


class AgreementAgreed(Event, kw_only=True):
    """agreement.agreed.v1"""

    agreement: str

    @property
    def subject(self) -> str:
        return self.agreement


class ActorRegistered(Event, kw_only=True):
    """actor.registered.v1"""

    name: str

    @property
    def subject(self) -> str:
        return self.name


class RatesImported(Event, kw_only=True):
    """fx_rates.imported.v1"""

    currency: str

    @property
    def subject(self) -> str:
        return self.currency


class PeriodMoved(Event, kw_only=True):
    """settlement_period.*.v1; figures and checkpoint as recorded, where there are any."""

    period: str
    time_zone: str | None = None
    figures: msgspec.Raw = msgspec.Raw(b"null")
    checkpoint: msgspec.Raw = msgspec.Raw(b"null")
    log_root: str | None = None

    @property
    def subject(self) -> str:
        return self.period


class TrialBalance(msgspec.Struct):
    """What a book's month was closed with."""

    debit: str
    credit: str
    accounts: int
    sha256: str


class MonthClosed(Event, kw_only=True):
    """accounting_period.hard_closed.v1"""

    book: str
    month: str
    trial_balance: TrialBalance

    @property
    def subject(self) -> str:
        return f"{self.book}/{self.month}"


class SenderCount(msgspec.Struct):
    """How many messages of one sender ended how."""

    sender: str
    accepted: int = 0
    superseded: int = 0
    duplicate: int = 0
    held: int = 0
    unreadable: int = 0


class Unreadable(msgspec.Struct):
    """One message that could not be read."""

    offset: int
    sender: str
    reason: str
    received_at: str
    path: str = ""
    detail: str = ""


class IntakeConsumed(Event, kw_only=True):
    """intake.consumed.v1"""

    topic: str
    partition: int
    from_offset: int
    next_offset: int
    received: int
    counts: list[SenderCount]
    unreadable: list[Unreadable]

    @property
    def subject(self) -> str:
        return f"{self.topic}[{self.partition}]"


class IntakeReplayed(Event, kw_only=True):
    """intake.replayed.v1"""

    topic: str
    partition: int
    offset: int
    sender: str
    outcome: str
    reason: str

    @property
    def subject(self) -> str:
        return f"{self.topic}[{self.partition}]@{self.offset}"


TYPES: dict[str, type[Event]] = {
    "cdr.held.v1": CdrHeld,
    "cdr.conflict_held.v1": CdrConflictHeld,
    "cdr.accepted.v1": CdrAccepted,
    "cdr.redecided.v1": CdrRedecided,
    "session.updated.v1": SessionEvent,
    "session.conflict_held.v1": SessionEvent,
    "tariff_version.received.v1": TariffReceived,
    "tariff_version.conflict_held.v1": TariffConflictHeld,
    "location.recorded.v1": LocationRecorded,
    "location.conflict_held.v1": LocationConflictHeld,
    "party.registered.v1": PartyRegistered,
    "entity.registered.v1": EntityRegistered,
    "agreement.agreed.v1": AgreementAgreed,
    "actor.registered.v1": ActorRegistered,
    "fx_rates.imported.v1": RatesImported,
    "settlement_period.opened.v1": PeriodMoved,
    "settlement_period.cut_off.v1": PeriodMoved,
    "settlement_period.review_begun.v1": PeriodMoved,
    "settlement_period.soft_closed.v1": PeriodMoved,
    "settlement_period.hard_closed.v1": PeriodMoved,
    "accounting_period.hard_closed.v1": MonthClosed,
    "intake.consumed.v1": IntakeConsumed,
    "intake.replayed.v1": IntakeReplayed,
}
"""The events by topic. Any other event is still audited, from the fields every event has."""

_DECODERS = {topic: msgspec.json.Decoder(kind) for topic, kind in TYPES.items()}
_OF_ANY_EVENT = msgspec.json.Decoder(Event)


def decode(topic: str, state: bytes) -> Event:
    """Read what the projections need of a recorded event.

    >>> decode("party.registered.v1", b'{"party":"NL*XYZ","document":{"entity":"xyz-bv"}}').subject
    'NL*XYZ'
    """
    return _DECODERS.get(topic, _OF_ANY_EVENT).decode(state)
