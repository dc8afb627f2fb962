"""What the register says of a place decides about its charges: names, documents, suspensions."""

from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from ledger.application.registration import advance_time
from ledger.application.sites import (
    approve_site,
    register_sites,
    reject_site,
    remap_site,
    suspend_site,
)
from ledger.roaming.site import Site
from ledger.roaming.site_version import Suspension
from ledger.values.reasons import Refused
from tests.ledger_cast import (
    AGREEMENTS,
    BY_ADMIN,
    BY_FINANCE,
    CAST,
    CPO,
    EMSP,
    HOST,
    agreement,
    rates,
    shared_with_host,
)
from tests.ledger_statements import october, tariff
from tests.ledger_world import World
from tests.site_world import (
    DOCUMENT,
    LOC1,
    LOC2,
    LOC3,
    NEXT_CPO,
    approved,
    charged,
    identity,
    meter,
    place,
    remapped,
    site,
    stated,
)

PER_KWH = tariff(("ENERGY", "0.50", 1))
MIDNIGHT = datetime(2026, 10, 14, 22, tzinfo=UTC)  # of the 15th in Amsterdam


@pytest.fixture
def world(database_url):
    world = World(database_url, *CAST, *AGREEMENTS, rates())
    advance_time(world.ledger, october(1))
    world.send(PER_KWH)
    return world


def recorded_at(world, key):
    """Return the site as it is recorded."""
    world.ledger.refresh()
    return world.ledger.facts.find(Site, key)


def test_an_evse_goes_on_under_another_id_and_both_ids_find_the_record(world):
    world.send(place(LOC1, "E1", "E2"))
    world.learn(site())
    world.settle()
    kept, moved_on = charged(world, "C1", 10), charged(world, "C2", 20)
    # when E1 became E9 of another location, in the middle of the month
    world.learn(remapped(f"{LOC1}/E1", f"{LOC2}/E9", MIDNIGHT))
    world.settle()
    # then the past keeps the old identity, and what came after asks for the new one
    assert world.topics_of(kept) == ["cdr.accepted.v1"]
    assert world.topics_of(moved_on) == ["cdr.accepted.v1", "cdr.redecided.v1"]
    refusal = world.cdr("C2").refusals[0]
    assert refusal.reason.value == "LOCATION_MOVED"
    assert refusal.expected == "NL*XYZ/loc2/e9 since 2026-10-14T22:00:00Z"
    # and its neighbour stayed where it is
    charged(world, "C3", 21, evse="E2")
    assert world.cdr("C3").state == "accepted"
    # under the new identity it charges since then, by the meter it always had
    charged(world, "C4", 22, location="LOC2", evse="e9")
    assert world.cdr("C4").state == "accepted"
    charged(world, "C5", 12, location="LOC2", evse="E9")
    assert world.reasons("C5") == ["LOCATION_MOVED"]
    assert "NL*XYZ/loc1/e1 until" in world.cdr("C5").refusals[0].expected
    # and both sites know of it
    assert recorded_at(world, LOC1).departures["e1"].new == identity(f"{LOC2}/E9")
    assert recorded_at(world, LOC2).arrivals["e9"].old == identity(f"{LOC1}/E1")


def test_a_meter_registered_before_a_remap_is_found_after_it(world):
    world.send(place(LOC1, "E1"))
    world.learn(site(), remapped(LOC1, LOC2, MIDNIGHT))
    illegal = replace(DOCUMENT, meters=(meter("E1", legal_class="not_legal"),))
    charged(world, "C1", 20, location="LOC2")
    assert world.cdr("C1").state == "accepted"
    # when the meter turns out to be none to bill by, under the id it was registered with
    world.learn(site(LOC1, illegal))
    world.settle()
    assert world.reasons("C1") == ["METER_NOT_LEGAL"]


