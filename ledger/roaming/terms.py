"""The terms of an agreement: one document, complete from the start, every part with a default.

An event records the whole document, defaults included: a default changed later changes nothing
that was agreed before.
"""

from decimal import Decimal
from typing import Literal

import msgspec

from ledger.fx.convert import FxTerms
from ledger.pricing.compare import Tolerances
from ledger.pricing.parking import ParkingRule
from ledger.pricing.terms import PricingTerms
from ledger.roaming.clauses import Discount, Fee, SplitTerms
from ledger.vat.overrides import RateOverride
from ledger.vat.parties import SupplyKind


class TariffTerms(msgspec.Struct, frozen=True, gc=False):
    """Which tariffs apply: `wholesale`, of the seller, where a CDR names none.

    `retail`, of the buyer, is what its driver pays: where it is named, the buyer's sale to the
    driver is priced and booked with the CDR. `price_cap` public holds what costs more than the
    connector's public tariff; `version_at` says which version prices: the one valid when the
    session started, or of each charging period.
    """

    wholesale: str | None = None
    retail: str | None = None
    price_cap: Literal["none", "public"] = "none"
    version_at: Literal["session_start", "charging_period"] = "session_start"


class Clock(msgspec.Struct, frozen=True, gc=False):
    """How far a partner's clock may be off, in seconds, and the zone it meant to send."""

    skew_s: int = 300
    time_zone: str = "UTC"


class Rounding(msgspec.Struct, frozen=True, gc=False):
    """Where amounts meet the minor unit."""

    level: Literal["invoice", "per_cdr", "per_period"] = "invoice"
    mode: Literal["half_up", "half_even"] = "half_up"


class Truth(msgspec.Struct, frozen=True, gc=False):
    """Whose figures win, in order.

    tariff: the ledger's versions, and where named the tariff inside the CDR (cdr). session, which
    is charger and token: session or cdr. energy: cdr, session, signed, meter, periods. time:
    session, signed, cdr. What differs from the first source there is holds a CDR; what differs
    from another is noted.
    """

    tariff: tuple[str, ...] = ("ledger",)
    session: tuple[str, ...] = ("session", "cdr")
    energy: tuple[str, ...] = ("cdr", "session")
    time: tuple[str, ...] = ("session", "cdr")


SOURCES: dict[str, tuple[str, ...]] = {
    "tariff": ("ledger", "cdr"),
    "session": ("session", "cdr"),
    "energy": ("cdr", "session", "signed", "meter", "periods"),
    "time": ("session", "signed", "cdr"),
}
"""The sources there are of each figure."""


class Sla(msgspec.Struct, frozen=True, gc=False):
    """Hours within which a CDR must be delivered, a correction made, a session heard of again.

    `delivery_h` counts from the session's end: past it a session with energy is unbilled.
    """

    delivery_h: int = 24
    correction_h: int = 72
    stuck_h: int = 12


class Windows(msgspec.Struct, frozen=True, gc=False):
    """Days to object and to dispute; 0 means there is no such window."""

    objection_days: int = 0
    dispute_days: int = 60


class Refunds(msgspec.Struct, frozen=True, gc=False):
    """What is refunded after an upheld dispute, and who bears it.

    `part` is the most that a partial refund gives back of a sale, a fraction such as "1/2".
    """

    rule: Literal["full", "partial", "none"] = "full"
    borne_by: Literal["seller", "buyer"] = "seller"
    part: str | None = None


class Evidence(msgspec.Struct, frozen=True, gc=False):
    """What a CDR must bring along.

    `fields` names what OCPI leaves optional, or has not: fields of the CDR or of its `clearwatt`
    record, such as `authorized_at`, `outcome`, `meter_start_wh`.
    """

    session: bool = True
    signed_data: bool = False
    fields: tuple[str, ...] = ()


VatModel = Literal["CHAIN", "CHAIN_ELECTRICITY_ONLY", "AGENT"]
TaxPoint = Literal["session_end", "invoice_date"]


class ClassedDimension(msgspec.Struct, frozen=True, gc=False):
    """A price component that is taxed by a class of its own, apart from the electricity.

    Source: CJEU C-282/22 makes what comes with charging a part of it; what is used without
    charging, such as the place after it, the parties may see as parking. See `ledger.vat.place`.
    """

    dimension: Literal["TIME", "PARKING_TIME", "FLAT", "RESERVATION_TIME"]
    tax_class: Literal["electricity", "parking", "service"]


