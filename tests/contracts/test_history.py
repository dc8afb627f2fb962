"""Every schema version ever published stays as it is and stays readable (BACKWARD_TRANSITIVE)."""

import copy
import json
from hashlib import sha256
from io import BytesIO
from itertools import combinations
from pathlib import Path
from typing import Any

import fastavro
import pytest
from contract_messages import REGISTRY

from schemas import TOPICS, SchemaError, decode, encode
from schemas.contracts import AVRO, Contract, Version, contracts, parse
from schemas.evolution import breaks
from schemas.registry import Writer

GOLDEN = Path(__file__).parent / "golden"
VERSIONS = [
    pytest.param(contract, version, id=f"{contract.topic}-{version.number}")
    for contract in contracts().values()
    for version in contract.versions
]


@pytest.mark.parametrize(("contract", "version"), VERSIONS)
def test_a_published_schema_is_never_edited(contract: Contract, version: Version) -> None:
    file = AVRO / contract.topic / f"{version.number}.avsc"
    assert sha256(file.read_bytes()).hexdigest() == version.sha256


def known_then(now: Any, was: Any) -> Any:
    """What is read today, without the fields that were added since."""
    if isinstance(now, dict) and isinstance(was, dict):
        return {name: known_then(now[name], was[name]) for name in was}
    if isinstance(now, list) and isinstance(was, list):
        return [known_then(*pair) for pair in zip(now, was, strict=True)]
    return now


@pytest.mark.parametrize(("contract", "version"), VERSIONS)
def test_the_golden_message_of_every_version_is_still_read(
    contract: Contract, version: Version
) -> None:
    golden = GOLDEN / contract.topic / str(version.number)
    data = golden.with_suffix(".bin").read_bytes()
    assert data[:5] == b"\0" + version.schema_id.to_bytes(4, "big")
    message = decode(data, topic=contract.topic, registry=REGISTRY)
    was = json.loads(golden.with_suffix(".json").read_text(encoding="utf-8"))
    assert known_then(json.loads(message.model_dump_json()), was) == was
    if version is contract.newest:
        assert encode(message, topic=contract.topic, registry=REGISTRY) == data


def test_every_schema_file_is_in_the_index_and_every_id_is_its_own() -> None:
    versions = [(c.topic, v) for c in contracts().values() for v in c.versions]
    files = {(file.parent.name, int(file.stem)) for file in AVRO.glob("*/*.avsc")}
    assert {(topic, version.number) for topic, version in versions} == files
    assert len({version.schema_id for _, version in versions}) == len(versions)
    for contract in contracts().values():
        assert [v.number for v in contract.versions] == [*range(1, len(contract.versions) + 1)]


@pytest.mark.parametrize("contract", contracts().values(), ids=contracts())
def test_each_version_can_read_every_version_before_it(contract: Contract) -> None:
    for older, newer in combinations(contract.versions, 2):
        assert breaks(newer.parsed, older.parsed) == ()
    assert breaks(contract.newest.parsed, contract.newest.parsed) == ()


CITING = [topic for topic, model in TOPICS.items() if "clearwatt" in model.model_fields]


@pytest.mark.parametrize("topic", CITING)
def test_a_citation_of_a_reject_disturbs_nobody_on_either_side(topic: str) -> None:
    first, second = contracts()[topic].versions[:2]
    assert breaks(second.parsed, first.parsed) == ()
    assert breaks(first.parsed, second.parsed) == ()
    data = (GOLDEN / topic / "2.bin").read_bytes()
    cited: Any = decode(data, topic=topic, registry=REGISTRY)
    assert cited.clearwatt.reject_id == "reject_id-18"
    uncited: Any = decode((GOLDEN / topic / "1.bin").read_bytes(), topic=topic, registry=REGISTRY)
    assert uncited.clearwatt.reject_id is None
    # A reader that knows the first version only finds all it ever knew.
    read_then: Any = fastavro.schemaless_reader(BytesIO(data[5:]), second.parsed, first.parsed)
    known = cited.model_dump()
    del known["clearwatt"]["reject_id"]
    assert read_then == known_then(json_lists(known), read_then)


@pytest.mark.parametrize("topic", CITING)
def test_a_token_group_and_a_membership_disturb_nobody_on_either_side(topic: str) -> None:
    second, third = contracts()[topic].versions[1:3]
    assert breaks(second.parsed, third.parsed) == ()
    stated = decoded(topic, 3).clearwatt
    assert (stated.token_group, stated.membership) == ("token_group-19", "membership-20")
    for earlier in (1, 2):
        silent = decoded(topic, earlier).clearwatt
        assert (silent.token_group, silent.membership) == (None, None)


