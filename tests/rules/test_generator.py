"""The demo's month: generated from measured figures, planned in order, the same every time."""

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from statistics import median
from types import SimpleNamespace

import pytest
from kafka.partitioner.default import DefaultPartitioner

from console.demo import measure
from console.demo.bench_load import bench_load
from console.demo.bench_world import with_room_for
from console.demo.distributions import FILE, load_distributions
from console.demo.faults import FAULTS
from console.demo.generator import generate
from console.demo.month import MonthPlan
from console.demo.plan import ACCEPTED, Planned
from console.demo.sources import generated_demo, imported_demo
from console.demo.world import World, load_world
from console.errors import ServiceError
from console.imports.charged import Charging
from consumers.headers import Coordinates, source_of
from ledger.values.instants import local_date
from schemas import CdrV1, FileRegistry, SessionV1, decode, topic_name
from tests.worlds import PREFIX, received, small_month

REGISTRY = FileRegistry()


@pytest.fixture(scope="module")
def world() -> World:
    return load_world()


@pytest.fixture(scope="module")
def plan() -> MonthPlan:
    return generated_demo(sessions=600).plan


def _bytes_of(messages: Iterable[Planned]) -> list[tuple[object, ...]]:
    return [
        (
            message.kind,
            message.key,
            message.headers,
            message.encoded(topic=topic_name(PREFIX, message.kind), registry=REGISTRY),
        )
        for message in messages
    ]


