"""A small clearing house for the consumer's tests: four CPOs, one eMSP, and their messages.

`World` publishes to the real broker and reads what the ledger recorded in the real PostgreSQL.
"""

import copy
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import psycopg
from kafka import KafkaProducer

import schemas
from consumers.runner import ConsumerConfig, RunSummary, run
from ledger.application import agreements, parties, registration
from ledger.application.commands import By
from ledger.application.ledger import Ledger
from ledger.log import install, open_ledger
from ledger.roaming.entity_documents import EntityDocument, VatRegistration
from ledger.roaming.party_documents import PartyDocument
from ledger.roaming.terms import Terms
from ledger.values.instants import BEGINNING
from schemas import Kind, OcpiMessage, encode, from_ocpi_json, message_key, topic_name
from tests.ledger_cast import VAT_NUMBERS

CPOS = ("NL*XYZ", "NL*AAA", "NL*BBB", "NL*CCC")
EMSP = "DE*ABC"
START = datetime(2026, 10, 5, 6, 0, tzinfo=UTC)
PRICE = Decimal("0.40")
SUBJECT_KEY = b"a key that protects nobody"
REGISTRY = schemas.FileRegistry()

Header = tuple[str, bytes]


def at(number: int) -> datetime:
    return START + timedelta(minutes=number)


def text(instant: datetime) -> str:
    return instant.isoformat().replace("+00:00", "Z")


def party_of(number: int) -> str:
    return CPOS[number % len(CPOS)]


def _party(number: int) -> dict[str, str]:
    country_code, _, party_id = party_of(number).partition("*")
    return {"country_code": country_code, "party_id": party_id}


def _token() -> dict[str, str]:
    return {
        "country_code": "DE",
        "party_id": "ABC",
        "uid": "04A2B3C4D5E6F7",
        "type": "RFID",
        "contract_id": "DE-ABC-C10002000-4",
    }


def _periods(number: int, energy: Decimal) -> list[dict[str, Any]]:
    return [
        {
            "start_date_time": text(at(number)),
            "dimensions": [{"type": "ENERGY", "volume": energy}, {"type": "TIME", "volume": 1}],
            "tariff_id": "T1",
        }
    ]


def energy_of(number: int) -> Decimal:
    return Decimal(10 + number % 7)


def tariff(party: str) -> dict[str, Any]:
    country_code, _, party_id = party.partition("*")
    return {
        "country_code": country_code,
        "party_id": party_id,
        "id": "T1",
        "currency": "EUR",
        "elements": [{"price_components": [{"type": "ENERGY", "price": PRICE, "step_size": 1}]}],
        "tax_included": "NO",
        "start_date_time": "2026-09-30T22:00:00Z",
        "last_updated": "2026-09-15T08:00:00Z",
    }


def session(number: int) -> dict[str, Any]:
    return {
        **_party(number),
        "id": f"S-{number}",
        "start_date_time": text(at(number)),
        "end_date_time": text(at(number + 60)),
        "kwh": energy_of(number),
        "cdr_token": _token(),
        "auth_method": "WHITELIST",
        "location_id": "LOC1",
        "evse_uid": f"E{number}",
        "connector_id": "1",
        "currency": "EUR",
        "charging_periods": _periods(number, energy_of(number)),
        "status": "COMPLETED",
        "last_updated": text(at(number + 60)),
        "time_zone": "Europe/Amsterdam",
    }


def cdr(number: int) -> dict[str, Any]:
    energy = energy_of(number)
    return {
        **_party(number),
        "id": f"C-{number}",
        "start_date_time": text(at(number)),
        "end_date_time": text(at(number + 60)),
        "session_id": f"S-{number}",
        "cdr_token": _token(),
        "auth_method": "WHITELIST",
        "cdr_location": {
            "id": "LOC1",
            "address": "Croeselaan 6",
            "city": "Utrecht",
            "country": "NLD",
            "coordinates": {"latitude": "52.08690", "longitude": "5.10560"},
            "evse_uid": f"E{number}",
            "evse_id": f"NL*XYZ*E{number}",
            "connector_id": "1",
            "connector_standard": "IEC_62196_T2",
            "connector_format": "SOCKET",
            "connector_power_type": "AC_3_PHASE",
        },
        "currency": "EUR",
        "charging_periods": _periods(number, energy),
        "total_cost": {"before_taxes": energy * PRICE},
        "total_energy": energy,
        "total_time": 1,
        "last_updated": text(at(number + 65)),
        "time_zone": "Europe/Amsterdam",
    }


def message(kind: Kind, document: dict[str, Any]) -> OcpiMessage:
    written = json.dumps(document, default=float).encode()
    return from_ocpi_json(kind, written, ocpi_version="2.3.0")


