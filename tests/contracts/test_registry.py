"""Schema ids, from the files and from a registry over HTTP that answers as Confluent's does."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from contract_messages import REGISTRY, example

from schemas import (
    FileRegistry,
    HttpRegistry,
    RegistryUnreachable,
    SchemaError,
    decode,
    encode,
    open_registry,
)
from schemas.contracts import contracts

TOPIC = "clearwatt.cdrs.v1"


class ConfluentRegistry(ThreadingHTTPServer):
    """Look up, register and get a schema, and configure a subject; keeps what it was asked."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answers)
        self.subjects: dict[str, list[int]] = {}
        self.schemas: dict[int, str] = {}
        self.requests: list[str] = []
        self.authorizations: set[str | None] = set()
        self.compatibility: dict[str, str] = {}
        self.failures: list[int] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def add(self, subject: str, schema: str) -> int:
        known = [number for number, text in self.schemas.items() if text == schema]
        number = known[0] if known else 100 + len(self.schemas)
        self.schemas[number] = schema
        self.subjects.setdefault(subject, []).append(number)
        return number


class Answers(BaseHTTPRequestHandler):
    server: ConfluentRegistry

    def do_GET(self) -> None:
        number = int(self.path.removeprefix("/schemas/ids/"))
        known = self.server.schemas.get(number)
        if known is None:
            self._answer(404, {"error_code": 40403, "message": "Schema not found"})
        else:
            self._answer(200, {"schema": known})

    def do_POST(self) -> None:
        schema = self._body()["schema"]
        subject = self.path.split("/")[2]
        if self.path.endswith("/versions"):
            self._answer(200, {"id": self.server.add(subject, schema)})
            return
        for number in self.server.subjects.get(subject, []):
            if self.server.schemas[number] == schema:
                self._answer(200, {"subject": subject, "id": number, "version": 1})
                return
        self._answer(404, {"error_code": 40401, "message": "Subject not found."})

    def do_PUT(self) -> None:
        body = self._body()
        self.server.compatibility[self.path.split("/")[2]] = body["compatibility"]
        self._answer(200, body)

    def _body(self) -> dict[str, Any]:
        return dict(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

    def _answer(self, status: int, body: dict[str, Any]) -> None:
        self.server.requests.append(f"{self.command} {self.path}")
        self.server.authorizations.add(self.headers["Authorization"])
        if self.server.failures:
            status, body = self.server.failures.pop(0), {"message": "later"}
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:
        """The test says what went wrong; the server need not."""


@pytest.fixture
def confluent() -> Iterator[ConfluentRegistry]:
    server = ConfluentRegistry()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_ids_of_the_files_are_those_of_the_index() -> None:
    ids = {topic: FileRegistry().id_for(f"clearwatt.{topic}") for topic in contracts()}
    assert ids == {
        "tariff-versions.v1": 15,
        "sessions.v1": 16,
        "cdrs.v1": 17,
        "locations.v1": 18,
        "dispute-commands.v1": 6,
        "control-totals.v1": 7,
        "command-results.v1": 14,
        "parties.v1": 21,
        "payments.v1": 20,
        "settlement-events.v1": 5,
        "dispute-events.v1": 8,
        "rejects.v1": 9,
    }


def test_a_schema_is_registered_once_and_its_id_kept(confluent: ConfluentRegistry) -> None:
    registry = open_registry(confluent.url)
    data = encode(example("cdr"), topic=TOPIC, registry=registry)
    encode(example("cdr"), topic=TOPIC, registry=registry)
    assert data[:5] == b"\0" + (100).to_bytes(4, "big")
    assert confluent.requests == [
        "POST /subjects/clearwatt.cdrs.v1-value",
        "PUT /config/clearwatt.cdrs.v1-value",
        "POST /subjects/clearwatt.cdrs.v1-value/versions",
    ]
    assert confluent.compatibility == {"clearwatt.cdrs.v1-value": "BACKWARD_TRANSITIVE"}


def test_a_reader_asks_once_for_an_id_and_reads_what_another_wrote(
    confluent: ConfluentRegistry,
) -> None:
    data = encode(example("cdr"), topic=TOPIC, registry=HttpRegistry(confluent.url))
    confluent.requests.clear()
    reader = HttpRegistry(confluent.url)
    assert decode(data, topic=TOPIC, registry=reader) == example("cdr")
    assert decode(data, topic=TOPIC, registry=reader) == example("cdr")
    assert confluent.requests == ["GET /schemas/ids/100"]
    assert data[5:] == encode(example("cdr"), topic=TOPIC, registry=REGISTRY)[5:]


def test_an_unknown_id_is_refused_without_asking_again_for_each_message(
    confluent: ConfluentRegistry,
) -> None:
    reader = HttpRegistry(confluent.url)
    for _ in range(3):
        with pytest.raises(SchemaError, match="UNKNOWN_SCHEMA_ID"):
            decode(b"\0\0\0\0\x07rest", topic=TOPIC, registry=reader)
    assert confluent.requests == ["GET /schemas/ids/7"]


@pytest.mark.parametrize(
    ("schema", "code"),
    [
        ('{"type": "record", "name": "Order", "fields": []}', "SCHEMA_FOR_ANOTHER_TOPIC"),
        ('"string"', "SCHEMA_NOT_COMPATIBLE"),
        ('{"type": "object"}', "SCHEMA_NOT_COMPATIBLE"),
        ("syntax = proto3;", "SCHEMA_NOT_COMPATIBLE"),
    ],
)
def test_a_schema_that_is_not_ours_is_refused(
    confluent: ConfluentRegistry, schema: str, code: str
) -> None:
    number = confluent.add("orders-value", schema)
    with pytest.raises(SchemaError) as refused:
        decode(b"\0" + number.to_bytes(4, "big"), topic=TOPIC, registry=HttpRegistry(confluent.url))
    assert refused.value.code == code


def test_a_registry_that_stumbles_is_asked_again_with_back_off(
    confluent: ConfluentRegistry,
) -> None:
    confluent.failures = [503, 500]
    waited: list[float] = []
    assert HttpRegistry(confluent.url, sleep=waited.append).id_for(TOPIC) == 100
    assert waited == [0.2, 0.4]


def test_a_registry_that_is_gone_is_said_so_and_no_message_is_blamed() -> None:
    server = ConfluentRegistry()
    server.server_close()
    registry = HttpRegistry(server.url, attempts=2, sleep=lambda seconds: None)
    with pytest.raises(RegistryUnreachable, match=r"127\.0\.0\.1") as gone:
        decode(b"\0\0\0\0\x07rest", topic=TOPIC, registry=registry)
    assert gone.value.code == "SCHEMA_REGISTRY_UNREACHABLE"


def test_a_registry_that_may_only_be_read_is_never_written_to(
    confluent: ConfluentRegistry,
) -> None:
    with pytest.raises(RegistryUnreachable, match="no schema of ours"):
        HttpRegistry(confluent.url, register=False).id_for(TOPIC)
    assert confluent.requests == ["POST /subjects/clearwatt.cdrs.v1-value"]


def test_a_password_in_the_url_is_sent_and_never_shown(confluent: ConfluentRegistry) -> None:
    url = confluent.url.replace("http://", "http://clearwatt:s3cret@")
    HttpRegistry(url).id_for(TOPIC)
    assert confluent.authorizations == {"Basic Y2xlYXJ3YXR0OnMzY3JldA=="}
    confluent.failures = [403]
    with pytest.raises(RegistryUnreachable) as refused:
        HttpRegistry(url).id_for(TOPIC)
    assert "403" in str(refused.value) and "s3cret" not in str(refused.value)
