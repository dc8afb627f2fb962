"""What became of a batch: the order of its messages, their counts, marks of the unreadable."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from hashlib import sha256
from uuid import UUID

from ledger.application.commands import (
    AcceptCdr,
    Received,
    Slice,
    UpdateSession,
    key_of,
    session_key_of,
)
from ledger.application.control_commands import StateControlTotals, TellCommandResult, TellPayment
from ledger.application.intake import SenderCount, UnreadableMark
from ledger.application.numbering import Numbering
from ledger.application.settling import matched_session_of
from ledger.application.work import Work
from ledger.roaming.cdr import Cdr
from ledger.roaming.control_totals import ControlTotals
from ledger.roaming.credits import credited_key_of
from ledger.roaming.remote_commands import RemoteCommand
from ledger.roaming.session import Session
from ledger.settlement.payment import Payment
from ledger.values.outcomes import Outcome
from ledger.values.reasons import InvariantBroken, Refusal, Refused

Coordinates = tuple[str, int, int]
_ORDER_OF_KINDS = (
    "parties",
    "locations",
    "tariff-versions",
    "sessions",
    "cdrs",
    "dispute-commands",
    "control-totals",
    "command-results",
    "payments",
)


def facts_first(message: Received) -> tuple[int, int, int]:
    """Order a batch so that facts precede sessions and sessions precede CDRs."""
    source = message.source
    return _rank_of(source.topic), source.partition, source.offset


@lru_cache(maxsize=1024)
def _rank_of(topic: str) -> int:
    return next((rank for rank, name in enumerate(_ORDER_OF_KINDS) if f"{name}." in topic), 0)


def handle(
    work: Work,
    message: Received,
    refusals: dict[Coordinates, Refusal],
    numbering: Numbering,
    *,
    is_replay: bool = False,
) -> Outcome:
    """Carry a message out, and count it; an unreadable one is noted with its reason."""
    outcome = _handle(work, message, refusals, numbering)
    numbering.count(message, outcome, is_replay=is_replay)
    return outcome


def _handle(
    work: Work,
    message: Received,
    refusals: dict[Coordinates, Refusal],
    numbering: Numbering,
) -> Outcome:
    source = message.source
    refusal = message.refusal or numbering.refusal_of(message)
    if message.command is not None and refusal is None:
        try:
            return work.handle(message)
        except Refused as refused:
            refusal = refused.refusals[0]
    if refusal is None:
        raise InvariantBroken(f"message {source} has neither a command nor a reason")
    refusals[source.topic, source.partition, source.offset] = refusal
    return "unreadable"


def ids_of(messages: Sequence[Received]) -> list[UUID]:
    """Return the ids of every session and CDR that a batch may touch."""
    ids: set[UUID] = set()
    for message in messages:
        command = message.command
        try:
            if isinstance(command, UpdateSession):
                ids.add(Session.id_of(key_of(command)))
            elif isinstance(command, AcceptCdr):
                ids.add(Cdr.id_of(key_of(command)))
                session = session_key_of(command.statement)
                if session:
                    ids.add(Session.id_of(session))
                original = credited_key_of(command.statement)
                if original:
                    ids.add(Cdr.id_of(original))
            elif isinstance(command, StateControlTotals):
                ids.add(ControlTotals.id_of(key_of(command)))
            elif isinstance(command, TellCommandResult):
                ids.add(RemoteCommand.id_of(key_of(command)))
            elif isinstance(command, TellPayment):
                ids.add(Payment.id_of(key_of(command)))
        except Refused:
            continue  # the message's own handling refuses it, with its code
    return list(ids)


def session_of(cdr: Cdr) -> str | None:
    """Return the session that a recorded CDR names, else the one it was matched to."""
    named = session_key_of(cdr.statement) if cdr.statement is not None else None
    return named or matched_session_of(cdr)


def counts(part: Slice, outcomes: Mapping[Coordinates, Outcome]) -> tuple[SenderCount, ...]:
    per_sender: dict[str, dict[Outcome, int]] = {}
    for message in part.messages:
        outcome = outcomes[part.topic, part.partition, message.source.offset]
        counted = per_sender.setdefault(message.source.sender, {})
        counted[outcome] = counted.get(outcome, 0) + 1
    return tuple(
        SenderCount(sender, **per_sender[sender])  # the outcomes are the fields
        for sender in sorted(per_sender)
    )


def marks(
    part: Slice,
    outcomes: Mapping[Coordinates, Outcome],
    refusals: Mapping[Coordinates, Refusal],
) -> tuple[UnreadableMark, ...]:
    """Name every unreadable message in the log; its bytes go to the erasable table."""
    found = []
    for message in part.messages:
        coordinates = (part.topic, part.partition, message.source.offset)
        if outcomes[coordinates] != "unreadable":
            continue
        refusal = refusals[coordinates]
        value = message.raw.value if message.raw else None
        found.append(
            UnreadableMark(
                offset=message.source.offset,
                sender=message.source.sender,
                reason=refusal.reason.value,
                sha256=sha256(value or b"").hexdigest(),
                received_at=message.received_at,
                path=refusal.path,
                detail=refusal.actual,
            )
        )
    return tuple(found)
