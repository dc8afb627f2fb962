"""What people do about disputes: open, answer and withdraw for a party; uphold, dismiss; expire.

Everything is decided and recorded in one transaction, the money that follows a decision too: a
dispute that raced another, or a credit, is decided again with what is left.
"""

import re
from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any, Literal, NamedTuple

from ledger.application.commands import By, provenance_of
from ledger.application.contesting import dismiss, uphold, withdraw
from ledger.application.disputes import key_of, load_disputes, said_by, say
from ledger.application.ledger import Ledger
from ledger.application.permissions import SYSTEM, require_role
from ledger.application.work import Work
from ledger.roaming.control_statements import DisputeStatement, Evidence
from ledger.settlement.claim import Claim, Deadlines, DisputeState, Outcome, Said
from ledger.settlement.dispute import Dispute
from ledger.values.entries import Entry
from ledger.values.reasons import Reason, Refusal, Refused

_LONGEST_TEXT = 5000
_NAME = re.compile(r"[!-~](?:[ -~]{0,34}[!-~])?")


class Disputed(NamedTuple):
    """A dispute as a command leaves it, and what the command books."""

    dispute: str
    state: DisputeState
    outcome: Outcome | None
    claim: Claim | None
    deadlines: Deadlines | None
    entries: tuple[Entry, ...]


def speak(
    ledger: Ledger, statement: DisputeStatement, *, by: By, dry_run: bool = False
) -> Disputed:
    """Say in a party's name what a message would say: open, answer, accept or withdraw.

    Unlike a message, nothing waits: a CDR that is not accepted is refused. `statement.command_id`
    means nothing here. Refuses: ROLE_MISSING, REASON_MISSING, NOT_FOUND, and what
    `contesting.open_dispute`, `uphold` and `withdraw` refuse.
    """
    _refuse_unsayable(statement.text or "")
    if not _NAME.fullmatch(statement.dispute_id):
        expected = "1 to 36 printable characters"
        raise Refused(
            Refusal(Reason.WRONG_IDENTIFIER, "dispute_id", expected, statement.dispute_id)
        )

    def act(work: Work, dispute: Dispute) -> None:
        provenance = provenance_of(by)
        say(work, dispute, statement, said_by(statement), provenance, at=by.at)

    key = key_of(statement)
    roles = ("operations", "finance")
    return _on_a_dispute(ledger, key, act, by, roles, statements=(statement,), dry_run=dry_run)


def reply(
    ledger: Ledger,
    key: str,
    action: Literal["ANSWER", "WITHDRAW"],
    *,
    text: str,
    by: By,
    evidence: tuple[Evidence, ...] = (),
    dry_run: bool = False,
) -> Disputed:
    """Answer or withdraw in the name of the party that may: the other one, or the opener.

    Refuses: ROLE_MISSING, REASON_MISSING, TEXT_TOO_LONG, NOT_FOUND, DISPUTE_NOT_OPEN.
    """
    _refuse_unsayable(text)

    def act(work: Work, dispute: Dispute) -> None:
        claim = dispute.opened("opened", "answered")
        if action == "ANSWER":
            said = Said(by=claim.against, text=text, evidence=evidence)
            dispute.answer(said, provenance=provenance_of(by))
        else:
            said = Said(by=claim.opened_by, text=text, evidence=evidence)
            withdraw(work, dispute, said, provenance_of(by))

    return _on_a_dispute(ledger, key, act, by, ("operations", "finance"), dry_run=dry_run)


def uphold_dispute(
    ledger: Ledger,
    key: str,
    *,
    text: str,
    by: By,
    amount: Decimal | None = None,
    dry_run: bool = False,
) -> Disputed:
    """Uphold a dispute wholly, or up to `amount` before tax; a credit or adjustment follows.

    Refuses: ROLE_MISSING, REASON_MISSING, NOT_FOUND, and what `contesting.uphold` refuses.
    """
    said = _decided_with(text)

    def act(work: Work, dispute: Dispute) -> None:
        uphold(work, dispute, amount, said, provenance_of(by))

    return _on_a_dispute(ledger, key, act, by, ("finance",), dry_run=dry_run)


def dismiss_dispute(
    ledger: Ledger, key: str, *, text: str, by: By, dry_run: bool = False
) -> Disputed:
    """Dismiss a dispute: what was moved comes back.

    Refuses: ROLE_MISSING, REASON_MISSING, NOT_FOUND, and what `contesting.dismiss` refuses.
    """
    said = _decided_with(text)

    def act(work: Work, dispute: Dispute) -> None:
        dismiss(work, dispute, said, provenance_of(by))

    return _on_a_dispute(ledger, key, act, by, ("finance",), dry_run=dry_run)


def expire_disputes(ledger: Ledger, overdue: Sequence[str], *, now: datetime) -> list[str]:
    """Escalate disputes that nobody answered in time; return those that were not yet.

    `overdue` are the keys that the read model gives for `now`; each is looked at again here, so
    a read model that is behind changes nothing but the moment.
    """
    by = By(SYSTEM, "system", now)
    expired: list[str] = []
    for key in overdue:
        _on_a_dispute(ledger, key, partial(_expire, by=by, expired=expired), by, ())
    return list(dict.fromkeys(expired))


def _expire(work: Work, dispute: Dispute, *, by: By, expired: list[str]) -> None:  # noqa: ARG001
    if dispute.state == "opened" and not dispute.is_escalated and dispute.answer_due_at <= by.at:
        dispute.expire(provenance=provenance_of(by))
        expired.append(dispute.key)


def _on_a_dispute(
    ledger: Ledger,
    key: str,
    act: Callable[[Work, Dispute], None],
    by: By,
    roles: Sequence[str],
    *,
    statements: Sequence[DisputeStatement] = (),
    dry_run: bool = False,
) -> Disputed:
    def attempt(work: Work) -> Disputed:
        require_role(work.view, by, *roles)
        events_of = ledger.store.events_of
        cdrs = load_disputes(work, events_of, statements=statements, disputes=(key,))
        ledger.look_around(work, cdrs)
        dispute = work.load(Dispute, key)
        act(work, dispute)
        booked = (event for row in work.changed for event in row.pending_events)
        return Disputed(
            dispute.key,
            dispute.state,
            dispute.outcome,
            dispute.claim,
            dispute.deadlines,
            tuple(entry for event in booked for entry in booked_by(event)),
        )

    return ledger.act((), attempt, recorded_at=by.at, dry_run=dry_run)


def booked_by(event: Any) -> tuple[Entry, ...]:
    """Return the entries that an event records: a dispute's, or those of a CDR."""
    moved = [entry for part in getattr(event, "parts", ()) for entry in part.entries]
    back = [entry for part in getattr(event, "returned", ()) for entry in part.reversal]
    decision = getattr(event, "decision", None)
    return (
        *moved,
        *back,
        *getattr(event, "reversal", ()),
        *getattr(event, "entries", ()),
        *(decision.entries if decision is not None else ()),
    )


def _decided_with(text: str) -> Said:
    _refuse_unsayable(text)
    return Said(text=text)


def _refuse_unsayable(text: str) -> None:
    """Refuse no words at all, and more of them than a message to the parties holds."""
    if not text.strip():
        raise Refused(Refusal(Reason.REASON_MISSING, "text"))
    if len(text) > _LONGEST_TEXT:
        raise Refused(
            Refusal(Reason.TEXT_TOO_LONG, "text", f"at most {_LONGEST_TEXT}", str(len(text)))
        )
