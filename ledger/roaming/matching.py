"""Match a CDR that names no session to the one it tells of: points for what agrees.

OCPI makes `session_id` optional (2.2.1, mod_cdrs). Where it is missing, the sessions that nothing
has billed yet at the same EVSE are compared: the same token weighs most, then start, end and
energy, each less the further it is off. Nothing is guessed: below the threshold, or where two
sessions come close to each other, the CDR waits, and says what was near.
"""

from collections.abc import Iterable
from datetime import timedelta
from decimal import Decimal
from typing import NamedTuple

from ledger.roaming.session import Session
from ledger.roaming.statements import CdrStatement, SessionStatement
from ledger.roaming.terms import Terms
from ledger.values.money import ZERO

THRESHOLD = 70
MARGIN = 15
"""How many points the best must be ahead of the second."""
TOKEN, CONNECTOR, START, END, ENERGY = 40, 10, 20, 15, 15
FAR_OFF = timedelta(minutes=30)
"""Where an instant is off by so much, or more, it gives no point."""


class Match(NamedTuple):
    """A session a CDR was compared with: points of 100, and what each part gave."""

    session: str
    points: int
    evidence: tuple[tuple[str, int], ...]

    def __str__(self) -> str:
        parts = ", ".join(f"{name} {points}" for name, points in self.evidence)
        return f"{self.session} {self.points} ({parts})"


def compared(cdr: CdrStatement, key: str, session: SessionStatement, terms: Terms) -> Match:
    """Return how well a session fits a CDR at the same EVSE."""
    skew = timedelta(seconds=terms.clock.skew_s)
    evidence = [
        ("token", TOKEN if cdr.cdr_token.uid == session.cdr_token.uid else 0),
        (
            "connector",
            CONNECTOR
            if cdr.cdr_location.connector_id.lower() == session.connector_id.lower()
            else 0,
        ),
        ("start", _near(START, abs(cdr.start_date_time - session.start_date_time), skew)),
    ]
    ended_at = session.end_date_time
    evidence.append(("end", _near(END, abs(cdr.end_date_time - ended_at), skew) if ended_at else 0))
    evidence.append(("energy", _energy(cdr.total_energy, session.kwh, terms)))
    return Match(key, sum(points for _, points in evidence), tuple(evidence))


def _near(points: int, off_by: timedelta, skew: timedelta) -> int:
    """Return all points within the clocks' skew, fewer towards `FAR_OFF`, none from there on.

    >>> skew = timedelta(minutes=5)
    >>> [_near(20, timedelta(minutes=minutes), skew) for minutes in (5, 15, 30)]
    [20, 12, 0]
    """
    if off_by <= skew:
        return points
    if off_by >= FAR_OFF or skew >= FAR_OFF:
        return 0
    return int(points * (FAR_OFF - off_by) / (FAR_OFF - skew))


def _energy(stated: Decimal, told: Decimal, terms: Terms) -> int:
    if terms.tolerances.energy.allows(stated, told):
        return ENERGY
    largest = max(abs(stated), abs(told))
    off_by = abs(stated - told) / largest if largest > ZERO else ZERO
    return int(ENERGY * (1 - off_by / Decimal("0.1"))) if off_by < Decimal("0.1") else 0


def ranked(cdr: CdrStatement, sessions: Iterable[Session], terms: Terms) -> tuple[Match, ...]:
    """Return the sessions by points, the best first; sessions of equal points by key."""
    matches = [
        compared(cdr, session.key, session.latest, terms)
        for session in sessions
        if session.latest is not None
    ]
    return tuple(sorted(matches, key=lambda match: (-match.points, match.session)))


def best_of(matches: tuple[Match, ...]) -> Match | None:
    """Return the match that can be relied on, None where there is none or two come close.

    >>> near = Match("NL*XYZ/s2", 80, ())
    >>> best_of((Match("NL*XYZ/s1", 100, ()), near)).session
    'NL*XYZ/s1'
    >>> best_of((near, Match("NL*XYZ/s3", 70, ()))) is None
    True
    """
    if not matches or matches[0].points < THRESHOLD:
        return None
    if len(matches) > 1 and matches[0].points - matches[1].points < MARGIN:
        return None
    return matches[0]
