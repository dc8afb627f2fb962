"""The session of a CDR: the one it names, else the one that fits best; and what else lies near."""

from typing import NamedTuple

from ledger.application.circumstances import Circumstances
from ledger.roaming.legs import SessionUse
from ledger.roaming.matching import best_of, ranked
from ledger.roaming.occupation import charger_of
from ledger.roaming.session import Session
from ledger.roaming.statements import CdrStatement
from ledger.roaming.terms import Terms


class Matched(NamedTuple):
    """The session of a CDR and how it was found; what else lies near it."""

    session: Session | None
    by: str
    near: tuple[str, ...]

    @property
    def use(self) -> SessionUse | None:
        """What the decision records of the session; None where there is none."""
        if self.session is None or self.session.latest is None:
            return None
        return SessionUse(self.session.key, self.session.version, self.by)


def matched_of(
    cdr: CdrStatement, around: Circumstances, terms: Terms, depends_on: list[str]
) -> Matched:
    """Return the session the CDR names, else the one that fits best beyond doubt."""
    if cdr.session_id:
        own = around.session.key if around.session is not None else None
        near = tuple(key for key in around.nearby_keys if key != own)
        return Matched(around.session, "session_id", near)
    depends_on.append(f"charger:{charger_of(cdr)}")
    depends_on.extend(f"session:{key}" for key in around.nearby_keys)
    matches = ranked(cdr, around.nearby, terms)
    best = best_of(matches)
    if best is None:
        return Matched(None, "", tuple(str(match) for match in matches))
    session = next(row for row in around.nearby if row.key == best.session)
    # Sessions up to an hour away were compared; only what began in the CDR's time may be in it.
    inside = (row.key for row in around.nearby if _began_within(row, cdr))
    return Matched(session, str(best), tuple(key for key in inside if key != best.session))


def _began_within(session: Session, cdr: CdrStatement) -> bool:
    latest = session.latest
    return latest is not None and (
        cdr.start_date_time <= latest.start_date_time <= cdr.end_date_time
    )
