"""A folder moves in: tried first, carried out by one person, approved by another."""

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml
from msgspec.structs import replace

from console.imports.opening import approve, carry_out, read_plan, rehearse
from ledger.application.commands import By
from ledger.application.opening import reverse_opening
from ledger.application.registration import register_actor
from ledger.roaming.agreement import Agreement
from ledger.roaming.party import Party
from ledger.roaming.site import Site
from ledger.values.reasons import Refused
from tests.ledger_cast import BY_ADMIN, BY_FINANCE, RECORDED_AT
from tests.ledger_world import World

FOLDER = Path(__file__).parents[1] / "move_in"
BY_FIONA = By("fiona", "asserted", RECORDED_AT)


@pytest.fixture
def folder(tmp_path):
    return Path(shutil.copytree(FOLDER, tmp_path / "move-in"))


@pytest.fixture
def world(database_url):
    world = World(database_url)
    register_actor(world.ledger, "fiona", ("finance",), by=BY_ADMIN)
    yield world
    world.close()


def plan_of(folder):
    plan, refusals = read_plan(folder)
    assert refusals == []
    return plan


def wrong_in(world, folder):
    """Return everything that is wrong with a folder, in its files and beside what is recorded."""
    plan, refusals = read_plan(folder)
    found = rehearse(world.ledger, plan, by=BY_FINANCE).refusals if plan is not None else ()
    return [f"{row.reason.value} {row.path}" for row in (*refusals, *found)]


def edit(folder, name, old, new):
    path = folder / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_a_check_tells_what_would_be_recorded_and_records_nothing(world, folder):
    before = [*world.events()]
    found = rehearse(world.ledger, plan_of(folder), by=BY_FINANCE)
    assert found.refusals == ()
    assert found.counts == {
        "entities": 3,
        "parties": 3,
        "agreements": 1,
        "sites": 1,
        "tariffs": 1,
        "locations": 1,
        "ids": 7,
        "books": 3,
    }
    assert [" ".join(map(str, row)) for row in found.totals] == [
        "clr-bv CHF 1 12.1000 0 -12.1000 EUR 12.9000 0",
        "emp-gmbh EUR 1 0 1210.0000 1210.0000 EUR 0 1210.0000",
        "xyz-bv CHF 1 0 12.1000 12.1000 EUR 0 12.9000",
        "xyz-bv EUR 2 1210.0000 210.0000 -1000.0000 EUR 1210.0000 210.0000",
    ]
    assert [*world.events()] == before
    assert len(before) == 3


def moved_in(world, folder):
    plan, sent = plan_of(folder), []
    carry_out(world.ledger, plan, send=sent.append, by=BY_FINANCE)
    done = approve(world.ledger, plan, by=BY_FIONA)
    world.ledger.refresh()
    return sent, done


def test_one_person_carries_it_out_and_another_approves_it(world, folder):
    sent, done = moved_in(world, folder)
    assert done == [
        "bank accounts of xyz-bv",
        "bank accounts of emp-gmbh",
        "bank accounts of clr-bv",
        "NL*XYZ trades",
        "DE*EMP trades",
        "NL*CLR trades",
        "agreement NL*XYZ>DE*EMP",
        "opening of clr-bv",
        "opening of emp-gmbh",
        "opening of xyz-bv",
    ]
    facts = world.ledger.facts
    state = facts.find(Party, "NL*XYZ").state_at(datetime(2026, 10, 1, tzinfo=UTC))
    assert (state.state, state.reason) == ("active", "moved in")
    (version,) = facts.find(Agreement, "NL*XYZ>DE*EMP").versions
    assert version.terms.fees[0].audience.locations == ("LOC1",)
    assert version.terms.tariffs.wholesale == "T1"
    (site,) = facts.find(Site, "NL*XYZ/loc1").versions
    assert (site.document.owner, site.document.chargers[0].evse_uid) == ("NL*XYZ", "E1")
    messages = [(row.kind, row.party, row.message.id) for row in sent]
    assert messages == [("tariff", "NL*XYZ", "T1"), ("location", "NL*XYZ", "LOC1")]
    (evse,) = sent[1].message.evses
    assert (evse.uid, evse.evse_id, evse.connectors[0].tariff_ids) == ("E1", "NL*XYZ*E1", ("T1",))


