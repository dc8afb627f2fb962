"""Session import: every row of a table is published or reported, and what a mapping may say."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from console.imports.charged import hours
from console.imports.drivers import Drivers
from console.imports.mapping import DriversMapping, MappingRefused, Provider, load_mapping
from console.imports.run import Imported, import_sessions
from console.imports.wall_clock import ClockProblem, instant_of, shift_to_month
from schemas import CdrV1, FileRegistry, decode, encode

MAPPINGS = Path(__file__).parents[2] / "console" / "imports" / "mappings"
EXAMPLE = MAPPINGS / "desl_epfl.yaml"
HEADER = "session,plug,arrival,departure,stay_min,energy_wh,pmax_w\n"
Import = Callable[..., Imported]


@pytest.fixture
def imported(tmp_path: Path) -> Import:
    """Import rows below `HEADER` with the example mapping, some of its fields replaced."""

    def run(*rows: str, header: str = HEADER, **overrides: Any) -> Imported:
        table = tmp_path / "table.csv"
        table.write_text(header + "".join(f"{row}\n" for row in rows), encoding="utf-8")
        mapping = load_mapping(EXAMPLE, **overrides)
        return import_sessions(table, mapping)

    return run


def test_a_row_becomes_a_session_and_a_priced_cdr(imported: Import) -> None:
    (row,) = imported("17,CCS1,2022-11-05T10:00:00,2022-11-05T10:40:00,41,20000,60000").rows
    active, completed = row.messages.updates
    cdr = row.messages.cdr
    assert (active.status, active.kwh, active.end_date_time) == ("ACTIVE", 0, None)
    assert (completed.status, completed.kwh) == ("COMPLETED", Decimal(20))
    assert completed.last_updated > active.last_updated
    # 2022: 20 kWh at 0.65 and 0.50 a session
    assert cdr.total_cost.before_taxes == Decimal("13.5000")
    assert (cdr.start_date_time, cdr.end_date_time) == (
        datetime(2022, 11, 5, 9, 0, tzinfo=UTC),
        datetime(2022, 11, 5, 9, 40, tzinfo=UTC),
    )
    assert (cdr.session_id, cdr.cdr_location.evse_uid, cdr.currency) == ("17", "LEM-LAU-1", "CHF")
    assert [(part.type, part.volume) for part in cdr.charging_periods[0].dimensions] == [
        ("ENERGY", Decimal(20)),
        ("TIME", Decimal("0.666666666")),
        ("MAX_POWER", Decimal(60)),
    ]


def test_the_tariff_version_valid_at_the_start_prices(imported: Import) -> None:
    before, after = imported(
        "1,CCS1,2026-10-14T23:50:00,2026-10-15T00:20:00,31,10000,60000",
        "2,CCS2,2026-10-15T00:00:00,2026-10-15T00:20:00,21,10000,60000",
    ).rows
    # At night 10 kWh at 0.58 and 0.50 a session; from the fifteenth on at 0.61.
    assert before.messages.cdr.total_cost.before_taxes == Decimal("6.3000")
    assert after.messages.cdr.total_cost.before_taxes == Decimal("6.6000")


def test_a_charge_is_cut_where_its_price_changes(imported: Import) -> None:
    (row,) = imported("1,CCS1,2026-10-07T20:30:00,2026-10-07T21:15:00,46,30000,60000").rows
    active, completed = row.messages.updates
    cdr = row.messages.cdr
    assert [
        (period.start_date_time.isoformat(), [part.volume for part in period.dimensions])
        for period in cdr.charging_periods
    ] == [
        ("2026-10-07T18:30:00+00:00", [Decimal(20), Decimal("0.5"), Decimal(60)]),
        ("2026-10-07T19:00:00+00:00", [Decimal(10), Decimal("0.25"), Decimal(60)]),
    ]
    # 20 kWh at 0.65 by day, 10 kWh at 0.58 from 21:00, 0.50 a session; 8.1 % VAT
    assert cdr.total_energy_cost is not None
    assert cdr.total_energy_cost.before_taxes == Decimal("18.8000")
    assert cdr.total_cost.before_taxes == Decimal("19.3000")
    assert cdr.total_cost.after_taxes == Decimal("20.8633")
    assert completed.charging_periods == cdr.charging_periods
    assert completed.total_cost == cdr.total_cost
    assert active.charging_periods == ()


def test_a_session_says_what_its_driver_was_shown(imported: Import) -> None:
    (row,) = imported("1,CCS1,2026-10-07T20:30:00,2026-10-07T21:15:00,46,30000,60000").rows
    for update in row.messages.updates:
        assert update.clearwatt is not None
        shown = update.clearwatt.displayed
        assert shown is not None
        assert (shown.price, shown.version, shown.by) == (Decimal("0.65"), "2", "CH*LEM")
        assert shown.at == update.start_date_time


def test_a_plugs_meter_counts_its_charges_in_their_order(imported: Import) -> None:
    rows = imported(
        "2,CCS1,2022-11-05T12:00:00,2022-11-05T12:40:00,41,20000.126,60000",
        "1,CCS1,2022-11-05T10:00:00,2022-11-05T10:40:00,41,1000,60000",
        "3,CCS2,2022-11-05T11:00:00,2022-11-05T11:40:00,41,500,60000",
    ).rows
    readings = [
        (row.charging.session_id, row.charging.meter_start_wh, row.charging.energy_wh)
        for row in rows
    ]
    assert readings == [
        ("1", Decimal(0), Decimal(1000)),
        ("3", Decimal(0), Decimal(500)),
        ("2", Decimal(1000), Decimal("20000.13")),
    ]


FROM, TO = "2022-11-05T10:00:00", "2022-11-05T10:40:00"


@pytest.mark.parametrize(
    ("row", "code", "column"),
    [
        (f"1,CCS1,{FROM}", "ROW_INCOMPLETE", ""),
        (f"1,,{FROM},{TO},41,9,9", "ROW_INCOMPLETE", "plug"),
        (f"1,CCS9,{FROM},{TO},41,9,9", "UNKNOWN_PLUG", "plug"),
        (f"1,CCS1,5.11.2022,{TO},41,9,9", "NOT_A_TIME", "arrival"),
        (f"1,CCS1,{TO},{FROM},41,9,9", "END_BEFORE_START", "departure"),
        (f"1,CCS1,{FROM},{TO},41,-9,9", "NEGATIVE_QUANTITY", "energy_wh"),
        (f"1,CCS1,{FROM},{TO},41,NaN,9", "NOT_A_NUMBER", "energy_wh"),
        (f"1,CCS1,{FROM},{TO},41,1e999,9", "NOT_A_NUMBER", "energy_wh"),
        (f"1,CCS1,{FROM},{TO},41,9,ten", "NOT_A_NUMBER", "pmax_w"),
        ("1,CCS1,2017-11-05T10:00:00,2017-11-05T10:40:00,41,9,9", "TARIFF_MISSING", "plug"),
        (f"{'1' * 37},CCS1,{FROM},{TO},41,9,9", "TEXT_TOO_LONG", "session"),
    ],
)
def test_a_row_that_cannot_be_published_is_reported(
    imported: Import, row: str, code: str, column: str
) -> None:
    found = imported("0,CCS1,2022-11-04T10:00:00,2022-11-04T10:40:00,41,9,9", row)
    assert [row.number for row in found.rows] == [2]
    assert [tuple(problem) for problem in found.problems] == [(3, code, column)]


def test_a_session_id_that_comes_again_is_reported(imported: Import) -> None:
    # OCPI's ids compare case-insensitively.
    found = imported(
        "A,CCS1,2022-11-05T10:00:00,2022-11-05T10:40:00,41,9,9",
        "a,CCS2,2022-11-06T10:00:00,2022-11-06T10:40:00,41,9,9",
    )
    assert [problem.code for problem in found.problems] == ["DUPLICATE_SESSION"]


def test_a_charge_of_no_minutes_and_no_energy_is_published(imported: Import) -> None:
    (row,) = imported("1,CCS1,2022-11-05T10:00:00,2022-11-05T10:00:00,0,0,0").rows
    active, completed = row.messages.updates
    assert row.messages.cdr.total_cost.before_taxes == Decimal("0.5000")
    assert row.messages.cdr.total_time == 0
    assert completed.last_updated > active.last_updated


def test_messages_survive_their_encoding(imported: Import) -> None:
    (row,) = imported("1,CCS1,2022-11-05T10:00:00,2022-11-05T10:07:00,8,20000.01,60000").rows
    registry, topic = FileRegistry(), "clearwatt.cdrs.v1"
    cdr = row.messages.cdr
    assert (
        decode(encode(cdr, topic=topic, registry=registry), topic=topic, registry=registry) == cdr
    )


TWICE = "1,CCS1,2022-10-30T02:30:00,2022-10-30T02:50:00,21,9000,60000"
NEVER = "1,CCS1,2023-03-26T02:30:00,2023-03-26T03:10:00,41,9000,60000"


@pytest.mark.parametrize(
    ("policy", "utc_hour"),
    [("first", 0), ("second", 1)],
)
def test_the_hour_that_comes_twice(imported: Import, policy: str, utc_hour: int) -> None:
    time = {"zone": "Europe/Zurich", "ambiguous": policy}
    (row,) = imported(TWICE, time=time).rows
    assert row.charging.started_at == datetime(2022, 10, 30, utc_hour, 30, tzinfo=UTC)
    assert row.charging.ended_at - row.charging.started_at == timedelta(minutes=20)


@pytest.mark.parametrize(("row", "code"), [(TWICE, "AMBIGUOUS_TIME"), (NEVER, "NONEXISTENT_TIME")])
def test_an_hour_that_is_refused_is_reported(imported: Import, row: str, code: str) -> None:
    found = imported(row, time={"zone": "Europe/Zurich"})
    assert [problem.code for problem in found.problems] == [code]


def test_the_hour_that_does_not_exist_is_read_as_before_the_change() -> None:
    zone = ZoneInfo("Europe/Zurich")
    local = datetime(2023, 3, 26, 2, 30)  # noqa: DTZ001 - a wall clock's time
    read = instant_of(local, zone, ambiguous="refuse", nonexistent="forward")
    assert read == datetime(2023, 3, 26, 1, 30, tzinfo=UTC)
    with pytest.raises(ClockProblem):
        instant_of(local, zone, ambiguous="first", nonexistent="refuse")


def test_a_shift_keeps_weekdays_and_the_whole_month() -> None:
    november = [date(2022, 11, day) for day in range(1, 31)]
    shift = shift_to_month([*november, date(2022, 12, 5)], "2026-10", None)
    assert (shift.source_month, shift.days % 7) == ("2022-11", 0)
    # Tuesday 1 November becomes Tuesday 6 October or 29 September; either loses some days.
    assert (shift.landed, shift.of) == (28, 30)


def test_a_shift_moves_arrivals_on_the_wall_clock_and_keeps_stays(imported: Import) -> None:
    found = imported(
        "1,CCS1,2022-11-05T10:00:00,2022-11-05T10:40:00,41,9000,60000",
        "2,CCS2,2022-06-05T10:00:00,2022-06-05T10:40:00,41,9000,60000",
        shift_to="2026-10",
        shift_from="2022-11",
    )
    summer, autumn = (row.charging for row in found.rows)
    assert found.shift is not None
    zone = ZoneInfo("Europe/Zurich")
    for charging, day in ((autumn, date(2022, 11, 5)), (summer, date(2022, 6, 5))):
        local = charging.started_at.astimezone(zone)
        assert local.date() == day + timedelta(days=found.shift.days)
        assert (local.hour, local.minute) == (10, 0)
        assert charging.ended_at - charging.started_at == timedelta(minutes=40)


def test_units_and_a_stay_instead_of_an_end(imported: Import) -> None:
    columns = {
        "session_id": "id",
        "plug": "plug",
        "started_at": "start",
        "stay": "hours",
        "energy": "kwh",
        "peak_power": "kw",
        "charging_ended_at": "full",
    }
    (row,) = imported(
        "1;CCS1;05.11.2022 10:00;1.5;12.5;50;05.11.2022 10:45",
        header="id;plug;start;hours;kwh;kw;full\n",
        delimiter=";",
        columns=columns,
        units={"energy": "kWh", "power": "kW", "stay": "hours"},
        time={"zone": "Europe/Zurich", "format": "%d.%m.%Y %H:%M"},
        parking={"rule": "column"},
    ).rows
    charged, parked = row.messages.cdr.charging_periods
    assert row.charging.energy_wh == 12500
    assert row.charging.peak_power_w == 50000
    assert {part.type: part.volume for part in charged.dimensions}["TIME"] == Decimal("0.75")
    assert parked.dimensions[0].volume == Decimal("0.75")
    assert row.messages.cdr.total_parking_time == Decimal("0.75")


def test_parking_can_be_assumed_from_the_peak_power(imported: Import) -> None:
    (row,) = imported(
        "1,CCS1,2022-11-05T10:00:00,2022-11-05T11:00:00,61,10000,60000",
        parking={"rule": "assumed", "mean_power_share": "0.5"},
    ).rows
    assert row.charging.charging_ended_at - row.charging.started_at == timedelta(minutes=20)


def test_a_mapping_reports_every_error_at_once(tmp_path: Path) -> None:
    path = tmp_path / "mapping.yaml"
    path.write_text(
        "name: x\ncolumns: {plug: p}\ntime: {zone: Europe/Atlantis}\ncurrency: euro\n"
        "plugs: {}\ndrivers: {seed: one, providers: []}\ncolour: red\n",
        encoding="utf-8",
    )
    with pytest.raises(MappingRefused) as refused:
        load_mapping(path)
    paths = {path for path, _ in refused.value.errors}
    assert paths >= {
        "columns.session_id",
        "columns.started_at",
        "columns.energy",
        "time.zone",
        "currency",
        "plugs",
        "drivers.seed",
        "drivers.providers",
        "colour",
    }


def test_columns_plugs_and_currency_are_checked_against_what_there_is(imported: Import) -> None:
    with pytest.raises(MappingRefused, match="the file has no column «energy_wh»"):
        imported("1,CCS1", header="session,plug,arrival,departure,pmax_w\n")
    plug = {"party": "CH*LEM", "location": "LEM-LAU", "evse": "LEM-LAU-7", "tariff": "LEM-DC"}
    with pytest.raises(MappingRefused) as refused:
        imported(plugs={"CCS1": plug}, currency="EUR")
    assert {path for path, _ in refused.value.errors} == {"plugs.CCS1", "plugs.CCS1.tariff"}


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    table = tmp_path / "table.csv"
    table.write_bytes(HEADER.encode() + b"1,CCS1,\xff\xfe,,,,\n")
    with pytest.raises(MappingRefused, match=r"table\.csv is no table in UTF-8"):
        import_sessions(table, load_mapping(EXAMPLE))


def test_the_draw_of_a_session_does_not_depend_on_other_sessions() -> None:
    providers = (Provider(party="CH*ALP", weight=3), Provider(party="DE*FST", weight=1))
    drivers = Drivers(DriversMapping(seed=1, providers=providers))
    again = Drivers(DriversMapping(seed=1, providers=providers))
    other_seed = Drivers(DriversMapping(seed=2, providers=providers))
    ids = [f"s{number}" for number in range(400)]
    drawn = [drivers.token_for(id) for id in ids]
    assert drawn[7::10] == [again.token_for(id) for id in ids[7::10]]
    assert drawn != [other_seed.token_for(id) for id in ids]
    assert 250 < sum(token.party_id == "ALP" for token in drawn) < 350


@pytest.mark.parametrize("seconds", [1, 59, 1199, 2400, 2401, 8640, 86399])
def test_hours_never_bill_a_second_too_many(seconds: int) -> None:
    billed = hours(timedelta(seconds=seconds)) * 3600
    assert seconds - Decimal("0.000004") <= billed <= seconds


def test_every_real_session_is_published(sample_sessions: Path) -> None:
    found = import_sessions(sample_sessions, load_mapping(EXAMPLE))
    lines = sample_sessions.read_text(encoding="utf-8").splitlines()
    assert found.problems == ()
    assert sorted(row.number for row in found.rows) == list(range(2, len(lines) + 1))
    assert len(found.rows) == 1878
    assert found.fullest_month == "2022-11"


def test_real_energies_and_stays_stay_as_they_are(sample_sessions: Path) -> None:
    found = import_sessions(sample_sessions, load_mapping(EXAMPLE, shift_to="2026-10"))
    by_line = {row.number: row.messages.cdr for row in found.rows}
    lines = sample_sessions.read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(lines[1:], start=2):
        _, _, arrival, departure, _, energy_wh, *_ = line.split(",")
        cdr: CdrV1 = by_line[number]
        stay = datetime.fromisoformat(departure) - datetime.fromisoformat(arrival)
        assert cdr.end_date_time - cdr.start_date_time == stay
        assert abs(cdr.total_energy * 1000 - Decimal(energy_wh)) <= Decimal("0.005")
    assert found.shift is not None
    assert (found.shift.source_month, found.shift.landed, found.shift.of) == ("2022-11", 275, 275)
    assert found.fullest_month == "2026-10"
