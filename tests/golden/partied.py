"""The life of a party and its legal entity in which every event of theirs happens."""

from collections.abc import Iterator
from datetime import date

from msgspec.structs import replace

from ledger.roaming.bank_accounts import BankAccount
from ledger.roaming.entity import LegalEntity
from ledger.roaming.entity_documents import (
    Contact,
    EntityDocument,
    Evidence,
    PostalAddress,
    ResellerStatus,
    VatRegistration,
)
from ledger.roaming.party import Party, Stated
from ledger.roaming.party_documents import PartyDocument
from ledger.roaming.party_statements import PartyStatement
from ledger.values.aggregate import LedgerAggregate
from ledger.values.provenance import Provenance
from tests.ledger_statements import october

SINCE = date(2026, 1, 1)
PROOF = Evidence("VIES", "W-2026-1", date(2026, 9, 14))
CONTACT = Contact("Zentrale · 本部", "control@new.example", "operations", "de")
ACCOUNT = BankAccount("main", "NL91 ABNA 0417 1643 00", "New B.V.", "EUR", SINCE, "abnanl2a")
DOCUMENT = EntityDocument(
    "New B.V.",
    "NL",
    "EUR",
    (VatRegistration("NL", "NL000990012B01", SINCE, date(2028, 1, 1), PROOF),),
    address=PostalAddress("Voorbeeldkade 12", "3511 AA", "Utrecht", "NL"),
    company_number="99000012",
    reseller=(ResellerStatus(SINCE, PROOF, date(2028, 1, 1)),),
    invoice_contacts=(replace(CONTACT, purpose="invoices"),),
    bank_accounts=(ACCOUNT,),
)
PARTY = PartyDocument(
    "New · 新",
    ("CPO", "DEMAND_PARTNER"),
    "new-bv",
    senders=("NL*CLR",),
    demand_kind="fleet",
    contacts=(CONTACT,),
)


def partied(message: Provenance, person: Provenance) -> Iterator[LedgerAggregate]:
    """Yield an entity whose accounts two people changed, and a party from its start to its end."""
    second = replace(person, actor="fiona")
    entity = LegalEntity.blank("new-bv")
    entity.register(DOCUMENT, provenance=person)
    entity.approve_accounts(provenance=second)
    entity.propose_accounts((replace(ACCOUNT, id="other"),), provenance=message)
    entity.reject_accounts(reason="not known there", number=2, provenance=second)
    yield entity
    party = Party.blank("NL*NEW")
    party.register(
        PARTY,
        begins_as="onboarding",
        stated=Stated(october(1), "7" * 64),
        provenance=message,
    )
    said = PartyStatement("NL", "NEW", "New", ("CPO",), october(1), contacts=(CONTACT,))
    party.hold_conflict(said, content_sha256="8" * 64, provenance=message)
    party.activate(valid_from=october(2), reason="complete", provenance=person)
    moved = replace(PARTY, entity="xyz-bv", entity_from=october(20))
    party.register(moved, is_correction=True, provenance=person)
    party.suspend(valid_from=october(21), reason="unpaid", provenance=person)
    party.activate(valid_from=october(22), reason="paid", provenance=second)
    party.leave(valid_from=october(30), reason="sold", provenance=person)
    yield party