class VatTerms(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """Which supplies there are, and which day picks the rate.

    CHAIN: the seller supplies the buyer, the buyer its driver, all of it electricity.
    CHAIN_ELECTRICITY_ONLY: what the buyer takes from its driver for using it at all is a service.
    AGENT: the seller supplies the driver, the buyer only collects; its fee is one of `fees`.
    The tax point is the day of the service, or the last of its month, when it is invoiced.
    `classes` taxes price components by a class of their own; `overrides` are rates that both
    agreed to use instead of the standard ones. Source: CJEU C-282/22 and C-60/23; Directive
    2006/112/EC Articles 63 and 66.
    """

    # What a factory makes is never left out: model and tax point are recorded also by default.
    model: VatModel = msgspec.field(default_factory=lambda: "CHAIN")
    tax_point: TaxPoint = msgspec.field(default_factory=lambda: "session_end")
    classes: tuple[ClassedDimension, ...] = ()
    overrides: tuple[RateOverride, ...] = ()

    @property
    def class_of(self) -> dict[str, SupplyKind]:
        """The tax class of each dimension that has one of its own."""
        apart = (row for row in self.classes if row.tax_class != "electricity")
        return {row.dimension: row.tax_class for row in apart}


class Calendar(msgspec.Struct, frozen=True, gc=False):
    """The settlement calendar: group, span and zone of its periods.

    A group's periods are opened, cut off and closed by themselves; all its agreements have one
    zone. A group's name has no «/», which separates it from the month.
    """

    group: str = "ALL"
    span: Literal["month"] = "month"
    time_zone: str = "Europe/Amsterdam"


class Payment(msgspec.Struct, frozen=True, gc=False):
    """When and from which amount on is paid."""

    due_days: int = 30
    minimum: Decimal = Decimal(0)


class LaunchTerms(msgspec.Struct, frozen=True, gc=False):
    """What a partnership must prove before it is let loose.

    `required`: until its launch is opened, nothing is in scope. The caps hold in every phase, per
    day of service at the charger; `money_per_day` is the net in the sale's currency.
    """

    required: bool = False
    cdrs_per_day: int | None = None
    money_per_day: Decimal | None = None


class Terms(msgspec.Struct, frozen=True, gc=False):
    """Everything two parties can agree on.

    `currency` is what their sales are settled in: where a tariff has another, the sale is converted
    by `fx` when it is decided. `four_eyes_amount` is in the sale's currency.
    """

    flow: Literal["roaming", "ad_hoc", "share"] = "roaming"
    tariffs: TariffTerms = TariffTerms()
    fees: tuple[Fee, ...] = ()
    split: SplitTerms = SplitTerms()
    discounts: tuple[Discount, ...] = ()
    tolerances: Tolerances = Tolerances()
    clock: Clock = Clock()
    parking_starts: ParkingRule = "as_stated"
    cut_periods: bool = False
    rounding: Rounding = Rounding()
    step_size: Literal["per_session", "per_period"] = "per_session"
    truth: Truth = Truth()
    sla: Sla = Sla()
    age_limit_days: int = 180
    late_facts: Literal["apply", "review", "refuse"] = "apply"
    windows: Windows = Windows()
    refunds: Refunds = Refunds()
    evidence: Evidence = Evidence()
    four_eyes_amount: Decimal | None = None
    currency: str | None = None
    fx: FxTerms = FxTerms()
    vat: VatTerms = VatTerms()
    calendar: Calendar = Calendar()
    netting: Literal["GROSS", "BILATERAL", "MULTILATERAL", "CCP"] = "GROSS"
    payment: Payment = Payment()
    launch: LaunchTerms = LaunchTerms()


def pricing_terms_of(terms: Terms) -> PricingTerms:
    """Return what an agreement says about pricing.

    >>> pricing_terms_of(Terms(cut_periods=True)).cut_periods
    True
    """
    return PricingTerms(
        rounding_level=terms.rounding.level,
        rounding_mode=terms.rounding.mode,
        step_size=terms.step_size,
        cut_periods=terms.cut_periods,
    )
