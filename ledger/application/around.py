"""What a batch asks the log about the surroundings of its CDRs, in whole queries."""

from collections.abc import Iterable, Iterator, Sequence

from ledger.application.commands import AcceptCdr, Received, session_key_of
from ledger.application.loaded import Loaded
from ledger.application.personal import TOKEN_UID, Refs
from ledger.application.store import Span
from ledger.roaming.occupation import NEARBY, charger_of, resources_of
from ledger.roaming.statements import CdrStatement
from ledger.values.reasons import Refused


def stated_in(messages: Iterable[Received]) -> list[CdrStatement]:
    """Return the CDRs of a batch as they were stated."""
    return [
        message.command.statement for message in messages if isinstance(message.command, AcceptCdr)
    ]


def stated_by(work: Loaded, cdrs: Sequence[str]) -> list[CdrStatement]:
    """Return the statements of recorded CDRs."""
    statements = (work.cdr(key).statement for key in cdrs)
    return [statement for statement in statements if statement is not None]


def spans_of(cdr: CdrStatement, refs: Refs) -> Iterator[Span]:
    """Yield what a CDR takes, with its token by ref, as accepted CDRs have it.

    A statement whose keys cannot be read takes nothing: its own handling refuses it, with a code.
    """
    try:
        session = session_key_of(cdr)
        for kind, resource in resources_of(cdr, session):
            uid = cdr.cdr_token.uid
            name = f"token:{refs.get((TOKEN_UID, uid), uid)}" if kind == "token" else resource
            yield Span(name, cdr.start_date_time, cdr.end_date_time)
    except Refused:
        return


def near_span_of(cdr: CdrStatement) -> Span:
    """Return where and when sessions that a CDR may tell of began."""
    slack = NEARBY * (not cdr.session_id)
    try:
        charger = charger_of(cdr)
    except Refused:
        charger = ""
    return Span(charger, cdr.start_date_time - slack, cdr.end_date_time + slack)