def test_establishments_disturb_nobody_on_either_side() -> None:
    first, second = contracts()["parties.v1"].versions[:2]
    assert breaks(first.parsed, second.parsed) == ()
    assert decoded("parties.v1", 1).entity.establishments == ()
    (branch,) = decoded("parties.v1", 2).entity.establishments
    assert (branch.country, branch.is_supplied) == ("BE", True)


def decoded(topic: str, version: int) -> Any:
    data = (GOLDEN / topic / f"{version}.bin").read_bytes()
    return decode(data, topic=topic, registry=REGISTRY)


def json_lists(value: Any) -> Any:
    """Lists as Avro gives them, where a frozen model has tuples."""
    if isinstance(value, dict):
        return {name: json_lists(content) for name, content in value.items()}
    return [json_lists(item) for item in value] if isinstance(value, tuple) else value


def changed(change: str) -> str:
    """The newest CDR schema after one change of its `total_energy`, or one added field."""
    schema: dict[str, Any] = json.loads(contracts()["cdrs.v1"].newest.text)
    fields: list[dict[str, Any]] = schema["fields"]
    energy = next(field for field in fields if field["name"] == "total_energy")
    remark = next(field for field in fields if field["name"] == "remark")
    match change:
        case "added with a default":
            fields.append({"name": "colour", "type": ["null", "string"], "default": None})
        case "added without a default":
            fields.append({"name": "colour", "type": "string"})
        case "removed":
            fields.remove(remark)
        case "another type":
            energy["type"] = "long"
        case "another scale":
            energy["type"] = {**energy["type"], "scale": 6}
        case "null no longer allowed":
            remark["type"] = "string"
            del remark["default"]
        case "renamed record":
            schema["name"] = "Cdr"
    return json.dumps(schema)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ("added with a default", None),
        ("removed", None),
        ("added without a default", "colour: added without a default"),
        ("another type", "total_energy: bytes cannot be read as long"),
        ("another scale", "total_energy: its scale has changed"),
        ("null no longer allowed", "remark: null is no longer in the union"),
        ("renamed record", "the record clearwatt.schemas.CdrV1 is now called"),
    ],
)
def test_what_may_change_in_a_schema_and_what_may_not(change: str, reason: str | None) -> None:
    reasons = breaks(parse(changed(change)), contracts()["cdrs.v1"].newest.parsed)
    if reason is None:
        assert reasons == ()
    else:
        assert len(reasons) == 1 and reason in reasons[0]


class OlderWriter:
    """A registry whose one id stands for another writer's schema of the CDR topic."""

    def __init__(self, text: str) -> None:
        contract = contracts()["cdrs.v1"]
        self.schema = parse(text)
        self.known = Writer(contract, self.schema, contract.newest.parsed)

    def writer(self, schema_id: int) -> Writer:
        return self.known

    def id_for(self, topic: str) -> int:
        return 99


def test_a_message_of_another_writer_is_read_as_the_newest_version() -> None:
    golden = (GOLDEN / "cdrs.v1/1.bin").read_bytes()
    newest = decode(golden, topic="cdrs.v1", registry=REGISTRY)
    values = copy.deepcopy(newest.model_dump())
    del values["remark"]
    registry = OlderWriter(changed("removed"))
    body = _written(registry.schema, values)
    read = decode(b"\0\0\0\0\x63" + body, topic="cdrs.v1", registry=registry)
    assert read == newest.model_copy(update={"remark": None})


def test_a_writer_that_cannot_be_resolved_is_refused() -> None:
    golden = (GOLDEN / "cdrs.v1/1.bin").read_bytes()
    values = decode(golden, topic="cdrs.v1", registry=REGISTRY).model_dump()
    registry = OlderWriter(changed("another type"))
    body = _written(registry.schema, {**values, "total_energy": 7})
    with pytest.raises(SchemaError, match="SCHEMA_NOT_COMPATIBLE"):
        decode(b"\0\0\0\0\x63" + body, topic="cdrs.v1", registry=registry)


def _written(schema: dict[str, Any], values: dict[str, Any]) -> bytes:
    body = BytesIO()
    fastavro.schemaless_writer(body, schema, values)
    return body.getvalue()