def test_who_carried_it_out_cannot_approve_it(world, folder):
    plan = plan_of(folder)
    carry_out(world.ledger, plan, send=lambda _: None, by=BY_FINANCE)
    with pytest.raises(Refused, match="SECOND_PERSON_REQUIRED"):
        approve(world.ledger, plan, by=BY_FINANCE)


def test_the_old_ids_are_kept_with_the_plan_and_the_hash_of_every_file(world, folder):
    moved_in(world, folder)
    plan = plan_of(folder)
    started, mapped = [event for event in world.events() if event.TOPIC.startswith("move_in.")]
    assert (started.platform, started.plan) == ("oldcharge", plan.sha256)
    assert [row.name for row in started.files] == [
        "agreements/xyz-emp.yaml",
        "balances.csv",
        "locations.json",
        "manifest.yaml",
        "mapping.yaml",
        "parties.yaml",
        "sites.yaml",
        "tariffs.json",
    ]
    assert [(row.kind, row.old, row.new) for row in mapped.ids] == [
        ("agreement", "V-2019-33", "NL*XYZ>DE*EMP"),
        ("evse", "OP-17/4711/1", "NL*XYZ/LOC1/E1"),
        ("location", "OP-17/4711", "NL*XYZ/LOC1"),
        ("party", "HOUSE", "NL*CLR"),
        ("party", "MSP-4", "DE*EMP"),
        ("party", "OP-17", "NL*XYZ"),
        ("tariff", "OP-17/55", "NL*XYZ/T1"),
    ]


def test_what_was_done_is_not_done_again(world, folder):
    moved_in(world, folder)
    before = len([*world.events()])
    _, done = moved_in(world, folder)
    assert (done, len([*world.events()])) == ([], before)


def test_a_move_in_that_was_interrupted_is_run_again(world, folder):
    def broken(message):
        raise ConnectionError(message.place)

    plan = plan_of(folder)
    with pytest.raises(ConnectionError):
        carry_out(world.ledger, plan, send=broken, by=BY_FINANCE)
    before = len([*world.events()])
    sent, _ = [], carry_out(world.ledger, plan, send=lambda _: None, by=BY_FINANCE)
    assert (sent, len([*world.events()])) == ([], before)


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("manifest.yaml", "2026-10-01", "2026-10-02"),
        ("mapping.yaml", "V-2019-33", "V-2019-34"),
        ("agreements/xyz-emp.yaml", "1 % of net", "2 % of net"),
        ("tariffs.json", "0.50", "0.51"),
        ("balances.csv", "1210.00", "1210.0"),
    ],
)
def test_every_byte_of_every_file_is_in_the_plans_hash(folder, name, old, new):
    before = plan_of(folder).sha256
    edit(folder, name, old, new)
    assert plan_of(folder).sha256 != before


def test_another_id_for_a_record_that_moved_in_is_refused(world, folder):
    moved_in(world, folder)
    edit(folder, "mapping.yaml", "V-2019-33: NL*XYZ>DE*EMP", "V-2019-33: NL*XYZ>NL*CLR")
    assert wrong_in(world, folder) == ["ALREADY_EXISTS agreement.V-2019-33"]


def test_other_balances_of_an_opened_book_are_refused_until_it_is_reversed(world, folder):
    moved_in(world, folder)
    edit(folder, "balances.csv", "1210.00", "1210.10")
    assert wrong_in(world, folder) == ["OPENING_EXISTS clr-bv", "OPENING_EXISTS emp-gmbh",
                                       "OPENING_EXISTS xyz-bv"]  # fmt: skip
    for book in ("clr-bv", "emp-gmbh", "xyz-bv"):
        for by in (BY_FINANCE, BY_FIONA):
            reverse_opening(world.ledger, book, reason="a wrong file", by=by)
    assert wrong_in(world, folder) == []


def test_everything_that_is_wrong_in_all_files_is_told_at_once(world, folder):
    edit(folder, "parties.yaml", "number: DE819900016", "number: DE819900017")
    edit(folder, "agreements/xyz-emp.yaml", "1 % of net", "1 of net")
    edit(folder, "sites.yaml", "access: public", "access: everybody")
    edit(folder, "tariffs.json", '"currency": "EUR", ', "")
    edit(folder, "balances.csv", "payable,OP-17,EUR,1210.00", "payable,OP-17,EUR,many")
    assert wrong_in(world, folder) == [
        "WRONG_FORMAT agreements/xyz-emp.yaml:16 fees[0].price",
        "UNKNOWN_VALUE NL*XYZ/LOC1.access",
        "MISSING_FIELD tariffs.json object 1",
        "WRONG_TYPE balances.csv:5.amount",
        "VAT_NUMBER_INVALID entities.emp-gmbh.vat_registrations[0].number",
    ]