def test_the_figures_are_those_of_the_real_sessions(
    sample_sessions: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    measure.main([str(sample_sessions)])
    assert capsys.readouterr().out == FILE.read_text(encoding="utf-8")


def test_the_figures_name_their_origin_and_are_whole() -> None:
    figures = load_distributions()
    assert "DESL-EPFL" in figures.origin
    for kind in figures.kinds.values():
        assert sum(kind.arrivals_by_weekday) == sum(kind.arrivals_by_hour) == kind.sessions
        for third in kind.thirds:
            for quantiles in (third.stay_min, third.energy_wh, third.peak_power_w):
                assert list(quantiles) == sorted(quantiles)


def test_the_same_seed_gives_the_same_bytes(plan: MonthPlan) -> None:
    assert _bytes_of(generated_demo(sessions=600).plan.messages) == _bytes_of(plan.messages)
    other = generated_demo(sessions=600, seed=2).plan
    assert _bytes_of(other.messages) != _bytes_of(plan.messages)


def test_generated_charges_resemble_the_measured_ones(world: World) -> None:
    charges = generate(world, sessions=2000, seed=1)
    figures = load_distributions().kinds
    at_all_kind = [row for row in charges if row.plug.cdr_location.id in {"PLD-UTR", "RSL-KOE"}]
    middle = figures["all"].thirds[1]
    assert middle.energy_wh[0] < median(row.energy_wh for row in at_all_kind) < middle.energy_wh[-1]
    short = [row for row in charges if row.plug.cdr_location.id == "RSL-HOF"]
    longest = figures["short_stay"].thirds[-1].stay_min[-1]
    assert max(row.ended_at - row.started_at for row in short) <= timedelta(minutes=longest)


def test_no_charge_is_impossible(world: World) -> None:
    charges = generate(world, sessions=2000, seed=1)
    by_plug: dict[str, list[Charging]] = {}
    for row in charges:
        stay_h = Decimal((row.ended_at - row.started_at) // timedelta(minutes=1)) / 60
        assert row.peak_power_w is not None
        assert row.energy_wh <= row.peak_power_w * stay_h
        assert row.started_at < row.charging_ended_at <= row.ended_at
        assert f"{local_date(row.started_at, row.plug.time_zone):%Y-%m}" == "2026-10"
        by_plug.setdefault(row.plug.cdr_location.evse_id, []).append(row)
    for ordered in by_plug.values():
        for before, after in pairwise(ordered):
            assert before.ended_at < after.started_at
            assert before.meter_start_wh + before.energy_wh == after.meter_start_wh


def test_more_sessions_than_the_plugs_hold_are_refused(world: World) -> None:
    with pytest.raises(ServiceError, match="TOO_MANY_SESSIONS"):
        generate(world.only("CH*LEM"), sessions=20_000, seed=1)


def test_every_sender_numbers_its_messages_of_a_topic_without_gaps(plan: MonthPlan) -> None:
    numbers: dict[tuple[str, str], set[int]] = {}
    for message in plan.messages:
        numbers.setdefault((message.sender, message.kind), set()).add(message.sequence)
    missing = {key: set(range(1, max(found) + 1)) - found for key, found in numbers.items()}
    assert sum(map(len, missing.values())) == 1  # what a sender lost, and nothing else
    assert {sender for sender, _ in numbers} == {
        *("NL*PLD", "NL*RHB", "CH*LEM", "NL*GRT"),
        *("DE*LPZ", "FR*VLM"),  # payments, and a retail tariff
    }
    again = [row.fault for row in plan.messages if row.repeats is not None]
    assert sorted(filter(None, again)) == ["altered_repeat", "identical_repeat"]
    assert len({row.message_id for row in plan.messages}) == len(plan.messages) - len(again)


def test_headers_are_read_as_they_were_meant(plan: MonthPlan) -> None:
    message = plan.messages[50]
    source, refusal = source_of(Coordinates("t", 0, 0), message.key, message.headers)
    assert refusal is None
    assert (source.sender, source.sequence, source.message_id, source.sent_at) == (
        message.sender,
        message.sequence,
        message.message_id,
        message.sent_at,
    )


def test_messages_are_in_the_order_of_their_times(plan: MonthPlan) -> None:
    times = [message.sent_at for message in plan.messages]
    assert times == sorted(times)
    assert plan.before_close + plan.after_close == plan.messages
    late = [message.fault for message in plan.after_close]
    assert late == ["credited_after_close", "late_cdr"]


def test_every_fault_is_planned_as_often_as_it_says(plan: MonthPlan) -> None:
    assert {name: len(found) for name, found in plan.cases.items()} == {
        fault.name: fault.times for fault in FAULTS
    }
    suffered = [
        session.value.id
        for found in plan.cases.values()
        for charge in found
        for session in charge.updates[:1]
    ]
    assert len(suffered) == len(set(suffered))


def test_each_unreadable_message_is_unreadable_for_its_reason(plan: MonthPlan) -> None:
    for message, read in zip(plan.messages, received(plan.messages), strict=True):
        if message.expect.outcome != "unreadable":
            assert read.refusal is None
        elif message.expect.code not in ("SENDER_NOT_ENTITLED", "SEQUENCE_ALTERED"):
            # Who may speak for whom, and what came before, is the ledger's to know.
            assert read.refusal is not None
            assert read.refusal.reason.value == message.expect.code


def test_periods_are_cut_for_every_reason_that_the_tariffs_have(plan: MonthPlan) -> None:
    """At a clock, after so many kWh, after so long; parking begins a period anyway."""
    cut: dict[str, list[CdrV1]] = {}
    for cdr in _cdrs(plan):
        if len(cdr.charging_periods) > 1:
            cut.setdefault(cdr.tariffs[0].id, []).append(cdr)
    at_a_clock = {tariff_id for tariff_id, rows in cut.items() if any(map(_at_a_full_hour, rows))}
    assert at_a_clock >= {"PLD-DC", "PLD-STAY", "RSL-RAST", "LEM-DC"}
    after_40_kwh = [row for row in cut["PLD-STAY"] if _first_energy(row) == 40]
    after_20_min = [row for row in cut["RSL-RAST"] if _first_span(row) == timedelta(minutes=20)]
    assert after_40_kwh
    assert after_20_min


def _cdrs(plan: MonthPlan) -> list[CdrV1]:
    """Return the CDRs that carry their tariff: all but the one that names none published."""
    return [
        row.value for row in plan.messages if isinstance(row.value, CdrV1) and row.value.tariffs
    ]


def _at_a_full_hour(cdr: CdrV1) -> bool:
    return any(
        (row.start_date_time.minute, row.start_date_time.second) == (0, 0)
        for row in cdr.charging_periods[1:]
    )


def _first_energy(cdr: CdrV1) -> Decimal:
    return next(row.volume for row in cdr.charging_periods[0].dimensions if row.type == "ENERGY")


def _first_span(cdr: CdrV1) -> timedelta:
    return cdr.charging_periods[1].start_date_time - cdr.start_date_time


def test_displays_show_the_price_of_the_first_kwh_but_for_the_faulty(plan: MonthPlan) -> None:
    shown = {
        (row.value.id, row.value.clearwatt.displayed.price, row.fault)
        for row in plan.messages
        if isinstance(row.value, SessionV1) and row.value.clearwatt and row.value.status != "ACTIVE"
    }
    billed = {cdr.session_id: _prices_per_kwh(cdr) for cdr in _cdrs(plan)}
    faulty = [fault for id, price, fault in shown if id in billed and price not in billed[id]]
    assert faulty == ["other_price_shown"] * 3


def _prices_per_kwh(cdr: CdrV1) -> set[Decimal]:
    return {
        component.price
        for tariff in cdr.tariffs
        for element in tariff.elements
        for component in element.price_components
        if component.type == "ENERGY"
    }


def test_only_strasbourg_sells_above_its_public_price(plan: MonthPlan) -> None:
    above = [
        row.value
        for row in plan.messages
        if isinstance(row.value, CdrV1) and "PRICE_ABOVE_PUBLIC" in row.expect.findings
    ]
    assert {cdr.cdr_location.id for cdr in above} == {"RSL-STR"}
    middle = datetime(2026, 10, 14, 22, tzinfo=UTC)
    assert min(cdr.start_date_time for cdr in above) >= middle


def test_sound_charges_have_a_completed_session_and_a_cdr() -> None:
    messages = small_month(20).messages
    assert {message.expect for message in messages} == {ACCEPTED}
    completed = {
        row.value.id
        for row in messages
        if isinstance(row.value, SessionV1) and row.value.status == "COMPLETED"
    }
    cdrs = {row.value.session_id for row in messages if isinstance(row.value, CdrV1)}
    assert len(cdrs) == 20
    assert completed == cdrs


def test_a_month_with_too_few_charges_for_its_faults_says_so() -> None:
    with pytest.raises(ServiceError, match="TOO_FEW_SESSIONS"):
        generated_demo(sessions=5)


def test_the_real_sessions_stand_among_those_of_other_cpos(sample_sessions: Path) -> None:
    demo = imported_demo(sample_sessions, others=100, has_faults=False)
    assert demo.imported is not None
    assert demo.plan.month == "2022-11"
    ids = {
        (row.value.party_id, row.value.id)
        for row in demo.plan.messages
        if isinstance(row.value, CdrV1)
    }
    assert sum(party == "LEM" for party, _ in ids) == 1878
    assert len(ids) == 1978
    codes = {row.expect.code for row in demo.plan.messages if row.fault is None}
    assert codes == {None, "AGREEMENT_MISSING"}


def test_a_bench_has_a_plug_for_every_charge(world: World) -> None:
    """No check finds two cars at one plug; what a site's owner receives holds everywhere."""
    roomy = with_room_for(world, 5_000)
    assert len(roomy.locations) > len(world.locations)
    free_from: dict[tuple[str, str], datetime] = {}
    for _, cdr in bench_load(roomy, pairs=5_000, seed=1, prefix=PREFIX, registry=REGISTRY):
        found = decode(cdr.value, topic=cdr.topic, registry=REGISTRY)
        assert isinstance(found, CdrV1)
        plug = found.cdr_location.evse_id, found.cdr_location.connector_id
        assert free_from.get(plug, found.start_date_time) <= found.start_date_time
        free_from[plug] = found.end_date_time
    shared = {name for row in roomy.agreements for name in row.terms.split.locations}
    assert {name.partition("-C")[0] for name in shared} == {"RSL-HOF", "LEM-RIV"}
    assert len(shared) == 2 * len(roomy.locations) // len(world.locations)
    assert with_room_for(world, 10) is world


def test_the_bench_load_is_readable_and_numbered(world: World) -> None:
    pairs = list(bench_load(world, pairs=40, seed=1, prefix=PREFIX, registry=REGISTRY))
    again = list(bench_load(world, pairs=40, seed=1, prefix=PREFIX, registry=REGISTRY))
    assert pairs == again
    assert len({cdr.headers for _, cdr in pairs}) == 40
    for session, cdr in pairs:
        assert (session.topic, cdr.topic) == ("clearwatt.sessions.v1", "clearwatt.cdrs.v1")
        assert session.key == cdr.key


def test_both_halves_of_the_partitions_get_as_much_of_a_bench(world: World) -> None:
    """By the rule of kafka-python itself, so that two consumers have as much to do."""
    six = set(range(6))
    cluster = SimpleNamespace(
        topics=lambda: {topic_name(PREFIX, "cdr")},
        partitions_for_topic=lambda _: six,
        available_partitions_for_topic=lambda _: six,
    )
    halves = Counter[bool]()
    for _, cdr in bench_load(world, pairs=300, seed=1, prefix=PREFIX, registry=REGISTRY):
        found = DefaultPartitioner().partition(cdr.topic, None, cdr.key, None, None, cluster)
        halves[found < 3] += 1
    assert halves == {True: 150, False: 150}
