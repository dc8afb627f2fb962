"""The clauses of an agreement that make money: fees, steps of the split, discounts, tiers.

Every rate is an exact fraction in text ("3/20" or "0.15"), every amount has a currency. A clause
may be for some charges only: its `audience` says which.
"""

from decimal import Decimal
from typing import Literal

import msgspec

Channel = Literal["roaming", "app", "ad_hoc", "plug_and_charge", "fleet"]
CHANNELS: tuple[Channel, ...] = ("roaming", "app", "ad_hoc", "plug_and_charge", "fleet")


class Audience(msgspec.Struct, frozen=True, gc=False):
    """Which charges a clause is for; an empty part asks nothing, all parts together count.

    `locations` are the seller's location ids, `site_groups` names that the register gives to
    sites, `token_groups` and `memberships` what the CDR states of its driver's token.
    """

    channels: tuple[Channel, ...] = ()
    locations: tuple[str, ...] = ()
    site_groups: tuple[str, ...] = ()
    token_groups: tuple[str, ...] = ()
    memberships: tuple[str, ...] = ()


EVERYBODY = Audience()


class Tier(msgspec.Struct, frozen=True, gc=False):
    """What is paid from a volume on: a fraction, or an amount, as the clause has."""

    above: Decimal
    rate: str | None = None
    amount: Decimal | None = None


class Tiers(msgspec.Struct, frozen=True, gc=False):
    """Prices by the volume of a settlement period, in CDRs, kWh or net money.

    `marginal`: each tier prices what lies in it. `whole_volume`: the tier that the volume reaches
    prices all of it. A CDR is booked at the first tier; the rest is trued up when the period
    closes, so it makes no difference in which order CDRs arrive.
    """

    kind: Literal["marginal", "whole_volume"]
    by: Literal["cdrs", "kwh", "net"]
    rows: tuple[Tier, ...]


class Fee(msgspec.Struct, frozen=True, gc=False):
    """A fee that one side of the agreement owes a third party.

    `basis` net or gross: `rate` of the sale; per_cdr, per_kwh, per_month: `amount` in `currency`.
    `minimum` and `maximum` are per CDR, in `currency` where there is one, else the sale's.
    A monthly fee is owed once in a settlement period, at its close, with or without charges.
    """

    name: str
    payer: Literal["seller", "buyer"]
    payee: str
    basis: Literal["net", "gross", "per_cdr", "per_kwh", "per_month"]
    rate: str | None = None
    amount: Decimal | None = None
    currency: str | None = None
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    tiers: Tiers | None = None
    audience: Audience = EVERYBODY


class Step(msgspec.Struct, frozen=True, gc=False):
    """A step of the waterfall: what one payee gets of a sale.

    `rate` is of `basis`: the sale's gross, its net, or what is left after the steps before; an
    `amount` in `currency` is added, `per` CDR or kWh. `minimum` and `maximum` bound the step, in
    `currency` where there is one, else the sale's. Exactly one step takes the `remaining`, what
    all others leave, unless the rates of the net sum to one. `vat_kind` is what the payee sells.
    """

    payee: str
    rate: str | None = None
    remaining: bool = False
    name: str = ""
    basis: Literal["gross", "net", "left"] = "net"
    amount: Decimal | None = None
    per: Literal["cdr", "kwh"] = "cdr"
    currency: str | None = None
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    tiers: Tiers | None = None
    vat_kind: Literal["service", "electricity"] = "service"
    audience: Audience = EVERYBODY


class SplitTerms(msgspec.Struct, frozen=True, gc=False):
    """How the net of a sale is shared, in declared order.

    In an agreement with a site host, `locations` names the sites whose sales are shared; in a
    roaming or ad-hoc agreement the steps share every sale under it.
    """

    locations: tuple[str, ...] = ()
    steps: tuple[Step, ...] = ()


class Discount(msgspec.Struct, frozen=True, gc=False):
    """A discount (positive) or surcharge (negative) on a sale before tax.

    `rate` is of the net before any discount; an `amount` in `currency` counts `per` CDR or kWh.
    `dimension` limits it to ENERGY, TIME, PARKING_TIME or FLAT; `on` says which sale. A discount
    gives at most what the sale costs.
    """

    name: str
    rate: str | None = None
    amount: Decimal | None = None
    per: Literal["cdr", "kwh"] = "cdr"
    currency: str | None = None
    dimension: Literal["ENERGY", "TIME", "PARKING_TIME", "FLAT"] | None = None
    on: Literal["wholesale", "retail"] = "wholesale"
    audience: Audience = EVERYBODY


def clause_name(path: str, place: int, name: str) -> str:
    """Return how a leg, a posting and a receipt name the clause they come from.

    >>> clause_name("fees", 0, "clearing")
    'fees[0] clearing'
    """
    return f"{path}[{place}] {name}".rstrip()
