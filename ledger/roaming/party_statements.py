"""What a party says of itself and its legal entity in a message, in the message's names."""

from datetime import datetime

import msgspec

from ledger.roaming.bank_accounts import BankAccount
from ledger.roaming.entity_documents import (
    Contact,
    EntityDocument,
    Establishment,
    PostalAddress,
    ResellerStatus,
    VatRegistration,
)
from ledger.roaming.party_documents import DemandKind
from ledger.values.identifiers import party_key


class EntityStatement(msgspec.Struct, frozen=True, omit_defaults=True):
    """A legal entity as a message states it; its `id` is that of its book."""

    id: str
    name: str
    country: str
    currency: str
    vat_registrations: tuple[VatRegistration, ...] = ()
    address: PostalAddress | None = None
    company_number: str | None = None
    reseller: tuple[ResellerStatus, ...] = ()
    invoice_contacts: tuple[Contact, ...] = ()
    bank_accounts: tuple[BankAccount, ...] = ()
    establishments: tuple[Establishment, ...] = ()

    @property
    def document(self) -> EntityDocument:
        """The document that it is registered with; no account says nothing about them."""
        fields = msgspec.structs.asdict(self)
        del fields["id"]
        return EntityDocument(**{**fields, "bank_accounts": self.bank_accounts or None})


class PartyStatement(msgspec.Struct, frozen=True, omit_defaults=True):
    """A party as its message states it."""

    country_code: str
    party_id: str
    name: str
    roles: tuple[str, ...]
    last_updated: datetime
    demand_kind: DemandKind | None = None
    senders: tuple[str, ...] = ()
    contacts: tuple[Contact, ...] = ()
    entity: EntityStatement | None = None

    @property
    def id(self) -> str:
        """A party has no further name among its own records."""
        return ""

    @property
    def speaker(self) -> str:
        """The party that is spoken of. Refuses: WRONG_IDENTIFIER."""
        return party_key(self.country_code, self.party_id)
