"""What is registered about a party, and everything that can be wrong with it.

The document of an event grows by optional fields only: what was recorded before reads as it was.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Literal, get_args

import msgspec

from ledger.roaming.entity_documents import Contact, errors_of_contacts, errors_of_texts
from ledger.values.identifiers import checked_party
from ledger.values.reasons import Reason, Refusal, Refused

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
PARTY_ROLES: tuple[Role, ...] = get_args(Role)
DemandKind = Literal["app", "car_maker", "fleet", "fintech"]
DEMAND_KINDS: tuple[DemandKind, ...] = get_args(DemandKind)


class PartyDocument(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is registered about a party. `senders` may speak for it besides itself.

    `governs_tariffs`: its tariff versions are made, approved and published here. From then on no
    message can bring another one; those that messages brought before stay in force.
    `entity_from`: since when it belongs to `entity`; needed to change the entity. `demand_kind`
    says what a DEMAND_PARTNER is.
    """

    name: str
    roles: tuple[str, ...]
    entity: str
    senders: tuple[str, ...] = ()
    governs_tariffs: bool = False
    entity_from: datetime | None = None
    demand_kind: DemandKind | None = None
    contacts: tuple[Contact, ...] = ()


def errors_of_party(document: PartyDocument) -> Iterator[Refusal]:
    """Yield everything that is wrong with a document, each by its path.

    MISSING_FIELD, INVALID_DOCUMENT (roles, demand_kind, contacts), NAMED_TWICE (a role),
    WRONG_IDENTIFIER (a sender).
    """
    yield from errors_of_texts("", {"name": document.name})
    yield from _errors_of_roles(document)
    for place, sender in enumerate(document.senders):
        yield from errors_of_key(sender, f"senders[{place}]")
    yield from errors_of_contacts(document.contacts, "contacts")


def errors_of_key(key: str, path: str) -> Iterator[Refusal]:
    """Yield WRONG_IDENTIFIER for what is no party as it is printed, `NL*XYZ`."""
    try:
        printed = checked_party(key)
    except Refused:
        yield Refusal(Reason.WRONG_IDENTIFIER, path, "NL*XYZ", key)
        return
    if printed != key:
        yield Refusal(Reason.WRONG_IDENTIFIER, path, printed, key)


def _errors_of_roles(document: PartyDocument) -> Iterator[Refusal]:
    unknown = sorted(set(document.roles) - set(PARTY_ROLES))
    if unknown or not document.roles:
        known = ", ".join(PARTY_ROLES)
        yield Refusal(Reason.INVALID_DOCUMENT, "roles", known, ", ".join(unknown))
    if len(set(document.roles)) < len(document.roles):
        yield Refusal(Reason.NAMED_TWICE, "roles", actual=", ".join(document.roles))
    if document.demand_kind is not None and "DEMAND_PARTNER" not in document.roles:
        yield Refusal(Reason.INVALID_DOCUMENT, "demand_kind", "the role DEMAND_PARTNER")
