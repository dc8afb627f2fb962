"""OCPP import: how transactions of 1.6 and 2.0.1 are read, and what is reported of every line."""

import base64
import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from console.imports.mapping import MappingRefused
from console.imports.ocpp.problems import PROBLEMS
from console.imports.ocpp.run import ImportedOcpp
from schemas import FileRegistry, decode, encode
from tests.ocpp_world import (
    AC,
    DC,
    answer,
    at,
    begun,
    call,
    event,
    imported,
    line,
    mapping_with,
    sample,
    sampled,
    started,
    status,
    stopped,
)

Import = Callable[..., ImportedOcpp]
OCMF = 'OCMF|{"FV":"1.0","RD":[]}|{"SD":"3044"}'


@pytest.fixture
def run(tmp_path: Path) -> Import:
    return lambda *lines, **changes: imported(tmp_path, *lines, **changes)


def kwh_and_hours(found: ImportedOcpp) -> list[tuple[str, str, str]]:
    """Return each period of the only session: kWh, hours charging, hours parking."""
    (row,) = found.rows
    table = []
    for period in row.updates[-1].charging_periods:
        volumes = {part.type: part.volume.normalize() for part in period.dimensions}
        table.append(
            tuple(str(volumes.get(kind, "")) for kind in ("ENERGY", "TIME", "PARKING_TIME"))
        )
    return table


def codes(found: ImportedOcpp) -> list[tuple[int, str]]:
    return [(problem.line, problem.code) for problem in found.problems]


def test_a_transaction_of_1_6_is_two_updates_and_a_cdr(run: Import) -> None:
    found = run(*started(), sample(30, {"value": "5000"}), stopped())
    (row,) = found.rows
    active, completed = row.updates
    assert (active.status, active.kwh, completed.status) == ("ACTIVE", 0, "COMPLETED")
    assert (completed.id, completed.kwh) == (f"{AC}-7", Decimal(8))
    addition = completed.clearwatt
    assert addition is not None
    assert (addition.meter_start_wh, addition.meter_stop_wh) == (1000, 9000)
    assert addition.stop_reason == "Remote"
    assert kwh_and_hours(found) == [("4", "0.5", ""), ("4", "0.5", "")]
    assert row.cdr is not None
    # 8 kWh at 0.60 and 0.50 a session
    assert row.cdr.total_cost.before_taxes == Decimal("5.3000") == completed.total_cost.before_taxes
    assert (row.cdr.id, row.cdr.session_id) == (f"C-{AC}-7", f"{AC}-7")
    assert found.problems == ()


def test_a_transaction_of_2_0_1_is_read_in_the_order_of_its_events(run: Import) -> None:
    late = event(1, "Updated", 30, 4000, offline=True)
    found = run(begun(), event(2, "Ended", 60, 8000), late)
    (row,) = found.rows
    assert kwh_and_hours(found) == [("4", "0.5", ""), ("4", "0.5", "")]
    assert row.cdr is not None and row.cdr.total_energy == Decimal(8)
    assert (row.updates[-1].id, found.problems) == ("T-9", ())


@pytest.mark.parametrize(
    ("value", "readings", "kwh"),
    [
        # without any field it is a register of imported active energy in Wh
        ({"value": "5000"}, {}, "4"),
        ({"value": "5.0", "unit": "kWh"}, {}, "4"),
        ({"value": "5.0"}, {"energy_unit": "kWh"}, "4"),
        ({"value": "4000"}, {"register": "from_start"}, "4"),
        # what says nothing of the energy sold leaves one period of the whole hour
        ({"value": "5000", "phase": "L1"}, {}, "8"),
        ({"value": "5000", "location": "Inlet"}, {}, "8"),
        ({"value": "5000", "location": "Inlet"}, {"location": "Inlet"}, "4"),
        ({"value": "5000", "measurand": "Energy.Active.Export.Register"}, {}, "8"),
        ({"value": "5000", "measurand": "Voltage", "unit": "V"}, {}, "8"),
        ({"value": "5000", "unit": "W"}, {"measurand_by_unit": "true"}, "8"),
    ],
)
def test_a_sample_is_read_as_ocpp_says_or_the_mapping(
    run: Import, value: dict[str, Any], readings: dict[str, Any], kwh: str
) -> None:
    found = run(*started(), sample(30, value), stopped(), readings=readings)
    assert kwh_and_hours(found)[0][0] == kwh
    assert found.problems == ()


