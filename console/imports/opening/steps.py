"""What is done of a plan: by the person who moves in, and by the one who approves it.

Each step is the command that anybody could give by hand, and changes nothing where it was done
already: a move-in that was interrupted is run again.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from console.imports.opening.plan import Plan
from ledger.application.agreements import Proposed, approve_agreement, submit_agreements
from ledger.application.commands import By
from ledger.application.ledger import Ledger
from ledger.application.moving_in import keep_ids
from ledger.application.opening import approve_openings, submit_openings
from ledger.application.parties import approve_accounts, register_documents
from ledger.application.party_states import activate_party
from ledger.application.rehearsal import view_of
from ledger.application.sites import register_sites
from ledger.roaming.agreement import Agreement
from ledger.roaming.agreement_version import AgreementVersion
from ledger.roaming.bank_accounts import normalised
from ledger.roaming.entity import LegalEntity
from ledger.roaming.party import Party
from ledger.settlement.opening import BookOpening

WHY: Final = "moved in"


def register(ledger: Ledger, plan: Plan, by: By) -> None:
    """Register entities and parties: they are onboarded first, their bank accounts proposed."""
    register_documents(ledger, plan.parties.documents, by=by)


def submit(ledger: Ledger, plan: Plan, by: By) -> None:
    """Submit the agreements."""
    proposed = [Proposed(row.agreement, row.version, row.locate) for row in plan.agreements]
    submit_agreements(ledger, proposed, by=by)


def place(ledger: Ledger, plan: Plan, by: By) -> None:
    """Record the register of sites."""
    register_sites(ledger, plan.sites, by=by)


def state(ledger: Ledger, plan: Plan, by: By) -> None:
    """Submit the opening balances."""
    if plan.balances is not None:
        submit_openings(ledger, plan.balances, by=by)


def keep(ledger: Ledger, plan: Plan, by: By) -> None:
    """Keep the ids that the records had."""
    keep_ids(ledger, plan.manifest.platform, plan.sha256, plan.files, plan.ids.moved, by=by)


FIRST_PERSON: Final = (register, submit, place, state, keep)


def approve_bank_accounts(ledger: Ledger, plan: Plan, by: By) -> Iterator[str]:
    """Approve the accounts that the documents state, where they wait; yield whose."""
    for key, document in plan.parties.documents.entities.items():
        entity = view_of(ledger).find(LegalEntity, key)
        waiting = entity.proposal if entity is not None else None
        if waiting is not None and waiting.accounts == normalised(document.bank_accounts or ()):
            approve_accounts(ledger, key, number=waiting.number, by=by)
            yield f"bank accounts of {key}"


def activate(ledger: Ledger, plan: Plan, by: By) -> Iterator[str]:
    """Let parties that are onboarded trade from the cut-over on; yield them."""
    for key in plan.parties.documents.parties:
        party = view_of(ledger).find(Party, key)
        if party is not None and party.states[-1].state == "onboarding":
            begins_at = plan.manifest.cut_over
            activate_party(ledger, key, valid_from=begins_at, reason=WHY, by=by)
            yield f"{key} trades"


def agree(ledger: Ledger, plan: Plan, by: By) -> Iterator[str]:
    """Approve the drafts that say what the documents say; yield their agreements."""
    for key, versions in _versions(plan).items():
        agreement = view_of(ledger).find(Agreement, key)
        drafts = agreement.drafts if agreement is not None else ()
        numbers = [row.number for row in drafts if row.version in versions]
        if numbers:
            approve_agreement(ledger, key, drafts=numbers, by=by)
            yield f"agreement {key}"


def open_books(ledger: Ledger, plan: Plan, by: By) -> Iterator[str]:
    """Book the opening balances of the plan's own file; yield the books."""
    if plan.balances is None:
        return
    waiting = []
    for book in plan.books:
        found = view_of(ledger).find(BookOpening, book)
        draft = found.draft if found is not None else None
        if draft is not None and draft.source_sha256 == plan.balances.source_sha256:
            waiting.append(book)
    approve_openings(ledger, waiting, by=by)
    yield from (f"opening of {book}" for book in waiting)


SECOND_PERSON: Final = (approve_bank_accounts, activate, agree, open_books)


def _versions(plan: Plan) -> Mapping[str, list[AgreementVersion]]:
    found: dict[str, list[AgreementVersion]] = {}
    for row in plan.agreements:
        found.setdefault(row.agreement, []).append(row.version)
    return found