def test_a_site_changes_its_cpo_at_midnight(world):
    world.send(place(LOC1, "E1"))
    world.learn(site())
    world.settle()
    old, late = charged(world, "C1", 14, at=october(14, 21, 59)), charged(world, "C2", 15)
    # when one person says so, nothing happens yet
    new = f"{NEXT_CPO}/haag"
    world.learn(remapped(LOC1, new, MIDNIGHT, "sold"))
    world.settle()
    assert world.topics_of(late) == ["cdr.accepted.v1"]
    assert recorded_at(world, new) is None
    with pytest.raises(Refused, match="SECOND_PERSON_REQUIRED"):
        approve_site(world.ledger, LOC1, by=BY_FINANCE)
    # when a second one approves it
    world.learn(approved(LOC1))
    world.settle()
    # then the charge that began a minute before midnight is the old CPO's, and no later one is
    assert world.topics_of(old) == ["cdr.accepted.v1"]
    assert world.reasons("C2") == ["LOCATION_MOVED"]
    assert world.cdr("C2").refusals[0].expected.startswith("CH*ALP/haag/e1 since")
    # and the new one's began after
    world.send(tariff(("ENERGY", "0.50", 1), of=NEXT_CPO, currency="CHF"))
    charged(world, "S1", 14, at=MIDNIGHT, of=NEXT_CPO, location="HAAG", currency="CHF")
    assert world.cdr("S1", of=NEXT_CPO).state == "accepted"
    assert recorded_at(world, LOC1).proposal is None


def test_what_is_charged_at_a_suspended_site_waits_until_the_suspension_ends(world):
    world.send(place(LOC1, "E1"))
    before, during, after = (charged(world, f"C{day}", day) for day in (9, 15, 20))
    suspend_site(world.ledger, LOC1, Suspension(october(10), "road closed"), by=BY_FINANCE)
    world.settle()
    assert [world.cdr(f"C{day}").state for day in (9, 15, 20)] == ["accepted", "held", "held"]
    assert world.reasons("C15") == ["SITE_SUSPENDED"]
    # when it turns out that it ended before the last charge, then that one is money again
    ended = Suspension(october(10), "road closed", october(20))
    suspend_site(world.ledger, LOC1, ended, by=BY_FINANCE)
    world.settle()
    assert [world.cdr(f"C{day}").state for day in (9, 15, 20)] == ["accepted", "held", "accepted"]
    assert [len(world.topics_of(key)) for key in (before, during, after)] == [1, 2, 3]
    with pytest.raises(Refused, match="NOT_FOUND"):
        suspend_site(world.ledger, "NL*XYZ/nowhere", ended, by=BY_FINANCE)
    with pytest.raises(Refused, match="REASON_MISSING"):
        suspend_site(world.ledger, LOC1, Suspension(october(1), ""), by=BY_FINANCE)


def test_a_change_of_operator_in_a_document_waits_for_a_second_person(world):
    sold = stated(LOC1, replace(DOCUMENT, operator=NEXT_CPO), valid_from=MIDNIGHT)
    world.learn(site())
    done = register_sites(world.ledger, [sold], by=BY_FINANCE)
    assert [row.outcome for row in done] == ["proposed"]
    assert register_sites(world.ledger, [sold], by=BY_FINANCE)[0].outcome == "unchanged"
    assert recorded_at(world, LOC1).version_valid_at(october(20)).document.operator == CPO
    approve_site(world.ledger, LOC1, by=BY_ADMIN)
    version = recorded_at(world, LOC1).version_valid_at(october(20))
    assert (version.document.operator, version.author, version.approver) == (
        NEXT_CPO, "finn", "anna",
    )  # fmt: skip


def test_what_is_rejected_is_not_recorded_and_can_be_proposed_again(world):
    world.learn(site())
    register_sites(world.ledger, [stated(LOC1, valid_from=october(5))], submit=True, by=BY_FINANCE)
    reject_site(world.ledger, LOC1, reason="not the right day", by=BY_ADMIN)
    assert recorded_at(world, LOC1).proposal is None
    with pytest.raises(Refused, match="NOT_FOUND"):
        approve_site(world.ledger, LOC1, by=BY_ADMIN)
    again = [stated(LOC1, valid_from=october(6))]
    assert register_sites(world.ledger, again, submit=True, by=BY_ADMIN)[0].outcome == "proposed"


