"""The commands of people that keep which ids records had on the platform they came from."""

from collections.abc import Sequence

from ledger.application.commands import By, provenance_of
from ledger.application.facts import View
from ledger.application.ledger import Ledger
from ledger.application.permissions import require_role
from ledger.application.store import Writes
from ledger.roaming.move_in import MovedFile, MovedId, MoveIn
from ledger.values.aggregate import LedgerAggregate


def keep_ids(
    ledger: Ledger,
    platform: str,
    plan: str,
    files: tuple[MovedFile, ...],
    ids: Sequence[MovedId],
    *,
    by: By,
) -> int:
    """Record that a plan is carried out and which ids it maps; return how many are new.

    For operations and finance; the same again changes nothing. Refuses: ALREADY_EXISTS for every
    id that leads to another record already.
    """
    kept = 0

    def decide(view: View, writes: Writes) -> list[LedgerAggregate]:  # noqa: ARG001
        nonlocal kept
        require_role(view, by, "operations", "finance")
        found = MoveIn.blank(platform.lower())
        for stored in ledger.store.events_of([found.id]).get(found.id, ()):
            ledger.event_mapper.to_domain_event(stored).mutate(found)
        found.start(plan, files, provenance=provenance_of(by))
        kept = found.keep(plan, ids, provenance=provenance_of(by))
        return [found]

    ledger.command(decide, recorded_at=by.at)
    return kept
