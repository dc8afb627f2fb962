"""Which completed sessions no CDR names: one pass over the sessions and CDRs of the log."""

from collections.abc import Iterator
from typing import Final

import msgspec
import psycopg

from ledger.log.connection import LogUnreachable
from ledger.log.store import PAGE, PostgresLog
from ledger.values.identifiers import record_key

_SESSION: Final = "session.updated.v1"
_CDRS: Final = "cdr.%"


class _Status(msgspec.Struct):
    status: str


class _SessionState(msgspec.Struct):
    session: str
    statement: _Status


class _Named(msgspec.Struct):
    session_id: str | None = None


class _CdrState(msgspec.Struct):
    """An event about a CDR; not each of them repeats what the CDR stated."""

    cdr: str = ""
    statement: _Named | None = None


_session: Final = msgspec.json.Decoder(_SessionState)
_cdr: Final = msgspec.json.Decoder(_CdrState)


class Billing:
    """Sessions of the log by key, as far as billing asks: whether completed, and by what billed."""

    def __init__(self, log: PostgresLog, party: str) -> None:
        """Read the log once for a CPO, `NL*XYZ`. Raises LogUnreachable."""
        self._completed: dict[str, bool] = {}
        self._billed_by: dict[str, str] = {}
        for topic, state in _states(log):
            if topic == _SESSION:
                session = _session.decode(state)
                if session.session.startswith(f"{party}/"):
                    self._completed[session.session] = session.statement.status == "COMPLETED"
                continue
            cdr = _cdr.decode(state)
            named = cdr.statement.session_id if cdr.statement else None
            if named and cdr.cdr.startswith(f"{party}/"):
                self._billed_by.setdefault(record_key(party, named), cdr.cdr)

    @property
    def unbilled(self) -> tuple[str, ...]:
        """Keys of the completed sessions that no CDR names, in the order of their first update."""
        return tuple(
            key
            for key, is_completed in self._completed.items()
            if is_completed and key not in self._billed_by
        )

    def billed_by(self, session: str) -> str | None:
        """Return the key of the first CDR that names a session, accepted or held."""
        return self._billed_by.get(session)


def _states(log: PostgresLog) -> Iterator[tuple[str, bytes]]:
    position = 0
    while True:
        try:
            page = log.connection.execute(
                "SELECT position, topic, state FROM log.stored_event"
                " WHERE (topic = %s OR topic LIKE %s) AND position > %s"
                " ORDER BY position LIMIT %s",
                (_SESSION, _CDRS, position, PAGE),
                binary=True,
            ).fetchall()
        except psycopg.OperationalError as error:
            raise LogUnreachable(f"DATABASE_UNREACHABLE: {str(error).strip()}") from error
        for _, topic, state in page:
            yield topic, state
        if len(page) < PAGE:
            return
        position = page[-1][0]