@dataclass
class World:
    """One test's database, topics and publisher."""

    database_url: str = field(repr=False)
    prefix: str
    options: dict[str, Any]
    published: Counter[tuple[str, int, str]] = field(default_factory=Counter)
    """How many messages stand in each topic's partition, by sender."""

    def __post_init__(self) -> None:
        install(self.database_url)
        self.producer = KafkaProducer(**self.options, max_request_size=16 * 1024 * 1024)

    def close(self) -> None:
        self.producer.close()

    def topic(self, kind: Kind) -> str:
        return topic_name(self.prefix, kind)

    def ledger(self) -> Ledger:
        return open_ledger(self.database_url, subject_key=SUBJECT_KEY)

    def config(self, **changes: Any) -> ConsumerConfig:
        settings: dict[str, Any] = {
            "topics": tuple(self.prefix + topic for topic in schemas.INCOMING),
            "group_id": f"{self.prefix}consumers",
            "registry": REGISTRY,
            "kafka_options": self.options,
            "batch_size": 100,
            "catch_up_seconds": 60.0,
        }
        return ConsumerConfig(**{**settings, **changes})

    def consume(self, **changes: Any) -> RunSummary:
        """Consume until everything published is recorded."""
        summary = run(
            self.config(**changes),
            open_ledger=self.ledger,
            now=lambda: datetime.now(UTC),
            until_caught_up=True,
        )
        assert summary.caught_up
        return summary

    def register(self) -> None:
        """Register the parties and their agreements."""
        ledger = self.ledger()
        by = By("ada", "asserted", START)
        registration.register_actor(ledger, "ada", ("admin",), by=by)
        registration.register_actor(ledger, "bob", ("admin",), by=by)
        for party, role in (*((cpo, "CPO") for cpo in CPOS), (EMSP, "EMSP")):
            country = party[:2]
            entity = f"entity-{party[3:].lower()}"
            vat = VatRegistration(country, VAT_NUMBERS[country], date(2018, 1, 1))
            document = EntityDocument(entity, country, "EUR", (vat,), date(2018, 1, 1))
            parties.register_entity(ledger, entity, document, by=by)
            parties.register_party(ledger, party, PartyDocument(party, (role,), entity), by=by)
        for cpo in CPOS:
            agreements.agree(
                ledger,
                seller=cpo,
                buyer=EMSP,
                terms=Terms(),
                valid_from=BEGINNING,
                valid_until=None,
                author="bob",
                by=by,
            )
        registration.advance_time(ledger, START)
        ledger.store.connection.close()

    def publish(
        self, kind: Kind, documents: Iterable[dict[str, Any]], *, at_number: int = 0
    ) -> None:
        """Publish documents as their own party; time goes on by a second from one to the next."""
        for number, document in enumerate(documents):
            sent = message(kind, document)
            value = encode(sent, topic=self.topic(kind), registry=REGISTRY)
            key = message_key(sent.country_code, sent.party_id)
            self._send(self.topic(kind), value, key=key, number=at_number + number)
        self.producer.flush()

    def publish_month(self, numbers: Sequence[int], *, batch: int = 50) -> None:
        """Publish tariffs, then sessions and CDRs of these numbers, in the order of a day."""
        self.publish("tariff", [tariff(party) for party in CPOS])
        for begin in range(0, len(numbers), batch):
            part = numbers[begin : begin + batch]
            self.publish("session", [session(number) for number in part], at_number=part[0])
            self.publish("cdr", [cdr(number) for number in part], at_number=part[0])

    def send(
        self,
        topic: str,
        value: bytes | None,
        *,
        key: bytes | None,
        headers: Sequence[Header] = (),
        number: int = 0,
    ) -> tuple[str, int, int]:
        """Publish bytes as they are; return where they stand."""
        sent = self._send(topic, value, key=key, headers=headers, number=number).get(timeout=30)
        return sent.topic, sent.partition, sent.offset

    def _send(
        self,
        topic: str,
        value: bytes | None,
        *,
        key: bytes | None,
        headers: Sequence[Header] = (),
        number: int = 0,
    ) -> Any:
        # Two hours later: a charge that began in this minute has ended by then.
        sent_at = at(number) + timedelta(hours=2) - datetime(1970, 1, 1, tzinfo=UTC)
        sender = (dict(headers).get("cw-sender") or key or b"UNKNOWN").decode().upper()
        future = self.producer.send(
            topic,
            value,
            key=key,
            headers=list(headers),
            timestamp_ms=sent_at // timedelta(milliseconds=1),
            partition=None if key else 0,
        )
        future.add_callback(
            lambda sent: self.published.update([(sent.topic, sent.partition, sender)])
        )
        return future

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.database_url) as connection:
            return connection.execute(query.encode(), values).fetchall()

    def equation(self) -> Counter[tuple[str, int, str]]:
        """Return the sum of all outcomes per topic, partition and sender, from the log alone."""
        counted: Counter[tuple[str, int, str]] = Counter()
        for event in self.intakes():
            for row in event["counts"]:
                outcomes = copy.copy(row)
                sender = outcomes.pop("sender")
                counted[event["topic"], event["partition"], sender] += sum(outcomes.values())
        return counted

    def intakes(self) -> list[dict[str, Any]]:
        rows = self.rows(
            "SELECT state FROM log.stored_event WHERE topic = 'intake.consumed.v1'"
            " ORDER BY position"
        )
        return [json.loads(state) for (state,) in rows]

    def decided_state(self) -> dict[str, Any]:
        """Return what the CDRs came to: the last state of each, and its entries."""
        state: dict[str, Any] = {}
        rows = self.rows(
            "SELECT topic, state FROM log.stored_event WHERE topic LIKE 'cdr.%%' ORDER BY position"
        )
        for topic, content in rows:
            event = json.loads(content)
            decision = event.get("decision") or {}
            state[event["cdr"]] = (topic, decision.get("entries"), event.get("refusals"))
        return state

    def gaps(self) -> list[tuple[str, int]]:
        """Return the partitions whose intake events do not follow each other."""
        wrong = []
        reached: dict[tuple[str, int], int] = {}
        for event in self.intakes():
            place = event["topic"], event["partition"]
            if reached.get(place, event["from_offset"]) != event["from_offset"]:
                wrong.append(place)
            reached[place] = event["next_offset"]
        return wrong
