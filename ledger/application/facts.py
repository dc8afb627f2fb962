"""Shared facts in memory: parties, entities, agreements, tariffs, locations, rates, periods.

They are kept current by following the log. A batch decides on a *view*: the facts plus what the
batch itself records; if the batch is not recorded, the view is thrown away.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime
from typing import Any, NamedTuple, TypeVar, cast

from eventsourcing.persistence import StoredEvent

from ledger.application.aggregates import AGGREGATES
from ledger.application.asked import AskedFacts
from ledger.application.mapper import EventMapper, owner_of, topics_of
from ledger.application.packed import PackedFacts
from ledger.application.pieces import Pieces
from ledger.application.store import LoggedEvent, LogStore
from ledger.fx.convert import OF_THE_DAY, FxDecision, FxTerms, decide_fx
from ledger.fx.history import ExchangeRates
from ledger.fx.rates import RateHistory
from ledger.roaming.agreement import Agreement
from ledger.roaming.entity import LegalEntity
from ledger.roaming.legs import DRIVER
from ledger.roaming.party import Party
from ledger.roaming.terms import Terms
from ledger.settlement.period import SettlementPeriod
from ledger.values.aggregate import LedgerAggregate
from ledger.values.identifiers import pair_key, record_key
from ledger.values.provenance import Provenance
from ledger.values.reasons import InvariantBroken
from ledger.vat.decide import decide_treatment
from ledger.vat.decision import Treatment
from ledger.vat.overrides import RateOverride
from ledger.vat.parties import A_DRIVER, SupplyKind, VatParty
from ledger.vat.place import Supply

A = TypeVar("A", bound=LedgerAggregate)


class ShareVersion(NamedTuple):
    """A version of a share agreement, by the agreement's key and the version's number."""

    agreement: str
    number: int


class TaxedAlike(NamedTuple):
    """What supplies have in common that are taxed alike; seller and buyer are entities' keys."""

    kind: SupplyKind
    charger_country: str
    seller: str
    buyer: str
    tax_point: date
    overrides: tuple[RateOverride, ...]


