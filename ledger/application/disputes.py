"""What is said of disputes: by messages, and in a party's name by people.

An OPEN that comes before its CDRs are accepted, and any word that comes before its OPEN, is held
and taken up in their order, so that the order of arrival decides nothing.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from uuid import UUID

import msgspec
from eventsourcing.persistence import StoredEvent

from ledger.application.contesting import named_in, open_dispute, uphold, withdraw
from ledger.application.control_commands import DisputeCommand
from ledger.application.settling import Settling
from ledger.roaming.cdr import Cdr
from ledger.roaming.control_statements import DisputeStatement
from ledger.settlement.claim import Said
from ledger.settlement.contested import ContestedCdr
from ledger.settlement.dispute import Dispute
from ledger.values.identifiers import party_key, record_key
from ledger.values.outcomes import Outcome
from ledger.values.provenance import Provenance
from ledger.values.reasons import Reason, Refusal, Refused

DISPUTE = "dispute:"
"""How a dispute is named among what waits for a fact: `dispute:NL*XYZ/d-42`."""

EventsOf = Callable[[Sequence[UUID]], Mapping[UUID, Sequence[StoredEvent]]]
_MAY_BE_ACCEPTED = ("new", "held", "refused")
_ORDER = ("OPEN", "ANSWER", "ACCEPT", "WITHDRAW")


def key_of(statement: DisputeStatement) -> str:
    """Return the key of the dispute that a statement speaks of. Refuses: WRONG_IDENTIFIER."""
    return record_key(party_key(statement.country_code, statement.party_id), statement.dispute_id)


def load_disputes(
    work: Settling,
    events_of: EventsOf,
    *,
    statements: Iterable[DisputeStatement] = (),
    disputes: Iterable[str] = (),
    cdrs: Iterable[str] = (),
) -> list[str]:
    """Make known what is said to be needed, before it is asked for, in at most two queries.

    `statements` are said of disputes, `disputes` are acted on, `cdrs` may end while disputed.
    Returns the CDRs that may end with their disputes: what stands around them is needed, too.
    """
    keys, named, ending = set(disputes), set(), set(cdrs)
    for statement in statements:
        try:
            keys.add(key_of(statement))
            named |= {ref.key for ref in statement.cdrs}
        except Refused:
            continue  # the statement's own handling refuses it, with its code
    ids = [Dispute.id_of(key) for key in sorted(keys)]
    ids += [ContestedCdr.id_of(cdr) for cdr in sorted(named | ending)]
    ids += [Cdr.id_of(cdr) for cdr in sorted(named)]
    if not ids:
        return []
    work.add_stored(events_of(ids))
    behind = {part.cdr for key in keys for part in work.load(Dispute, key).parts}
    waiting = (word for key in keys for word in work.load(Dispute, key).held)
    behind |= {ref.key for word in waiting for ref in word.statement.cdrs}
    more = [
        id for cdr in sorted(behind - named) for id in (Cdr.id_of(cdr), ContestedCdr.id_of(cdr))
    ]
    touched = {row.dispute for cdr in ending for row in work.load(ContestedCdr, cdr).contested}
    more += [Dispute.id_of(key) for key in sorted(touched - keys)]
    if more:
        work.add_stored(events_of(more))
    return sorted(named | behind)


def on_command(work: Settling, command: DisputeCommand, provenance: Provenance) -> Outcome:
    """Take a party's word of a dispute: accepted, held until it can be, or a duplicate.

    Needs what `load_disputes` loads. Refuses what the word is refused for.
    """
    statement = command.statement
    dispute = work.load(Dispute, key_of(statement))
    content_sha256 = _hash_of(statement)
    if dispute.knows(statement.speaker, statement.command_id, content_sha256):
        return "duplicate"
    missing = _missing(work, dispute, statement)
    if missing is not None:
        dispute.hold(statement, sha256=content_sha256, refusal=missing, provenance=provenance)
        _wait(work, dispute, statement)
        return "held"
    at = provenance.received_at
    say(work, dispute, statement, said_by(statement, content_sha256), provenance, at=at)
    take_up(work, dispute.key, at=at)
    return "accepted"


def take_up(work: Settling, key: str, *, at: datetime) -> None:
    """Take up the held words of a dispute whose time has come; a refused one is said to be."""
    dispute = work.load(Dispute, key)
    order = sorted(
        dispute.held,
        key=lambda word: (_ORDER.index(word.statement.action), word.statement.last_updated),
    )
    for word in order:
        if _missing(work, dispute, word.statement) is not None:
            continue
        said = said_by(word.statement, word.sha256)
        try:
            say(work, dispute, word.statement, said, word.provenance, at=at, moved_from="held")
        except Refused as refused:
            dispute.refuse_held(word, refused.refusals)
    if not dispute.held:
        work.writes.waits_no_more.append(f"{DISPUTE}{key}")


def say(
    work: Settling,
    dispute: Dispute,
    statement: DisputeStatement,
    said: Said,
    provenance: Provenance,
    *,
    at: datetime,
    moved_from: str = "new",
) -> None:
    """Do what a party says; `at` is when its deadlines begin. All or nothing."""
    action = statement.action
    if action == "OPEN":
        open_dispute(work, dispute, statement, said, provenance, at=at, moved_from=moved_from)
    elif action == "ANSWER":
        if not (said.text or "").strip():
            raise Refused(Refusal(Reason.REASON_MISSING, "text"))
        dispute.answer(said, provenance=provenance, moved_from=moved_from)
    elif action == "ACCEPT":
        uphold(work, dispute, None, said, provenance, moved_from=moved_from)
    elif action == "WITHDRAW":
        withdraw(work, dispute, said, provenance, moved_from=moved_from)
    else:
        raise Refused(Refusal(Reason.UNKNOWN_VALUE, "action", ", ".join(_ORDER), action))


def said_by(statement: DisputeStatement, content_sha256: str | None = None) -> Said:
    """Return what a party says beside its action; a message is known by its hash."""
    return Said(
        by=statement.speaker,
        text=statement.text,
        evidence=statement.evidence,
        command_id=statement.command_id if content_sha256 else None,
        sha256=content_sha256,
    )


def _missing(work: Settling, dispute: Dispute, statement: DisputeStatement) -> Refusal | None:
    """Return what a word waits for: a CDR that may still be accepted, the dispute's opening."""
    if statement.action != "OPEN":
        return Refusal(Reason.NOT_FOUND, "dispute", dispute.key) if dispute.claim is None else None
    if dispute.claim is not None:
        return None  # opened already: nothing to wait for
    for path, ref in named_in(statement):
        state = work.cdr(ref.key).state
        if state in _MAY_BE_ACCEPTED:
            return Refusal(Reason.CDR_NOT_OPEN, path, "accepted", state)
    return None


def _wait(work: Settling, dispute: Dispute, statement: DisputeStatement) -> None:
    work.writes.waits.extend(
        (f"cdr:{ref.key}", f"{DISPUTE}{dispute.key}") for ref in statement.cdrs
    )


def _hash_of(statement: DisputeStatement) -> str:
    return sha256(msgspec.json.encode(statement)).hexdigest()
