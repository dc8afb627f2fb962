"""The parts of events that the read models read, as partial structs: only the needed fields.

Amounts and instants stay the text that the event recorded: a projection copies them. Fields that
an event leaves out have the default of the ledger's struct of the same name. None of them can
be part of a cycle, so the garbage collector need not look at them: a third of the decoding.
"""

from typing import Literal

import msgspec


class Source(msgspec.Struct, gc=False):
    """The message that caused an event: `ledger.values.provenance.Source`."""

    topic: str
    partition: int
    offset: int
    sender: str
    message_id: str | None = None


class Provenance(msgspec.Struct, gc=False):
    """Who and when: `ledger.values.provenance.Provenance`; instants are RFC 3339 text."""

    actor: str
    proof: str
    occurred_at: str
    received_at: str
    source: Source | None = None


class Posting(msgspec.Struct, gc=False):
    """One side of an entry, amounts at scale 4 as text."""

    account: str
    side: Literal["debit", "credit"]
    amount: str
    book_amount: str


class Entry(msgspec.Struct, gc=False):
    """A journal entry: `ledger.values.entries.Entry`."""

    book: str
    book_currency: str
    currency: str
    rule: str
    leg: int
    postings: list[Posting]
    reverses: bool = False


class Vat(msgspec.Struct, gc=False):
    """A VAT decision: `ledger.vat.decide.VatDecision`."""

    rule: str
    place: str
    category: str
    percent: str
    vat: str
    tax_point: str
    why: str
    data_version: str
    rate_source: str = ""
    buyer_accounts: bool = False
    exemption: str = ""
    buyer_percent: str | None = None
    seller_number: str = ""
    buyer_number: str = ""
    tax_class: str = ""
    supply: str = ""
    standard_percent: str | None = None


class TaxedPart(msgspec.Struct, gc=False):
    """The part of a sale with a tax class of its own: `ledger.roaming.legs.TaxedPart`."""

    net: str
    vat: Vat


DRIVER = "driver"
"""The buyer of a retail leg: `ledger.roaming.legs.DRIVER`."""


class Step(msgspec.Struct, gc=False):
    """One step of the split: `ledger.roaming.legs.SplitStep`."""

    payee: str
    basis: str
    rate: str
    exact: str
    amount: str
    remaining: bool = False
    name: str = ""
    clause: str = ""
    agreement_version: str = ""
    basis_kind: Literal["gross", "net", "left"] = "net"
    fixed: str | None = None
    bound: Literal["minimum", "maximum"] | None = None


class Totals(msgspec.Struct, gc=False):
    """What a charge comes to: `ledger.pricing.lines.PricedTotals`."""

    billed_energy_kwh: str


class Crossed(msgspec.Struct, gc=False):
    """One publication of a conversion over the euro: `ledger.fx.convert.Crossed`."""

    currency: str
    per_euro: str


class Fx(msgspec.Struct, gc=False):
    """The rate of a conversion: `ledger.fx.convert.FxDecision`."""

    from_currency: str
    to_currency: str
    rate: str
    rate_on: str
    source: str
    rule: str
    published_on: str | None = None
    reference_rate: str | None = None
    markup_bps: int = 0
    crossed: tuple[Crossed, ...] = ()


class Converted(msgspec.Struct, gc=False):
    """A price brought into the currency of settlement: `ledger.roaming.legs.Converted`."""

    priced_net: str
    fx: Fx
    markup: str


class Leg(msgspec.Struct, gc=False):
    """One sale: `ledger.roaming.legs.Leg`."""

    kind: str
    seller: str
    buyer: str
    clause: str
    agreement_version: str
    currency: str
    net_exact: str
    net: str
    vat: Vat
    gross: str
    priced: Totals | None = None
    split: list[Step] = []
    for_driver: bool = False
    parts: list[TaxedPart] = []
    fx: tuple[Fx, ...] = ()
    converted: Converted | None = None

    @property
    def visible_to(self) -> tuple[str, ...]:
        """The two that trade: nobody else may see what they agreed. A driver is no party."""
        seller, buyer = self.seller, self.buyer
        if DRIVER not in (seller, buyer):
            return seller, buyer
        return (seller,) if buyer == DRIVER else (buyer,)


