"""The five acceptance tests of a launch, run on what is recorded of the pair's current entry."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from console.launches.gathering import pair_of
from console.launches.partner import partner_file
from ledger.application.acceptance import (
    fields_of,
    matching_differences,
    reconciliation_differences,
    replay_differences,
    rounding_differences,
)
from ledger.application.acting import PAGE
from ledger.application.facts import View
from ledger.application.ledger import Ledger
from ledger.application.tally import session_of
from ledger.application.work import Work
from ledger.roaming.cdr import Cdr
from ledger.roaming.drill import drill_differences
from ledger.roaming.launch import Launch
from ledger.roaming.launch_figures import TestDifference, Tested, TestName
from ledger.roaming.session import Session
from ledger.roaming.statements import parties_of
from ledger.values.instants import BEGINNING
from ledger.values.reasons import Reason, Refusal, Refused
from projections.database import reading
from projections.queries.launch import (
    LaunchCdrs,
    LaunchException,
    Pair,
    launch_cdrs,
    launch_exceptions,
    position_of,
    sessions_without_cdr,
)
from projections.runner import Projector


class _Case(NamedTuple):
    """A recorded CDR with the session it names or was matched to, where that has arrived."""

    cdr: Cdr
    session: Session | None

    def session_of(self, key: str) -> Session | None:
        return self.session if self.session is not None and self.session.key == key else None


class _Recorded(NamedTuple):
    """What is recorded of the pair since the current entry, in one snapshot."""

    pair: Pair
    cdrs: LaunchCdrs
    exceptions: list[LaunchException]
    unbilled: list[str]
    position: int


def run_test(
    ledger: Ledger,
    database_url: str,
    launch: Launch,
    name: TestName,
    *,
    file: Path | None = None,
) -> Tested:
    """Run one test by its name. Refuses: INVALID_DOCUMENT where the partner's file is missing."""
    Projector(database_url).run(until_caught_up=True)
    ledger.refresh()
    seen, view = _recorded(database_url, launch), View(ledger.facts)
    if name == "partner_reconciliation":
        return _reconciled(ledger, seen, file)
    if name == "exception_drill":
        return _drill(seen)
    if name == "session_matching":
        return _matching(ledger, seen, view)
    tests: dict[str, Callable[[_Case], Iterator[TestDifference]]] = {
        "tariff_replay": lambda case: replay_differences(case.cdr, case.session_of, view),
        "rounding_checks": lambda case: rounding_differences(case.cdr),
    }
    booked = seen.cdrs.booked
    found = tuple(_each(tests[name], _cases(ledger, booked)))
    return Tested(name, seen.position, len(booked), found)


def _recorded(database_url: str, launch: Launch) -> _Recorded:
    pair = pair_of(launch)
    with reading(database_url) as connection:
        return _Recorded(
            pair,
            launch_cdrs(connection, pair),
            launch_exceptions(connection, pair),
            sessions_without_cdr(connection, pair),
            position_of(connection),
        )


def _each(
    test: Callable[[_Case], Iterator[TestDifference]], cases: Iterable[_Case]
) -> Iterator[TestDifference]:
    for case in cases:
        yield from test(case)


def _matching(ledger: Ledger, seen: _Recorded, view: View) -> Tested:
    """Compare CDRs with their sessions, and name completed sessions that no CDR is for."""

    def differences(case: _Case) -> Iterator[TestDifference]:
        statement = case.cdr.statement
        if statement is not None:
            terms = view.terms_between(*parties_of(statement), statement.start_date_time)
            yield from matching_differences(case.cdr, case.session_of, terms)

    keys = [*seen.cdrs.booked, *seen.cdrs.held]
    found = [
        *_each(differences, _cases(ledger, keys)),
        *(TestDifference(session, "cdr", "a CDR", "none") for session in seen.unbilled),
    ]
    return Tested("session_matching", seen.position, len(keys) + len(seen.unbilled), tuple(found))


def _reconciled(ledger: Ledger, seen: _Recorded, file: Path | None) -> Tested:
    if file is None:
        raise Refused(Refusal(Reason.INVALID_DOCUMENT, "--file", "the partner's CDRs"))
    theirs = partner_file(file, seen.pair.seller)
    keys = [*seen.cdrs.booked, *seen.cdrs.held]
    ours = {
        case.cdr.key: fields_of(case.cdr.statement)
        for case in _cases(ledger, keys)
        if case.cdr.statement is not None
    }
    found = tuple(reconciliation_differences(ours, theirs.cdrs))
    cases = len({*ours, *theirs.cdrs})
    return Tested("partner_reconciliation", seen.position, cases, found, theirs.sha256)


def _drill(seen: _Recorded) -> Tested:
    """Look at exceptions that waited for people: open ones, and those that a person resolved."""
    waited = [row for row in seen.exceptions if row.resolved_at is None or row.is_by_person]
    found = [finding for row in waited for finding in drill_differences(row.drilled)]
    return Tested("exception_drill", seen.position, len(waited), tuple(found))


def _cases(ledger: Ledger, keys: Sequence[str], at: datetime = BEGINNING) -> Iterator[_Case]:
    """Yield CDRs as recorded with their sessions, a page at a time; nothing is written."""
    for start in range(0, len(keys), PAGE):
        page = keys[start : start + PAGE]

        def look(work: Work, page: Sequence[str] = page) -> list[_Case]:
            return [_case(work, key) for key in page]

        yield from ledger.act(page, look, recorded_at=at, dry_run=True)


def _case(work: Work, key: str) -> _Case:
    cdr = work.cdr(key)
    named = session_of(cdr)
    session = work.session(named) if named else None
    return _Case(cdr, session if session is not None and not session.is_new else None)
