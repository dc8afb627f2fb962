"""The Avro schemas of every topic, each version ever published, from `avro/`.

`avro/<topic>/<n>.avsc` is the n-th version; `avro/index.json` gives each its id in the file
registry and the SHA-256 of its file, so that a published version is never edited. Evolution is
BACKWARD_TRANSITIVE (see `evolution`): messages are read as the newest version, whichever wrote
them. To add a field: write the next version with a default, add it to the index and to the model.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import fastavro

from schemas.errors import SchemaError
from schemas.fields import Record
from schemas.topics import TOPICS, base_topic

AVRO = Path(__file__).parent / "avro"
Schema = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Version:
    """One published version: its id in the file registry, its text, and it ready for use."""

    number: int
    schema_id: int
    sha256: str
    text: str
    parsed: Schema


@dataclass(frozen=True, slots=True)
class Contract:
    """A topic's model and its versions, oldest first."""

    topic: str
    model: type[Record]
    versions: tuple[Version, ...]

    @property
    def newest(self) -> Version:
        return self.versions[-1]


def parse(text: str) -> Schema:
    """Return a schema ready for fastavro. Raises what fastavro raises for a text that is none."""
    parsed = fastavro.parse_schema(json.loads(text))
    if not isinstance(parsed, dict):
        raise fastavro.schema.SchemaParseException("the schema of a message is a record")
    return parsed


@cache
def contracts() -> Mapping[str, Contract]:
    """Return every topic's contract, by the topic's name without prefix."""
    index = json.loads((AVRO / "index.json").read_text(encoding="utf-8"))
    return MappingProxyType(
        {
            topic: Contract(topic, model, tuple(_version(topic, row) for row in index[topic]))
            for topic, model in TOPICS.items()
        }
    )


@cache
def contract_of(topic: str) -> Contract:
    """Return the contract of a topic's full name. Refuses: UNKNOWN_TOPIC_VERSION."""
    return contracts()[base_topic(topic)]


def contract_of_record(schema: Schema) -> Contract:
    """Return the contract whose record a schema describes. Refuses: SCHEMA_FOR_ANOTHER_TOPIC."""
    for contract in contracts().values():
        if contract.newest.parsed["name"] == schema.get("name"):
            return contract
    raise SchemaError("SCHEMA_FOR_ANOTHER_TOPIC", detail=str(schema.get("name")))


def _version(topic: str, row: dict[str, Any]) -> Version:
    text = (AVRO / topic / f"{row['version']}.avsc").read_text(encoding="utf-8")
    return Version(row["version"], row["id"], row["sha256"], text, parse(text))
