"""Messages come out of a file in their order, each bad one in its place as its refusal."""

import json
from collections.abc import Iterable
from pathlib import Path

import fastavro
import pytest
from contract_messages import example, example_bytes

from schemas import CdrV1, SchemaError, read_file
from schemas.contracts import contracts

SCHEMA = contracts()["cdrs.v1"].newest.parsed
CDR = example("cdr")


def line(**change: object) -> bytes:
    return json.dumps({**json.loads(example_bytes("cdrs.v1")), **change}).encode()


def outcomes(path: Path) -> list[str]:
    """The id of each message read, or the code it was refused with."""
    found = read_file(path, "cdr")
    return [item.code if isinstance(item, SchemaError) else item.id for item in found]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (example_bytes("cdrs.v1"), [CDR.id]),
        (b"\n" + line() + b"\n", [CDR.id]),
        (line(id="A") + b"\n" + line(id="B"), ["A", "B"]),
        (line(id="A") + b"\r\n\r\n" + line(id="B") + b"\r\n", ["A", "B"]),
        (line(id="A") + b"\n{broken\n" + line(id="B"), ["A", "NOT_JSON", "B"]),
        (line(total_energy=-1) + b"\n" + line(id="B"), ["NEGATIVE_QUANTITY", "B"]),
        (b'{"total_energy": NaN}\n' + line(id="B"), ["NOT_A_NUMBER", "B"]),
        (b"", ["NOT_JSON"]),
        (b"no json at all", ["NOT_JSON"]),
    ],
)
def test_json_and_json_lines(content: bytes, expected: list[str], tmp_path: Path) -> None:
    file = tmp_path / "cdrs"
    file.write_bytes(content)
    assert outcomes(file) == expected


def container(path: Path, cdrs: Iterable[dict[str, object]]) -> Path:
    with path.open("wb") as file:
        fastavro.writer(file, SCHEMA, cdrs, codec="deflate")
    return path


def test_an_avro_container(tmp_path: Path) -> None:
    values = [{**CDR.model_dump(), "id": number} for number in ("A", "B")]
    file = container(tmp_path / "cdrs.avro", values)
    assert outcomes(file) == ["A", "B"]
    first = next(iter(read_file(file, "cdr")))
    assert isinstance(first, CdrV1)
    assert first.model_copy(update={"id": CDR.id}) == CDR


def test_a_bad_message_in_an_avro_container_does_not_stop_the_next(tmp_path: Path) -> None:
    bad = {**CDR.model_dump(), "currency": "euro"}
    file = container(tmp_path / "cdrs.avro", [bad, CDR.model_dump()])
    assert outcomes(file) == ["UNKNOWN_CURRENCY", CDR.id]


def test_a_damaged_avro_container_is_said_to_be_so(tmp_path: Path) -> None:
    file = container(tmp_path / "cdrs.avro", [CDR.model_dump()])
    file.write_bytes(file.read_bytes()[:-30])
    assert outcomes(file) == ["CORRUPT_AVRO"]


def test_a_file_that_is_not_there_is_the_callers_to_hear_of(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        next(iter(read_file(tmp_path / "none.json", "cdr")))
