"""Who is in the worked examples, and how one of their sales is decided. All of it is made up."""

from datetime import date
from decimal import Decimal
from typing import Final

from msgspec.structs import replace

from ledger.books.rules import BookOf
from ledger.fx.convert import FxDecision
from ledger.roaming.legs import DRIVER, Leg, LegKind, TaxedPart
from ledger.values.money import ZERO
from ledger.vat.decide import SupplyKind, VatDecision, VatParty, decide_vat

DAY: Final = date(2026, 10, 10)
RATE: Final = FxDecision("CHF", "EUR", Decimal("1.0600"), DAY, "ECB", "session_end")
AT_THE_END: Final = FxDecision(
    "CHF", "EUR", Decimal("1.0750"), date(2026, 10, 31), "ECB", "session_end"
)
CPO: Final = VatParty("DE", "dealer", (("DE", "DE811111111"), ("NL", "NL811111111B01")))
DUTCH: Final = VatParty(
    "NL", "dealer", (("NL", "NL822222222B01"),), dealer_evidence="declaration of 2026-01-12"
)
SWISS: Final = VatParty(
    "CH",
    "dealer",
    (("CH", "CHE-123.456.788 MWST"),),
    dealer_evidence="declaration of 2026-02-03",
    seat_evidence="commercial register, 2026-02-03",
)
FLEET: Final = VatParty("DE", "business", (("DE", "DE833333333"),))
PERSON: Final = VatParty("", "consumer")
GERMAN_BOOK: Final = BookOf("de-lade", "EUR")
DUTCH_BOOK: Final = BookOf("nl-rijd", "EUR")
SWISS_BOOK: Final = BookOf("ch-fahr", "CHF")
FLEET_BOOK: Final = BookOf("de-flotte", "EUR")
_PARTIES: Final = {"de-lade": "DE*LAD", "nl-rijd": "NL*RYD", "ch-fahr": "CH*FHR",
                   "de-flotte": "DE*FLT"}  # fmt: skip
DUTCH_SELLING_IN_GERMANY: Final = VatParty(
    "NL", "dealer", (("NL", "NL822222222B01"), ("DE", "DE822222222"))
)


def into_francs() -> FxDecision:
    """Return the rate of the day from euros into francs."""
    return FxDecision("EUR", "CHF", Decimal("0.9434"), DAY, "ECB", "session_end")


def decided(
    net: str,
    buyer: VatParty,
    *,
    seller: VatParty = CPO,
    supply: SupplyKind = "electricity",
) -> VatDecision:
    """Return the tax on a charge in Germany of `net` euros."""
    return decide_vat(
        supply=supply,
        charger_country="DE",
        seller=seller,
        buyer=buyer,
        tax_point=DAY,
        net=Decimal(net),
    )


def of_class(decision: VatDecision, tax_class: str) -> VatDecision:
    """Return a decision as that of a part with a tax class of its own."""
    return replace(decision, tax_class=tax_class)


def sold(
    net: str,
    vat: VatDecision,
    buying: BookOf | None,
    *,
    seller: str = "DE*LAD",
    buyer: str = "",
    kind: LegKind = "wholesale",
    currency: str = "EUR",
    fx: tuple[FxDecision, ...] = (),
    parts: tuple[TaxedPart, ...] = (),
    for_driver: bool = False,
) -> Leg:
    """Return a sale of `net` and its tax; what has a class of its own is inside the net."""
    whole = Decimal(net)
    return Leg(
        kind,
        seller,
        buyer or (_PARTIES[buying.entity] if buying else DRIVER),
        "tariffs",
        "an agreement",
        currency,
        net,
        whole,
        vat,
        whole + vat.vat + sum((part.vat.vat for part in parts), ZERO),
        fx=fx,
        parts=parts,
        for_driver=for_driver,
    )
