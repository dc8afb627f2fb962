"""Read the world's documents, for the month they are written for or for any other."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, TypeVar

import msgspec
import yaml

from console.agreements.files import read_agreement_files
from console.demo.world.documents import AgreementDocument, CpoTraffic, World
from console.demo.world.rates import ecb_rates
from console.imports.sites import read_sites
from console.launches.plan_file import plan_in
from ledger.application.sites import StatedSite
from ledger.roaming.actor import Role
from ledger.roaming.entity_documents import EntityDocument
from ledger.roaming.launch_plan import LaunchPlan
from ledger.roaming.party_documents import PartyDocument
from ledger.values.identifiers import pair_key
from ledger.values.instants import month_after, start_of_month, zone_of
from ledger.values.reasons import Refused
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
    parties = _read("parties.yaml", dict[str, PartyDocument])
    return World(
        month=month,
        entities=_read("entities.yaml", dict[str, EntityDocument]),
        parties=parties,
        actors=_read("actors.yaml", dict[str, tuple[Role, ...]]),
        agreements=tuple(_agreements(month)),
        traffic=_read("traffic.yaml", dict[str, CpoTraffic]),
        locations=tuple(_messages("location", LocationV1, parties)),
        tariffs=tuple(_tariffs(month, parties)),
        rates=(ecb_rates("CHF"),),
        sites=tuple(_sites()),
        launches=_launches(),
    )


def _sites() -> list[StatedSite]:
    stated, refusals = read_sites(FOLDER / "sites.yaml")
    if refusals:
        raise Refused(*refusals)
    return stated


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


def _agreements(month: str) -> Iterator[AgreementDocument]:
    """Yield the agreements of the folder, one file each."""
    for document in read_agreement_files(FOLDER / "agreements").approved_of():
        seller, buyer = document.agreement.split(">")
        since, until = document.version.valid_from, document.version.valid_until
        yield AgreementDocument(
            seller,
            buyer,
            valid_from=moved(since, month),
            terms=document.version.terms,
            valid_until=until and moved(until, month),
            template=document.version.template,
        )


def _launches() -> dict[str, LaunchPlan]:
    """Return the plans of launches by their pair, which names the file: nl_xyz_to_de_emp.yaml."""
    plans = {}
    for path in sorted((FOLDER / "launches").glob("*.yaml")):
        seller, _, buyer = path.stem.upper().replace("_", "*").partition("*TO*")
        plans[pair_key(seller, buyer)] = plan_in(path)
    return plans


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