@pytest.mark.parametrize(
    ("unit", "multiplier", "value"),
    [("Wh", 0, 4000), ("Wh", 3, 4), ("kWh", 0, 4), ("kWh", -3, 4000)],
)
def test_units_of_2_0_1_have_a_power_of_ten(
    run: Import, unit: str, multiplier: int, value: int
) -> None:
    measure = {"unit": unit, "multiplier": multiplier}
    half = sampled(30, {"value": value, "unitOfMeasure": measure})
    found = run(begun(), event(1, "Updated", 30, meterValue=half), event(2, "Ended", 60, 8000))
    assert kwh_and_hours(found)[0] == ("4", "0.5", "")


def test_the_greatest_power_of_a_period_is_carried_in_kw(run: Import) -> None:
    power = {"measurand": "Power.Active.Import", "unit": "W"}
    found = run(
        *started(),
        sample(20, {"value": "7400", **power}),
        sample(30, {"value": "5000"}, {"value": "7.2", **power, "unit": "kW"}),
        stopped(),
    )
    first, second = found.rows[0].updates[-1].charging_periods
    assert [(part.type, part.volume) for part in first.dimensions][-1] == (
        "MAX_POWER",
        Decimal("7.4"),
    )
    assert "MAX_POWER" not in [part.type for part in second.dimensions]


PARKED = [("8", "0.5", ""), ("", "", "0.5")]


@pytest.mark.parametrize(
    ("lines", "parking", "table"),
    [
        # the charger says when the car stopped: the energy was drawn before
        ([status(30, "SuspendedEV")], {}, PARKED),
        ([status(30, "SuspendedEVSE")], {}, [("8", "1", "")]),
        ([status(30, "SuspendedEVSE")], {"states": ["SuspendedEVSE"]}, PARKED),
        ([status(30, "SuspendedEV")], {"rule": "none"}, [("8", "1", "")]),
        ([status(0, "Charging"), status(30, "Finishing")], {}, PARKED),
        # parked, and charged again
        (
            [status(15, "SuspendedEV"), status(45, "Charging")],
            {},
            [("4", "0.25", ""), ("", "", "0.5"), ("4", "0.25", "")],
        ),
        # without states the register tells: it stands still for at least five minutes
        ([sample(30, {"value": "9000"})], {}, PARKED),
        ([sample(56, {"value": "9000"})], {}, [("8", "0.933333333", ""), ("0", "0.066666666", "")]),
        ([sample(30, {"value": "9000"})], {"rule": "states"}, [("8", "0.5", ""), ("0", "0.5", "")]),
    ],
)
def test_parking_is_what_the_states_say_or_a_register_that_stands_still(
    run: Import, lines: list[str], parking: dict[str, Any], table: list[tuple[str, str, str]]
) -> None:
    found = run(*started(), *lines, stopped(), parking=parking)
    assert kwh_and_hours(found) == table
    assert found.problems == ()


def test_a_car_that_is_connected_but_not_charging_parks(run: Import) -> None:
    found = run(
        begun(info={"chargingState": "EVConnected"}),
        event(1, "Updated", 15, info={"chargingState": "Charging"}),
        event(2, "Updated", 45, 8000, info={"chargingState": "SuspendedEV"}),
        event(3, "Ended", 60, 8000),
    )
    assert kwh_and_hours(found) == [("", "", "0.25"), ("8", "0.5", ""), ("", "", "0.25")]


