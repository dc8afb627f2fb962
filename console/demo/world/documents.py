"""The shape of the world's documents. Instants are UTC, shares and weights whole numbers."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

import msgspec

from console.imports.catalogue import Catalogue
from ledger.fx.rates import RateHistory
from ledger.roaming.actor import Role
from ledger.roaming.party import EntityDocument, PartyDocument
from ledger.roaming.terms import Terms
from schemas import LocationV1, TariffVersionV1


class AgreementDocument(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One version of an agreement; `author` wrote it and `approver` approves it."""

    seller: str
    buyer: str
    valid_from: datetime
    author: str
    approver: str
    terms: Terms
    valid_until: datetime | None = None


class Agreements(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`agreements.yaml`: sales between CPOs and eMSPs, and what site hosts receive."""

    roaming: tuple[AgreementDocument, ...]
    site_hosts: tuple[AgreementDocument, ...]


class LocationTraffic(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A location's kind (of `distributions.yaml`) and its share of all charges."""

    id: str
    kind: str
    share: int


class CpoTraffic(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who publishes a CPO's messages, whose drivers charge there, and where."""

    sender: str
    providers: dict[str, int]
    locations: tuple[LocationTraffic, ...]


@dataclass(frozen=True, slots=True)
class World:
    """Everything that stands around the charges of a month (`2026-10`)."""

    month: str
    entities: Mapping[str, EntityDocument]
    parties: Mapping[str, PartyDocument]
    actors: Mapping[str, tuple[Role, ...]]
    agreements: tuple[AgreementDocument, ...]
    traffic: Mapping[str, CpoTraffic]
    locations: tuple[LocationV1, ...]
    tariffs: tuple[TariffVersionV1, ...]
    rates: tuple[RateHistory, ...]

    @property
    def catalogue(self) -> Catalogue:
        """The locations and tariff versions, ready to price with."""
        return Catalogue(self.locations, self.tariffs)

    def sender_of(self, party: str) -> str:
        """Return who publishes a CPO's messages."""
        return self.traffic[party].sender

    def agreement_at(self, seller: str, buyer: str, instant: datetime) -> AgreementDocument | None:
        """Return the roaming agreement in force: of those that cover it, the one begun last."""
        covering = [
            row
            for row in self.agreements
            if (row.seller, row.buyer, row.terms.flow) == (seller, buyer, "roaming")
            and row.valid_from <= instant
            and (row.valid_until is None or instant < row.valid_until)
        ]
        return max(covering, key=lambda row: row.valid_from, default=None)

    def currency_of(self, party: str) -> str:
        """Return the currency of the book that a party belongs to."""
        return self.entities[self.parties[party].entity].currency

    def only(self, *sellers: str) -> "World":
        """Return the same world with the traffic of some CPOs."""
        return replace(self, traffic={party: self.traffic[party] for party in sellers})

    def with_agreements_at(self, instant: datetime) -> "World":
        """Return the same world without the drivers of eMSPs that have no agreement then."""
        traffic = {}
        for party, row in self.traffic.items():
            trading = {
                buyer: weight
                for buyer, weight in row.providers.items()
                if self.agreement_at(party, buyer, instant)
            }
            traffic[party] = msgspec.structs.replace(row, providers=trading)
        return replace(self, traffic=traffic)
