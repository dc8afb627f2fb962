"""The terms of an agreement: one document, complete from the start, every part with a default.

A part whose behaviour does not exist yet may stand in the document, but then what falls under
the agreement is held with TERM_NOT_SUPPORTED and the path, never decided by half the terms.
An event records the whole document, defaults included: a default changed later changes nothing
that was agreed before.
"""

from decimal import Decimal
from typing import Literal

import msgspec
from msgspec.structs import replace

from ledger.pricing.compare import Tolerances
from ledger.pricing.parking import ParkingRule
from ledger.pricing.terms import PricingTerms


class TariffTerms(msgspec.Struct, frozen=True, gc=False):
    """Which tariffs apply: `wholesale` where a CDR names none.

    `price_cap` public holds what costs more than the connector's public tariff; `version_at` says
    which version prices: the one valid when the session started, or of each charging period.
    """

    wholesale: str | None = None
    retail: str | None = None
    price_cap: Literal["none", "public"] = "none"
    version_at: Literal["session_start", "charging_period"] = "session_start"


class Fee(msgspec.Struct, frozen=True, gc=False):
    """A fee that one side of the agreement owes a third party.

    `basis` net: `rate` of the sale's net (a fraction, "1/100"); per_cdr or per_kwh: `amount` in
    `currency`.
    """

    name: str
    payer: Literal["seller", "buyer"]
    payee: str
    basis: Literal["net", "per_cdr", "per_kwh"]
    rate: str | None = None
    amount: Decimal | None = None
    currency: str | None = None


class SplitShare(msgspec.Struct, frozen=True, gc=False):
    """A payee's share of the net, as an exact fraction ("3/20"), or the remaining taker."""

    payee: str
    rate: str | None = None
    remaining: bool = False


class SplitTerms(msgspec.Struct, frozen=True, gc=False):
    """How the seller's net of sales at `locations` is shared, in declared order."""

    locations: tuple[str, ...] = ()
    shares: tuple[SplitShare, ...] = ()


class Discount(msgspec.Struct, frozen=True, gc=False):
    """A discount (positive) or surcharge (negative), as a fraction of the net."""

    name: str
    rate: str
    applies_to: str = "all"


class Clock(msgspec.Struct, frozen=True, gc=False):
    """How far a partner's clock may be off, in seconds, and the zone it meant to send."""

    skew_s: int = 300
    time_zone: str = "UTC"


class Rounding(msgspec.Struct, frozen=True, gc=False):
    """Where amounts meet the minor unit."""

    level: Literal["invoice", "per_cdr", "per_period"] = "invoice"
    mode: Literal["half_up", "half_even"] = "half_up"


class Truth(msgspec.Struct, frozen=True, gc=False):
    """Whose figures win, in order."""

    tariff: tuple[str, ...] = ("ledger", "cdr")
    session: tuple[str, ...] = ("session", "cdr")
    energy: tuple[str, ...] = ("cdr", "session")
    time: tuple[str, ...] = ("cdr", "session")


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


class FxTerms(msgspec.Struct, frozen=True, gc=False):
    """Which rate converts: source, day, markup in basis points."""

    source: str = "ECB"
    date_rule: Literal["session_end", "cut_off_day", "previous_publication", "fixed_monthly"] = (
        "previous_publication"
    )
    markup_bps: int = 0


class VatTerms(msgspec.Struct, frozen=True, gc=False):
    """Which supplies there are, and which day picks the rate."""

    model: Literal["CHAIN", "CHAIN_ELECTRICITY_ONLY", "AGENT"] = "CHAIN"
    tax_point: Literal["session_end", "invoice_date"] = "session_end"


class Calendar(msgspec.Struct, frozen=True, gc=False):
    """The settlement calendar: group, span and zone of its periods."""

    group: str = "ALL"
    span: Literal["month"] = "month"
    time_zone: str = "Europe/Amsterdam"


class Payment(msgspec.Struct, frozen=True, gc=False):
    """When and from which amount on is paid."""

    due_days: int = 30
    minimum: Decimal = Decimal(0)


class LaunchScope(msgspec.Struct, frozen=True, gc=False):
    """What is in scope of the current launch phase, and its caps."""

    phase: int = 4
    cdrs_per_day: int | None = None
    money_per_day: Decimal | None = None


class Terms(msgspec.Struct, frozen=True, gc=False):
    """Everything two parties can agree on."""

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
    launch: LaunchScope = LaunchScope()


_DEFAULT = Terms()
_WITHOUT_BEHAVIOUR_YET = (
    ("flow", lambda terms: terms.flow == "ad_hoc"),
    ("tariffs.retail", lambda terms: terms.tariffs.retail is not None),
    ("discounts", lambda terms: bool(terms.discounts)),
    ("truth", lambda terms: replace(terms.truth, energy=_DEFAULT.truth.energy) != _DEFAULT.truth),
    ("late_facts", lambda terms: terms.late_facts == "review"),
    ("windows.objection_days", lambda terms: terms.windows.objection_days != 0),
    ("fx", lambda terms: terms.fx != _DEFAULT.fx),
    ("vat", lambda terms: terms.vat != _DEFAULT.vat),
    ("calendar", lambda terms: terms.calendar != _DEFAULT.calendar),
    ("launch", lambda terms: terms.launch != _DEFAULT.launch),
)


def terms_without_behaviour(terms: Terms) -> tuple[str, ...]:
    """Return the paths of terms that are agreed but cannot be carried out yet.

    >>> terms_without_behaviour(Terms(flow="ad_hoc"))
    ('flow',)
    """
    return tuple(path for path, departs in _WITHOUT_BEHAVIOUR_YET if departs(terms))


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
