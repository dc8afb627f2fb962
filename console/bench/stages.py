"""CPU time of each stage of a CDR with its session's message, in one process, on real messages."""

from collections.abc import Callable, Sequence
from time import process_time
from typing import Any

import msgspec

from console.bench.place import SEED, BenchPlace
from console.bench.posting import agreed_sales, post_again
from console.demo.bench_load import bench_load
from consumers.headers import Coordinates
from consumers.intake import TRANSLATORS, receive
from ledger.application.circumstances import Circumstances
from ledger.application.commands import AcceptCdr, Received, UpdateSession, key_of
from ledger.application.decide import decide
from ledger.application.facts import View
from ledger.application.personal import personal_values, without_personal_data
from ledger.log import log_of
from ledger.log.memory import collecting_seldom
from ledger.log.rows import copy_bytes
from ledger.pricing.charge import Charge
from ledger.pricing.price import price, total_price
from ledger.pricing.tariff import TariffStatement
from ledger.roaming.cdr import Cdr
from ledger.roaming.charged import charge_of
from ledger.roaming.legs import Decision
from ledger.roaming.session import Session
from ledger.roaming.tariff import Tariff
from ledger.values.aggregate import recording_at
from ledger.values.entries import Entry
from ledger.values.identifiers import record_key
from ledger.values.provenance import Provenance
from schemas import Registry, decode, open_registry

MS = 1000
WARM_UP = 50


def stage_costs(place: BenchPlace, pairs: int) -> dict[str, float]:
    """Return CPU µs a pair for every stage, measured over `pairs` pairs.

    The facts of the place must be in its log. Cycles are looked for as seldom as a member does.
    """
    with collecting_seldom():
        return _stage_costs(place, pairs)


def _stage_costs(place: BenchPlace, pairs: int) -> dict[str, float]:
    registry = open_registry(place.running.schema_registry)
    load = list(
        bench_load(place.world, pairs=pairs, seed=SEED, prefix=place.prefix, registry=registry)
    )
    ledger = place.ledger()
    ledger.refresh()
    costs: dict[str, float] = {}

    def timed(stage: str, work: Callable[[], Any]) -> Any:
        began = process_time()
        result = work()
        costs[stage] = round((process_time() - began) / pairs * 1e6, 1)
        return result

    _received(load[:WARM_UP], registry)  # schemas, translators and caches are made here
    models = timed("decode", lambda: [_decoded(pair, registry) for pair in load])
    timed("translate", lambda: [TRANSLATORS[type(row)](row) for pair in models for row in pair])
    received = _received(load, registry)
    refs = ledger.store.subject_refs(personal_values([message.command for message in received]))
    view = View(ledger.facts)
    with recording_at(received[0].received_at):
        sessions = timed("session", lambda: _sessions(received, refs))
        cdrs = timed("personal data", lambda: _statements(received, refs))
        verdicts = timed("decide", lambda: _verdicts(cdrs, sessions, view, received))
        decided = [verdict.decision for verdict in verdicts]
        charges = [(row, charge_of(row, row.time_zone or "UTC")) for row in cdrs]
        public = [_public(view, decision) for decision in decided]
        timed("pricing", lambda: _prices(charges, public, view))
        sales = agreed_sales(cdrs, decided, view)
        post_again(view, sales[:WARM_UP])
        entries = timed("VAT, FX, posting", lambda: post_again(view, sales))
        _must_be_as_decided(entries, decided)
        rest = costs.pop("decide") - costs["pricing"] - costs["VAT, FX, posting"]
        costs["matching, checks, terms, split"] = round(rest, 1)
        recorded = timed("record", lambda: _accepted(cdrs, verdicts, received))
    events = [event for row in (*sessions.values(), *recorded) for event in row.pending_events]
    timed("encode", lambda: [ledger.event_mapper.to_stored_event(event) for event in events])
    stored = [ledger.event_mapper.to_stored_event(event) for event in events]
    timed(
        "rows and leaves",
        lambda: copy_bytes(
            stored,
            after_position=0,
            recorded_at=received[0].received_at,
            shared_facts=frozenset(),
        ),
    )
    log_of(ledger).connection.close()
    return costs


