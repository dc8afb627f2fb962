"""The commands of people that let a party trade, and stop it: its states, from an instant on."""

from collections.abc import Callable, Iterable
from contextlib import nullcontext
from datetime import date, datetime

from ledger.application.commands import By, provenance_of
from ledger.application.consequences import record_fact, sales_of_parties
from ledger.application.facts import View
from ledger.application.ledger import Ledger
from ledger.application.store import Due, FactRecorded, LogStore, Touched
from ledger.roaming.entity import LegalEntity
from ledger.roaming.onboarding import expired_registrations, refusals_to_activate
from ledger.roaming.party import Party
from ledger.values.identifiers import checked_party
from ledger.values.instants import BEGINNING, NEVER
from ledger.values.reasons import Reason, Refusal, Refused

REGISTRARS = ("operations", "finance")
"""The roles that may register parties and change their states."""


def activate_party(
    ledger: Ledger,
    party: str,
    *,
    valid_from: datetime | None = None,
    reason: str = "",
    by: By,
    dry_run: bool = False,
) -> None:
    """Let a party trade from an instant on, now by default; for operations and finance.

    Refuses: NOT_FOUND, ENTITY_UNKNOWN, ONBOARDING_INCOMPLETE and REGISTRATION_EXPIRED (all of
    them at once, as of now or of the beginning where that is later), WRONG_STATE.
    """

    def change(party: Party, view: View, begins_at: datetime) -> None:
        on = max(begins_at, by.at)
        entity = _entity_of(view, party, on)
        refusals = refusals_to_activate(party.document, entity, on=on.date())
        if refusals:
            raise Refused(*refusals)
        party.activate(valid_from=begins_at, reason=reason, provenance=provenance_of(by))

    _change_state(ledger, party, change, valid_from, True, by, dry_run=dry_run)


def suspend_party(
    ledger: Ledger,
    party: str,
    *,
    valid_from: datetime | None = None,
    reason: str,
    is_correction: bool = False,
    by: By,
    dry_run: bool = False,
) -> None:
    """Hold what starts from an instant on, now by default; for operations and finance.

    Refuses: NOT_FOUND, REASON_MISSING, WRONG_STATE, VALIDITY_OVERLAPS, and DECISIONS_AFFECTED
    where CDRs of then are decided and this is no correction.
    """

    def change(party: Party, view: View, begins_at: datetime) -> None:  # noqa: ARG001
        party.suspend(valid_from=begins_at, reason=reason, provenance=provenance_of(by))

    _change_state(ledger, party, change, valid_from, is_correction, by, dry_run=dry_run)


def leave_party(
    ledger: Ledger,
    party: str,
    *,
    valid_from: datetime | None = None,
    reason: str,
    is_correction: bool = False,
    by: By,
    dry_run: bool = False,
) -> None:
    """End a party's trade for good from an instant on. Refuses as `suspend_party` does."""

    def change(party: Party, view: View, begins_at: datetime) -> None:  # noqa: ARG001
        party.leave(valid_from=begins_at, reason=reason, provenance=provenance_of(by))

    _change_state(ledger, party, change, valid_from, is_correction, by, dry_run=dry_run)


def _change_state(
    ledger: Ledger,
    party: str,
    change_of: Callable[[Party, View, datetime], None],
    valid_from: datetime | None,
    is_allowed_to_touch: bool,
    by: By,
    *,
    dry_run: bool,
) -> None:
    """Bring a party into another state; CDRs held or decided from then on are due."""
    key, begins_at = checked_party(party), valid_from or by.at

    def change(view: View) -> list[FactRecorded]:
        if view.find(Party, key) is None:
            raise Refused(Refusal(Reason.NOT_FOUND, "party", "a registered party", key))
        change_of(view.edit(Party, key), view, begins_at)
        if not is_allowed_to_touch:
            refuse_to_touch_decisions(ledger.store, view, key, begins_at, "valid_from")
        sales = sales_of_parties(view, frozenset({key}), begins_at)
        return [FactRecorded(f"party:{key}", begins_at), *sales]

    with nullcontext() if dry_run else ledger.store.exclusively():
        record_fact(ledger, change, by, *REGISTRARS, dry_run=dry_run)


def refuse_expired_registrations(view: View, parties: Iterable[str], on: date) -> None:
    """Refuse where the last VAT registration of a party's entity ran out: REGISTRATION_EXPIRED.

    What is not registered is not looked at: who asks for a party names it unknown.
    """
    known = [party for key in parties if (party := view.find(Party, key)) is not None]
    keys = dict.fromkeys(party.memberships[-1].entity for party in known)
    entities = [row for key in keys if (row := view.find(LegalEntity, key)) is not None]
    refusals = [found for row in entities for found in expired_registrations(row, on=on)]
    if refusals:
        raise Refused(*refusals)


def refuse_to_touch_decisions(
    store: LogStore, view: View, party: str, affected_from: datetime, path: str
) -> None:
    """Refuse to change what CDRs of a party were decided on: DECISIONS_AFFECTED, with the first."""
    for fact in sales_of_parties(view, frozenset({party}), affected_from):
        due = Due(0, fact.fact_key, affected_from, Touched(BEGINNING, ""))
        decided = [row for row in store.cdrs_touched_by(due, 1) if row.service_at < NEVER]
        if decided:
            first = f"{decided[0].cdr} of {decided[0].service_at.isoformat()}"
            raise Refused(Refusal(Reason.DECISIONS_AFFECTED, path, "later than any CDR", first))


def _entity_of(view: View, party: Party, instant: datetime) -> LegalEntity:
    key = party.entity_at(instant)
    entity = view.find(LegalEntity, key) if key is not None else None
    if entity is None:
        raise Refused(Refusal(Reason.ENTITY_UNKNOWN, "entity", actual=key or "none yet"))
    return entity
