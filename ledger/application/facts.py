"""Shared facts in memory: parties, entities, agreements, tariffs, locations, rates, periods.

They are kept current by following the log. A batch decides on a *view*: the facts plus what the
batch itself records; if the batch is not recorded, the view is thrown away.
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import TypeVar, cast

from eventsourcing.persistence import StoredEvent

from ledger.application.mapper import EventMapper
from ledger.application.store import LoggedEvent
from ledger.fx.convert import FxDecision, decide_fx
from ledger.fx.history import ExchangeRates
from ledger.fx.rates import RateHistory
from ledger.roaming.agreement import Agreement
from ledger.roaming.party import LegalEntity, Party
from ledger.roaming.terms import Terms
from ledger.settlement.period import SettlementPeriod
from ledger.values.aggregate import OWNERS, LedgerAggregate
from ledger.values.identifiers import pair_key, record_key
from ledger.values.reasons import InvariantBroken
from ledger.vat.decide import VatParty

A = TypeVar("A", bound=LedgerAggregate)


class Facts:
    """Every shared fact recorded up to `position`."""

    def __init__(self, mapper: EventMapper) -> None:
        self._mapper = mapper
        self._aggregates: dict[tuple[type[LedgerAggregate], str], LedgerAggregate] = {}
        self._shares: dict[str, tuple[str, ...]] = {}
        self.rates: dict[str, RateHistory] = {}
        self.periods: dict[str, SettlementPeriod] = {}
        self.position = 0
        self.counter = 0
        self._vat_parties: dict[tuple[str, date], VatParty] = {}
        self._fx: dict[tuple[str, str, date], FxDecision] = {}

    def follow(self, events: Iterable[LoggedEvent], *, counter: int) -> None:
        """Take over what was recorded since; `counter` is the shared-fact counter it leads to."""
        for logged in events:
            self._apply(logged)
            self.position = logged.position
        self.counter = counter
        self._vat_parties.clear()
        self._fx.clear()

    def _apply(self, logged: LoggedEvent) -> None:
        event = self._mapper.to_domain_event(
            StoredEvent(logged.originator_id, logged.originator_version, logged.topic, logged.state)
        )
        owner = OWNERS[event.TOPIC]
        key = owner.key_of(event)
        aggregate = self._aggregates.get((owner, key))
        if aggregate is None:
            aggregate = self._aggregates[owner, key] = owner.blank(key)
        event.mutate(aggregate)
        if isinstance(aggregate, Agreement):
            self._index_shares(aggregate)
        elif isinstance(aggregate, ExchangeRates) and aggregate.history is not None:
            self.rates[aggregate.key] = aggregate.history
        elif isinstance(aggregate, SettlementPeriod):
            self.periods[aggregate.key] = aggregate

    def _index_shares(self, agreement: Agreement) -> None:
        """Remember which share agreements speak of a location, by the location's key."""
        for version in agreement.versions:
            if version.terms.flow != "share":
                continue
            for location in version.terms.split.locations:
                key = record_key(agreement.buyer, location)
                known = self._shares.get(key, ())
                if agreement.key not in known:
                    self._shares[key] = tuple(sorted((*known, agreement.key)))

    def find(self, kind: type[A], key: str) -> A | None:
        """Return a shared fact by its business key."""
        return cast("A | None", self._aggregates.get((kind, key)))

    def all_of(self, kind: type[A]) -> list[A]:
        """Return all facts of a kind, by key."""
        return sorted(
            (row for row in self._aggregates.values() if isinstance(row, kind)),
            key=lambda row: row.key,
        )


class View:
    """The facts as a batch sees them: with what it recorded itself."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._own: dict[tuple[type[LedgerAggregate], str], LedgerAggregate] = {}

    @property
    def counter(self) -> int:
        """The shared-fact counter this view decides on."""
        return self._facts.counter

    @property
    def periods(self) -> Mapping[str, SettlementPeriod]:
        """Settlement periods by id."""
        return self._facts.periods

    def find(self, kind: type[A], key: str) -> A | None:
        """Return a shared fact by its business key, as recorded or as changed by this batch."""
        own = self._own.get((kind, key)) if self._own else None
        return cast("A | None", own) if own is not None else self._facts.find(kind, key)

    def edit(self, kind: type[A], key: str) -> A:
        """Return the batch's own copy of a fact, blank where it is new."""
        own = self._own.get((kind, key))
        if own is not None:
            return cast("A", own)
        known = self._facts.find(kind, key)
        copy = known.copy() if known is not None else kind.blank(key)
        self._own[kind, key] = copy
        return copy

    @property
    def edited(self) -> list[LedgerAggregate]:
        """The facts this batch changed."""
        return [aggregate for aggregate in self._own.values() if aggregate.pending_events]

    def all_of(self, kind: type[A]) -> list[A]:
        """Return all facts of a kind, by key."""
        return self._facts.all_of(kind)

    def share_agreement(self, location_key: str, instant: datetime) -> tuple[Agreement, int] | None:
        """Return the share agreement in force at a location, and its version's number."""
        best: tuple[Agreement, int] | None = None
        best_from: datetime | None = None
        for key in self._facts._shares.get(location_key, ()):
            agreement = self.find(Agreement, key)
            version = agreement.version_valid_at(instant) if agreement else None
            if agreement is None or version is None or version.terms.flow != "share":
                continue
            names = {record_key(agreement.buyer, place) for place in version.terms.split.locations}
            if location_key in names and (best_from is None or version.valid_from > best_from):
                best, best_from = (agreement, version.number), version.valid_from
        return best

    def terms_between(self, seller: str, buyer: str, instant: datetime) -> Terms:
        """Return what two parties agreed for an instant; the defaults where they did not."""
        agreement = self.find(Agreement, pair_key(seller, buyer))
        version = agreement.version_valid_at(instant) if agreement is not None else None
        return version.terms if version is not None else Terms()

    def terms_of(self, agreement_version: str) -> Terms:
        """Return the terms of a recorded agreement version, `NL*XYZ>DE*EMP#1`."""
        key, _, number = agreement_version.rpartition("#")
        agreement = self.find(Agreement, key)
        if agreement is None:
            raise InvariantBroken(f"agreement {agreement_version} was recorded and is gone")
        return agreement.versions[int(number) - 1].terms

    def entity_of(self, party: Party) -> LegalEntity | None:
        """Return the legal entity a party belongs to."""
        return self.find(LegalEntity, party.document.entity)

    def vat_party(self, entity: LegalEntity, day: date) -> VatParty:
        """Return what VAT needs to know of an entity on a day."""
        cache = self._facts._vat_parties
        found = cache.get((entity.key, day))
        if found is None:
            found = cache[entity.key, day] = entity.as_vat_party(day)
        return found

    def fx(self, *, from_currency: str, to_currency: str, rate_on: date) -> FxDecision:
        """Decide a conversion. Refuses: FX_RATE_MISSING."""
        cache = self._facts._fx
        key = (from_currency, to_currency, rate_on)
        found = cache.get(key)
        if found is None:
            found = cache[key] = decide_fx(
                from_currency=from_currency,
                to_currency=to_currency,
                rate_on=rate_on,
                histories=self._facts.rates,
            )
        return found