def test_periods_per_state_join_the_samples(run: Import) -> None:
    lines = (
        *started(),
        *(sample(n, {"value": str(1000 + 200 * n)}) for n in (10, 20, 30)),
        stopped(),
    )
    assert len(kwh_and_hours(run(*lines))) == 4
    assert kwh_and_hours(run(*lines, periods="state")) == [("8", "1", "")]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["{", *started(), stopped()], [(1, "NOT_JSON")]),
        (['{"at": NaN}', *started(), stopped()], [(1, "NOT_JSON")]),
        (["[" * 5000, *started(), stopped()], [(1, "NOT_JSON")]),
        (["7", *started(), stopped()], [(1, "WRONG_TYPE")]),
        ([line(0, [2, "x"]), *started(), stopped()], [(1, "NOT_OCPP")]),
        ([line(0, [2, "x", "Heartbeat", 3]), *started(), stopped()], [(1, "WRONG_TYPE")]),
        ([*started(), sample(30, {"value": "5,0"}), stopped()], [(3, "NOT_A_NUMBER")]),
        ([*started(), sample(30, {"value": "NaN"}), stopped()], [(3, "NOT_A_NUMBER")]),
        ([*started(), sample(30, {"value": True}), stopped()], [(3, "WRONG_TYPE")]),
        ([*started(), sample(30, {"value": "5", "unit": "J"}), stopped()], [(3, "UNKNOWN_UNIT")]),
        (
            [*started(), sample(30, {"value": "5", "context": "?"}), stopped()],
            [(3, "UNKNOWN_VALUE")],
        ),
        ([*started(), sample(30, {"value": "500"}), stopped()], [(3, "METER_BACKWARDS")]),
        ([*started(), sample(30, {"value": "9500"}), stopped()], [(3, "METER_BACKWARDS")]),
        ([*started(), sample(90, {"value": "8000"}), stopped()], [(3, "SAMPLE_OUTSIDE")]),
        (
            [
                *started(),
                stopped(
                    transactionData=sampled(60, {"value": "9002", "context": "Transaction.End"})
                ),
            ],
            [(3, "METER_DIFFERS")],
        ),
        ([*started(), stopped(), stopped(61)], [(4, "CONFLICTING_STOP")]),
        (
            [*started(), sample(30, {"value": "1"}, transactionId=8), stopped()],
            [(3, "UNKNOWN_TRANSACTION")],
        ),
        ([begun(), event(2, "Ended", 60, 8000)], [(2, "SEQUENCE_GAP")]),
        (
            [begun(), event(1, "Ended", 60, 8000), event(1, "Ended", 61, 8000)],
            [(3, "CONFLICTING_EVENT")],
        ),
        ([begun(), event(1, "Ended", 60, 8000), event(2, "Updated", 61)], [(3, "AFTER_END")]),
    ],
)
def test_what_is_wrong_beside_a_transaction_is_reported_and_the_rest_imported(
    run: Import, lines: list[str], expected: list[tuple[int, str]]
) -> None:
    found = run(*lines)
    assert codes(found) == expected
    assert [row.cdr.total_energy for row in found.rows if row.cdr] == [Decimal(8)]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([*started(timestamp="yesterday"), stopped()], ["NOT_A_TIME", "UNKNOWN_TRANSACTION"]),
        ([*started(timestamp="1970-01-01T00:00:10Z")], ["WRONG_CLOCK"]),
        ([*started(timestamp="2026-10-05T10:00:00")], ["TIME_WITHOUT_ZONE"]),
        ([*started(idTag=7)], ["WRONG_TYPE"]),
        ([*started(meterStart=None)], ["MISSING_FIELD"]),
        ([*started(idTag="UNKNOWN"), stopped()], ["UNKNOWN_TOKEN"]),
        ([*started(connectorId=9), stopped()], ["UNKNOWN_PLUG"]),
        ([*started(), stopped(meterStop=900)], ["METER_BACKWARDS"]),
        ([*started(), stopped(-1)], ["END_BEFORE_START"]),
        ([started()[0]], ["NOT_CONFIRMED"]),
        (
            [started()[0], line(0, [4, "StartTransaction", "InternalError", "", {}])],
            ["NOT_CONFIRMED", "CALL_REFUSED"],
        ),
        ([stopped()], ["UNKNOWN_TRANSACTION"]),
        ([event(1, "Updated", 0, 0), event(2, "Ended", 60, 8000)], ["NOT_STARTED"]),
        ([begun(evse=None), event(1, "Ended", 60, 8000)], ["NO_EVSE"]),
        ([begun(idToken=None), event(1, "Ended", 60, 8000)], ["NO_TOKEN"]),
        ([begun(wh=None), event(1, "Ended", 60)], ["NO_BEGIN_READING"]),
        # one reading cannot tell both the start and the end
        ([begun(), event(1, "Ended", 60)], ["NO_END_READING"]),
        ([begun(info={"transactionId": "T" * 40})], ["INVALID_FIELD"]),
    ],
)
def test_a_transaction_that_cannot_be_read_is_reported_and_not_published(
    run: Import, lines: list[str], expected: list[str]
) -> None:
    found = run(*lines)
    assert [problem.code for problem in found.problems] == expected
    assert found.rows == ()


