"""Legal entities: who owns a book, registered by one person and paid by the word of two.

    entity.bank_accounts_proposed -> entity.bank_accounts_approved, or ..._rejected

A document's bank accounts are never recorded with it: whoever states others proposes them, and
they are in force when another person approves.
"""

from collections.abc import Iterator
from datetime import date

from eventsourcing.domain import event
from msgspec.structs import replace

from ledger.roaming.bank_accounts import (
    AccountsProposal,
    BankAccount,
    errors_of_accounts,
    normalised,
)
from ledger.roaming.entity_documents import EntityDocument, errors_of_entity, vat_party_of
from ledger.values.aggregate import LedgerAggregate
from ledger.values.ended_currencies import ended_currency
from ledger.values.provenance import Provenance
from ledger.values.reasons import Reason, Refusal, Refused
from ledger.vat.parties import VatParty


class LegalEntity(LedgerAggregate):
    """A legal entity; its id is also the id of its book.

    `document` is without bank accounts: `bank_accounts` are those approved, `proposal` is what
    waits for a second person. `versions` counts the documents that were recorded.
    """

    KIND = "entity"
    KEY_FIELD = "entity"
    IS_SHARED_FACT = True

    document: EntityDocument
    bank_accounts: tuple[BankAccount, ...]
    proposal: AccountsProposal | None
    proposals: int
    versions: int

    def begin(self) -> None:
        self.bank_accounts = ()
        self.proposal = None
        self.proposals = 0
        self.versions = 0

    def refusals_of(self, document: EntityDocument, *, on: date) -> tuple[Refusal, ...]:
        """Return why a document cannot be registered on a day; what is recorded already stands.

        `errors_of_entity`, CURRENCY_ENDED where the book's currency is money no more by then, and
        ALREADY_EXISTS on a change of currency, since the book has entries in it.
        """
        if self.versions and replace(document, bank_accounts=None) == self.document:
            return tuple(errors_of_accounts(document.bank_accounts or ()))
        return (*errors_of_entity(document), *self._errors_of_currency(document.currency, on))

    def _errors_of_currency(self, currency: str, on: date) -> Iterator[Refusal]:
        ended = ended_currency(currency, on)
        if ended is not None:
            yield Refusal(Reason.CURRENCY_ENDED, "currency", ended.replaced_by, currency)
        if self.versions and currency != self.document.currency:
            yield Refusal(Reason.ALREADY_EXISTS, "currency", self.document.currency, currency)

    def register(self, document: EntityDocument, *, provenance: Provenance) -> None:
        """Record the entity where it says something new, and propose its accounts.

        Refuses: what `refusals_of` finds on the day it was received, all of it.
        """
        refusals = self.refusals_of(document, on=provenance.received_at.date())
        if refusals:
            raise Refused(*refusals)
        known = replace(document, bank_accounts=None)
        if not self.versions or known != self.document:
            self._record_registration(entity=self.key, document=known, provenance=provenance)
        if document.bank_accounts is not None:
            self.propose_accounts(document.bank_accounts, provenance=provenance)

    @event("Registered", topic="entity.registered.v1")
    def _record_registration(
        self,
        entity: str,
        document: EntityDocument,
        provenance: Provenance,
    ) -> None:
        self.document = document
        self.versions += 1

    def propose_accounts(
        self, accounts: tuple[BankAccount, ...], *, provenance: Provenance
    ) -> None:
        """Propose all accounts anew; a later proposal takes an earlier one's place.

        What is in force, or proposed already, is not proposed again. The accounts were checked.
        """
        stated = normalised(accounts)
        proposed = self.proposal.accounts if self.proposal is not None else None
        if stated not in (self.bank_accounts, proposed):
            self._record_proposal(
                entity=self.key,
                number=self.proposals + 1,
                accounts=stated,
                provenance=provenance,
            )

    @event("BankAccountsProposed", topic="entity.bank_accounts_proposed.v1")
    def _record_proposal(
        self,
        entity: str,
        number: int,
        accounts: tuple[BankAccount, ...],
        provenance: Provenance,
    ) -> None:
        self.proposals = number
        self.proposal = AccountsProposal(number, accounts, provenance)

    def approve_accounts(self, *, number: int | None = None, provenance: Provenance) -> None:
        """Put the proposed accounts in force; `number` says which proposal was looked at.

        Refuses: NOT_FOUND, and SECOND_PERSON_REQUIRED to who proposed them.
        """
        proposal = self._pending(number)
        author = proposal.provenance.actor
        if author == provenance.actor:
            raise Refused(Refusal(Reason.SECOND_PERSON_REQUIRED, "as", f"not {author}", author))
        self._record_approval(
            entity=self.key,
            number=proposal.number,
            accounts=proposal.accounts,
            author=author,
            provenance=provenance,
        )

    @event("BankAccountsApproved", topic="entity.bank_accounts_approved.v1")
    def _record_approval(
        self,
        entity: str,
        number: int,
        accounts: tuple[BankAccount, ...],
        author: str,
        provenance: Provenance,
    ) -> None:
        self.bank_accounts, self.proposal = accounts, None

    def reject_accounts(
        self, *, reason: str, number: int | None = None, provenance: Provenance
    ) -> None:
        """Drop the proposed accounts; also who proposed them may. Refuses: NOT_FOUND,
        REASON_MISSING.
        """
        if not reason.strip():
            raise Refused(Refusal(Reason.REASON_MISSING, "reason"))
        proposal = self._pending(number)
        self._record_rejection(
            entity=self.key, number=proposal.number, reason=reason, provenance=provenance
        )

    @event("BankAccountsRejected", topic="entity.bank_accounts_rejected.v1")
    def _record_rejection(
        self,
        entity: str,
        number: int,
        reason: str,
        provenance: Provenance,
    ) -> None:
        self.proposal = None

    def _pending(self, number: int | None) -> AccountsProposal:
        proposal = self.proposal
        if proposal is None or number not in (None, proposal.number):
            wanted = "a proposal" if proposal is None else f"proposal {proposal.number}"
            raise Refused(
                Refusal(Reason.NOT_FOUND, "bank_accounts", wanted, str(number or self.key))
            )
        return proposal

    def accounts_on(self, day: date) -> tuple[BankAccount, ...]:
        """Return the approved accounts that are in use on a day."""
        return tuple(row for row in self.bank_accounts if row.valid_from <= day)

    def as_vat_party(self, day: date) -> VatParty:
        """Return what the VAT decision needs to know on a day."""
        return vat_party_of(self.document, day)
