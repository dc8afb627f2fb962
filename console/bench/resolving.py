"""A process of its own that loads a ledger's facts and resolves CDRs by them; prints JSON.

    python -m console.bench.resolving PARTIES AGREEMENTS LOCATIONS

The ledger is that of the settings. Memory is what the process grew by, the server's not counted.
"""

import gc
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from random import Random
from resource import getpagesize
from time import perf_counter, process_time
from typing import Any, Final

import msgspec

from console.bench.register_world import (
    RegisterSize,
    location_statement,
    owner_of_location,
    partner_of,
    party_of,
)
from console.services import subject_key
from console.settings import Settings
from ledger.application.facts import Facts, View
from ledger.application.ledger import Ledger
from ledger.application.register import registered_at, shares_at
from ledger.log import open_ledger
from ledger.log.memory import collecting_seldom
from ledger.pricing.tariff import Price
from ledger.roaming.agreement import Agreement
from ledger.roaming.location import Location
from ledger.roaming.statements import CdrLocation, CdrStatement, Token, parties_of
from ledger.values.identifiers import pair_key, record_key

CDRS: Final = 20_000
ROUND: Final = 500
AT: Final = datetime(2026, 10, 15, 12, tzinfo=UTC)
BUSY: Final = 1_000
"""How many locations the CDRs of a busy hour are at, beside those drawn from all of them."""


def main(size: RegisterSize) -> dict[str, Any]:
    """Load the facts and resolve CDRs at random locations, then at a few again and again."""
    settings = Settings()
    if settings.database_url is None:
        raise LookupError("CLEARWATT_DATABASE_URL names no ledger")
    url, secret = settings.database_url.get_secret_value(), subject_key(settings)
    command_s = _command_seconds(open_ledger(url, subject_key=secret, loads_all=False), size)
    ledger = open_ledger(url, subject_key=secret)
    gc.collect()
    before, began, cpu_began = _resident_mb(), perf_counter(), process_time()
    ledger.refresh()
    loaded_s, cpu_s = perf_counter() - began, process_time() - cpu_began
    gc.collect()
    memory_mb = _resident_mb() - before
    draw = Random(1)
    anywhere = [_asked(draw, size, draw.randrange(size.locations)) for _ in range(CDRS)]
    busy = [_asked(draw, size, draw.randrange(min(BUSY, size.locations))) for _ in range(CDRS)]
    before = _resident_mb()
    with collecting_seldom():
        cold_us = _resolve_all(ledger.facts, anywhere)
        _resolve_all(ledger.facts, busy)
        warm_us = _resolve_all(ledger.facts, busy)
    decoded_mb = _resident_mb() - before
    return {
        "load_s": round(loaded_s, 2),
        "load_cpu_s": round(cpu_s, 2),
        "memory_mb": round(memory_mb),
        "decoded_mb": round(decoded_mb),
        "command_s": round(command_s, 2),
        "resolve_cold_us": round(cold_us, 1),
        "resolve_warm_us": round(warm_us, 1),
    }


def _command_seconds(ledger: Ledger, size: RegisterSize) -> float:
    """Return how long a command takes to know one location: it loads no others."""
    began = perf_counter()
    ledger.refresh()
    statement = location_statement(size, size.locations - 1)
    key = record_key(party_of(owner_of_location(size, size.locations - 1)), statement.id)
    if ledger.facts.find(Location, key) is None:
        raise LookupError(f"the register does not know {key}")
    return perf_counter() - began


def _asked(draw: Random, size: RegisterSize, number: int) -> CdrStatement:
    """Return a CDR of one of the CPO's partners at a location."""
    owner = owner_of_location(size, number)
    buyer = partner_of(size, owner, draw.randrange(size.partners_of_a_cpo))
    place = location_statement(size, number)
    evse = draw.choice(place.evses)
    connector = draw.choice(evse.connectors)
    nothing = Decimal(0)
    return CdrStatement(
        country_code=place.country_code,
        party_id=place.party_id,
        id=f"CDR-{number}",
        ocpi_version="2.2.1",
        start_date_time=AT,
        end_date_time=AT,
        cdr_token=Token(buyer[:2], buyer[3:], "s-1", "RFID", "s-2"),
        auth_method="WHITELIST",
        cdr_location=CdrLocation(
            id=place.id,
            address=place.address,
            city=place.city,
            country=place.country,
            coordinates=place.coordinates,
            evse_uid=evse.uid,
            evse_id=evse.evse_id or "",
            connector_id=connector.id,
            connector_standard=connector.standard,
            connector_format=connector.format,
            connector_power_type=connector.power_type,
        ),
        currency="EUR",
        charging_periods=(),
        total_cost=Price(nothing),
        total_energy=nothing,
        total_time=nothing,
        last_updated=AT,
    )


def _resolve_all(facts: Facts, cdrs: Sequence[CdrStatement]) -> float:
    """Return CPU µs a CDR: the best round, for who else works on the machine only adds to it."""
    spent = []
    for first in range(0, len(cdrs), ROUND):
        view, part = View(facts), cdrs[first : first + ROUND]
        began = process_time()
        for cdr in part:
            _resolve(view, cdr)
        spent.append((process_time() - began) / len(part))
    return min(spent) * 1e6


def _resolve(view: View, cdr: CdrStatement) -> None:
    """Look up what deciding about a CDR asks of the register. Raises LookupError."""
    seller, buyer = parties_of(cdr)
    agreement = view.find(Agreement, pair_key(seller, buyer))
    agreed = agreement.version_valid_at(cdr.start_date_time) if agreement is not None else None
    asked = cdr.cdr_location
    key = record_key(seller, asked.id)
    location = view.find(Location, key)
    place = location.version_valid_at(cdr.start_date_time) if location is not None else None
    connector = place.connector(asked.evse_uid, asked.connector_id) if place is not None else None
    registered = registered_at(view, cdr, key, received_at=AT)
    shares = shares_at(view, (key, *registered.former), cdr.start_date_time)
    steps = shares[0].versions[shares[1] - 1].terms.split.steps if shares is not None else ()
    if agreed is None or connector is None or registered.meter is None or (shares and not steps):
        raise LookupError(f"the register does not know the place or the partner of {cdr.id}")


def _resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * getpagesize() / 2**20


if __name__ == "__main__":
    sys.stdout.buffer.write(msgspec.json.encode(main(RegisterSize(*map(int, sys.argv[1:4])))))