def test_messages_sent_again_are_counted_and_change_nothing(run: Import) -> None:
    again = started()
    once = run(*started(), stopped())
    twice = run(*started(), *again, stopped(), stopped())
    assert (twice.repeated, twice.problems) == (2, ())
    assert [row.messages for row in twice.rows] == [row.messages for row in once.rows]
    ended = event(1, "Ended", 60, 8000)
    assert run(begun(), begun(), ended, ended).repeated == 2


def test_a_byte_order_mark_and_empty_lines_say_nothing(run: Import) -> None:
    first, *others = started()
    found = run("\ufeff" + first, "", *others, "  ", stopped())
    assert (len(found.rows), found.problems) == (1, ())


def test_every_other_action_is_counted(run: Import) -> None:
    found = run(*started(), call(1, "Heartbeat", {}), call(2, "Heartbeat", {}), stopped())
    assert (found.ignored, found.problems) == ({"Heartbeat": 2}, ())


def test_a_transaction_that_goes_on_is_active_with_the_energy_so_far(run: Import) -> None:
    found = run(*started(), sample(30, {"value": "5000"}))
    (row,) = found.rows
    assert [(update.status, update.kwh) for update in row.updates] == [("ACTIVE", 0), ("ACTIVE", 4)]
    assert (row.updates[-1].end_date_time, row.cdr, found.still_open) == (None, None, 1)


def test_a_start_at_a_connector_whose_transaction_never_ended_reports_that_one(run: Import) -> None:
    again = call(
        90,
        "StartTransaction",
        {"connectorId": 1, "idTag": "04A2B3C4", "meterStart": 9000, "timestamp": at(90)},
        id="s2",
    )
    found = run(*started(), again, answer(90, "s2", {"transactionId": 8}))
    assert codes(found) == [(1, "NOT_ENDED")]
    assert [row.transaction for row in found.rows] == ["7", "8"]


def test_a_token_that_was_refused_makes_the_session_invalid(run: Import) -> None:
    found = run(*started(status="Blocked"), stopped(meterStop=1000, reason="DeAuthorized"))
    (row,) = found.rows
    assert (row.updates[-1].status, row.cdr) == ("INVALID", None)
    assert codes(found) == [(1, "NOT_AUTHORIZED")]


def test_a_token_that_is_accepted_after_a_refused_one_charges(run: Import) -> None:
    other = {"idToken": "DE-EMP-C00000042", "type": "eMAID"}
    found = run(
        begun(),
        answer(0, "e0", {"idTokenInfo": {"status": "Blocked"}}, of=DC),
        event(1, "Updated", 1, idToken=other),
        answer(1, "e1", {"idTokenInfo": {"status": "Accepted"}}, of=DC),
        event(2, "Ended", 60, 8000),
    )
    (row,) = found.rows
    assert (row.updates[-1].status, row.updates[-1].cdr_token.uid) == (
        "COMPLETED",
        other["idToken"],
    )


def test_a_remote_start_is_a_command(run: Import) -> None:
    found = run(begun(triggerReason="RemoteStart"), event(1, "Ended", 60, 8000))
    assert found.rows[0].updates[0].auth_method == "COMMAND"


def test_a_meter_that_was_lost_with_the_power_ends_at_its_last_sample(run: Import) -> None:
    lines = (*started(), sample(30, {"value": "5000"}), stopped(meterStop=0, reason="PowerLoss"))
    assert codes(run(*lines)) == [(1, "METER_BACKWARDS")]
    known = run(*lines, readings={"zero_meter_stop": "last_sample"})
    assert known.rows[0].updates[-1].kwh == Decimal(4)


def test_samples_that_name_no_transaction_are_those_of_their_connector(run: Import) -> None:
    unnamed = sample(30, {"value": "5000"}, transactionId=None)
    assert kwh_and_hours(run(*started(), unnamed, stopped()))[0] == ("4", "0.5", "")
    refused = run(*started(), unnamed, stopped(), readings={"without_transaction": "refuse"})
    assert codes(refused) == [(3, "MISSING_FIELD")]
    idle = run(sample(-5, {"value": "900"}, transactionId=None), *started(), stopped())
    assert (idle.ignored, idle.problems) == ({"MeterValues": 1}, ())


def test_local_times_are_read_in_the_zone_that_the_mapping_names(run: Import) -> None:
    lines = (*started(timestamp="2026-10-05T10:00:00"), stopped())
    found = run(*lines, time={"zone": "Europe/Amsterdam"})
    assert found.rows[0].updates[0].start_date_time.isoformat() == "2026-10-05T08:00:00+00:00"


