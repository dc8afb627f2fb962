"""The VAT decision of one supply: its place, then the first rule that matches.

Both steps are tables in order of precedence, `place.PLACES` and `rules.RULES`. What is decided
holds for any amount (`decide_treatment`), so that it can be kept per parties and day.
"""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from ledger.values.reasons import Refused
from ledger.vat.decision import Treatment, VatDecision, treatment
from ledger.vat.overrides import RateOverride
from ledger.vat.parties import BuyerKind, SupplyKind, VatParty
from ledger.vat.place import Supply, placed
from ledger.vat.rules import Case, nobody_declares, outcome_of

__all__ = [
    "BuyerKind",
    "SupplyKind",
    "VatDecision",
    "VatParty",
    "decide_treatment",
    "decide_vat",
]


def decide_vat(
    *,
    supply: SupplyKind,
    charger_country: str,
    seller: VatParty,
    buyer: VatParty,
    tax_point: date,
    net: Decimal,
    overrides: Sequence[RateOverride] = (),
) -> VatDecision:
    """Decide the VAT of one supply of `net` (scale 4). A pure function of its arguments.

    Refuses: VAT_RATE_MISSING, VAT_REGISTRATION_MISSING.
    >>> seller = VatParty("NL", "dealer", (("NL", "NL000990012B01"),))
    >>> buyer = VatParty("DE", "dealer", (("DE", "DE819900016"),))
    >>> found = decide_vat(supply="electricity", charger_country="NL", seller=seller, buyer=buyer,
    ...                    tax_point=date(2026, 10, 10), net=Decimal(100))
    >>> found.rule, found.place, found.category, str(found.buyer_percent)
    ('reverse_charge', 'DE', 'AE', '19')
    """
    return decide_treatment(
        Supply(supply, charger_country, seller, buyer, tax_point), overrides
    ).of(net)


def decide_treatment(supply: Supply, overrides: Sequence[RateOverride] = ()) -> Treatment:
    """Decide how a supply is taxed, whatever it costs.

    Refuses: VAT_RATE_MISSING, VAT_REGISTRATION_MISSING.
    """
    place = placed(supply).place
    decided = outcome_of(Case(supply, place, overrides)).decision
    if decided is None:
        raise Refused(nobody_declares(place.country))
    return treatment(decided)