def test_a_share_of_the_old_id_goes_on_to_apply_to_the_new_one(world):
    world.send(place(LOC1, "E1"))
    world.learn(agreement(HOST, CPO, shared_with_host("15/100", "LOC1")))
    world.learn(remapped(LOC1, LOC2, october(5)), remapped(LOC2, LOC3, october(15)))
    charged(world, "C1", 10, location="LOC2")
    charged(world, "C2", 20, location="LOC3")
    for id in ("C1", "C2"):
        assert [leg.kind for leg in world.cdr(id).decision.legs] == ["wholesale", "fee", "share"]
    # when the share agreement of the old id changes later, then so does what was decided on it
    thirty = shared_with_host("30/100", "LOC1")
    world.learn(agreement(HOST, CPO, thirty, valid_from=october(18), correction="agreed by mail"))
    world.settle()
    shares = {id: world.cdr(id).decision.legs[-1].net for id in ("C1", "C2")}
    assert {id: str(net) for id, net in shares.items()} == {"C1": "0.7500", "C2": "1.5000"}


def test_a_chain_of_remaps_is_resolved_to_the_name_of_the_time(world):
    world.send(place(LOC1, "E1"))
    world.learn(remapped(LOC1, LOC2, october(10)), remapped(LOC2, LOC3, october(20)))
    charged(world, "C1", 25)
    charged(world, "C2", 15)
    charged(world, "C3", 5, location="LOC3")
    names = {id: world.cdr(id).refusals[0].expected.partition(" ")[0] for id in ("C1", "C2", "C3")}
    assert names == {
        "C1": "NL*XYZ/loc3/e1",
        "C2": "NL*XYZ/loc2/e1",
        "C3": "NL*XYZ/loc1/e1",
    }


def test_what_came_under_the_new_id_before_anybody_said_so_stays(world):
    early = charged(world, "C1", 5, location="LOC2")
    world.send(place(LOC1, "E1"))
    world.consumer.received_at = october(28)
    remap_site(
        world.ledger,
        identity(LOC1),
        identity(LOC2),
        valid_from=october(10),
        reason="renamed",
        by=replace(BY_FINANCE, at=world.cdr("C1").provenance.received_at.replace(hour=23)),
    )
    world.settle()
    assert world.topics_of(early) == ["cdr.accepted.v1"]
    # and asked again, for whatever reason, it stays, too
    world.send(tariff(("ENERGY", "0.501", 1), updated=october(4)))
    assert world.cdr("C1").state == "accepted"
    assert EMSP in world.cdr("C1").decision.visible_to


def test_what_is_unknown_or_wrong_in_documents_is_said_of_all_at_once_and_nothing_recorded(world):
    wrong = [
        stated(LOC1, replace(DOCUMENT, owner="NL*NOB")),
        stated(LOC2, replace(DOCUMENT, country="XX", meters=(meter("E1"), meter("e1")))),
        stated(LOC3),
    ]
    before = world.rows("SELECT position FROM log.head")
    with pytest.raises(Refused) as refused:
        register_sites(world.ledger, wrong, by=BY_FINANCE)
    assert [(row.reason.value, row.path) for row in refused.value.refusals] == [
        ("PARTY_UNKNOWN", "NL*XYZ/loc1.owner"),
        ("COUNTRY_UNKNOWN", "NL*XYZ/loc2.country"),
        ("VALIDITY_OVERLAPS", "NL*XYZ/loc2.meters[1]"),
    ]
    assert world.rows("SELECT position FROM log.head") == before


def test_a_dry_run_records_nothing_and_the_same_again_changes_nothing(world):
    rows = [stated(LOC1), stated(LOC2)]
    head = "SELECT position FROM log.head"
    before = world.rows(head)
    dry = register_sites(world.ledger, rows, by=BY_FINANCE, dry_run=True)
    assert world.rows(head) == before
    assert register_sites(world.ledger, rows, by=BY_FINANCE) == dry
    after = world.rows(head)
    assert [row.outcome for row in register_sites(world.ledger, rows, by=BY_ADMIN)] == [
        "unchanged"
    ] * 2
    assert world.rows(head) == after