@pytest.mark.parametrize(
    ("text", "encoding", "plain"),
    [
        (OCMF, "OCMF", '{"FV":"1.0","RD":[]}'),
        (
            json.dumps(
                {
                    "signedMeterData": base64.b64encode(OCMF.encode()).decode(),
                    "encodingMethod": "OCMF",
                    "publicKey": "MFkw",
                }
            ),
            "OCMF",
            '{"FV":"1.0","RD":[]}',
        ),
        ("AP;0;3;ALCV3", "OTHER", "AP;0;3;ALCV3"),
    ],
)
def test_a_signed_value_of_1_6_is_carried_as_it_was_signed(
    run: Import, text: str, encoding: str, plain: str
) -> None:
    signed = {"value": text, "format": "SignedData", "context": "Transaction.End"}
    found = run(*started(), stopped(transactionData=sampled(60, signed)))
    (row,) = found.rows
    assert row.cdr is not None and row.cdr.signed_data is not None
    (value,) = row.cdr.signed_data.signed_values
    content = base64.b64decode(value.signed_data).decode()
    assert content == (text if text[0] != "{" else OCMF)
    assert (row.cdr.signed_data.encoding_method, value.nature, value.plain_data) == (
        encoding,
        "End",
        plain,
    )
    assert found.problems == ()


def test_signed_values_of_2_0_1_keep_their_order_key_and_encoding(run: Import) -> None:
    def signed(minutes: float, wh: int, data: str, key: str = "MFkw") -> Any:
        document = {"signedMeterData": data, "encodingMethod": "OCMF", "publicKey": key}
        return sampled(minutes, {"value": wh, "signedMeterValue": document})

    data = [base64.b64encode(f"OCMF|{n}|{n}".encode()).decode() for n in (1, 2)]
    found = run(
        begun(meterValue=signed(0, 0, data[0])),
        event(1, "Updated", 30, meterValue=signed(30, 4000, "no base64")),
        event(2, "Updated", 40, meterValue=signed(40, 5000, data[1], "other key")),
        event(3, "Ended", 60, meterValue=signed(60, 8000, data[1])),
    )
    (row,) = found.rows
    assert row.cdr is not None and row.cdr.signed_data is not None
    assert row.cdr.signed_data.public_key == "MFkw"
    assert [(value.nature, value.plain_data) for value in row.cdr.signed_data.signed_values] == [
        ("Start", "1"),
        ("End", "2"),
    ]
    assert codes(found) == [(2, "SIGNED_DATA_UNREADABLE"), (3, "SIGNED_DATA_MIXED")]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"tariffs": []}, "TARIFF_MISSING"),
        ({"locations": []}, "LOCATION_MISSING"),
        ({"currency": "CHF"}, "CURRENCY_DIFFERS"),
    ],
)
def test_a_session_of_which_no_cdr_can_be_drafted_is_published_alone(
    run: Import, changes: dict[str, Any], code: str
) -> None:
    found = run(*started(), stopped(), **changes)
    (row,) = found.rows
    assert (row.updates[-1].status, row.cdr) == ("COMPLETED", None)
    assert codes(found) == [(1, code)]


def test_every_message_goes_through_avro_unchanged(run: Import) -> None:
    registry = FileRegistry()
    found = run(
        *started(), sample(7, {"value": "1333.3333333"}), status(30, "SuspendedEV"), stopped()
    )
    for message, topic in zip(
        found.rows[0].messages, ("sessions", "sessions", "cdrs"), strict=True
    ):
        name = f"clearwatt.{topic}.v1"
        value = encode(message, topic=name, registry=registry)
        assert decode(value, topic=name, registry=registry) == message


def test_a_mapping_says_everything_that_is_wrong_with_it() -> None:
    with pytest.raises(MappingRefused) as refused:
        mapping_with(currency="EURO", time={"zone": "Mars/Olympus"}, plugs={"CP1": {}}, tokens={})
    named = {path.partition(".")[0] for path, _ in refused.value.errors}
    assert named == {"currency", "time", "plugs", "tokens"}
    with pytest.raises(MappingRefused, match="session_id"):
        mapping_with(session_id="{nothing}")


def test_every_problem_has_a_sentence() -> None:
    assert all(sentence.endswith(".") for sentence in PROBLEMS.values())