def test_what_only_the_approval_would_refuse_is_told_before(world, folder):
    edit(folder, "parties.yaml", '    company_number: "90000131"\n', "")
    assert wrong_in(world, folder)[0] == "ONBOARDING_INCOMPLETE entity.company_number"


@pytest.mark.parametrize(
    ("name", "old", "new", "code", "place"),
    [
        ("manifest.yaml", "sites.yaml", "nothing.yaml", "NOT_FOUND", "sites[0]"),
        ("manifest.yaml", "sites.yaml", "../sites.yaml", "WRONG_FORMAT", "sites[0]"),
        ("manifest.yaml", "platform:", "plattform:", "MISSING_FIELD", "platform"),
        ("mapping.yaml", "NL*XYZ>DE*EMP", "NL*XYZ", "WRONG_IDENTIFIER", "agreements.V-2019-33"),
        ("mapping.yaml", "NL*XYZ/LOC1/E1", "NL*XYZ/E1", "WRONG_IDENTIFIER", "evses.OP-17/4711/1"),
        ("mapping.yaml", "HOUSE: NL*CLR", "HOUSE: NL*XYZ", "NAMED_TWICE", "parties.HOUSE"),
        (
            "mapping.yaml",
            "OP-17/55: NL*XYZ",
            "OP-17/55: DE*EMP",
            "INVALID_DOCUMENT",
            "tariffs.OP-17/55",
        ),
        ("parties.yaml", "  OP-17:", "  HOUSE:", "NAMED_TWICE", "NL*CLR"),
        ("balances.csv", "book_amount,side", "side", "WRONG_FORMAT", "balances.csv:1"),
        (
            "balances.csv",
            "MSP-4,EUR,1210.00",
            "MSP-4,EUR,1.210.00",
            "WRONG_TYPE",
            "balances.csv:2.amount",
        ),
        (
            "balances.csv",
            "12.10,12.90,debit",
            "12.00,12.90,debit",
            "CLEARING_NOT_MIRRORED",
            "balances.csv:4",
        ),
        (
            "balances.csv",
            "payable,HOUSE",
            "payable,NL*NIX",
            "PARTY_UNKNOWN",
            "balances.csv:4.party",
        ),
        (
            "manifest.yaml",
            "tariffs.json, party: OP-17",
            "tariffs.json, party: NL*NIX",
            "PARTY_UNKNOWN",
            "tariffs.json object 1",
        ),
    ],
)
def test_bad_input_is_refused_with_code_and_place(world, folder, name, old, new, code, place):
    edit(folder, name, old, new)
    found = [row.split(" ", 1) for row in wrong_in(world, folder)]
    assert any(row[0] == code and row[1].endswith(place) for row in found), found


def test_a_folder_without_a_manifest_is_refused(tmp_path):
    plan, refusals = read_plan(tmp_path)
    assert (plan, [row.reason.value for row in refusals]) == (None, ["NOT_FOUND"])


def test_balances_may_be_yaml_and_say_the_same(folder):
    from_csv = plan_of(folder).balances.lines
    rows = (folder / "balances.csv").read_text().splitlines()
    names = rows[0].split(",")
    written = [dict(zip(names, row.split(","), strict=True)) for row in rows[1:]]
    said = [{name: value for name, value in row.items() if value} for row in written]
    (folder / "balances.yaml").write_text(yaml.safe_dump(said))
    edit(folder, "manifest.yaml", "balances.csv", "balances.yaml")
    from_yaml = plan_of(folder).balances.lines
    assert [replace(row, path="") for row in from_yaml] == [
        replace(row, path="") for row in from_csv
    ]


def test_an_approval_is_of_the_plan_alone(world, folder):
    plan = plan_of(folder)
    carry_out(world.ledger, plan, send=lambda _: None, by=BY_FINANCE)
    (moved,) = plan.agreements
    ended = replace(moved.version, valid_until=datetime(2027, 1, 1, tzinfo=UTC))
    other = plan._replace(
        agreements=(moved._replace(version=ended),),
        balances=plan.balances._replace(source_sha256="f" * 64),
    )
    done = approve(world.ledger, other, by=BY_FIONA)
    assert [row for row in done if row.startswith(("agreement", "opening"))] == []