class Facts:
    """Every shared fact recorded up to `position`.

    Where there is a log to be `asked_of`, facts of the kinds that are packed are not followed.
    """

    def __init__(self, mapper: EventMapper, *, asked_of: LogStore | None = None) -> None:
        self._mapper = mapper
        self._whole: dict[type[LedgerAggregate], dict[str, LedgerAggregate]] = {
            kind: {} for kind in AGGREGATES if kind.KEPT != "packed"
        }
        self._large: dict[type[LedgerAggregate], PackedFacts[Any] | AskedFacts[Any]] = {
            kind: AskedFacts(kind, mapper, asked_of) if asked_of else PackedFacts(kind, mapper)
            for kind in AGGREGATES
            if kind.KEPT == "packed"
        }
        self._find: dict[type[LedgerAggregate], Callable[[str], Any]] = {
            **{kind: rows.get for kind, rows in self._whole.items()},
            **{kind: large.find for kind, large in self._large.items()},
        }
        self._pieces = Pieces()
        self._shares: dict[str, tuple[ShareVersion, ...]] = {}
        self.rates: dict[str, RateHistory] = {}
        self.periods: dict[str, SettlementPeriod] = {}
        self.position = 0
        self.counter = 0
        self._vat_parties: dict[tuple[str, date], VatParty] = {}
        self._treatments: dict[TaxedAlike, Treatment] = {}
        self._fx: dict[tuple[str, str, date, FxTerms], FxDecision] = {}

    @property
    def asked(self) -> list[str]:
        """The topics of facts that are asked for one by one, and never followed."""
        kinds = (kind for kind, row in self._large.items() if isinstance(row, AskedFacts))
        return [topic for kind in kinds for topic in topics_of(kind)]

    def follow(self, events: Iterable[LoggedEvent], *, counter: int) -> None:
        """Take over what was recorded since; `counter` is the shared-fact counter it leads to."""
        for logged in events:
            self._apply(logged)
            self.position = logged.position
        self.counter = counter
        for large in self._large.values():
            if isinstance(large, AskedFacts):
                large.forget()
        self._vat_parties.clear()
        self._treatments.clear()
        self._fx.clear()

    def _apply(self, logged: LoggedEvent) -> None:
        owner = owner_of(logged.topic)
        large = self._large.get(owner)
        if isinstance(large, PackedFacts):
            large.add(logged)
        if large is not None:
            return
        event = self._mapper.to_domain_event(
            StoredEvent(logged.originator_id, logged.originator_version, logged.topic, logged.state)
        )
        if owner.KEPT == "in_pieces":
            for value in event.__dict__.values():
                if not isinstance(value, Provenance):
                    self._pieces.share_parts(value)
        key = owner.key_of(event)
        rows = self._whole[owner]
        aggregate = rows.get(key)
        if aggregate is None:
            aggregate = rows[key] = owner.blank(key)
        event.mutate(aggregate)
        if isinstance(aggregate, Agreement):
            self._index_shares(aggregate)
        elif isinstance(aggregate, ExchangeRates) and aggregate.history is not None:
            self.rates[aggregate.key] = aggregate.history
        elif isinstance(aggregate, SettlementPeriod):
            self.periods[aggregate.key] = aggregate

    def _index_shares(self, agreement: Agreement) -> None:
        """Remember which versions of a share agreement speak of a location, by its key."""
        for version in agreement.versions:
            if version.terms.flow != "share":
                continue
            named = ShareVersion(agreement.key, version.number)
            for location in version.terms.split.locations:
                key = record_key(agreement.buyer, location)
                known = self._shares.get(key, ())
                if named not in known:
                    self._shares[key] = tuple(sorted((*known, named)))

    def find(self, kind: type[A], key: str) -> A | None:
        """Return a shared fact by its business key."""
        found: A | None = self._find[kind](key)
        return found

    def all_of(self, kind: type[A]) -> list[A]:
        """Return all facts of a kind, by key."""
        return list(self.each_of(kind))

    def each_of(self, kind: type[A]) -> Iterator[A]:
        """Yield all facts of a kind by key; of packed ones, only the one yielded is decoded."""
        large = self._large.get(kind)
        if large is not None:
            return large.each()
        return (cast("A", row) for _, row in sorted(self._whole[kind].items()))


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
        """Return all facts of a kind, by key; where there may be very many, ask `each_of`."""
        return self._facts.all_of(kind)

    def each_of(self, kind: type[A]) -> Iterator[A]:
        """Yield all facts of a kind by key; of packed ones, only the one yielded is decoded."""
        return self._facts.each_of(kind)

    def share_agreement(self, location_key: str, instant: datetime) -> tuple[Agreement, int] | None:
        """Return the share agreement in force at a location, and its version's number."""
        best: tuple[Agreement, int] | None = None
        best_from: datetime | None = None
        for key, number in self._facts._shares.get(location_key, ()):
            agreement = self.find(Agreement, key)
            version = agreement.version_valid_at(instant) if agreement else None
            if agreement is None or version is None or version.number != number:
                continue
            if best_from is None or version.valid_from > best_from:
                best, best_from = (agreement, number), version.valid_from
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

    def entity_of(self, party: Party, instant: datetime) -> LegalEntity | None:
        """Return the legal entity a party belongs to at an instant."""
        key = party.entity_at(instant)
        return self.find(LegalEntity, key) if key is not None else None

    def vat_party(self, entity: LegalEntity, day: date) -> VatParty:
        """Return what VAT needs to know of an entity on a day."""
        if self._own and (LegalEntity, entity.key) in self._own:
            # What this batch says of it is kept for nobody else: it may never be recorded.
            return entity.as_vat_party(day)
        cache = self._facts._vat_parties
        found = cache.get((entity.key, day))
        if found is None:
            found = cache[entity.key, day] = entity.as_vat_party(day)
        return found

    def treatment(
        self,
        kind: SupplyKind,
        charger_country: str,
        *,
        seller: LegalEntity,
        buyer: LegalEntity | None,
        tax_point: date,
        overrides: tuple[RateOverride, ...] = (),
    ) -> Treatment:
        """Decide how a supply between two entities is taxed, without a buyer one to a driver.

        Kept for all supplies that are alike. Refuses: VAT_RATE_MISSING, VAT_REGISTRATION_MISSING.
        """
        bought_by = buyer.key if buyer is not None else DRIVER
        key = TaxedAlike(kind, charger_country, seller.key, bought_by, tax_point, overrides)
        cache = self._facts._treatments
        found = cache.get(key)
        is_own = self._own and any((LegalEntity, row) in self._own for row in (key[2], key[3]))
        if found is None or is_own:
            buys = A_DRIVER if buyer is None else self.vat_party(buyer, tax_point)
            sells = self.vat_party(seller, tax_point)
            supply = Supply(kind, charger_country, sells, buys, tax_point)
            found = decide_treatment(supply, overrides)
            if not is_own:
                cache[key] = found
        return found

    def fx(
        self,
        *,
        from_currency: str,
        to_currency: str,
        rate_on: date,
        terms: FxTerms = OF_THE_DAY,
    ) -> FxDecision:
        """Decide a conversion for a day of service. Refuses: FX_RATE_MISSING."""
        cache = self._facts._fx
        key = (from_currency, to_currency, rate_on, terms)
        found = cache.get(key)
        if found is None:
            found = cache[key] = decide_fx(
                from_currency=from_currency,
                to_currency=to_currency,
                rate_on=rate_on,
                histories=self._facts.rates,
                terms=terms,
            )
        return found
