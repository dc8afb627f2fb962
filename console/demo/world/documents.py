"""The shape of the world's documents. Instants are UTC, shares and weights whole numbers."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

import msgspec

from console.imports.catalogue import Catalogue
from ledger.application.sites import StatedSite
from ledger.fx.rates import RateHistory
from ledger.roaming.actor import Role
from ledger.roaming.agreement_version import TemplateUse
from ledger.roaming.entity_documents import EntityDocument
from ledger.roaming.launch_plan import LaunchPlan
from ledger.roaming.party_documents import PartyDocument
from ledger.roaming.terms import Terms
from ledger.values.identifiers import pair_key
from schemas import LocationV1, TariffVersionV1


class AgreementDocument(msgspec.Struct, frozen=True):
    """One version of an agreement: sales to an eMSP or on the spot, or a site host's share."""

    seller: str
    buyer: str
    valid_from: datetime
    terms: Terms
    valid_until: datetime | None = None
    template: TemplateUse | None = None

    @property
    def key(self) -> str:
        """The agreement's key."""
        return pair_key(self.seller, self.buyer)


class LocationTraffic(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A location's kind (of `distributions.yaml`) and its share of all charges."""

    id: str
    kind: str
    share: int


class OnTheSpot(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How many of a hundred charges at some locations are paid there, to whom, and through whom."""

    platform: str
    provider: str
    locations: tuple[str, ...]
    percent: int


class TokenGroup(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How many of a hundred tokens of an eMSP belong to a group."""

    provider: str
    name: str
    percent: int


class CpoTraffic(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who publishes a CPO's messages, whose drivers charge there, and where."""

    sender: str
    providers: dict[str, int]
    locations: tuple[LocationTraffic, ...]
    on_the_spot: OnTheSpot | None = None
    token_groups: tuple[TokenGroup, ...] = ()


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
    sites: tuple[StatedSite, ...]
    launches: Mapping[str, LaunchPlan] = field(default_factory=dict)

    @property
    def catalogue(self) -> Catalogue:
        """The locations and tariff versions, ready to price with."""
        return Catalogue(self.locations, self.tariffs)

    def sender_of(self, party: str) -> str:
        """Return who publishes a CPO's messages."""
        return self.traffic[party].sender

    def agreement_at(self, seller: str, buyer: str, instant: datetime) -> AgreementDocument | None:
        """Return the agreement on sales in force: of those that cover it, the one begun last."""
        covering = [
            row
            for row in self.agreements
            if (row.seller, row.buyer) == (seller, buyer)
            and row.terms.flow != "share"
            and row.valid_from <= instant
            and (row.valid_until is None or instant < row.valid_until)
        ]
        return max(covering, key=lambda row: row.valid_from, default=None)

    @property
    def set_apart(self) -> frozenset[tuple[str, str]]:
        """The pairs of whose month every figure is counted: in a launch, paid on the spot, or with
        an objection window. What goes wrong by chance goes wrong with others.
        """
        launched = (pair.split(">") for pair in self.launches)
        return frozenset(
            (
                *((seller, buyer) for seller, buyer in launched),
                *(
                    (party, row.on_the_spot.platform)
                    for party, row in self.traffic.items()
                    if row.on_the_spot is not None
                ),
                *(
                    (row.seller, row.buyer)
                    for row in self.agreements
                    if row.terms.windows.objection_days
                ),
            )
        )

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
