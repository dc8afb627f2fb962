"""A CDR with a peak, its end, and parking: decided by the ledger, without a database."""

from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

import msgspec

from ledger.application.circumstances import Circumstances
from ledger.application.decide import decide
from ledger.application.facts import Facts, View
from ledger.application.mapper import EventMapper
from ledger.application.store import LoggedEvent
from ledger.pricing.tariff import (
    Displayed,
    Extension,
    Price,
    PriceComponent,
    TariffElement,
    TariffRestrictions,
    TariffStatement,
)
from ledger.roaming.agreement import Agreement
from ledger.roaming.entity import LegalEntity
from ledger.roaming.legs import Decision
from ledger.roaming.location import Location
from ledger.roaming.party import Party
from ledger.roaming.session import Session
from ledger.roaming.statements import CdrStatement, ChargingPeriod, Dimension
from ledger.roaming.tariff import Tariff
from ledger.roaming.terms import Terms
from ledger.values.aggregate import recording_at
from ledger.values.provenance import Provenance
from projections.queries.receipt import Explanation
from tests.ledger_cast import CPO, EMSP, ENTITIES, PARTIES, RECORDED_AT, YEAR_BEGINS
from tests.ledger_checks import PLACE
from tests.ledger_statements import cdr, october, session

KEY = "NL*XYZ/c1"
START = october(8, 17)
"""Seven in the evening in Amsterdam: an hour before the peak ends."""
_PERSON = Provenance("finn", "asserted", RECORDED_AT, RECORDED_AT)


def _element(*components: tuple[str, str, int], **restrictions: Any) -> TariffElement:
    return TariffElement(
        tuple(
            PriceComponent(kind, Decimal(price), step, Decimal(21))
            for kind, price, step in components
        ),
        TariffRestrictions(**restrictions) if restrictions else None,
    )


PEAK = TariffStatement(
    country_code="NL",
    party_id="XYZ",
    id="T1",
    currency="EUR",
    elements=(
        _element(("FLAT", "0.35", 1)),
        _element(("ENERGY", "0.45", 1), ("TIME", "6.00", 60), start_time="08:00", end_time="20:00"),
        _element(("ENERGY", "0.30", 1), ("TIME", "3.00", 60)),
        _element(("PARKING_TIME", "3.00", 300)),
    ),
    last_updated=YEAR_BEGINS,
)


def period(minute: int, **volumes: str) -> ChargingPeriod:
    """Return a charging period that begins some minutes after the start."""
    measured = tuple(Dimension(kind, Decimal(volume)) for kind, volume in volumes.items())
    return ChargingPeriod(START + timedelta(minutes=minute), measured, "T1")


def statement(**changes: Any) -> CdrStatement:
    """Return the CDR: 21.75 for the charge, 0.35 at its start, 1.75 for 33 minutes of parking.

    Its parking cost is stated without the step's rounding, which the ledger finds.
    """
    stated: dict[str, Any] = {
        "end_date_time": START + timedelta(minutes=153),
        "charging_periods": (
            period(0, ENERGY="15", TIME="1", MAX_POWER="22"),
            period(60, ENERGY="20", TIME="1", MAX_POWER="22"),
            period(120, PARKING_TIME="0.55"),
        ),
        "total_parking_cost": Price(Decimal("1.65")),
        "total_parking_time": Decimal("0.55"),
        "clearwatt": Extension(
            meter_start_wh=Decimal(1000),
            meter_stop_wh=Decimal(36000),
            displayed=Displayed(Decimal("0.45"), "T1#1", "charger display", START),
        ),
    } | changes
    sent = cdr("C1", "23.85", at=START, kwh="35", **stated).statement
    return msgspec.structs.replace(sent, total_time=Decimal("2.55"))


@cache
def decided() -> tuple[CdrStatement, Decision]:
    """Return the CDR and the ledger's decision about it."""
    sent = statement()
    told = Session.blank(KEY)
    common: dict[str, Any] = {"content_sha256": "0" * 64, "provenance": _PERSON}
    with recording_at(RECORDED_AT):
        update = session("C1", at=START, kwh="35", end_date_time=sent.end_date_time)
        told.update(update.statement, **common)
    around = Circumstances(session=told)
    verdict = decide(sent, around=around, view=_view(), received_at=sent.end_date_time)
    assert verdict.decision is not None, verdict.refusals
    return sent, verdict.decision


def recorded(value: Any) -> dict[str, Any]:
    """Return a part of an event as the log holds it."""
    document: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(value))
    return document


def explanation(
    sent: dict[str, Any], decision: dict[str, Any] | None, *, cdr: str = KEY
) -> Explanation:
    """Return what the read side answers, without what it finds beside the CDR's own event."""
    state = "held" if decision is None else "accepted"
    return Explanation(cdr, state, sent, decision, [], [], None, None, [], None, [], [], [], [])


def _view() -> View:
    mapper = EventMapper()
    with recording_at(RECORDED_AT):
        events = [event for fact in _facts() for event in fact.collect_events()]
        rows = list(map(mapper.to_stored_event, events))
    facts = Facts(mapper)
    facts.follow([_logged(number, row) for number, row in enumerate(rows, 1)], counter=1)
    return View(facts)


def _logged(number: int, row: Any) -> LoggedEvent:
    return LoggedEvent(
        number, row.originator_id, row.originator_version, row.topic, row.state, RECORDED_AT
    )


def _facts() -> list[Any]:
    facts: list[Any] = []
    for key, document in ENTITIES.items():
        facts.append(LegalEntity.blank(key))
        facts[-1].register(document, provenance=_PERSON)
    for key, known in PARTIES.items():
        facts.append(Party.blank(key))
        facts[-1].register(known, provenance=_PERSON)
    terms = Agreement.blank(f"{CPO}>{EMSP}")
    until: datetime = YEAR_BEGINS.replace(year=2027)
    terms.agree(
        Terms(),
        valid_from=YEAR_BEGINS,
        valid_until=until,
        author="anna",
        approver="finn",
        provenance=_PERSON,
    )
    received = Tariff.blank(f"{CPO}/t1")
    received.receive(PEAK, content_sha256="0" * 64, provenance=_PERSON)
    placed = Location.blank(f"{CPO}/loc1")
    placed.receive(PLACE.statement, content_sha256=PLACE.content_sha256, provenance=_PERSON)
    return [*facts, terms, received, placed]
