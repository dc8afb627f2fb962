"""Exchange rates are imported day by day; what corrects them decides again what they decided."""

from datetime import date
from decimal import Decimal

import pytest

from ledger.application.registration import import_rates
from ledger.fx.rates import PublishedRate, RateHistory
from ledger.values.reasons import Refused
from tests.ledger_cast import AGREEMENTS, BY_FINANCE, CAST, SWISS_CPO, swiss_rates
from tests.ledger_statements import cdr, october, session, tariff
from tests.ledger_world import World

MONDAY, TUESDAY = date(2026, 10, 12), date(2026, 10, 13)
KNOWN = swiss_rates(TUESDAY, (MONDAY, "0.9375"))


@pytest.fixture
def world(database_url):
    world = World(database_url, *CAST, *AGREEMENTS)
    world.send(tariff(("ENERGY", "0.60", 1), of=SWISS_CPO, currency="CHF"))
    import_rates(world.ledger, KNOWN, by=BY_FINANCE)
    yield world
    world.close()


def history(*published: tuple[date, str], until: date | None = None, source: str = "ECB"):
    rates = tuple(PublishedRate(day, Decimal(rate)) for day, rate in published)
    last = until or rates[-1].published_on
    return RateHistory("CHF", source, rates[0].published_on, last, rates)


def day(number: int, rate: str) -> RateHistory:
    return history((date(2026, 10, number), rate))


def charge(world, id, at):
    said = {"of": SWISS_CPO, "at": at, "uid": id}
    world.send(session(id, **said), cdr(id, "6.00", currency="CHF", **said))


def rate_of(world, id):
    return world.cdr(id, SWISS_CPO).decision.legs[0].fx[0].rate


def imported(world):
    return [event for event in world.events() if event.TOPIC.startswith("fx_rates.")]


def test_an_import_that_goes_on_records_the_new_days_alone(world):
    assert import_rates(world.ledger, day(14, "0.9300"), by=BY_FINANCE) == "extended"
    again = history((MONDAY, "0.9375"), (date(2026, 10, 14), "0.9300"), (date(2026, 10, 15), "0.9"))
    assert import_rates(world.ledger, again, by=BY_FINANCE) == "extended"
    first, second, third = imported(world)
    assert (first.TOPIC, len(first.history.rates)) == ("fx_rates.imported.v1", 2)
    assert [(event.TOPIC, len(event.rates)) for event in (second, third)] == [
        ("fx_rates.extended.v1", 1),
        ("fx_rates.extended.v1", 1),
    ]
    world.ledger.refresh()
    known = world.ledger.facts.rates["CHF"]
    assert [str(row.per_euro) for row in known.rates] == ["0.9400", "0.9375", "0.9300", "0.9"]
    assert str(known.covers_until) == "2026-10-15"


def test_the_same_again_and_a_part_of_it_change_nothing(world):
    assert import_rates(world.ledger, KNOWN, by=BY_FINANCE) == "unchanged"
    assert import_rates(world.ledger, history((MONDAY, "0.9375")), by=BY_FINANCE) == "unchanged"
    assert len(imported(world)) == 1


def test_a_day_without_a_publication_becomes_known_too(world):
    until = history((MONDAY, "0.9375"), until=date(2026, 10, 16))
    assert import_rates(world.ledger, until, by=BY_FINANCE) == "extended"
    charge(world, "C1", october(16))
    assert rate_of(world, "C1") == Decimal("1.066666666667")


def test_what_waits_for_a_rate_is_decided_when_the_day_is_known(world):
    charge(world, "C1", october(14))
    assert world.reasons("C1", SWISS_CPO) == ["FX_RATE_MISSING"]
    import_rates(world.ledger, day(14, "0.8000"), by=BY_FINANCE)
    world.settle()
    assert rate_of(world, "C1") == Decimal("1.25")


@pytest.mark.parametrize(
    "stated",
    [
        day(12, "0.9376"),
        history((date(2026, 10, 9), "0.9400"), (MONDAY, "0.9375")),  # nothing was published then
        history((date(2026, 10, 5), "0.9400"), until=TUESDAY),  # and on Monday something was
    ],
)
def test_another_rate_than_is_known_needs_to_be_marked_a_correction(world, stated):
    with pytest.raises(Refused, match="RATE_DIFFERS"):
        import_rates(world.ledger, stated, by=BY_FINANCE)
    assert len(imported(world)) == 1
    assert import_rates(world.ledger, stated, by=BY_FINANCE, corrects=True) == "corrected"


