"""Case files: who works on an exception, and what is said about it.

They change nothing about the record itself; `control` does. A case file is named by kind and
record, such as `cdr NL*XYZ/c1`, as the exception queue lists it.
"""

from collections.abc import Iterable, Sequence

from ledger.application.commands import By, provenance_of
from ledger.application.facts import View
from ledger.application.ledger import Ledger
from ledger.application.permissions import require_role
from ledger.application.store import Writes
from ledger.roaming.actor import Actor
from ledger.roaming.case import Case
from ledger.values.aggregate import LedgerAggregate
from ledger.values.reasons import Reason, Refusal, Refused

ROLES = ("operations", "finance", "platform")


def assign_cases(ledger: Ledger, cases: Sequence[str], *, to: str, by: By) -> None:
    """Give case files to a registered actor, all or none of them.

    Refuses: ACTOR_UNKNOWN for whoever acts or is meant, ROLE_MISSING.
    """

    def decide(view: View, writes: Writes) -> Sequence[LedgerAggregate]:
        del writes
        require_role(view, by, *ROLES)
        if view.find(Actor, to) is None:
            raise Refused(Refusal(Reason.ACTOR_UNKNOWN, "to", actual=to))
        found = _loaded(ledger, dict.fromkeys(cases))
        for case in found:
            case.assign(to, provenance=provenance_of(by))
        return found

    ledger.command(decide, recorded_at=by.at)


def comment_case(ledger: Ledger, case: str, *, text: str, by: By) -> None:
    """Say something in a case file.

    Refuses: ACTOR_UNKNOWN, ROLE_MISSING, REASON_MISSING without a text, TEXT_TOO_LONG.
    """

    def decide(view: View, writes: Writes) -> Sequence[LedgerAggregate]:
        del writes
        require_role(view, by, *ROLES)
        (found,) = _loaded(ledger, [case])
        found.comment(text, provenance=provenance_of(by))
        return [found]

    ledger.command(decide, recorded_at=by.at)


def _loaded(ledger: Ledger, keys: Iterable[str]) -> list[Case]:
    """Return case files in one query; one that nobody opened yet is blank."""
    cases = [Case.blank(key) for key in keys]
    stored = ledger.store.events_of([case.id for case in cases])
    for case in cases:
        for row in stored.get(case.id, ()):
            ledger.event_mapper.to_domain_event(row).mutate(case)
    return cases