class Booking(msgspec.Struct, gc=False):
    """Where entries belong: `ledger.roaming.legs.Booking`; days are ISO text."""

    service_on: str
    service_period: str
    posted_on: str
    posted_period: str
    accounting_month: str
    late_of: str | None = None


class TariffStatement(msgspec.Struct, gc=False):
    """The part of a stated tariff that lists show: `ledger.pricing.tariff.TariffStatement`."""

    currency: str
    last_updated: str
    type: str | None = None
    start_date_time: str | None = None
    end_date_time: str | None = None


class TariffVersion(msgspec.Struct, gc=False):
    """A version of a tariff: `ledger.pricing.tariff.TariffVersion`."""

    number: int
    content_sha256: str
    received_at: str
    statement: TariffStatement


class TariffUse(msgspec.Struct, gc=False):
    """The tariff version that priced a CDR."""

    tariff: str
    number: int


class SessionUse(msgspec.Struct, gc=False):
    """The session a CDR was matched to."""

    session: str


class Refusal(msgspec.Struct, gc=False, omit_defaults=True):
    """One reason with its facts: `ledger.values.reasons.Refusal`."""

    reason: str
    path: str = ""
    expected: str = ""
    actual: str = ""


class Release(msgspec.Struct, gc=False):
    """Which findings a person let go, whose price is booked, and why."""

    codes: tuple[str, ...]
    price: str
    reason: str


class Decision(msgspec.Struct, gc=False):
    """A decision about a CDR: `ledger.roaming.legs.Decision`."""

    seller: str
    buyer: str
    tariff: TariffUse
    booking: Booking
    legs: list[Leg]
    entries: list[Entry]
    visible_to: tuple[str, ...]
    session: SessionUse | None = None
    warnings: tuple[Refusal, ...] = ()
    release: Release | None = None


class StatedPrice(msgspec.Struct, gc=False):
    """What a partner states as a price, before taxes."""

    before_taxes: str


class CdrLocation(msgspec.Struct, gc=False):
    """Where a CDR says that the charge happened."""

    id: str
    evse_id: str
    country: str


class Token(msgspec.Struct, gc=False):
    """Whose token was used: the party of the driver."""

    country_code: str
    party_id: str


class Extension(msgspec.Struct, gc=False):
    """What OCPI has no field for: the charger's software."""

    firmware_version: str | None = None


class CdrStatement(msgspec.Struct, gc=False):
    """The part of a stated CDR that lists show."""

    start_date_time: str
    end_date_time: str
    cdr_token: Token
    cdr_location: CdrLocation
    currency: str
    total_cost: StatedPrice
    session_id: str | None = None
    authorization_reference: str | None = None
    credit: bool | None = None
    clearwatt: Extension | None = None

    @property
    def buyer(self) -> str:
        """The party of the token."""
        return f"{self.cdr_token.country_code}*{self.cdr_token.party_id}".upper()


def location_of(cdr: str, statement: CdrStatement) -> str:
    """Return the key of the location that a CDR names: its CPO's, ids compare without case."""
    return f"{cdr.partition('/')[0]}/{statement.cdr_location.id.lower()}"


class PartyDocument(msgspec.Struct, gc=False):
    """The legal entity whose book is the party's."""

    entity: str


class TrialBalance(msgspec.Struct, gc=False):
    """What a book's month was closed with."""

    debit: str
    credit: str
    accounts: int
    sha256: str


class SenderCount(msgspec.Struct, gc=False):
    """How many messages of one sender ended how."""

    sender: str
    accepted: int = 0
    superseded: int = 0
    duplicate: int = 0
    held: int = 0
    unreadable: int = 0


class Unreadable(msgspec.Struct, gc=False):
    """One message that could not be read."""

    offset: int
    sender: str
    reason: str
    received_at: str
    path: str = ""
    detail: str = ""
