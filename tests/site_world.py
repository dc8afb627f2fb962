"""The register of sites in tests: documents, meters, remaps, and the people who record them."""

from datetime import UTC, date, datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from msgspec.structs import replace

from ledger.application.commands import RecordLocation
from ledger.application.facts import Facts, View
from ledger.application.ledger import Ledger
from ledger.application.mapper import EventMapper
from ledger.application.sites import StatedSite, approve_site, register_sites, remap_site
from ledger.application.store import LoggedEvent
from ledger.roaming.location import Location
from ledger.roaming.meters import MeterRecord
from ledger.roaming.places import Connector, Evse
from ledger.roaming.remaps import Identity, Remap
from ledger.roaming.site import Site
from ledger.roaming.site_documents import ChargerRecord, ChargerVersion, SiteDocument
from ledger.values.aggregate import LedgerAggregate
from ledger.values.provenance import Provenance
from tests.ledger_cast import BY_ADMIN, BY_FINANCE, CPO, HOST, RECORDED_AT, YEAR_BEGINS, Fact
from tests.ledger_statements import cdr, october, session
from tests.ledger_statements import location as located
from tests.ledger_world import World

LOC1, LOC2, LOC3 = (f"{CPO}/loc{number}" for number in (1, 2, 3))
FINN = Provenance("finn", "asserted", RECORDED_AT, RECORDED_AT)
NEXT_CPO = "CH*ALP"
"""Another CPO of the cast, to take a site over."""


def public_hex(private: int) -> str:
    """Return the public key of a meter that was made for a test."""
    key = ec.derive_private_key(private, ec.SECP256R1()).public_key()
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo).hex()


def meter(evse: str = "E1", **changes: Any) -> MeterRecord:
    """Return a meter that may be billed by until the end of 2027."""
    stated: dict[str, Any] = {
        "serial": f"M-{evse}",
        "legal_class": "mid_b",
        "valid_from": YEAR_BEGINS,
        "mid": "DE-16-MI003-PTB001",
        "calibrated_on": date(2025, 12, 1),
        "calibrated_until": date(2028, 1, 1),
    } | changes
    return MeterRecord(evse, **stated)


def charger(evse: str, *versions: tuple[datetime, str]) -> ChargerRecord:
    """Return an EVSE's history of (since, firmware)."""
    history = (ChargerVersion(since, "Alfen", "Eve", firmware) for since, firmware in versions)
    return ChargerRecord(evse, tuple(history))


DOCUMENT = SiteDocument(
    owner=CPO,
    operator=CPO,
    country="NLD",
    time_zone="Europe/Amsterdam",
    kind="destination",
    access="public",
    host=HOST,
    groups=("hague",),
    chargers=(charger("E1", (YEAR_BEGINS, "6.1"), (datetime(2026, 7, 1, tzinfo=UTC), "6.4")),),
    meters=(meter("E1"), meter("E2")),
)
PRIVATE = replace(DOCUMENT, access="private", meters=())


def stated(
    key: str = LOC1,
    document: SiteDocument = DOCUMENT,
    *,
    valid_from: datetime = YEAR_BEGINS,
    valid_until: datetime | None = None,
) -> StatedSite:
    """Return a document as a file states it."""
    return StatedSite(key, valid_from, valid_until, document, key)


def site(key: str = LOC1, document: SiteDocument = DOCUMENT, **span: Any) -> Fact:
    """Return the recording of a site's document by Finn."""
    return lambda ledger: register_sites(ledger, [stated(key, document, **span)], by=BY_FINANCE)


def remapped(old: str, new: str, since: datetime, reason: str = "renamed by the CPO") -> Fact:
    """Return a remap by Finn of `NL*XYZ/loc1` or `NL*XYZ/loc1/E1`."""

    def record(ledger: Ledger) -> None:
        before, after = identity(old), identity(new)
        remap_site(ledger, before, after, valid_from=since, reason=reason, by=BY_FINANCE)

    return record


