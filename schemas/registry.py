"""Where schema ids come from: the files of this package, or a Confluent-compatible service.

Both answer two questions: what wrote the message with this id, and under which id do we write.
Answers never change, so each is asked once and kept.
"""

import base64
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from http.client import HTTPException
from typing import Any, Final, Protocol
from urllib.error import HTTPError
from urllib.parse import quote, urlsplit
from urllib.request import Request, urlopen

from fastavro.schema import SchemaParseException, UnknownType

from schemas.contracts import (
    Contract,
    Schema,
    contract_of,
    contract_of_record,
    contracts,
    parse,
)
from schemas.errors import RegistryUnreachable, SchemaError

_JSON: Final = "application/vnd.schemaregistry.v1+json"
_NOT_FOUND: Final = 404
_TRY_AGAIN: Final = frozenset({408, 425, 429, 500, 502, 503, 504})
# How long an id stays unknown before the service is asked again: a flood of messages with a
# wrong id must not become a flood of requests, and a schema registered meanwhile must be found.
_UNKNOWN_SECONDS: Final = 30.0


@dataclass(frozen=True, slots=True)
class Writer:
    """Who wrote a message: `reader` is None where the writer's schema is our newest one."""

    contract: Contract
    schema: Schema
    reader: Schema | None


class Registry(Protocol):
    def writer(self, schema_id: int) -> Writer:
        """Return what an id stands for. Refuses: UNKNOWN_SCHEMA_ID, SCHEMA_FOR_ANOTHER_TOPIC."""

    def id_for(self, topic: str) -> int:
        """Return the id to write a topic's newest schema under; `topic` is its full name."""


def writer_of(text: str) -> Writer:
    """Return the writer that a schema's text describes.

    Refuses: SCHEMA_NOT_COMPATIBLE (no Avro record at all), SCHEMA_FOR_ANOTHER_TOPIC.
    """
    try:
        schema = parse(text)
    except (ValueError, SchemaParseException, UnknownType) as error:
        raise SchemaError("SCHEMA_NOT_COMPATIBLE", detail=type(error).__name__) from error
    contract = contract_of_record(schema)
    newest = contract.newest
    same = json.loads(text) == json.loads(newest.text)
    return Writer(contract, schema, None if same else newest.parsed)


class FileRegistry:
    """The schemas of this package, with the ids of `avro/index.json`; needs no service.

    >>> FileRegistry().id_for("clearwatt.cdrs.v1")
    17
    """

    @cached_property
    def _writers(self) -> dict[int, Writer]:
        return {
            version.schema_id: writer_of(version.text)
            for contract in contracts().values()
            for version in contract.versions
        }

    def writer(self, schema_id: int) -> Writer:
        try:
            return self._writers[schema_id]
        except KeyError:
            raise SchemaError("UNKNOWN_SCHEMA_ID", detail=str(schema_id)) from None

    def id_for(self, topic: str) -> int:
        return contract_of(topic).newest.schema_id


class HttpRegistry:
    """A Confluent-compatible schema registry; subjects are named `<topic>-value`.

    A schema that is not registered yet is registered, its subject set to BACKWARD_TRANSITIVE,
    unless `register` is off. Raises: RegistryUnreachable, after `attempts` with back-off.
    """

    def __init__(
        self,
        url: str,
        *,
        register: bool = True,
        attempts: int = 6,
        timeout_seconds: float = 5.0,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError("the schema registry's URL is http:// or https://")
        port = f":{parts.port}" if parts.port else ""
        self._url = f"{parts.scheme}://{parts.hostname}{port}{parts.path.rstrip('/')}"
        self._headers = {"Accept": _JSON, "Content-Type": _JSON}
        if parts.username:
            secret = f"{parts.username}:{parts.password or ''}".encode()
            self._headers["Authorization"] = f"Basic {base64.b64encode(secret).decode()}"
        self._register, self._attempts = register, attempts
        self._timeout_seconds, self._sleep = timeout_seconds, sleep
        self._writers: dict[int, Writer] = {}
        self._unknown_until: dict[int, float] = {}
        self._ids: dict[str, int] = {}

    def writer(self, schema_id: int) -> Writer:
        known = self._writers.get(schema_id)
        return known if known is not None else self._fetch(schema_id)

    def id_for(self, topic: str) -> int:
        if topic not in self._ids:
            subject = f"{quote(topic, safe='')}-value"
            schema = {"schema": contract_of(topic).newest.text}
            answer = self._ask("POST", f"/subjects/{subject}", schema)
            if answer is None and self._register:
                self._ask("PUT", f"/config/{subject}", {"compatibility": "BACKWARD_TRANSITIVE"})
                answer = self._ask("POST", f"/subjects/{subject}/versions", schema)
            if answer is None:
                raise RegistryUnreachable(f"the registry has no schema of ours for {topic}")
            self._ids[topic] = int(answer["id"])
        return self._ids[topic]

    def _fetch(self, schema_id: int) -> Writer:
        if self._unknown_until.get(schema_id, 0.0) <= time.monotonic():
            answer = self._ask("GET", f"/schemas/ids/{schema_id}")
            if answer is not None:
                self._writers[schema_id] = writer_of(answer["schema"])
                return self._writers[schema_id]
            self._unknown_until[schema_id] = time.monotonic() + _UNKNOWN_SECONDS
        raise SchemaError("UNKNOWN_SCHEMA_ID", detail=str(schema_id))

    def _ask(self, method: str, path: str, body: object = None) -> dict[str, Any] | None:
        """Return the answer, or None for 404; any other trouble is the registry's, not ours."""
        data = None if body is None else json.dumps(body).encode()
        request = Request(self._url + path, data=data, headers=self._headers, method=method)
        trouble = ""
        for attempt in range(self._attempts):
            if attempt:
                self._sleep(min(0.1 * 2**attempt, 5.0))
            try:
                with urlopen(request, timeout=self._timeout_seconds) as answer:
                    found: dict[str, Any] = json.load(answer)
                    return found
            except HTTPError as error:
                if error.code == _NOT_FOUND:
                    return None
                trouble = f"it answers {error.code} to {method} {path}"
                if error.code not in _TRY_AGAIN:
                    break
            except (OSError, HTTPException, ValueError) as error:
                trouble = str(error)
        raise RegistryUnreachable(f"the schema registry at {self._url} is no help: {trouble}")


def open_registry(url: str | None) -> Registry:
    """Return the registry of a setting: the files of this package, unless a URL is given."""
    return HttpRegistry(url) if url else FileRegistry()
