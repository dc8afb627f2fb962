"""Parties (OCPI actors) and the legal entities they belong to.

A book belongs to a legal entity; a party belongs to an entity. Both are shared facts: every
decision about a CDR depends on them.
"""

from datetime import date

import msgspec
from eventsourcing.domain import event

from ledger.values.aggregate import LedgerAggregate
from ledger.values.identifiers import checked_party
from ledger.values.money import currency_of
from ledger.values.provenance import Provenance
from ledger.values.reasons import Reason, Refusal, Refused
from ledger.vat.decide import BuyerKind, VatParty

PARTY_ROLES = ("CPO", "EMSP", "HUB", "SITE_HOST", "CLEARING_HOUSE", "PLATFORM")


class VatRegistration(msgspec.Struct, frozen=True, omit_defaults=True):
    """A VAT number in a country, for a span of days (`valid_until` excluded)."""

    country: str
    number: str
    valid_from: date
    valid_until: date | None = None

    def covers(self, day: date) -> bool:
        """True on the days of the registration."""
        return self.valid_from <= day and (self.valid_until is None or day < self.valid_until)


class EntityDocument(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is registered about a legal entity. `dealer_since`: electricity reseller evidence."""

    name: str
    country: str
    currency: str
    vat_registrations: tuple[VatRegistration, ...] = ()
    dealer_since: date | None = None


class PartyDocument(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is registered about a party. `senders` may speak for it besides itself.

    `governs_tariffs`: its tariff versions are made, approved and published here. From then on no
    message can bring another one; those that messages brought before stay in force.
    """

    name: str
    roles: tuple[str, ...]
    entity: str
    senders: tuple[str, ...] = ()
    governs_tariffs: bool = False


class LegalEntity(LedgerAggregate):
    """A legal entity; its id is also the id of its book."""

    KIND = "entity"
    KEY_FIELD = "entity"
    IS_SHARED_FACT = True

    document: EntityDocument

    def register(self, document: EntityDocument, *, provenance: Provenance) -> None:
        """Record the entity. Refuses: UNKNOWN_CURRENCY, ALREADY_EXISTS on a change of currency."""
        currency_of(document.currency)
        if not self.is_new and document.currency != self.document.currency:
            raise Refused(
                Refusal(
                    Reason.ALREADY_EXISTS, "currency", self.document.currency, document.currency
                )
            )
        if self.is_new or document != self.document:
            self._record_registration(entity=self.key, document=document, provenance=provenance)

    @event("Registered", topic="entity.registered.v1")
    def _record_registration(
        self,
        entity: str,
        document: EntityDocument,
        provenance: Provenance,
    ) -> None:
        self.document = document

    def as_vat_party(self, day: date) -> VatParty:
        """Return what the VAT decision needs to know on a day."""
        registered = frozenset(
            row.country for row in self.document.vat_registrations if row.covers(day)
        )
        since = self.document.dealer_since
        kind: BuyerKind = "dealer" if since is not None and since <= day else "business"
        return VatParty(self.document.country, registered, kind)


class Party(LedgerAggregate):
    """An OCPI party, `NL*XYZ`, in its roles, belonging to a legal entity."""

    KIND = "party"
    KEY_FIELD = "party"
    IS_SHARED_FACT = True

    document: PartyDocument

    def register(self, document: PartyDocument, *, provenance: Provenance) -> None:
        """Record the party. Refuses: WRONG_IDENTIFIER, INVALID_DOCUMENT, and ALREADY_EXISTS for
        another entity: which book a past charge belongs to must not change with the present.
        """
        checked_party(self.key)
        unknown = sorted(set(document.roles) - set(PARTY_ROLES))
        if unknown or not document.roles:
            raise Refused(
                Refusal(
                    Reason.INVALID_DOCUMENT, "roles", ", ".join(PARTY_ROLES), ", ".join(unknown)
                )
            )
        if not self.is_new and document.entity != self.document.entity:
            raise Refused(
                Refusal(Reason.ALREADY_EXISTS, "entity", self.document.entity, document.entity)
            )
        if self.is_new or document != self.document:
            self._record_registration(party=self.key, document=document, provenance=provenance)

    @event("Registered", topic="party.registered.v1")
    def _record_registration(
        self,
        party: str,
        document: PartyDocument,
        provenance: Provenance,
    ) -> None:
        self.document = document

    def may_be_spoken_for_by(self, sender: str) -> bool:
        """True where a sender may publish in this party's name."""
        return sender == self.key or sender in self.document.senders
