"""Read the world's documents, for the month they are written for or for any other."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, TypeVar

import msgspec
import yaml

from console.demo.world.documents import Agreements, CpoTraffic, World
from console.demo.world.rates import ecb_rates
from ledger.roaming.actor import Role
from ledger.roaming.party import EntityDocument, PartyDocument
from ledger.values.instants import month_after, start_of_month, zone_of
from schemas import Kind, LocationV1, OcpiMessage, SchemaError, TariffVersionV1, read_file

FOLDER: Final = Path(__file__).parent
DOCUMENT_MONTH: Final = "2026-10"
_MOVES_FROM: Final = datetime(2026, 1, 1, tzinfo=UTC)
_ZONE: Final = zone_of("Europe/Amsterdam")
T = TypeVar("T")


def load_world(month: str = DOCUMENT_MONTH) -> World:
    """Return the world around a month.

    Tariffs and agreements change in its middle: instants of the documents' own year move with
    the month and keep their day and local time; what began in 2018 stays.
    Raises: what a broken document raises; the documents are ours.
    """
    agreements = _read("agreements.yaml", Agreements)
    parties = _read("parties.yaml", dict[str, PartyDocument])
    return World(
        month=month,
        entities=_read("entities.yaml", dict[str, EntityDocument]),
        parties=parties,
        actors=_read("actors.yaml", dict[str, tuple[Role, ...]]),
        agreements=tuple(
            msgspec.structs.replace(
                row,
                valid_from=moved(row.valid_from, month),
                valid_until=row.valid_until and moved(row.valid_until, month),
            )
            for row in (*agreements.roaming, *agreements.site_hosts)
        ),
        traffic=_read("traffic.yaml", dict[str, CpoTraffic]),
        locations=tuple(_messages("location", LocationV1, parties)),
        tariffs=tuple(_tariffs(month, parties)),
        rates=(ecb_rates("CHF"),),
    )


def moved(instant: datetime, month: str) -> datetime:
    """Return an instant of the documents, moved with the month.

    >>> moved(datetime(2026, 10, 14, 22, tzinfo=UTC), "2022-11").isoformat()
    '2022-11-14T23:00:00+00:00'
    >>> moved(datetime(2018, 1, 1, tzinfo=UTC), "2022-11").isoformat()
    '2018-01-01T00:00:00+00:00'
    """
    if instant < _MOVES_FROM:
        return instant
    local = instant.astimezone(_ZONE)
    months = _number_of(month) - _number_of(DOCUMENT_MONTH) + local.year * 12 + local.month - 1
    return local.replace(year=months // 12, month=months % 12 + 1).astimezone(UTC)


def _number_of(month: str) -> int:
    year, _, number = month.partition("-")
    return int(year) * 12 + int(number) - 1


def _read(name: str, kind: type[T]) -> T:
    """Read a YAML document; its scalars are text until they have their type, never floats."""
    document: Any = yaml.load((FOLDER / name).read_text(encoding="utf-8"), yaml.BaseLoader)
    return msgspec.convert(document, kind, strict=False)


def _tariffs(month: str, parties: Iterable[str]) -> Iterator[TariffVersionV1]:
    """Yield the versions made by the month's end; what was made later nobody knows then."""
    ends_at = start_of_month(month_after(month), _ZONE.key)
    for tariff in _messages("tariff", TariffVersionV1, parties):
        start, end = tariff.start_date_time, tariff.end_date_time
        made_at = moved(tariff.last_updated, month)
        if made_at < ends_at:
            yield tariff.model_copy(
                update={
                    "start_date_time": start and moved(start, month),
                    "end_date_time": end and moved(end, month),
                    "last_updated": made_at,
                }
            )


M = TypeVar("M", bound=OcpiMessage)


def _messages(kind: Kind, model: type[M], parties: Iterable[str]) -> Iterator[M]:
    """Yield the objects of a folder. A file's name begins with its CPO: 2.1.1 names none inside."""
    owners = {party.partition("*")[2].lower(): party for party in parties}
    for path in sorted((FOLDER / f"{kind}s").glob("*.json")):
        owner = owners[path.name.partition("-")[0]]
        for message in read_file(path, kind, party=owner):
            if isinstance(message, SchemaError):
                raise message
            if isinstance(message, model):
                yield message
