"""Logs of OCPP messages for tests: written line by line, imported with the example's mapping."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

from console.drafting.files import FileRegister, read_catalogue
from console.imports.ocpp.mapping import OcppMapping, ocpp_mapping_of
from console.imports.ocpp.run import ImportedOcpp, import_ocpp

EXAMPLES = Path(__file__).parents[1] / "examples" / "ocpp"
AC, DC = "XYZ-LAAN-1", "XYZ-LAAN-2"
BEGAN = datetime(2026, 10, 5, 8, tzinfo=UTC)
"""10:00 in Amsterdam: the AC charger sells a kWh at 0.60, and at 0.40 from 21:00 on."""


def at(minutes: float) -> str:
    """Return an instant so many minutes after the log began, as OCPP writes it."""
    return (BEGAN + timedelta(minutes=minutes)).isoformat().replace("+00:00", "Z")


def call(minutes: float, action: str, payload: Any, *, of: str = AC, id: str = "") -> str:
    """Return the line of a call; its id is its action, unless another is given."""
    return line(minutes, [2, id or action, action, payload], of=of)


def answer(minutes: float, id: str, payload: Any, *, of: str = AC) -> str:
    """Return the line of a result."""
    return line(minutes, [3, id, payload], of=of)


def line(minutes: float, message: Any, *, of: str = AC) -> str:
    """Return the line of any message."""
    return json.dumps({"at": at(minutes), "charge_point": of, "message": message})


def sampled(minutes: float, *values: dict[str, Any]) -> list[dict[str, Any]]:
    """Return a list of meter values with one instant."""
    return [{"timestamp": at(minutes), "sampledValue": list(values)}]


def started(**changes: Any) -> list[str]:
    """Return the lines of a start at 1,000 Wh, and of its confirmation as transaction 7."""
    payload = {"connectorId": 1, "idTag": "04A2B3C4", "meterStart": 1000, "timestamp": at(0)}
    status = changes.pop("status", "Accepted")
    return [
        call(0, "StartTransaction", payload | changes),
        answer(0, "StartTransaction", {"transactionId": 7, "idTagInfo": {"status": status}}),
    ]


def sample(minutes: float, *values: dict[str, Any], **changes: Any) -> str:
    """Return the line of a MeterValues call of transaction 7."""
    payload = {"connectorId": 1, "transactionId": 7, "meterValue": sampled(minutes, *values)}
    return call(minutes, "MeterValues", payload | changes)


def status(minutes: float, state: str) -> str:
    """Return the line of a StatusNotification of connector 1."""
    payload = {"connectorId": 1, "errorCode": "NoError", "status": state, "timestamp": at(minutes)}
    return call(minutes, "StatusNotification", payload)


def stopped(minutes: float = 60, **changes: Any) -> str:
    """Return the line of a stop at 9,000 Wh, after an hour."""
    payload = {"transactionId": 7, "meterStop": 9000, "timestamp": at(minutes), "reason": "Remote"}
    return call(minutes, "StopTransaction", payload | changes)


def event(sequence: int, kind: str, minutes: float, wh: Any = None, **changes: Any) -> str:
    """Return the line of a TransactionEvent of 2.0.1, with the register where it is given."""
    info = {"transactionId": "T-9", **changes.pop("info", {})}
    payload: dict[str, Any] = {
        "eventType": kind,
        "timestamp": at(minutes),
        "triggerReason": "Trigger",
        "seqNo": sequence,
        "transactionInfo": info,
    }
    if wh is not None:
        payload["meterValue"] = sampled(minutes, {"value": wh})
    return call(minutes, "TransactionEvent", payload | changes, of=DC, id=f"e{sequence}")


def begun(minutes: float = 0, wh: Any = 0, **changes: Any) -> str:
    """Return the line of the first event of a transaction at the DC charger."""
    more = {
        "evse": {"id": 1, "connectorId": 1},
        "idToken": {"idToken": "04A2B3C4", "type": "ISO14443"},
    }
    return event(0, "Started", minutes, wh, **(more | changes))


def mapping_with(**changes: Any) -> OcppMapping:
    """Return the example's mapping with other parts."""
    document = yaml.load((EXAMPLES / "mapping.yaml").read_text(), yaml.BaseLoader)
    return ocpp_mapping_of(document | changes, EXAMPLES)


def imported(folder: Path, *lines: str, **changes: Any) -> ImportedOcpp:
    """Import lines with the example's mapping, some parts of it replaced."""
    file = folder / "log.jsonl"
    file.write_text("\n".join(lines) + "\n")
    mapping = mapping_with(**changes)
    register = FileRegister(read_catalogue(mapping.locations, mapping.tariffs))
    return import_ocpp(file, mapping, register)
