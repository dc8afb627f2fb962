"""What a CPO and its eMSP may agree, drawn: every flow with any of its clauses.

`flow_world` has the two pairs that agree it.
"""

from datetime import date
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from ledger.fx.convert import FxTerms
from ledger.roaming.clauses import Audience, Discount, Fee, SplitTerms, Step, Tier, Tiers
from ledger.roaming.terms import (
    Calendar,
    ClassedDimension,
    TariffTerms,
    Terms,
    Truth,
    VatTerms,
    Windows,
)
from ledger.vat.overrides import RateOverride
from tests.ledger_cast import CLEARING, EMSP, HOST

HAGUE = Audience(site_groups=("Hague",))
DISCOUNTS = (
    Discount("blue cards", rate="1/10", audience=Audience(token_groups=("BLUE",))),
    Discount("on site", amount=Decimal("0.02"), per="kwh", currency="CHF", audience=HAGUE),
    Discount("night", rate="-1/20", dimension="ENERGY"),
    Discount("app", rate="1/3", on="retail", audience=Audience(channels=("app",))),
)
TIERS = Tiers(
    "marginal",
    "kwh",
    (Tier(Decimal(0), amount=Decimal("0.011")), Tier(Decimal(30), amount=Decimal("0.007"))),
)
FEES = (
    Fee("clearing", "seller", CLEARING, "net", rate="1/100", minimum=Decimal("0.07")),
    Fee("app", "buyer", CLEARING, "gross", rate="1/7", maximum=Decimal("0.50"), currency="CHF"),
    Fee("desk", "seller", CLEARING, "per_cdr", amount=Decimal("0.03"), currency="CHF"),
    Fee("energy", "buyer", CLEARING, "per_kwh", currency="EUR", tiers=TIERS),
    Fee("ground", "seller", HOST, "net", rate="1/13", audience=HAGUE),
)
STEPS = (
    Step(CLEARING, name="card", rate="1/50", basis="gross", amount=Decimal("0.10"), currency="EUR"),
    Step(EMSP, name="platform", rate="1/20", basis="left", minimum=Decimal("0.40")),
    Step(HOST, name="ground", amount=Decimal("0.013"), per="kwh", currency="CHF", audience=HAGUE),
)
CLASSES = ((), (ClassedDimension("FLAT", "parking"),), (ClassedDimension("FLAT", "service"),))
OVERRIDES = (
    RateOverride("NL", "parking", Decimal(9), "S", date(2026, 1, 1), date(2026, 10, 15), "a law"),
    RateOverride("NL", "electricity", Decimal(0), "E", date(2026, 10, 10), None, "a ruling"),
    RateOverride("CH", "service", Decimal("2.6"), "S", date(2026, 1, 1), None, "a ruling"),
)
FLOWS = ("roaming", "retail", "electricity_only", "agent", "ad_hoc")
MODELS = {"electricity_only": "CHAIN_ELECTRICITY_ONLY", "agent": "AGENT"}
OWN_CALENDAR = Calendar(group="OWN", time_zone="Europe/Zurich")
RATE_DATES = ("session_end", "cut_off_day", "previous_publication", "fixed_monthly")


def some_of(rows: tuple[Any, ...]) -> st.SearchStrategy[tuple[Any, ...]]:
    """Draw some of the rows, in their order."""
    return st.tuples(*(st.booleans() for _ in rows)).map(
        lambda chosen: tuple(row for row, is_in in zip(rows, chosen, strict=True) if is_in)
    )


@st.composite
def terms(draw: st.DrawFn, seller: str, flow: str) -> Terms:
    """Draw what is agreed about a flow."""
    steps = draw(some_of(STEPS))
    rest = (Step(seller, name="rest", remaining=True),) if steps or flow == "ad_hoc" else ()
    days, markups = st.sampled_from(RATE_DATES), st.sampled_from((0, 175))
    return Terms(
        flow="ad_hoc" if flow == "ad_hoc" else "roaming",
        tariffs=TariffTerms(retail="R1" if flow in {"retail", "electricity_only"} else None),
        discounts=draw(some_of(DISCOUNTS)),
        fees=draw(some_of(FEES)),
        split=SplitTerms(steps=(*steps, *rest)),
        currency=draw(st.sampled_from((None, "EUR", "CHF"))),
        fx=FxTerms(date_rule=draw(days), markup_bps=draw(markups)),
        windows=Windows(objection_days=draw(st.sampled_from((0, 7)))),
        truth=Truth(tariff=draw(st.sampled_from((("ledger", "cdr"), ("cdr", "ledger"))))),
        vat=VatTerms(
            model=MODELS.get(flow, "CHAIN"),
            tax_point=draw(st.sampled_from(("session_end", "invoice_date"))),
            classes=draw(st.sampled_from(CLASSES)),
            overrides=draw(some_of(OVERRIDES)),
        ),
        calendar=draw(st.sampled_from((Calendar(), OWN_CALENDAR))),
    )
