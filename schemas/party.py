"""`PartyV1`: what a party says of itself and of its legal entity, on `parties.v1`.

The whole document each time; a later `last_updated` supersedes. A message proposes: bank accounts
wait for a second person, a new party is onboarded by people, and neither its roles nor the entity
it belongs to change by a message once it trades.
"""

from datetime import date
from typing import Literal

from schemas.fields import (
    CountryCode,
    Currency,
    Id39,
    Instant,
    Language,
    Many,
    Name255,
    Party,
    PartyId,
    Record,
    Some,
)

Role = Literal[
    "CPO",
    "EMSP",
    "HUB",
    "NSP",
    "NAVIGATION",
    "SITE_HOST",
    "PLATFORM",
    "PAYMENT_PROVIDER",
    "DEMAND_PARTNER",
    "CLEARING_HOUSE",
]
DemandKind = Literal["app", "car_maker", "fleet", "fintech"]
Purpose = Literal["invoices", "reminders", "operations", "disputes", "technical", "legal"]


class Contact(Record):
    """Where to write about what; a mailbox of a function serves better than a person's."""

    name: Name255
    email: Name255
    purpose: Purpose
    language: Language = "en"


class PostalAddress(Record):
    """An address as it stands on an invoice; `country` is alpha-2."""

    street: Name255
    postal_code: Name255
    city: Name255
    country: CountryCode


class RegistrationEvidence(Record):
    """What proves a registration or a status, and the day it was seen."""

    kind: Name255
    reference: Name255
    checked_on: date


class VatRegistration(Record):
    """A VAT number in a country (alpha-2); `valid_until` is excluded."""

    country: CountryCode
    number: Name255
    valid_from: date
    valid_until: date | None = None
    evidence: RegistrationEvidence | None = None


class ResellerStatus(Record):
    """Days on which the entity buys electricity to sell it on; `valid_until` is excluded."""

    valid_from: date
    evidence: RegistrationEvidence
    valid_until: date | None = None


class Establishment(Record):
    """A fixed establishment outside the seat's country; `valid_until` is excluded.

    `is_supplied`: its evidence says that electricity is bought for it.
    """

    country: CountryCode
    valid_from: date
    valid_until: date | None = None
    evidence: RegistrationEvidence | None = None
    is_supplied: bool = False


class BankAccount(Record):
    """An account in `currency`, in use from a day on; the IBAN may be written with spaces."""

    id: Id39
    iban: Name255
    holder: Name255
    currency: Currency
    valid_from: date
    bic: Name255 | None = None


class LegalEntity(Record):
    """The legal entity, whose `id` names its book.

    Where no account is named, they stay as they are; so do establishments.
    """

    id: Id39
    name: Name255
    country: CountryCode
    currency: Currency
    vat_registrations: Many[VatRegistration] = ()
    address: PostalAddress | None = None
    company_number: Name255 | None = None
    reseller: Many[ResellerStatus] = ()
    invoice_contacts: Many[Contact] = ()
    bank_accounts: Many[BankAccount] = ()
    establishments: Many[Establishment] = ()


class PartyV1(Record):
    """The value of `parties.v1`. A party that is not registered yet names its entity.

    What no single field says (check digits, roles that do not go together) the ledger refuses.
    """

    country_code: CountryCode
    party_id: PartyId
    name: Name255
    roles: Some[Role]
    demand_kind: DemandKind | None = None
    senders: Many[Party] = ()
    contacts: Many[Contact] = ()
    entity: LegalEntity | None = None
    last_updated: Instant
