"""What must be recorded of a party before it may trade: a table of roles, fields and reasons.

A party is complete when nothing of its roles' list is missing. The list is asked when a party is
activated, and shown whenever somebody asks.
"""

from collections.abc import Callable
from datetime import date
from typing import Final, NamedTuple

from ledger.roaming.entity import LegalEntity
from ledger.roaming.party_documents import PARTY_ROLES, PartyDocument, Role
from ledger.values.reasons import Reason, Refusal


class Applicant(NamedTuple):
    """A party's document and its legal entity, on the day that is asked about."""

    document: PartyDocument
    entity: LegalEntity
    on: date

    def has_contact(self, purpose: str) -> bool:
        """True where the party names a contact for a purpose."""
        return any(row.purpose == purpose for row in self.document.contacts)

    @property
    def is_registered_at_home(self) -> bool:
        """True where a VAT registration in the entity's country covers the day."""
        home = self.entity.document.country
        rows = self.entity.document.vat_registrations
        return any(row.country == home and row.covers(self.on) for row in rows)


class Requirement(NamedTuple):
    """A field that some roles need, and why."""

    roles: tuple[Role, ...]
    path: str
    why: str
    is_met: Callable[[Applicant], bool]


ALL: Final = PARTY_ROLES
PAID: Final[tuple[Role, ...]] = tuple(
    role for role in PARTY_ROLES if role not in ("NSP", "NAVIGATION")
)
"""Roles that sell or buy through this clearing house; the others only look."""
TRADERS: Final[tuple[Role, ...]] = ("CPO", "EMSP")

REQUIREMENTS: Final[tuple[Requirement, ...]] = (
    Requirement(
        ALL, "contacts.operations", "exceptions need somebody who answers",
        lambda of: of.has_contact("operations"),
    ),
    Requirement(
        ALL, "entity.address", "a contract needs a party that can be written to",
        lambda of: of.entity.document.address is not None,
    ),
    Requirement(
        ALL, "entity.company_number", "it tells apart companies of the same name",
        lambda of: bool(of.entity.document.company_number),
    ),
    Requirement(
        PAID, "entity.vat_registrations",
        "an invoice states the seller's VAT number (Directive 2006/112/EC Article 226 (3))",
        lambda of: of.is_registered_at_home,
    ),
    Requirement(
        PAID, "entity.bank_accounts", "what it is owed is paid on an account two people approved",
        lambda of: bool(of.entity.accounts_on(of.on)),
    ),
    Requirement(
        PAID, "entity.invoice_contacts", "invoices and statements are sent to somebody",
        lambda of: any(row.purpose == "invoices" for row in of.entity.document.invoice_contacts),
    ),
    Requirement(
        TRADERS, "entity.reseller",
        "evidence of reselling decides who owes the tax (Directive 2006/112/EC Article 38)",
        lambda of: of.entity.document.resells_on(of.on),
    ),
    Requirement(
        TRADERS, "contacts.disputes", "disputes have to be answered in time",
        lambda of: of.has_contact("disputes"),
    ),
    Requirement(
        ("CPO", "HUB", "PLATFORM", "PAYMENT_PROVIDER"), "contacts.technical",
        "its messages come from a system that somebody looks after",
        lambda of: of.has_contact("technical"),
    ),
    Requirement(
        ("DEMAND_PARTNER",), "demand_kind", "an app, a car maker, a fleet and a fintech differ",
        lambda of: of.document.demand_kind is not None,
    ),
)  # fmt: skip


class Missing(NamedTuple):
    """A field that is not recorded yet, which of the party's roles need it, and why."""

    path: str
    roles: tuple[str, ...]
    why: str


def missing_of(document: PartyDocument, entity: LegalEntity, *, on: date) -> tuple[Missing, ...]:
    """Return what a party's roles still need on a day, in the order of the table."""
    applicant = Applicant(document, entity, on)
    found = []
    for row in REQUIREMENTS:
        roles = tuple(role for role in document.roles if role in row.roles)
        if roles and not row.is_met(applicant):
            found.append(Missing(row.path, roles, row.why))
    return tuple(found)


def refusals_to_activate(
    document: PartyDocument, entity: LegalEntity, *, on: date
) -> tuple[Refusal, ...]:
    """Return why a party may not trade on a day: ONBOARDING_INCOMPLETE, REGISTRATION_EXPIRED."""
    missing = missing_of(document, entity, on=on)
    return (
        *expired_registrations(entity, on=on),
        *(Refusal(Reason.ONBOARDING_INCOMPLETE, row.path, row.why) for row in missing),
    )


def expired_registrations(entity: LegalEntity, *, on: date) -> tuple[Refusal, ...]:
    """Return REGISTRATION_EXPIRED for each country whose last registration has run out by a day."""
    return tuple(
        Refusal(
            Reason.REGISTRATION_EXPIRED,
            f"entities.{entity.key}.vat_registrations[{place}]",
            f"{row.country} on {on.isoformat()}",
            f"until {row.valid_until}",
        )
        for place, row in entity.document.expired_on(on)
    )
