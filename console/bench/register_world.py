"""A register as large as a clearing house's: parties, agreements, locations, made by number.

Every document is a pure function of its number, so a second process can ask for what the first
one recorded. Locations are made as partners send them: 4 EVSEs with 5 connectors, 3 kB of JSON;
each is a site in the register, with its host, chargers and meters.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Final, NamedTuple

from ledger.roaming.clauses import Fee, SplitTerms, Step
from ledger.roaming.entity_documents import EntityDocument
from ledger.roaming.meters import MeterRecord
from ledger.roaming.party_documents import PartyDocument
from ledger.roaming.places import BusinessDetails, Connector, Evse, Hours, LocationStatement
from ledger.roaming.site_documents import (
    SITE_KINDS,
    ChargerRecord,
    ChargerVersion,
    SiteDocument,
)
from ledger.roaming.statements import GeoLocation
from ledger.roaming.terms import Payment, TariffTerms, Terms, Windows
from ledger.values.identifiers import party_key

CONNECTORS: Final = 5
"""Connectors of every location."""
HOSTS_OF_A_CPO: Final = 8
SHARED_WITH_A_HOST: Final = 10
AGREED_ON: Final = datetime(2026, 1, 1, tzinfo=UTC)
CHANGED_ON: Final = datetime(2026, 7, 1, tzinfo=UTC)
STATED_ON: Final = datetime(2026, 9, 1, tzinfo=UTC)

_COUNTRIES: Final = (("AT", "AUT"), ("BE", "BEL"), ("DK", "DNK"), ("FI", "FIN"), ("IT", "ITA"))
_ZONES: Final = (
    "Europe/Vienna",
    "Europe/Brussels",
    "Europe/Copenhagen",
    "Europe/Helsinki",
    "Europe/Rome",
)
_CITIES: Final = ("Graz", "Gent", "Aarhus", "Turku", "Torino", "Linz", "Namur", "Odense", "Pisa")
_STREETS: Final = ("Station Road", "Market Square", "Harbour Quay", "Mill Lane", "Ring Road")
_STATUSES: Final = ("AVAILABLE", "CHARGING", "OUTOFORDER")
_DIGITS: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


class RegisterSize(NamedTuple):
    """How many there are: of every 20 parties 10 are CPOs, 9 eMSPs, 1 is a site host."""

    parties: int = 1_000
    agreements: int = 20_000
    locations: int = 200_000

    @property
    def cpos(self) -> int:
        """How many parties have locations."""
        return self.parties // 2

    @property
    def hosts(self) -> int:
        """How many parties are site hosts."""
        return max(self.parties // 20, HOSTS_OF_A_CPO)

    @property
    def emsps(self) -> int:
        """How many parties have drivers."""
        return self.parties - self.cpos - self.hosts

    @property
    def partners_of_a_cpo(self) -> int:
        """How many eMSPs have an agreement with each CPO."""
        return max(1, min(self.agreements // self.cpos - HOSTS_OF_A_CPO, self.emsps))


def party_of(number: int) -> str:
    """Return the key of the party with a number: CPOs come first, then eMSPs, then hosts.

    >>> party_of(0), party_of(36)
    ('AT*000', 'BE*010')
    """
    return party_key(_country(number)[0], _three_digits(number))


def _country(number: int) -> tuple[str, str]:
    return _COUNTRIES[number % len(_COUNTRIES)]


def _three_digits(number: int) -> str:
    return "".join(_DIGITS[number // base % 36] for base in (1296, 36, 1))


def entity_document(number: int) -> EntityDocument:
    """Return the legal entity of a party."""
    return EntityDocument(f"Entity {number}", _country(number)[0], "EUR")


def party_document(size: RegisterSize, number: int) -> PartyDocument:
    """Return the document of a party."""
    role = "CPO" if number < size.cpos else "EMSP"
    if number >= size.cpos + size.emsps:
        role = "SITE_HOST"
    return PartyDocument(f"Party {number}", (role,), entity_key(number))


def entity_key(number: int) -> str:
    """Return the key of the legal entity of a party."""
    return f"entity-{number:04d}"


class AgreementToMake(NamedTuple):
    """The two parties of an agreement, and the terms of each of its versions."""

    seller: str
    buyer: str
    versions: tuple[tuple[datetime, Terms], ...]


def agreements_of(size: RegisterSize) -> Iterator[AgreementToMake]:
    """Yield roaming agreements of each CPO with eMSPs, and the shares of site hosts."""
    for cpo in range(size.cpos):
        for place in range(size.partners_of_a_cpo):
            terms = _roaming_terms(cpo + place)
            versions = [(AGREED_ON, terms)]
            if (cpo + place) % 4 == 0:
                versions.append((CHANGED_ON, _roaming_terms(cpo + place + 1)))
            yield AgreementToMake(party_of(cpo), partner_of(size, cpo, place), tuple(versions))
        for place in range(HOSTS_OF_A_CPO):
            terms = _share_terms(size, cpo, place)
            yield AgreementToMake(_host_of(size, cpo, place), party_of(cpo), ((AGREED_ON, terms),))


def partner_of(size: RegisterSize, cpo: int, place: int) -> str:
    """Return one of the eMSPs that a CPO has an agreement with."""
    return party_of(size.cpos + (cpo * 7 + place) % size.emsps)


def _host_of(size: RegisterSize, cpo: int, place: int) -> str:
    return party_of(size.cpos + size.emsps + (cpo + place) % size.hosts)


def _roaming_terms(number: int) -> Terms:
    clearing = Fee("clearing", "seller", party_of(0), "net", rate=f"{number % 9 + 1}/1000")
    hub = Fee(
        "hub",
        "buyer",
        party_of(1),
        "per_cdr",
        amount=Decimal(number % 7 + 1).scaleb(-2),
        currency="EUR",
    )
    return Terms(
        tariffs=TariffTerms(wholesale=f"T-{number % 40:02d}"),
        fees=(clearing, hub) if number % 3 else (clearing,),
        windows=Windows(dispute_days=30 + number % 3 * 15),
        payment=Payment(due_days=(14, 30, 60)[number % 3]),
    )


def _share_terms(size: RegisterSize, cpo: int, place: int) -> Terms:
    first = place * SHARED_WITH_A_HOST
    numbers = (cpo + row * size.cpos for row in range(first, first + SHARED_WITH_A_HOST))
    named = tuple(location_id(number) for number in numbers if number < size.locations)
    host = Step(_host_of(size, cpo, place), rate=f"{place + 5}/100")
    return Terms(flow="share", split=SplitTerms(named, (host, Step(party_of(cpo), remaining=True))))


def owner_of_location(size: RegisterSize, number: int) -> int:
    """Return the number of the CPO that a location belongs to."""
    return number % size.cpos


def location_id(number: int) -> str:
    """Return the id of a location."""
    return f"LOC-{number:06d}"


def location_statement(size: RegisterSize, number: int) -> LocationStatement:
    """Return a location as its CPO states it."""
    draw = Random(number)
    owner = owner_of_location(size, number)
    party, city, street = party_of(owner), draw.choice(_CITIES), draw.choice(_STREETS)
    stated_at = STATED_ON + timedelta(seconds=draw.randrange(2_000_000))
    return LocationStatement(
        country_code=party[:2],
        party_id=party[3:],
        id=location_id(number),
        address=f"{street} {draw.randrange(1, 300)}",
        city=city,
        country=_country(owner)[1],
        coordinates=GeoLocation(f"{draw.uniform(41, 66):.6f}", f"{draw.uniform(3, 28):.6f}"),
        last_updated=stated_at,
        time_zone=_ZONES[owner % len(_ZONES)],
        name=f"{city}, {street}",
        postal_code=f"{draw.randrange(1000, 9999)}",
        parking_type=draw.choice(("ON_STREET", "PARKING_LOT", "PARKING_GARAGE")),
        evses=tuple(_evse(draw, party, place, stated_at) for place in range(CONNECTORS - 1)),
        operator=BusinessDetails(f"Party {owner}", website=f"https://{party[3:]}.example"),
        owner=BusinessDetails(f"City of {city}"),
        facilities=("RESTAURANT", "WIFI") if draw.random() < 0.3 else (),
        opening_times=Hours(twentyfourseven=True),
        help_phone="+43 800 000 000",
    )


def site_document(size: RegisterSize, number: int, statement: LocationStatement) -> SiteDocument:
    """Return what the register says of a location: a meter in each of its EVSEs."""
    owner = owner_of_location(size, number)
    row = number // size.cpos
    is_shared = row < HOSTS_OF_A_CPO * SHARED_WITH_A_HOST
    return SiteDocument(
        owner=party_of(owner),
        operator=party_of(owner),
        country=_country(owner)[0],
        time_zone=statement.time_zone,
        kind=SITE_KINDS[number % len(SITE_KINDS)],
        access="public",
        host=_host_of(size, owner, row // SHARED_WITH_A_HOST) if is_shared else None,
        groups=(f"{statement.city.lower()}-{number % 3}",),
        chargers=tuple(
            ChargerRecord(
                evse.uid,
                (
                    ChargerVersion(AGREED_ON, "Maker", "AC-22", firmware="4.1.0"),
                    ChargerVersion(CHANGED_ON, "Maker", "AC-22", firmware="4.2.1"),
                ),
            )
            for evse in statement.evses
        ),
        meters=tuple(
            MeterRecord(
                evse_uid=evse.uid,
                serial=f"{number:06d}-{place}",
                legal_class="mid_b",
                valid_from=AGREED_ON,
                mid="T10001",
                calibrated_on=AGREED_ON.date(),
                calibrated_until=AGREED_ON.replace(year=2034).date(),
            )
            for place, evse in enumerate(statement.evses)
        ),
    )


def _evse(draw: Random, party: str, place: int, stated_at: datetime) -> Evse:
    is_fast = place == 0
    kinds = (("IEC_62196_T2_COMBO", 150_000), ("CHADEMO", 50_000)) if is_fast else ()
    return Evse(
        uid=f"{draw.randrange(16**12):012x}",
        status=draw.choice(_STATUSES),
        connectors=tuple(
            _connector(draw, str(number), standard, power_w, stated_at)
            for number, (standard, power_w) in enumerate(kinds or (("IEC_62196_T2", 22_000),), 1)
        ),
        last_updated=stated_at + timedelta(seconds=draw.randrange(10_000)),
        evse_id=f"{party}*E{draw.randrange(10**7):07d}*{place + 1}",
        capabilities=("RFID_READER", "REMOTE_START_STOP_CAPABLE", "UNLOCK_CAPABLE"),
        physical_reference=str(place + 1),
        parking_restrictions=("EV_ONLY",),
    )


def _connector(
    draw: Random, number: str, standard: str, power_w: int, stated_at: datetime
) -> Connector:
    is_fast = power_w > 22_000
    return Connector(
        id=number,
        standard=standard,
        format="CABLE" if is_fast else "SOCKET",
        power_type="DC" if is_fast else "AC_3_PHASE",
        max_voltage=920 if is_fast else 230,
        max_amperage=500 if is_fast else 32,
        last_updated=stated_at + timedelta(seconds=draw.randrange(10_000)),
        max_electric_power=power_w,
        tariff_ids=(f"T-{draw.randrange(40):02d}",),
    )