def approved(key: str) -> Fact:
    """Return Anna's approval of what Finn proposed."""
    return lambda ledger: approve_site(ledger, key, by=BY_ADMIN)


def identity(text: str) -> Identity:
    """Return an identity as it is written."""
    party, place, *evse = text.split("/")
    return Identity(f"{party}/{place.lower()}", "".join(evse))


def remap_of(old: str, new: str, since: datetime, known: datetime = RECORDED_AT) -> Remap:
    """Return a remap as it is recorded."""
    one, other = identity(old), identity(new)
    return Remap(
        one.location,
        other.location,
        since,
        known,
        "renamed",
        one.evse_uid or None,
        other.evse_uid or None,
    )


def known_site(key: str, *remaps: Remap) -> Site:
    """Return a site that knows those of the remaps that begin or end at it."""
    known = Site.blank(key)
    for row in remaps:
        if row.old_location == key:
            known.departures = {**known.departures, row.old.evse_uid.lower(): row}
        if row.new_location == key:
            known.arrivals = {**known.arrivals, row.new.evse_uid.lower(): row}
    return known


def view_of(*aggregates: LedgerAggregate) -> View:
    """Return the facts that aggregates recorded, without a database."""
    mapper = EventMapper()
    facts = Facts(mapper)
    events = [event for aggregate in aggregates for event in aggregate.collect_events()]
    facts.follow(
        [
            LoggedEvent(
                number,
                *(row.originator_id, row.originator_version, row.topic, row.state),
                RECORDED_AT,
            )
            for number, row in enumerate(map(mapper.to_stored_event, events), 1)
        ],
        counter=1,
    )
    return View(facts)


def published(command: RecordLocation) -> Location:
    """Return a location as its CPO published it."""
    said = command.statement
    found = Location.blank(f"{said.country_code}*{said.party_id}/{said.id.lower()}")
    found.receive(said, content_sha256=said.id, provenance=FINN)
    return found


def registered(key: str, document: SiteDocument = DOCUMENT, *remaps: Remap) -> Site:
    """Return a site with a document and the remaps that begin or end at it."""
    found = Site.blank(key)
    found.register(document, valid_from=YEAR_BEGINS, provenance=FINN)
    for row in remaps:
        if row.old_location == key:
            found.remap(row, provenance=FINN)
        if row.new_location == key:
            found.take_over(row, provenance=FINN)
    return found


def place(
    key: str = LOC1, *evses: str, evse_ids: tuple[str, ...] = (), **more: Any
) -> RecordLocation:
    """Return an OCPI location with EVSEs of one connector each."""
    party, _, name = key.partition("/")
    command = located(name.upper(), "Europe/Amsterdam", of=party)
    ids = evse_ids or tuple(f"NL*XYZ*{uid}" for uid in evses)
    rows = tuple(
        Evse(uid, "AVAILABLE", (plug(),), YEAR_BEGINS, evse_id=evse_id)
        for uid, evse_id in zip(evses, ids, strict=True)
    )
    return replace(command, statement=replace(command.statement, **({"evses": rows} | more)))


def plug(**changes: Any) -> Connector:
    """Return a connector of 50 kW with a tariff."""
    stated: dict[str, Any] = {"tariff_ids": ("T1",), "max_electric_power": 50_000} | changes
    return Connector("1", "IEC_62196_T2_COMBO", "CABLE", "DC", 400, 200, YEAR_BEGINS, **stated)


def charged(
    world: World,
    id: str,
    day: int,
    *,
    at: datetime | None = None,
    of: str = CPO,
    location: str = "LOC1",
    evse: str = "E1",
    **more: Any,
) -> str:
    """Send a session and its CDR of 10 kWh; return the CDR's key."""
    said: dict[str, Any] = {
        "at": at or october(day),
        "of": of,
        "uid": id,
        "location": location,
        "evse": evse,
    }
    world.send(session(id, **said), cdr(id, "5.00", **said, **more))
    return f"{of}/{id.lower()}"
