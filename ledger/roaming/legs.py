"""The decision about a CDR as its event records it: legs, entries, and everything used.

A *leg* is one sale inside a charge. Nothing in here is computed again: projections copy it.
"""

from datetime import date, datetime
from decimal import Decimal
from typing import Literal

import msgspec

from ledger.fx.convert import FxDecision
from ledger.pricing.lines import PricedLine, PricedTotals
from ledger.roaming.release import Release
from ledger.values.entries import Entry
from ledger.values.reasons import Refusal
from ledger.vat.decide import VatDecision

LegKind = Literal["wholesale", "retail", "fee", "share"]
DRIVER = "driver"
"""The buyer of a retail leg: a person, who is no party and has no book."""


class SplitStep(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """One step of the waterfall: its basis, its exact result and its amount at scale 4.

    All amounts are in the sale's currency, `fixed` and `exact` are fractions in text. `bound` says
    that the clause's minimum or maximum was reached. The basis of what is `left` is the net less
    the exact results of the steps before; it is recorded at scale 4. A `remaining` step of the
    clause `split` is what the seller keeps because no step takes what remains.
    """

    payee: str
    basis: Decimal
    rate: str
    exact: str
    amount: Decimal
    remaining: bool = False
    name: str = ""
    clause: str = ""
    agreement_version: str = ""
    basis_kind: Literal["gross", "net", "left"] = "net"
    fixed: str | None = None
    bound: Literal["minimum", "maximum"] | None = None


class Converted(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A price brought into the currency of settlement.

    The lines sum to `priced_net`, in the tariff's currency; times the rate it is the leg's net,
    of which `markup` is what the agreed markup added. All scale 4.
    """

    priced_net: Decimal
    fx: FxDecision
    markup: Decimal


class TaxedPart(msgspec.Struct, frozen=True, gc=False):
    """The part of a sale that is taxed by a class of its own, such as parking; `net` at scale 4."""

    net: Decimal
    vat: VatDecision


class Leg(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """One sale: `net` and `gross` at scale 4 in `currency`, the exact net as a fraction.

    `vat` is the decision on `net` less the `parts` that have one of their own; `tax` is all of it.

    `priced` holds the totals of a charge; the `lines` beside it name what they are the sums of.
    Where the tariff's currency is not the one the parties settle in, `converted` says how.
    `for_driver`: the buyer is an agent; the seller supplies its driver, and the agent collects.
    """

    kind: LegKind
    seller: str
    buyer: str
    clause: str
    agreement_version: str
    currency: str
    net_exact: str
    net: Decimal
    vat: VatDecision
    gross: Decimal
    tariff_version: str | None = None
    lines: tuple[PricedLine, ...] = ()
    priced: PricedTotals | None = None
    fx: tuple[FxDecision, ...] = ()
    split: tuple[SplitStep, ...] = ()
    converted: Converted | None = None
    for_driver: bool = False
    parts: tuple[TaxedPart, ...] = ()

    @property
    def tax(self) -> Decimal:
        """The tax of the whole sale, at scale 4: what `gross` has beyond `net`."""
        return self.gross - self.net

    @property
    def lines_currency(self) -> str:
        """The currency of `lines` and `priced`: the tariff's."""
        return self.currency if self.converted is None else self.converted.fx.from_currency


class TariffUse(msgspec.Struct, frozen=True, gc=False):
    """Which tariff version priced the CDR, and which others were candidates."""

    tariff: str
    number: int
    content_sha256: str
    candidates: tuple[int, ...]


class SessionUse(msgspec.Struct, frozen=True, gc=False):
    """Which session the CDR was matched to, and how."""

    session: str
    version: int
    matched_by: str


class Comparison(msgspec.Struct, frozen=True, gc=False):
    """What the CDR states against what the ledger computed, with the tolerance used.

    Money in the CDR's currency, energy in kWh, times in hours; an absolute tolerance of a time is
    in seconds.
    """

    field: str
    stated: Decimal
    computed: Decimal
    tolerance_absolute: Decimal
    tolerance_relative: Decimal


class Shown(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """The price the driver was shown, in the CDR's currency: per kWh or in all, who says so."""

    price: Decimal
    source: Literal["cdr", "session"]
    version: str | None = None
    by: str | None = None
    at: datetime | None = None


class PublicPrice(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """What the charge costs at the connector's public tariff, before tax at scale 4."""

    tariff: TariffUse
    net: Decimal


class Booking(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """Where the entries belong: service and posting dates and both kinds of period."""

    service_on: date
    service_period: str
    posted_on: date
    posted_period: str
    accounting_month: str
    late_of: str | None = None


class Decision(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """Everything decided about an accepted CDR; `depends_on` names the facts it rests on.

    `tariff` prices the CDR; where its periods name several, a line's `tariff` is the index into
    `tariff` and then `further_tariffs`. `warnings` are findings that do not hold the CDR.
    `approval` is at_once, or objection_window: then objections count `objections_until`.
    """

    seller: str
    buyer: str
    tariff: TariffUse
    agreement: str
    time_zone: str
    booking: Booking
    legs: tuple[Leg, ...]
    entries: tuple[Entry, ...]
    comparisons: tuple[Comparison, ...]
    visible_to: tuple[str, ...]
    depends_on: tuple[str, ...]
    approval: str
    session: SessionUse | None = None
    location: str | None = None
    warnings: tuple[Refusal, ...] = ()
    further_tariffs: tuple[TariffUse, ...] = ()
    shown: Shown | None = None
    public: PublicPrice | None = None
    release: Release | None = None
    objections_until: datetime | None = None
