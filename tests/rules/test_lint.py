"""What lint finds in a tariff, each rule by a tariff that breaks just that one."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from ledger.pricing.lint import lint
from ledger.pricing.lint.finding import CODES
from ledger.pricing.tariff import (
    DisplayText,
    PriceComponent,
    PriceLimit,
    TariffElement,
    TariffRestrictions,
    TariffStatement,
)


def component(kind: str = "ENERGY", price: str = "0.30", step: int = 1, **more: Any) -> Any:
    return PriceComponent(kind, Decimal(price), step, **more)


def element(*components: PriceComponent, **restrictions: Any) -> TariffElement:
    restricted = TariffRestrictions(**restrictions) if restrictions else None
    return TariffElement(components or (component(),), restricted)


def tariff(*elements: TariffElement, **fields: Any) -> TariffStatement:
    said: dict[str, Any] = {
        "country_code": "NL",
        "party_id": "XYZ",
        "id": "T1",
        "currency": "EUR",
        "elements": elements or (element(),),
        "last_updated": datetime(2026, 1, 1, tzinfo=UTC),
    }
    return TariffStatement(**{**said, **fields})


def found_in(statement: TariffStatement) -> set[tuple[str, str]]:
    return {(found.code, found.path) for found in lint(statement)}


def test_a_plain_tariff_is_clean() -> None:
    assert lint(tariff(element(component(), component("PARKING_TIME", "6", 60)))) == ()


def test_a_free_tariff_may_have_a_flat_step_of_zero() -> None:
    assert lint(tariff(element(component("FLAT", "0", 0)))) == ()


FIRST = "elements[0].price_components[0]"


@pytest.mark.parametrize(
    ("statement", "code", "path"),
    [
        (tariff(currency="EUX"), "CURRENCY_UNKNOWN", "currency"),
        (tariff(element(component(price="-0.1"))), "NEGATIVE_PRICE", f"{FIRST}.price"),
        (tariff(element(component(price="0.12345"))), "PRICE_TOO_PRECISE", f"{FIRST}.price"),
        (tariff(element(component(step=0))), "STEP_SIZE_ZERO", f"{FIRST}.step_size"),
        (tariff(element(component(step=5000))), "STEP_SIZE_LARGE", f"{FIRST}.step_size"),
        (tariff(element(component(vat=Decimal("0.21")))), "VAT_DOUBTFUL", f"{FIRST}.vat"),
        (
            tariff(min_price=PriceLimit(Decimal(9)), max_price=PriceLimit(Decimal(5))),
            "LIMITS_CROSS",
            "min_price",
        ),
        (
            tariff(min_price=PriceLimit(Decimal(9), Decimal(8))),
            "LIMITS_CROSS",
            "min_price.after_taxes",
        ),
        (
            tariff(
                start_date_time=datetime(2026, 2, 1, tzinfo=UTC),
                end_date_time=datetime(2026, 1, 1, tzinfo=UTC),
            ),
            "VALIDITY_EMPTY",
            "end_date_time",
        ),
        (tariff(TariffElement(()), element()), "ELEMENT_EMPTY", "elements[0]"),
        (
            tariff(element(min_kwh=Decimal(9), max_kwh=Decimal(9)), element()),
            "IMPOSSIBLE_RESTRICTION",
            "elements[0].restrictions.max_kwh",
        ),
        (
            tariff(element(max_duration=0), element()),
            "IMPOSSIBLE_RESTRICTION",
            "elements[0].restrictions.max_duration",
        ),
        (
            tariff(element(start_date="2026-02-01", end_date="2026-02-01"), element()),
            "IMPOSSIBLE_RESTRICTION",
            "elements[0].restrictions.end_date",
        ),
        (
            # the 2nd and 3rd of November 2026 are a Monday and a Tuesday
            tariff(
                element(start_date="2026-11-02", end_date="2026-11-04", day_of_week=("SUNDAY",)),
                element(),
            ),
            "IMPOSSIBLE_RESTRICTION",
            "elements[0].restrictions.day_of_week",
        ),
        (
            tariff(
                element(end_date="2025-06-01"),
                element(),
                start_date_time=datetime(2026, 1, 1, tzinfo=UTC),
            ),
            "NEVER_MATCHES",
            "elements[0].restrictions.end_date",
        ),
        (
            tariff(element(start_time="08:00", end_time="08:00"), element()),
            "TIMES_EQUAL",
            "elements[0].restrictions.end_time",
        ),
        (
            tariff(element(component(), reservation="RESERVATION"), element()),
            "NEVER_MATCHES",
            FIRST,
        ),
        (tariff(element(), element(max_kwh=Decimal(5))), "NEVER_MATCHES", "elements[1]"),
        (
            # hidden by two elements together, by neither alone
            tariff(
                element(start_time="00:00", end_time="12:00"),
                element(start_time="12:00", end_time="00:00"),
                element(day_of_week=("SUNDAY",)),
            ),
            "NEVER_MATCHES",
            "elements[2]",
        ),
        (
            tariff(element(component(), component(price="0.4"))),
            "COMPONENT_REPEATED",
            "elements[0].price_components[1]",
        ),
        (
            tariff(element(start_time="22:00", end_time="06:00")),
            "ENERGY_WITHOUT_PRICE",
            "elements",
        ),
        (
            tariff(element(), element(component("TIME", "1", 60), min_duration=3600)),
            "TIME_WITHOUT_PRICE",
            "elements",
        ),
        (
            tariff(
                element(start_time="08:00", end_time="12:00"),
                element(start_time="10:00", end_time="14:00"),
                element(),
            ),
            "OVERLAP",
            "elements[1]",
        ),
        (
            tariff(tariff_alt_text=(DisplayText("en", "0.35 EUR per kWh"),)),
            "TEXT_CONTRADICTS_PRICE",
            "tariff_alt_text[0].text",
        ),
        (
            tariff(tariff_alt_text=(DisplayText("de", "Kostenlos laden"),)),
            "TEXT_CONTRADICTS_PRICE",
            "tariff_alt_text[0].text",
        ),
        (
            tariff(tariff_alt_text=(DisplayText("en", "0.30 CHF/kWh"),)),
            "TEXT_NAMES_OTHER_CURRENCY",
            "tariff_alt_text[0].text",
        ),
        (
            tariff(element(component("FLAT", "1"), component())),
            "AFIR_ORDER",
            "elements[0].price_components[1]",
        ),
        (
            tariff(element(component(), component("TIME", "2", 60), min_power=Decimal(50))),
            "AFIR_FAST_CHARGER",
            "elements[0].price_components[1]",
        ),
    ],
)
def test_what_is_wrong_or_doubtful_is_found(
    statement: TariffStatement, code: str, path: str
) -> None:
    assert (code, path) in found_in(statement)
    assert all(found.severity == CODES[found.code] for found in lint(statement))


@pytest.mark.parametrize(
    "statement",
    [
        # an exception followed by its rule is how tariffs are made
        tariff(element(start_time="22:00", end_time="06:00"), element()),
        # half-open bounds meet: no gap, no overlap
        tariff(element(max_kwh=Decimal(50)), element(min_kwh=Decimal(50))),
        tariff(
            element(start_time="06:00", end_time="22:00"),
            element(start_time="22:00", end_time="06:00"),
        ),
        # 0.30 and 21 % is 0.363
        tariff(
            element(component(vat=Decimal(21))),
            tariff_alt_text=(DisplayText("en", "€ 0,36 / kWh"), DisplayText("en", "36 ct/kWh")),
        ),
        # 6.00 an hour is 0.10 a minute
        tariff(
            element(component("TIME", "6", 60)),
            tariff_alt_text=(DisplayText("en", "0.10 euro per minute"),),
        ),
        # a reservation's fee stands apart from the order of the charge's prices
        tariff(element(component("FLAT", "2"), reservation="RESERVATION"), element()),
        # outside the EEA, and for a driver with a contract, the law's order says nothing
        tariff(element(component("FLAT", "1"), component()), country_code="CH"),
        tariff(element(component("FLAT", "1"), component()), type="REGULAR"),
    ],
)
def test_what_is_in_order_is_left_alone(statement: TariffStatement) -> None:
    assert lint(statement) == ()


def test_a_tariff_with_too_many_cases_says_so() -> None:
    many = [
        element(
            min_kwh=Decimal(n + 1),
            min_power=Decimal(n + 1),
            min_current=Decimal(n + 1),
            min_duration=n + 1,
        )
        for n in range(20)
    ]
    assert ("TOO_MANY_CASES", "elements") in found_in(tariff(*many, element()))
