"""What a charge occupies, and who else does: its session, its connector, its token."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from ledger.roaming.checks.candidate import Occupied, Resource
from ledger.roaming.statements import CdrStatement, SessionStatement
from ledger.values.identifiers import party_key


class Taken(NamedTuple):
    """A resource that an accepted CDR takes from its start to its end."""

    resource: str
    kind: Resource
    started_at: datetime
    ended_at: datetime
    cdr: str


NEARBY = timedelta(hours=1)
"""How far from a CDR's time a session may begin to be compared, where the CDR names none."""

TakenOf = Callable[[str], Iterable[Taken]]
"""Who takes a resource."""


def charger_of(cdr: CdrStatement) -> str:
    """Return the key of a CDR's EVSE, as that of a session's: `NL*XYZ/loc1/e1`."""
    place = cdr.cdr_location
    return charger_key(party_key(cdr.country_code, cdr.party_id), place.id, place.evse_uid)


def charger_of_session(session: SessionStatement) -> str:
    """Return the key of a session's EVSE."""
    party = party_key(session.country_code, session.party_id)
    return charger_key(party, session.location_id, session.evse_uid)


def charger_key(party: str, location_id: str, evse_uid: str) -> str:
    """Return the key of an EVSE.

    >>> charger_key("NL*XYZ", "LOC1", "E1")
    'NL*XYZ/loc1/e1'
    """
    return f"{party}/{location_id.lower()}/{evse_uid.lower()}"


def resources_of(cdr: CdrStatement, session: str | None) -> Iterator[tuple[Resource, str]]:
    """Yield what a CDR takes: the session it is matched to, its connector, its token."""
    if session is not None:
        yield "session", f"session:{session}"
    connector = cdr.cdr_location.connector_id.lower()
    yield "connector", f"connector:{charger_of(cdr)}/{connector}"
    yield "token", f"token:{cdr.cdr_token.uid}"


def taken_by(key: str, cdr: CdrStatement, session: str | None) -> list[Taken]:
    """Return what an accepted CDR takes."""
    return [
        Taken(resource, kind, cdr.start_date_time, cdr.end_date_time, key)
        for kind, resource in resources_of(cdr, session)
    ]


def others_of(
    key: str, cdr: CdrStatement, session: str | None, taken: TakenOf, *, skew: timedelta
) -> tuple[Occupied, ...]:
    """Return the other CDRs in a CDR's way: its session's whenever, else those that overlap.

    An overlap of no more than the clocks' skew is none.
    """
    found = []
    for kind, resource in resources_of(cdr, session):
        for row in taken(resource):
            if row.cdr == key:
                continue
            if kind == "session" or _overlap_longer(row, cdr, skew):
                found.append(Occupied(kind, row.cdr, row.started_at, row.ended_at))
    return tuple(sorted(found, key=lambda row: (row.resource, row.started_at, row.cdr)))


def _overlap_longer(row: Taken, cdr: CdrStatement, skew: timedelta) -> bool:
    """True where both charge at once for longer than `skew`, which is never negative."""
    if row.ended_at <= cdr.start_date_time or row.started_at >= cdr.end_date_time:
        return False  # what a connector's other charges nearly always say
    overlap = min(row.ended_at, cdr.end_date_time) - max(row.started_at, cdr.start_date_time)
    return overlap > skew
