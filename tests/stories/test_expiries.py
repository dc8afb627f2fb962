"""What tax decisions rest on is announced before it ends, and withdrawn when it is renewed."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from msgspec.structs import replace

from ledger.application.expiries import alerts_on, announce_expiries
from ledger.application.watch import raise_overdue
from ledger.roaming.entity_documents import Evidence, ResellerStatus
from ledger.roaming.terms import Terms, VatTerms
from ledger.vat.overrides import RateOverride
from tests.ledger_cast import CAST, CPO, EMSP, ENTITIES, agreement, entity, rates
from tests.ledger_world import World

PROOF = Evidence("USt 1 TH", "7", date(2025, 12, 1))
OPTION = "option/DE"


@pytest.fixture
def world(database_url):
    world = World(database_url, *CAST, rates())
    yield world
    world.close()


def at(day: str) -> datetime:
    return datetime.fromisoformat(f"{day}T06:00:00").replace(tzinfo=UTC)


def tell(world: World, day: str) -> tuple[int, int]:
    """Let the clock look on a day; return what it announced and withdrew."""
    return tuple(announce_expiries(world.ledger, at(day)))


def told(world: World) -> list[tuple[str, str, str]]:
    """Return what was said of ends: the event, of what, and the notice or why."""
    return [
        (event.TOPIC.split(".")[1], event.expiry,
         str(getattr(event, "notice_days", "") or event.because))
        for event in world.events()
        if event.TOPIC.startswith("expiry.")
    ]  # fmt: skip


def until(country_until: str | None):
    """Return the registration of xyz-bv with an end."""
    document = ENTITIES["xyz-bv"]
    (row,) = document.vat_registrations
    end = date.fromisoformat(country_until) if country_until else None
    return replace(document, vat_registrations=(replace(row, valid_until=end),))


def test_an_option_of_the_law_is_announced_twice_before_it_ends(world):
    assert tell(world, "2026-11-01") == (0, 0)
    assert tell(world, "2026-11-02") == (1, 0)
    assert tell(world, "2026-11-02") == tell(world, "2026-12-17") == (0, 0), "once each"
    assert tell(world, "2026-12-18") == (1, 0)
    assert told(world) == [("announced", OPTION, "60"), ("announced", OPTION, "14")]
    assert tell(world, "2027-01-01") == (0, 0), "it stands until somebody saw to it"
    assert tell(world, "2027-03-02") == (0, 1)
    assert told(world)[-1] == ("withdrawn", OPTION, "ended")
    assert tell(world, "2027-03-03") == (0, 0)


def test_a_registration_that_is_renewed_is_withdrawn(world):
    world.learn(entity("xyz-bv", until("2026-12-01")))
    assert tell(world, "2026-10-02") == (1, 0)
    assert tell(world, "2026-11-20")[0] >= 1
    world.learn(entity("xyz-bv", until(None)))
    assert tell(world, "2026-11-21") == (0, 1)
    registration = [row[0::2] for row in told(world) if row[1] == "xyz-bv/vat/NL"]
    assert registration == [("announced", "60"), ("announced", "14"), ("withdrawn", "renewed")]


def test_a_clock_that_stood_still_announces_the_nearest_notice_alone(world):
    world.learn(entity("xyz-bv", until("2026-10-20")))
    tell(world, "2026-10-15")
    assert told(world) == [("announced", "xyz-bv/vat/NL", "14")]


def test_a_later_end_that_is_near_too_is_announced_anew(world):
    world.learn(entity("xyz-bv", until("2026-10-20")))
    tell(world, "2026-10-15")
    world.learn(entity("xyz-bv", until("2026-11-10")))
    assert tell(world, "2026-10-16") == (1, 0)
    assert told(world)[-1] == ("announced", "xyz-bv/vat/NL", "60")


def test_evidence_and_agreed_rates_end_too(world):
    dealer = replace(
        ENTITIES["emp-gmbh"],
        dealer_since=None,
        reseller=(ResellerStatus(date(2026, 1, 1), PROOF, date(2026, 10, 31)),),
    )
    five = RateOverride(
        "GB", "electricity", Decimal(5), "S", date(2026, 1, 1), date(2026, 11, 1), "a ruling"
    )
    world.learn(entity("emp-gmbh", dealer))
    world.learn(agreement(CPO, EMSP, Terms(vat=VatTerms(overrides=(five,)))))
    found = alerts_on(world.ledger, date(2026, 10, 1))
    assert [(row.ending.key, row.days_left, row.announced) for row in found] == [
        ("emp-gmbh/reseller", 30, False),
        ("NL*XYZ>DE*EMP/override/GB/electricity", 31, False),
    ]
    tell(world, "2026-10-01")
    assert all(row.announced for row in alerts_on(world.ledger, date(2026, 10, 1)))


def test_what_is_followed_by_another_has_no_end(world):
    since = date(2026, 1, 1)
    spans = (
        ResellerStatus(since, PROOF, date(2026, 10, 31)),
        ResellerStatus(date(2026, 10, 31), PROOF),
    )
    dealer = replace(ENTITIES["emp-gmbh"], dealer_since=None, reseller=spans)
    world.learn(entity("emp-gmbh", dealer))
    assert alerts_on(world.ledger, date(2026, 10, 1)) == []


def test_the_clock_counts_what_it_announced(world):
    assert raise_overdue(world.ledger, at("2026-11-02")).expiring == 1
    assert raise_overdue(world.ledger, at("2026-11-02")).expiring == 0
