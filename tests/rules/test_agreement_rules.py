"""What makes terms wrong in themselves, table by table, and what versions say together."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from msgspec.structs import replace

from ledger.fx.convert import FxTerms
from ledger.roaming.agreement_rules import errors_of
from ledger.roaming.agreement_validity import errors_of_validity
from ledger.roaming.agreement_version import AgreementVersion
from ledger.roaming.clauses import Audience, Discount, Fee, SplitTerms, Step, Tier, Tiers
from ledger.roaming.terms import (
    Calendar,
    ClassedDimension,
    Clock,
    LaunchTerms,
    Payment,
    Refunds,
    TariffTerms,
    Terms,
    Truth,
    VatTerms,
    Windows,
)
from ledger.vat.overrides import RateOverride
from tests.ledger_cast import CLEARING, CPO, HOST, YEAR_BEGINS
from tests.ledger_statements import october

APP, FLEET = Audience(channels=("app",)), Audience(channels=("fleet",))
RATED = Fee("f", "seller", CLEARING, "net", rate="1/100")
PER_CDR = Fee("f", "seller", CLEARING, "per_cdr", amount=Decimal("0.05"), currency="EUR")
REST = Step(CPO, remaining=True)


def found(terms: Terms, since: datetime = YEAR_BEGINS) -> list[tuple[str, str]]:
    return [(row.reason.value, row.path) for row in errors_of(terms, valid_from=since)]


FIVE = RateOverride(
    "GB", "electricity", Decimal(5), "S", date(2026, 3, 1), date(2027, 1, 1), "TC09802"
)
PARKING = ClassedDimension("PARKING_TIME", "parking")


@pytest.mark.parametrize(
    ("vat", "errors"),
    [
        (VatTerms(overrides=(FIVE,), classes=(PARKING,)), []),
        (VatTerms(overrides=(replace(FIVE, percent=Decimal(0), category="E"),)), []),
        (VatTerms(overrides=(FIVE, replace(FIVE, tax_class="parking"))), []),
        (VatTerms(overrides=(FIVE, replace(FIVE, valid_from=date(2027, 1, 1), valid_until=None))),
         []),
        (VatTerms(overrides=(replace(FIVE, country="US"),)),
         [("VAT_RATE_MISSING", "vat.overrides[0].country")]),
        (VatTerms(overrides=(replace(FIVE, percent=Decimal(0)),)),
         [("INVALID_DOCUMENT", "vat.overrides[0].percent")]),
        (VatTerms(overrides=(replace(FIVE, percent=Decimal(-5)),)),
         [("INVALID_DOCUMENT", "vat.overrides[0].percent")]),
        (VatTerms(overrides=(replace(FIVE, percent=Decimal(101)),)),
         [("INVALID_DOCUMENT", "vat.overrides[0].percent")]),
        (VatTerms(overrides=(replace(FIVE, category="Z"),)),
         [("INVALID_DOCUMENT", "vat.overrides[0].percent")]),
        (VatTerms(overrides=(replace(FIVE, valid_until=date(2026, 3, 1)),)),
         [("INVALID_DOCUMENT", "vat.overrides[0].valid_until")]),
        (VatTerms(overrides=(replace(FIVE, source=" "),)),
         [("MISSING_FIELD", "vat.overrides[0].source")]),
        (VatTerms(overrides=(FIVE, replace(FIVE, valid_from=date(2026, 12, 31)))),
         [("NAMED_TWICE", "vat.overrides[1]")]),
        (VatTerms(classes=(PARKING, replace(PARKING, tax_class="service"))),
         [("NAMED_TWICE", "vat.classes[1]")]),
    ],
)  # fmt: skip
def test_agreed_rates_and_tax_classes(vat, errors):
    assert found(Terms(vat=vat)) == errors


def tiers(*rows: Tier) -> Tiers:
    return Tiers("marginal", "cdrs", rows)


def rated(*above: int) -> Tiers:
    return tiers(*(Tier(Decimal(volume), rate="1/100") for volume in above))


@pytest.mark.parametrize(
    ("fee", "errors"),
    [
        (RATED, []),
        (PER_CDR, []),
        (replace(RATED, rate="1"), []),
        (replace(RATED, rate="0"), []),
        (replace(RATED, rate="101/100"), [("INVALID_DOCUMENT", "fees[0].rate")]),
        (replace(RATED, rate="-1/100"), [("INVALID_DOCUMENT", "fees[0].rate")]),
        (replace(RATED, rate="lots"), [("INVALID_DOCUMENT", "fees[0].rate")]),
        (replace(RATED, rate=None), [("INVALID_DOCUMENT", "fees[0]")]),
        (replace(RATED, amount=Decimal(1)), [("INVALID_DOCUMENT", "fees[0]")]),
        (replace(PER_CDR, rate="1/100"), [("INVALID_DOCUMENT", "fees[0]")]),
        (replace(PER_CDR, amount=Decimal(-1)), [("INVALID_DOCUMENT", "fees[0].amount")]),
        (replace(PER_CDR, currency=None), [("CURRENCY_MISSING", "fees[0].currency")]),
        (replace(PER_CDR, currency="XQX"), [("UNKNOWN_CURRENCY", "fees[0].currency")]),
        (replace(PER_CDR, currency="BGN"), [("CURRENCY_ENDED", "fees[0].currency")]),
        (replace(RATED, minimum=Decimal(1), maximum=Decimal(1)), []),
        (
            replace(RATED, minimum=Decimal("1.01"), maximum=Decimal(1)),
            [("MINIMUM_ABOVE_MAXIMUM", "fees[0].minimum")],
        ),
        (replace(RATED, minimum=Decimal(-1)), [("INVALID_DOCUMENT", "fees[0].minimum")]),
        (replace(RATED, rate=None, tiers=rated(0, 10, 20)), []),
        (replace(RATED, tiers=rated(0)), [("INVALID_DOCUMENT", "fees[0]")]),
        (
            replace(RATED, rate=None, tiers=rated(1, 10)),
            [("TIERS_OUT_OF_ORDER", "fees[0].tiers.rows[0].above")],
        ),
        (
            replace(RATED, rate=None, tiers=rated(0, 10, 10)),
            [("TIERS_OUT_OF_ORDER", "fees[0].tiers.rows[2].above")],
        ),
        (replace(RATED, rate=None, tiers=tiers()), [("EMPTY_LIST", "fees[0].tiers.rows")]),
        (
            replace(RATED, rate=None, tiers=tiers(Tier(Decimal(0), amount=Decimal(1)))),
            [("INVALID_DOCUMENT", "fees[0].tiers.rows[0]")],
        ),
    ],
)
def test_a_fee(fee: Fee, errors: list[tuple[str, str]]) -> None:
    assert found(Terms(fees=(fee,))) == errors


def test_a_currency_is_money_until_its_last_day() -> None:
    terms = Terms(currency="BGN")
    assert found(terms, datetime(2025, 12, 31, 23, 59, 59, tzinfo=UTC)) == []
    assert found(terms, YEAR_BEGINS) == [("CURRENCY_ENDED", "currency")]


def half(**more: object) -> Step:
    return Step(HOST, rate="1/2", **more)  # type: ignore[arg-type]


WHOLE = [("SPLIT_NOT_WHOLE", "split.steps")]


@pytest.mark.parametrize(
    ("steps", "errors"),
    [
        ((), []),
        ((half(), half()), []),
        ((half(), REST), []),
        ((Step(HOST, rate="1"), REST), []),  # nothing remains
        ((half(),), WHOLE),
        ((half(), half(), half()), WHOLE),
        ((half(), half(), half(), REST), WHOLE),
        ((REST, REST), WHOLE),
        ((Step(HOST, amount=Decimal(1), currency="EUR"),), WHOLE),  # the rest has nobody
        ((Step(HOST, amount=Decimal(1), currency="EUR"), REST), []),
        ((half(amount=Decimal(1), currency="EUR"), half(), REST), []),
        ((half(basis="gross"), half(basis="gross")), WHOLE),  # of what gross leaves nobody knows
        ((half(basis="left"), REST), []),
        # each audience by itself: a fleet's charge is no app's
        ((Step(HOST, "3/5", audience=APP), Step(HOST, "3/5", audience=FLEET), REST), []),
        ((Step(HOST, "3/5", audience=APP), half(), REST), WHOLE),
        ((REST, replace(REST, audience=APP)), WHOLE),
        ((half(audience=APP), half(audience=APP)), []),
        ((Step(HOST, tiers=rated(0, 10)), REST), []),
        ((Step(HOST),), [("INVALID_DOCUMENT", "split.steps[0]"), *WHOLE]),
        ((half(remaining=True), half()), [("INVALID_DOCUMENT", "split.steps[0]")]),
        (
            (Step(HOST, amount=Decimal(1)), REST),
            [("CURRENCY_MISSING", "split.steps[0].currency")],
        ),
    ],
)
def test_a_split(steps: tuple[Step, ...], errors: list[tuple[str, str]]) -> None:
    assert found(Terms(split=SplitTerms((), steps))) == errors


@pytest.mark.parametrize(
    ("discount", "errors"),
    [
        (Discount("d", rate="1"), []),
        (Discount("d", rate="-1"), []),
        (Discount("d", rate="-101/100"), [("INVALID_DOCUMENT", "discounts[0].rate")]),
        (Discount("d", rate="101/100"), [("INVALID_DOCUMENT", "discounts[0].rate")]),
        (Discount("d"), [("INVALID_DOCUMENT", "discounts[0]")]),
        (Discount("d", amount=Decimal(-1)), [("CURRENCY_MISSING", "discounts[0].currency")]),
        (
            Discount("d", rate="1/2", amount=Decimal(-1), currency="EUR"),
            [("INVALID_DOCUMENT", "discounts[0]")],
        ),
    ],
)
def test_a_discount(discount: Discount, errors: list[tuple[str, str]]) -> None:
    assert found(Terms(discounts=(discount,))) == errors


@pytest.mark.parametrize(
    ("terms", "errors"),
    [
        (Terms(fees=(RATED, RATED)), [("NAMED_TWICE", "fees[1].name")]),
        (Terms(refunds=Refunds("partial")), [("INVALID_DOCUMENT", "refunds.part")]),
        (Terms(refunds=Refunds("full", part="1/2")), [("INVALID_DOCUMENT", "refunds.part")]),
        (Terms(refunds=Refunds("partial", part="1/2")), []),
        (Terms(calendar=Calendar(time_zone="X/Y")), [("TIME_ZONE_UNKNOWN", "calendar.time_zone")]),
        (Terms(clock=Clock(time_zone="X/Y")), [("TIME_ZONE_UNKNOWN", "clock.time_zone")]),
        (Terms(payment=Payment(due_days=-1)), [("INVALID_DOCUMENT", "payment.due_days")]),
        (Terms(fx=FxTerms(markup_bps=-1)), [("INVALID_DOCUMENT", "fx.markup_bps")]),
        (Terms(fx=FxTerms(markup_bps=10_000)), []),
        (Terms(fx=FxTerms(markup_bps=10_001)), [("INVALID_DOCUMENT", "fx.markup_bps")]),
        (Terms(windows=Windows(365)), []),
        (Terms(windows=Windows(366)), [("INVALID_DOCUMENT", "windows.objection_days")]),
        (Terms(windows=Windows(-1)), [("INVALID_DOCUMENT", "windows.objection_days")]),
        (
            Terms(launch=LaunchTerms(cdrs_per_day=0, money_per_day=Decimal(0))),
            [
                ("INVALID_DOCUMENT", "launch.cdrs_per_day"),
                ("INVALID_DOCUMENT", "launch.money_per_day"),
            ],
        ),
        (
            Terms(vat=VatTerms(model="AGENT"), tariffs=TariffTerms(retail="R1")),
            [("INVALID_DOCUMENT", "tariffs.retail")],
        ),
    ],
)
def test_the_other_terms(terms: Terms, errors: list[tuple[str, str]]) -> None:
    assert found(terms) == errors


def version(
    since: int, until: int | None = None, *, number: int = 1, correction: str = ""
) -> AgreementVersion:
    ends = october(until) if until else None
    return AgreementVersion(number, october(since), ends, Terms(), None, correction)


@pytest.mark.parametrize(
    ("others", "new", "code"),
    [
        ((), version(5), None),
        ((version(1),), version(5), None),  # a version ends where the next begins
        ((version(5),), version(1), None),
        ((version(1, 5),), version(5), None),
        ((version(1),), version(5, 8), None),  # then the first goes on
        ((version(5),), version(5), "VALIDITY_OVERLAPS"),
        ((version(1, 6),), version(5), "VALIDITY_OVERLAPS"),
        ((version(5, 8),), version(1, 6), "VALIDITY_OVERLAPS"),
        ((version(1, 6),), version(5, correction="why"), None),
        ((version(5),), version(5, correction="why"), None),
        ((version(1, 4),), version(5), "AGREEMENT_GAP"),
        ((version(5),), version(1, 4), "AGREEMENT_GAP"),
        ((version(1, 4), version(5, correction="x")), version(4, 5), None),  # it fills the gap
        ((version(1), version(2, 3)), version(5), None),  # the first covers what the second leaves
        ((version(1, 4),), replace(version(5), gap_intended=True), None),
        ((), version(5, 5), "INVALID_DOCUMENT"),
        ((), version(5, 4), "INVALID_DOCUMENT"),
    ],
)
def test_versions_beside_each_other(
    others: tuple[AgreementVersion, ...], new: AgreementVersion, code: str | None
) -> None:
    errors = errors_of_validity(new, others, agreed_before=(), at=october(1))
    assert [row.reason.value for row in errors] == ([code] if code else [])


@pytest.mark.parametrize(
    ("agreed", "new", "is_retroactive"),
    [
        ((), version(5), False),  # agreed late, and nothing before
        ((version(1),), version(10), False),  # from now on
        ((version(1),), version(9), True),
        ((version(1, 5),), version(5), False),  # the first had ended
        ((version(5),), version(1), False),  # what began later stays in force
        ((version(1),), version(9, correction="why"), False),
    ],
)
def test_what_began_is_not_agreed_anew(
    agreed: tuple[AgreementVersion, ...], new: AgreementVersion, is_retroactive: bool
) -> None:
    errors = errors_of_validity(new, agreed, agreed_before=agreed, at=october(10))
    assert ["RETROACTIVE"] * is_retroactive == [row.reason.value for row in errors]


@pytest.mark.parametrize(
    ("truth", "errors"),
    [
        (Truth(), []),
        (Truth(tariff=("cdr", "ledger"), time=("signed",)), []),
        (Truth(tariff=("cpo",)), [("INVALID_DOCUMENT", "truth.tariff")]),
        (Truth(energy=("cdr", "cdr")), [("INVALID_DOCUMENT", "truth.energy")]),
        (Truth(session=(), time=("moon",)), [
            ("INVALID_DOCUMENT", "truth.session"), ("INVALID_DOCUMENT", "truth.time")]),
    ],
)  # fmt: skip
def test_an_order_of_truth_names_sources_that_there_are(
    truth: Truth, errors: list[tuple[str, str]]
) -> None:
    assert found(Terms(truth=truth)) == errors