def test_every_day_that_differs_is_named_with_both_rates(world):
    stated = history((date(2026, 9, 30), "0.9500"), (MONDAY, "0.9376"))
    with pytest.raises(Refused) as refused:
        import_rates(world.ledger, stated, by=BY_FINANCE)
    assert [(row.path, row.expected, row.actual) for row in refused.value.refusals] == [
        ("CHF 2026-09-30", "0.9400", "0.9500"),
        ("CHF 2026-10-12", "0.9375", "0.9376"),
    ]


def test_a_corrected_rate_decides_its_month_again_and_leaves_the_months_before(world):
    charge(world, "C1", october(10).replace(month=9, day=30))
    charge(world, "C2", october(13))
    import_rates(world.ledger, day(12, "0.8000"), by=BY_FINANCE, corrects=True)
    (touched,) = {row[0] for row in world.rows("SELECT affected_from FROM log.release_due")}
    assert touched.date() == date(2026, 9, 30)
    world.settle()
    assert rate_of(world, "C2") == Decimal("1.25")
    assert world.topics_of(f"{SWISS_CPO}/c1") == ["cdr.accepted.v1"]
    assert world.topics_of(f"{SWISS_CPO}/c2") == ["cdr.accepted.v1", "cdr.redecided.v1"]


def test_days_between_what_is_known_and_what_is_stated_are_a_gap(world):
    with pytest.raises(Refused, match="RATE_GAP") as refused:
        import_rates(world.ledger, day(16, "0.93"), by=BY_FINANCE)
    assert refused.value.refusals[0].actual == "nothing from 2026-10-14 to 2026-10-15"


def test_a_day_on_which_nothing_is_published_is_no_gap(world):
    import_rates(world.ledger, history((MONDAY, "0.9375"), until=date(2026, 10, 16)), by=BY_FINANCE)
    assert import_rates(world.ledger, day(19, "0.93"), by=BY_FINANCE) == "extended"
    charge(world, "C1", october(18))
    assert rate_of(world, "C1") == Decimal("1.066666666667")


def test_rates_from_before_all_that_is_known_complete_it(world):
    earlier = history((date(2026, 9, 29), "0.9450"))
    assert import_rates(world.ledger, earlier, by=BY_FINANCE) == "completed"
    world.ledger.refresh()
    assert str(world.ledger.facts.rates["CHF"].covers_from) == "2026-09-29"
    assert len(world.ledger.facts.rates["CHF"].rates) == 3


def test_another_source_has_rates_of_its_own(world):
    other = history((MONDAY, "0.9500"), source="BANK")
    assert import_rates(world.ledger, other, by=BY_FINANCE) == "new"
    world.ledger.refresh()
    assert sorted(world.ledger.facts.rates) == ["CHF", "CHF@BANK"]


@pytest.mark.parametrize(
    ("stated", "code"),
    [
        (history((MONDAY, "0")), "RATE_NOT_POSITIVE"),
        (history((date(1998, 12, 31), "1.6")), "RATE_DATE_IMPOSSIBLE"),
        (
            RateHistory("BGN", "ECB", *(date(2026, 1, 1),) * 2,
                        (PublishedRate(date(2026, 1, 1), Decimal("1.9558")),)),
            "CURRENCY_ENDED",
        ),
        (RateHistory("XYZ", "ECB", MONDAY, MONDAY, KNOWN.rates[:1]), "UNKNOWN_CURRENCY"),
    ],
)  # fmt: skip
def test_the_ledger_itself_refuses_what_cannot_be_a_rate(world, stated, code):
    with pytest.raises(Refused, match=code):
        import_rates(world.ledger, stated, by=BY_FINANCE)


def test_a_dry_run_checks_everything_and_records_nothing(world):
    assert import_rates(world.ledger, day(14, "0.93"), by=BY_FINANCE, dry_run=True) == "extended"
    with pytest.raises(Refused, match="RATE_DIFFERS"):
        import_rates(world.ledger, day(12, "0.93"), by=BY_FINANCE, dry_run=True)
    assert len(imported(world)) == 1
