"""The commands of people about shared facts: actors, parties, entities, agreements, rates.

Each takes who asks and when; each is an event with actor and proof, and what waited for the fact
is due with it. Registering the same again changes nothing.
"""

from collections.abc import Callable
from datetime import datetime

from ledger.application.commands import By, provenance_of
from ledger.application.facts import View
from ledger.application.ledger import Ledger
from ledger.application.permissions import SYSTEM, require_role
from ledger.application.store import FactRecorded, Writes
from ledger.fx.history import ExchangeRates
from ledger.fx.rates import RateHistory
from ledger.roaming.actor import Actor
from ledger.roaming.agreement import Agreement
from ledger.roaming.party import EntityDocument, LegalEntity, Party, PartyDocument
from ledger.roaming.terms import Terms
from ledger.settlement.period import SettlementPeriod
from ledger.values.identifiers import checked_party, pair_key
from ledger.values.instants import BEGINNING, NEVER, local_date, month_after, month_of
from ledger.values.reasons import Reason, Refusal, Refused


def register_actor(ledger: Ledger, name: str, roles: tuple[str, ...], *, by: By) -> None:
    """Register an actor. The first one registers itself and must be an admin."""

    def decide(view: View, writes: Writes) -> list[Actor]:  # noqa: ARG001
        actors = view.all_of(Actor)
        if actors:
            require_role(view, by, "admin")
        elif by.actor != name or "admin" not in roles:
            raise Refused(Refusal(Reason.ACTOR_UNKNOWN, "actor", "an admin first", by.actor))
        view.edit(Actor, name).register(roles=roles, provenance=provenance_of(by))
        return []

    ledger.command(decide, recorded_at=by.at)


def register_entity(ledger: Ledger, key: str, document: EntityDocument, *, by: By) -> None:
    """Register a legal entity, the owner of a book."""

    def change(view: View) -> list[FactRecorded]:
        view.edit(LegalEntity, key).register(document, provenance=provenance_of(by))
        return [FactRecorded(f"entity:{key}", BEGINNING), *_sales_of(view, key)]

    _record_fact(ledger, change, by, "operations", "finance")


def register_party(ledger: Ledger, party: str, document: PartyDocument, *, by: By) -> None:
    """Register a party. Refuses: WRONG_IDENTIFIER, INVALID_DOCUMENT, ENTITY_UNKNOWN."""
    key = checked_party(party)

    def change(view: View) -> list[FactRecorded]:
        if view.find(LegalEntity, document.entity) is None:
            raise Refused(Refusal(Reason.ENTITY_UNKNOWN, "entity", actual=document.entity))
        view.edit(Party, key).register(document, provenance=provenance_of(by))
        return [FactRecorded(f"party:{key}", BEGINNING)]

    _record_fact(ledger, change, by, "operations", "finance")


def agree(
    ledger: Ledger,
    *,
    seller: str,
    buyer: str,
    terms: Terms,
    valid_from: datetime,
    valid_until: datetime | None,
    author: str,
    by: By,
) -> None:
    """Record an agreement version that `author` wrote and `by` approves.

    Refuses: SECOND_PERSON_REQUIRED, PARTY_UNKNOWN, and what `Agreement.agree` refuses.
    """
    key = pair_key(checked_party(seller), checked_party(buyer))

    def change(view: View) -> list[FactRecorded]:
        if view.find(Actor, author) is None:
            raise Refused(Refusal(Reason.ACTOR_UNKNOWN, "author", actual=author))
        named = [seller, buyer, *(fee.payee for fee in terms.fees)]
        named.extend(share.payee for share in terms.split.shares)
        for party in named:
            if checked_party(party) != party:
                raise Refused(Refusal(Reason.WRONG_IDENTIFIER, "party", party.upper(), party))
        unknown = [party for party in named if view.find(Party, party) is None]
        if unknown:
            raise Refused(*(Refusal(Reason.PARTY_UNKNOWN, party) for party in unknown))
        agreement = view.edit(Agreement, key)
        agreement.agree(
            terms,
            valid_from=valid_from,
            valid_until=valid_until,
            author=author,
            approver=by.actor,
            provenance=provenance_of(by),
        )
        return _consequences_of(agreement, valid_from)

    _record_fact(ledger, change, by, "finance")


def import_rates(ledger: Ledger, history: RateHistory, *, by: By) -> None:
    """Import a source's exchange rates of one currency."""

    def change(view: View) -> list[FactRecorded]:
        rates = view.edit(ExchangeRates, history.currency)
        before = rates.history
        rates.import_history(history, provenance=provenance_of(by))
        only_continues = before is not None and history.continues(before)
        return [FactRecorded(f"fx:{history.currency}", NEVER if only_continues else BEGINNING)]

    _record_fact(ledger, change, by, "finance")


def advance_time(
    ledger: Ledger, now: datetime, *, group: str = "ALL", time_zone: str = "Europe/Amsterdam"
) -> list[str]:
    """Open every settlement period up to that of `now`; return what was opened.

    The first one is that of the first `now`; from there on none is left out, however long the
    clock stood still. Its effects are events, so a replay needs no clock.
    """
    by = By(SYSTEM, "system", now)
    opened: list[str] = []

    def decide(view: View, writes: Writes) -> list[SettlementPeriod]:  # noqa: ARG001
        opened.clear()
        for month in _months_to_open(view, group, month_of(local_date(now, time_zone))):
            key = f"{group}/{month}"
            view.edit(SettlementPeriod, key).open(time_zone=time_zone, provenance=provenance_of(by))
            opened.append(key)
        return []

    ledger.command(decide, recorded_at=now)
    return opened


def _months_to_open(view: View, group: str, until: str) -> list[str]:
    """Return the months after the last one opened, up to `until`; only `until` at the start."""
    known = [row.month for row in view.periods.values() if row.key.startswith(f"{group}/")]
    month = month_after(max(known)) if known else until
    months = []
    while month <= until:
        months.append(month)
        month = month_after(month)
    return months


def _consequences_of(agreement: Agreement, affected_from: datetime) -> list[FactRecorded]:
    """Name what is decided on an agreement: sales between its parties, or shares of sales."""
    facts = [f"agreement:{agreement.key}"]
    facts.extend(f"shares:{location}" for location in sorted(agreement.shared_locations))
    return [FactRecorded(fact, affected_from) for fact in facts]


def _sales_of(view: View, entity: str) -> list[FactRecorded]:
    """Name what an entity's tax numbers and evidence decide: all that its parties agreed."""
    parties = {row.key for row in view.all_of(Party) if row.document.entity == entity}
    touched = [row for row in view.all_of(Agreement) if row.parties & parties]
    return [fact for row in touched for fact in _consequences_of(row, BEGINNING)]


def _record_fact(
    ledger: Ledger, change: Callable[[View], list[FactRecorded]], by: By, *roles: str
) -> None:
    """Change a fact as a person with one of the roles, and draw its consequences."""

    def decide(view: View, writes: Writes) -> list[Actor]:
        require_role(view, by, *roles)
        facts = change(view)
        if view.edited:
            writes.facts.extend(facts)
        return []

    ledger.command(decide, recorded_at=by.at)
