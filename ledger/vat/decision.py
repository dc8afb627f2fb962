"""The VAT decision of a supply as it is recorded, and the treatment that any amount gets by it."""

from datetime import date
from decimal import Decimal
from typing import Final, NamedTuple

import msgspec
from msgspec.structs import replace

from ledger.values.money import EXACT, round_to_scale_4

DATA_VERSION: Final = "2026-11-21"
"""Recorded with every decision, so an auditor knows which rates, options and rules were asked."""

NO_TAX: Final = Decimal("0.0000")


class VatDecision(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """The decision as it is recorded: place, category, rate, amount, and why.

    `vat` has scale 4. With `buyer_accounts`, the buyer owes the tax at home (reverse charge), at
    `buyer_percent` where the place's rate is known; `buyer_number` is the number it is identified
    by, `seller_number` the seller's own there or at its seat. `tax_class` is empty for what is
    taxed as the supply is. `evidence` names what was relied on: of reselling, or of a seat.
    `supply` is electricity or service, as reports tell them apart; empty where it was decided
    before that was recorded. `standard_percent` is what an override departs from.
    """

    rule: str
    place: str
    category: str
    percent: Decimal
    vat: Decimal
    tax_point: date
    why: str
    data_version: str
    rate_source: str = ""
    buyer_accounts: bool = False
    exemption: str = ""
    buyer_percent: Decimal | None = None
    seller_number: str = ""
    buyer_number: str = ""
    tax_class: str = ""
    evidence: str = ""
    supply: str = ""
    standard_percent: Decimal | None = None


class Treatment(NamedTuple):
    """How a supply is taxed, whatever it costs: the decision on nothing, and percent / 100.

    Kept per supply, parties and day: an amount's own decision costs a multiplication.
    """

    of_nothing: VatDecision
    ratio: Decimal

    @property
    def percent(self) -> Decimal:
        """The rate the seller charges, 0 where it charges none."""
        return self.of_nothing.percent

    def of(self, net: Decimal) -> VatDecision:
        """Return the decision on an amount before tax; the tax is rounded half up at scale 4."""
        if not self.ratio:
            return self.of_nothing
        return replace(self.of_nothing, vat=round_to_scale_4(EXACT.multiply(net, self.ratio)))


def treatment(decision: VatDecision) -> Treatment:
    """Return the treatment that a decision on nothing stands for."""
    return Treatment(decision, EXACT.divide(decision.percent, Decimal(100)))
