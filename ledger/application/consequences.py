"""How a person changes a shared fact, and what is due with it."""

from collections.abc import Callable, Sequence, Set
from datetime import datetime
from typing import TYPE_CHECKING

from ledger.application.commands import By
from ledger.application.facts import View
from ledger.application.permissions import require_role
from ledger.application.store import FactRecorded, Writes
from ledger.roaming.agreement import Agreement
from ledger.roaming.party import Party
from ledger.values.aggregate import LedgerAggregate, recording_at

if TYPE_CHECKING:
    from ledger.application.ledger import Ledger


def consequences_of(agreement: Agreement, affected_from: datetime) -> list[FactRecorded]:
    """Name what is decided on an agreement: sales between its parties, or shares of sales."""
    facts = [f"agreement:{agreement.key}"]
    facts.extend(f"shares:{location}" for location in sorted(agreement.shared_locations))
    return [FactRecorded(fact, affected_from) for fact in facts]


def sales_of_parties(
    view: View, parties: frozenset[str], affected_from: datetime
) -> list[FactRecorded]:
    """Name all that parties agreed: what is decided on who they are, from an instant on."""
    touched = [row for row in view.all_of(Agreement) if row.parties & parties]
    return [fact for row in touched for fact in consequences_of(row, affected_from)]


def sales_of_entities(
    view: View, entities: Set[str], affected_from: datetime
) -> list[FactRecorded]:
    """Name what entities' tax numbers and evidence decide: all that their parties agreed."""
    if not entities:
        return []
    members = (row for row in view.all_of(Party) if not entities.isdisjoint(row.entities))
    return sales_of_parties(view, frozenset(row.key for row in members), affected_from)


def record_fact(
    ledger: "Ledger",
    change: Callable[[View], list[FactRecorded]],
    by: By,
    *roles: str,
    dry_run: bool = False,
) -> None:
    """Change facts as a person with one of the roles, and draw the consequences.

    `dry_run` checks everything and records nothing. Refuses: ACTOR_UNKNOWN, ROLE_MISSING.
    """

    def decide(view: View, writes: Writes) -> list[LedgerAggregate]:
        require_role(view, by, *roles)
        facts = change(view)
        if view.edited:
            writes.facts.extend(facts)
        return []

    carry_out(ledger, decide, by, dry_run=dry_run)


def carry_out(
    ledger: "Ledger",
    decide: Callable[[View, Writes], Sequence[LedgerAggregate]],
    by: By,
    *,
    dry_run: bool,
) -> None:
    """Decide a person's command on the facts and record it; `dry_run` only decides."""
    if dry_run:
        ledger.refresh()
        with recording_at(by.at):
            decide(View(ledger.facts), Writes(by.at))
    else:
        ledger.command(decide, recorded_at=by.at)
