"""How a person's command acts on many CDRs, and when it takes a second person.

One CDR that cannot be done is reported with its reason, the others go on. Above the agreement's
four-eyes amount the first person proposes, and another one does it by the same command.
"""

from collections.abc import Callable, Sequence
from decimal import Decimal
from hashlib import sha256
from typing import Any, Literal, NamedTuple

import msgspec

from ledger.application.commands import By, provenance_of
from ledger.application.ledger import Ledger
from ledger.application.permissions import require_role
from ledger.application.work import Work
from ledger.roaming.cdr import Cdr
from ledger.roaming.interventions import ActionName, Proposal
from ledger.roaming.statements import CdrStatement, parties_of
from ledger.values.entries import Entry
from ledger.values.money import ZERO
from ledger.values.reasons import InvariantBroken, Reason, Refusal, Refused

PAGE = 200
"""How many CDRs are decided and recorded in one transaction."""

Progress = Callable[[int, int], None]


class Effect(NamedTuple):
    """What became of one CDR: `before` and `after` are what its sale is worth, net.

    `entries` are what was booked for it, reversals included; amounts in `currency`.
    """

    cdr: str
    outcome: Literal["done", "proposed", "refused"]
    state: str
    before: Decimal
    after: Decimal
    currency: str
    entries: tuple[Entry, ...] = ()
    refusals: tuple[Refusal, ...] = ()


def each(
    ledger: Ledger,
    cdrs: Sequence[str],
    act: Callable[[Work, Cdr], bool],
    reason: str,
    by: By,
    *,
    dry_run: bool,
    progress: Progress | None = None,
    roles: tuple[str, ...] = ("operations", "finance"),
) -> list[Effect]:
    """Act on each CDR, a page of them in a transaction. Refuses: ROLE_MISSING, REASON_MISSING."""
    if not reason.strip():
        raise Refused(Refusal(Reason.REASON_MISSING, "reason"))
    effects: list[Effect] = []
    keys = list(dict.fromkeys(cdrs))
    for start in range(0, len(keys), PAGE):
        page = keys[start : start + PAGE]

        def work_on(work: Work, page: Sequence[str] = page) -> list[Effect]:
            require_role(work.view, by, *roles)
            return [_effect(work, key, act) for key in page]

        effects.extend(ledger.act(page, work_on, recorded_at=by.at, dry_run=dry_run))
        if progress is not None:
            progress(min(start + PAGE, len(keys)), len(keys))
    return effects


def _effect(work: Work, key: str, act: Callable[[Work, Cdr], bool]) -> Effect:
    cdr = work.cdr(key)
    if cdr.is_new or cdr.statement is None:
        refusal = Refusal(Reason.NOT_FOUND, "cdr", actual=key)
        return Effect(key, "refused", "new", ZERO, ZERO, "", (), (refusal,))
    before, known = _worth(cdr), len(cdr.pending_events)
    currency = cdr.statement.currency
    try:
        is_done = act(work, cdr)
    except Refused as refused:
        if len(cdr.pending_events) != known:
            raise InvariantBroken(f"CDR {key} was changed by what was refused") from refused
        return Effect(key, "refused", cdr.state, before, before, currency, (), refused.refusals)
    booked = [entry for event in cdr.pending_events[known:] for entry in _booked_by(event)]
    return Effect(
        key,
        "done" if is_done else "proposed",
        cdr.state,
        before,
        _worth(cdr),
        currency,
        tuple(booked),
        cdr.refusals,
    )


def _worth(cdr: Cdr) -> Decimal:
    return cdr.decision.legs[0].net if cdr.state == "accepted" and cdr.decision else ZERO


def _booked_by(event: Any) -> Sequence[Entry]:
    decision = getattr(event, "decision", None)
    return (
        *getattr(event, "reversal", ()),
        *getattr(event, "entries", ()),
        *(decision.entries if decision is not None else ()),
    )


def only(effects: list[Effect]) -> Effect:
    """Return the only effect. Refuses what it was refused for."""
    if effects[0].outcome == "refused":
        raise Refused(*effects[0].refusals)
    return effects[0]


def statement_of(cdr: Cdr) -> CdrStatement:
    if cdr.statement is None:
        raise InvariantBroken(f"CDR {cdr.key} states nothing")
    return cdr.statement


def may(work: Work, cdr: Cdr, action: ActionName, details: object, reason: str, by: By) -> bool:
    """True where the action may be done now; else it is noted, and another person does it.

    Refuses: SECOND_PERSON_REQUIRED, where the same person confirms what it proposed.
    """
    statement = statement_of(cdr)
    limit = work.view.terms_between(
        *parties_of(statement), statement.start_date_time
    ).four_eyes_amount
    amount = abs(statement.total_cost.before_taxes)
    if limit is None or amount <= limit:
        return True
    digest = sha256(msgspec.json.encode([action, details])).hexdigest()
    known = cdr.proposal
    if known is not None and (known.action, known.details_sha256) == (action, digest):
        if known.provenance.actor == by.actor:
            raise Refused(Refusal(Reason.SECOND_PERSON_REQUIRED, "as", f"not {by.actor}", by.actor))
        return True
    cdr.propose(Proposal(action, digest, reason, amount, statement.currency, provenance_of(by)))
    return False