def _decoded(pair: Sequence[Any], registry: Registry) -> list[Any]:
    return [decode(row.value, topic=row.topic, registry=registry) for row in pair]


def _received(load: Sequence[Any], registry: Registry) -> list[Received]:
    return [
        receive(
            Coordinates(row.topic, 0, number),
            timestamp_ms=int(row.sent_at.timestamp()) * MS,
            key=row.key,
            value=row.value,
            headers=row.headers,
            registry=registry,
        )
        for number, pair in enumerate(load)
        for row in pair
    ]


def _provenance(message: Received) -> Provenance:
    at = message.received_at
    return Provenance(message.source.sender, "message", at, at, message.source)


def _sessions(received: Sequence[Received], refs: Any) -> dict[str, Session]:
    sessions = {}
    for message in received:
        if isinstance(message.command, UpdateSession):
            session = Session.blank(key_of(message.command))
            statement = without_personal_data(message.command.statement, refs)
            session.update(statement, content_sha256="", provenance=_provenance(message))
            sessions[session.key] = session
    return sessions


def _statements(received: Sequence[Received], refs: Any) -> list[Any]:
    return [
        without_personal_data(message.command.statement, refs)
        for message in received
        if isinstance(message.command, AcceptCdr)
    ]


def _prices(
    charges: Sequence[tuple[Any, Charge]], public: Sequence[TariffStatement | None], view: View
) -> None:
    """Price every charge as a decision does: at its tariff, and at the public one beside it."""
    for (row, charge), beside in zip(charges, public, strict=True):
        price(charge, _tariff(view, row))
        if beside is not None:
            total_price(charge, beside)


def _public(view: View, decision: Decision) -> TariffStatement | None:
    if decision.public is None:
        return None
    use = decision.public.tariff
    tariff = view.find(Tariff, use.tariff)
    known = tariff.versions if tariff is not None else ()
    return next(row.statement for row in known if row.number == use.number)


def _must_be_as_decided(entries: Sequence[tuple[Entry, ...]], decided: Sequence[Decision]) -> None:
    """What is measured is what was decided. Raises LookupError."""
    again = [entry for leg in entries for entry in leg]
    if again != [entry for decision in decided for entry in decision.entries]:
        raise LookupError("the bench posts other entries than the decisions did")


def _tariff(view: View, row: Any) -> Any:
    seller = f"{row.country_code}*{row.party_id}".upper()
    key = record_key(seller, row.charging_periods[0].tariff_id or row.tariffs[0].id)
    tariff = view.find(Tariff, key)
    version = tariff.version_valid_at(row.start_date_time) if tariff else None
    if version is None:
        raise LookupError(f"the bench's world has no tariff {key}")
    return version.statement


def _verdicts(
    cdrs: Sequence[Any], sessions: dict[str, Session], view: View, received: Sequence[Received]
) -> list[Any]:
    at = max(message.received_at for message in received)
    found = []
    for row in cdrs:
        seller = f"{row.country_code}*{row.party_id}".upper()
        session = sessions[record_key(seller, row.session_id)]
        around = Circumstances(session=session)
        verdict = decide(row, around=around, view=view, received_at=at)
        if verdict.decision is None:
            raise LookupError(f"a CDR of the bench is held: {verdict.refusals}")
        found.append(verdict)
    return found


def _accepted(
    cdrs: Sequence[Any], verdicts: Sequence[Any], received: Sequence[Received]
) -> list[Cdr]:
    provenance = _provenance(received[0])
    recorded = []
    for row, verdict in zip(cdrs, verdicts, strict=True):
        cdr = Cdr.blank(record_key(verdict.decision.seller, row.id))
        cdr.accept(
            row,
            content_sha256=msgspec.json.encode(row)[:64].hex(),
            decision=verdict.decision,
            provenance=provenance,
            because="message",
        )
        recorded.append(cdr)
    return recorded
