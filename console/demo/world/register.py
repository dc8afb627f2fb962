"""Make the ledger know the world: the commands that people would issue, in their names."""

from datetime import UTC, datetime
from typing import Final

from console.demo.world.documents import World
from ledger.application.agreements import (
    Proposed,
    approve_agreements,
    drafts_of,
    submit_agreements,
)
from ledger.application.commands import By
from ledger.application.ledger import Ledger
from ledger.application.parties import Documents, approve_accounts, register_documents
from ledger.application.party_states import activate_party
from ledger.application.registration import import_rates, register_actor
from ledger.application.sites import register_sites
from ledger.roaming.agreement_version import AgreementVersion
from ledger.roaming.entity import LegalEntity
from ledger.roaming.party import Party

TRADES_FROM: Final = datetime(2018, 1, 1, tzinfo=UTC)
"""The first day on which anybody in the world trades, as its registrations and evidence say."""


def register_world(ledger: Ledger, world: World, *, at: datetime) -> None:
    """Register actors, entities, parties, sites, rates and agreements; again, nothing changes.

    The first actor registers everybody and the master data; bank accounts and agreements are
    approved, and rates imported, by people of finance. Refuses: what the commands refuse.
    """
    admin = next(iter(world.actors))
    by = By(admin, "asserted", at)
    for name, roles in world.actors.items():
        register_actor(ledger, name, roles, by=by)
    finance = next(name for name, roles in world.actors.items() if "finance" in roles)
    _onboard(ledger, world, by=by, second=By(finance, "asserted", at))
    register_sites(ledger, world.sites, by=by)
    for history in world.rates:
        import_rates(ledger, history, by=By(finance, "asserted", at))
    _agree(ledger, world, at)


def _agree(ledger: Ledger, world: World, at: datetime) -> None:
    """Submit the agreements as one person of finance, and approve them as another."""
    author, approver = (name for name, roles in world.actors.items() if "finance" in roles)
    proposed = [
        Proposed(
            row.key,
            AgreementVersion(0, row.valid_from, row.valid_until, row.terms, template=row.template),
        )
        for row in world.agreements
    ]
    waiting = submit_agreements(ledger, proposed, by=By(author, "asserted", at))
    drafts = drafts_of(waiting)
    if drafts:
        approve_agreements(ledger, drafts, by=By(approver, "asserted", at))


def _onboard(ledger: Ledger, world: World, *, by: By, second: By) -> None:
    """Bring every party from its documents to its first day of trade, as people would."""
    register_documents(ledger, Documents(world.entities, world.parties), by=by)
    ledger.refresh()
    for key in world.entities:
        entity = ledger.facts.find(LegalEntity, key)
        if entity is not None and entity.proposal is not None:
            approve_accounts(ledger, key, number=entity.proposal.number, by=second)
    for key in world.parties:
        party = ledger.facts.find(Party, key)
        if party is not None and party.state == "onboarding":
            reason = "its documents are complete"
            activate_party(ledger, key, valid_from=TRADES_FROM, reason=reason, by=second)
