"""Objection windows end, buyers accept, reviews let pass: CDRs are approved, a pair at a time.

Each page looks and records under the writer lock: no dispute comes between the look and what it
says. A CDR with an open dispute waits for its end. What is decided anew is approved anew.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from decimal import Decimal

from ledger.application.commands import By, provenance_of
from ledger.application.hashing import hash_of_list
from ledger.application.ledger import Ledger
from ledger.application.permissions import SYSTEM, require_role
from ledger.application.store import ListedCdr
from ledger.application.work import Work
from ledger.settlement.approval import Approvals, ApprovedBy, ApprovedTotal, ObjectionWindow
from ledger.settlement.contested import ContestedCdr
from ledger.values.money import ZERO
from ledger.values.provenance import Provenance
from ledger.values.reasons import Reason

PAGE = 500
Ask = Callable[[ObjectionWindow | None], list[ObjectionWindow]]
"""Returns the next windows after one, in the order of their ends."""


def approve_due(ledger: Ledger, now: datetime, *, limit: int = PAGE) -> int:
    """Approve what nobody objected to until its window ended; return how many CDRs."""
    by = By(SYSTEM, "system", now)

    def ended(after: ObjectionWindow | None) -> list[ObjectionWindow]:
        return ledger.store.objection_windows(until=now, after=after, limit=limit)

    return _approve_pages(ledger, ended, "window", by)


def approve_period(ledger: Ledger, period: str, *, by: By, limit: int = PAGE) -> int:
    """Approve what still waits in a period and is not disputed. Refuses: ROLE_MISSING."""

    def in_period(after: ObjectionWindow | None) -> list[ObjectionWindow]:
        return ledger.store.objection_windows(posted_period=period, after=after, limit=limit)

    return _approve_pages(ledger, in_period, "review", by)


def accept_pair(ledger: Ledger, pair: str, *, by: By, limit: int = PAGE) -> int:
    """Record the buyer's acceptance of all that waits of a pair. Refuses: ROLE_MISSING."""

    def of_pair(after: ObjectionWindow | None) -> list[ObjectionWindow]:
        return ledger.store.objection_windows(pair=pair, after=after, limit=limit)

    return _approve_pages(ledger, of_pair, "acceptance", by)


def accept_cdrs(
    ledger: Ledger, cdrs: Sequence[str], *, by: By, dry_run: bool = False
) -> dict[str, Reason | None]:
    """Record the buyer's acceptance of CDRs; return each with why it was not approved, if so.

    None means approved. Reasons: CDR_NOT_WAITING (it has no open window), CDR_DISPUTED.
    Refuses: ROLE_MISSING.
    """
    with ledger.store.exclusively():
        rows = ledger.store.objection_windows(cdrs=cdrs, limit=len(cdrs))
        approved = _approve(ledger, rows, "acceptance", by, dry_run=dry_run)
    waiting = {row.cdr for row in rows}

    def outcome(cdr: str) -> Reason | None:
        if cdr not in waiting:
            return Reason.CDR_NOT_WAITING
        return None if cdr in approved else Reason.CDR_DISPUTED

    return {cdr: outcome(cdr) for cdr in cdrs}


def _approve_pages(ledger: Ledger, ask: Ask, by_what: ApprovedBy, by: By) -> int:
    """Approve page by page; the disputed ones are passed over, so each page begins behind them."""
    approved, last = 0, None
    while True:
        with ledger.store.exclusively():
            rows = ask(last)
            if not rows:
                return approved
            approved += len(_approve(ledger, rows, by_what, by))
        last = rows[-1]


def _approve(
    ledger: Ledger,
    rows: Sequence[ObjectionWindow],
    by_what: ApprovedBy,
    by: By,
    *,
    dry_run: bool = False,
) -> set[str]:
    """Approve what is not disputed of a page; return the CDRs."""
    by_pair: defaultdict[str, list[str]] = defaultdict(list)
    for row in rows:
        by_pair[row.pair].append(row.cdr)
    wanted = [ContestedCdr.id_of(row.cdr) for row in rows]
    stored = ledger.store.events_of([*wanted, *map(Approvals.id_of, by_pair)])
    provenance = provenance_of(by)

    def act(work: Work) -> set[str]:
        require_role(work.view, by, "finance")
        work.add_stored(stored)
        done: set[str] = set()
        for pair, cdrs in sorted(by_pair.items()):
            done.update(_approve_of_pair(work, pair, cdrs, by_what, provenance))
        return done

    return ledger.act([row.cdr for row in rows], act, recorded_at=by.at, dry_run=dry_run)


def _approve_of_pair(
    work: Work, pair: str, cdrs: Sequence[str], by_what: ApprovedBy, provenance: Provenance
) -> list[str]:
    free = sorted(cdr for cdr in cdrs if not work.load(ContestedCdr, cdr).is_disputed)
    approvals = work.load(Approvals, pair)
    approvals.approve(
        by=by_what,
        cdrs=free,
        totals=_totals(work, free),
        cdr_list_sha256=hash_of_list(free),
        provenance=provenance,
    )
    work.writes.windows_over.extend(free)
    work.writes.listed.extend(
        ListedCdr(approvals.id, approvals.version, number, cdr)
        for number, cdr in enumerate(free, 1)
    )
    return free


def _totals(work: Work, cdrs: Iterable[str]) -> tuple[ApprovedTotal, ...]:
    sums: defaultdict[str, list[Decimal]] = defaultdict(lambda: [ZERO, ZERO])
    for cdr in cdrs:
        sale = work.cdr(cdr).booked().legs[0]
        sums[sale.currency][0] += sale.net
        sums[sale.currency][1] += sale.gross
    return tuple(ApprovedTotal(currency, *amounts) for currency, amounts in sorted(sums.items()))
