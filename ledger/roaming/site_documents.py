"""What is registered of a site beside its OCPI location: who owns, operates and hosts it, what
stands there and what it measures by. OCPI has no field for any of this.
"""

from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise
from typing import Final, Literal, get_args

import msgspec

from ledger.roaming.meters import MeterRecord, errors_of_meters
from ledger.values.countries import alpha_2
from ledger.values.identifiers import checked_party
from ledger.values.instants import zone_of
from ledger.values.reasons import Reason, Refusal, Refused

SiteKind = Literal[
    "highway", "street", "destination", "retail", "fuel_station", "depot", "residential",
    "workplace", "other",
]  # fmt: skip
AccessClass = Literal["public", "semi_public", "private"]
SITE_KINDS: Final[tuple[SiteKind, ...]] = get_args(SiteKind)
ACCESS_CLASSES: Final[tuple[AccessClass, ...]] = get_args(AccessClass)

BILLED_BY_METER: Final[frozenset[AccessClass]] = frozenset({"public", "semi_public"})
"""Where anybody may charge, a meter legal for billing stands (Directive 2014/32/EU, Art. 7;
MessEG § 33); a private depot may count otherwise."""


class ChargerVersion(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """What an EVSE was from an instant on, until its next version.

    `configuration` names the settings it ran with: a number, a file or a hash.
    """

    valid_from: datetime
    manufacturer: str
    model: str
    firmware: str = ""
    configuration: str = ""


class ChargerRecord(msgspec.Struct, frozen=True, gc=False):
    """An EVSE by its OCPI uid, with its history in the order of time."""

    evse_uid: str
    history: tuple[ChargerVersion, ...]

    def version_valid_at(self, instant: datetime) -> ChargerVersion | None:
        """Return what it was at an instant; None before its history begins."""
        begun = [row for row in self.history if row.valid_from <= instant]
        return begun[-1] if begun else None


class SiteDocument(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """What is registered of a site. Parties are written `NL*XYZ`; `country` is ISO 3166-1.

    `groups` are the names that discounts and launch scopes of agreements use.
    """

    owner: str
    operator: str
    country: str
    time_zone: str
    kind: SiteKind
    access: AccessClass
    host: str | None = None
    groups: tuple[str, ...] = ()
    chargers: tuple[ChargerRecord, ...] = ()
    meters: tuple[MeterRecord, ...] = ()

    @property
    def parties(self) -> tuple[tuple[str, str], ...]:
        """The parties named, each with the field that names it."""
        named = (("owner", self.owner), ("operator", self.operator), ("host", self.host))
        return tuple((field, party) for field, party in named if party is not None)


def errors_of(document: SiteDocument) -> Iterator[Refusal]:
    """Yield everything that is wrong in a document, each with its path.

    WRONG_IDENTIFIER, COUNTRY_UNKNOWN, TIME_ZONE_UNKNOWN, NAMED_TWICE, INVALID_DOCUMENT,
    VALIDITY_OVERLAPS.
    """
    for field, party in document.parties:
        if _spelling(party) != party:
            yield Refusal(Reason.WRONG_IDENTIFIER, field, "NL*XYZ", party)
    try:
        alpha_2(document.country)
    except Refused:
        yield Refusal(Reason.COUNTRY_UNKNOWN, "country", "ISO 3166-1, in Europe", document.country)
    try:
        zone_of(document.time_zone)
    except Refused:
        yield Refusal(Reason.TIME_ZONE_UNKNOWN, "time_zone", actual=document.time_zone)
    if len(set(document.groups)) < len(document.groups):
        yield Refusal(Reason.NAMED_TWICE, "groups", actual=", ".join(document.groups))
    yield from _errors_of_chargers(document.chargers)
    yield from errors_of_meters(document.meters)


def _spelling(party: str) -> str | None:
    try:
        return checked_party(party)
    except Refused:
        return None


def _errors_of_chargers(chargers: tuple[ChargerRecord, ...]) -> Iterator[Refusal]:
    known: set[str] = set()
    for place, charger in enumerate(chargers):
        path = f"chargers[{place}]"
        if charger.evse_uid.lower() in known:
            yield Refusal(Reason.NAMED_TWICE, f"{path}.evse_uid", actual=charger.evse_uid)
        known.add(charger.evse_uid.lower())
        if not charger.history:
            yield Refusal(Reason.EMPTY_LIST, f"{path}.history")
        begins = [row.valid_from for row in charger.history]
        if any(after <= before for before, after in pairwise(begins)):
            yield Refusal(Reason.INVALID_DOCUMENT, f"{path}.history", "each after the one before")
