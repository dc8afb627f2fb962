"""A small world of roaming for the tests of the ledger.

Read in this order: the cast (parties, entities, terms), statements as partners send them, the
`World` that feeds a real ledger and looks at its log, and journals as text.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import psycopg
from eventsourcing.persistence import StoredEvent

from ledger.application.commands import (
    AcceptCdr,
    By,
    MessageCommand,
    RawMessage,
    Received,
    ReceiveTariff,
    RecordLocation,
    Slice,
    UpdateSession,
)
from ledger.application.ledger import Ledger
from ledger.application.registration import (
    agree,
    import_rates,
    register_actor,
    register_entity,
    register_party,
)
from ledger.application.store import LoggedEvent
from ledger.fx.rates import PublishedRate, RateHistory
from ledger.log import install, open_ledger
from ledger.pricing.tariff import Price, PriceComponent, TariffElement, TariffStatement
from ledger.roaming.cdr import Cdr
from ledger.roaming.party import EntityDocument, PartyDocument, VatRegistration
from ledger.roaming.statements import (
    CdrLocation,
    CdrStatement,
    ChargingPeriod,
    Dimension,
    GeoLocation,
    LocationStatement,
    SessionStatement,
    Token,
)
from ledger.roaming.terms import Fee, SplitShare, SplitTerms, Terms
from ledger.values.entries import Entry
from ledger.values.outcomes import Outcome
from ledger.values.provenance import Source

SUBJECT_KEY = b"a key that protects nobody"
YEAR_BEGINS = datetime(2026, 1, 1, tzinfo=UTC)
RECORDED_AT = datetime(2026, 11, 2, 9, tzinfo=UTC)
BY_ADMIN = By("anna", "asserted", RECORDED_AT)
BY_FINANCE = By("finn", "asserted", RECORDED_AT)
TOPICS = {
    RecordLocation: "clearwatt.locations.v1",
    ReceiveTariff: "clearwatt.tariff-versions.v1",
    UpdateSession: "clearwatt.sessions.v1",
    AcceptCdr: "clearwatt.cdrs.v1",
}


# The cast.

CPO, SWISS_CPO, EMSP, FRENCH_EMSP = "NL*XYZ", "CH*ALP", "DE*EMP", "FR*MOB"
CLEARING, HOST = "NL*CLR", "NL*HST"

Fact = Callable[[Ledger], None]
"""A command of a person, to be carried out on a ledger at any time."""


def registered(country: str) -> VatRegistration:
    """Return a VAT registration since 2018."""
    return VatRegistration(country, f"{country}123456789", date(2018, 1, 1))


ENTITIES = {
    "xyz-bv": EntityDocument("XYZ B.V.", "NL", "EUR", (registered("NL"),), date(2018, 1, 1)),
    "alp-ag": EntityDocument("Alp AG", "CH", "CHF", (registered("CH"),), date(2018, 1, 1)),
    "emp-gmbh": EntityDocument("EMP GmbH", "DE", "EUR", (registered("DE"),), date(2018, 1, 1)),
    "mob-sas": EntityDocument("Mob SAS", "FR", "EUR", (registered("FR"),), date(2018, 1, 1)),
    "clr-bv": EntityDocument("Clearing B.V.", "NL", "EUR", (registered("NL"),)),
    "hst-bv": EntityDocument("Host B.V.", "NL", "EUR", (registered("NL"),)),
}
PARTIES = {
    CPO: PartyDocument("XYZ", ("CPO",), "xyz-bv"),
    SWISS_CPO: PartyDocument("Alp", ("CPO",), "alp-ag"),
    EMSP: PartyDocument("EMP", ("EMSP",), "emp-gmbh"),
    FRENCH_EMSP: PartyDocument("Mob", ("EMSP",), "mob-sas"),
    CLEARING: PartyDocument("Clearing", ("CLEARING_HOUSE",), "clr-bv"),
    HOST: PartyDocument("Host", ("SITE_HOST",), "hst-bv"),
}
ONE_PERCENT = Fee("clearing", "seller", CLEARING, "net", rate="1/100")
ROAMING = Terms(fees=(ONE_PERCENT,))


def shared_with_host(rate: str, *locations: str) -> Terms:
    """Return the terms of a site host's share of what its locations sell."""
    shares = (SplitShare(HOST, rate=rate), SplitShare(CPO, remaining=True))
    return Terms(flow="share", split=SplitTerms(locations, shares))


def swiss_rates(until: date, *rates: tuple[date, str]) -> RateHistory:
    """Return publications of the Swiss franc from 2026-09-30, covering the days up to `until`."""
    published = [(date(2026, 9, 30), "0.9400"), *rates]
    return RateHistory(
        "CHF",
        "ECB",
        date(2026, 9, 30),
        until,
        tuple(PublishedRate(day, Decimal(rate)) for day, rate in published),
    )


OCTOBER_RATES = swiss_rates(date(2026, 10, 31), (date(2026, 10, 12), "0.9375"))


def entity(key: str, document: EntityDocument | None = None) -> Fact:
    """Return the registration of an entity."""
    return lambda ledger: register_entity(ledger, key, document or ENTITIES[key], by=BY_FINANCE)


def party(key: str) -> Fact:
    """Return the registration of a party."""
    return lambda ledger: register_party(ledger, key, PARTIES[key], by=BY_FINANCE)


def agreement(
    seller: str,
    buyer: str,
    terms: Terms = ROAMING,
    *,
    valid_from: datetime = YEAR_BEGINS,
    valid_until: datetime | None = None,
) -> Fact:
    """Return an agreement's version, written by Anna and approved by Finn."""
    return lambda ledger: agree(
        ledger,
        seller=seller,
        buyer=buyer,
        terms=terms,
        valid_from=valid_from,
        valid_until=valid_until,
        author="anna",
        by=BY_FINANCE,
    )


def rates(history: RateHistory = OCTOBER_RATES) -> Fact:
    """Return an import of exchange rates."""
    return lambda ledger: import_rates(ledger, history, by=BY_FINANCE)


CAST: tuple[Fact, ...] = (
    *(entity(key) for key in ENTITIES),
    *(party(key) for key in PARTIES),
)
AGREEMENTS: tuple[Fact, ...] = (
    agreement(CPO, EMSP),
    agreement(CPO, FRENCH_EMSP),
    agreement(SWISS_CPO, EMSP),
    agreement(SWISS_CPO, FRENCH_EMSP),
)


# What partners state.


def october(day: int, hour: int = 10, minute: int = 0) -> datetime:
    """Return an instant in October 2026, UTC."""
    return datetime(2026, 10, day, hour, minute, tzinfo=UTC)


def tariff(
    *components: tuple[str, str, int],
    of: str = CPO,
    id: str = "T1",
    currency: str = "EUR",
    updated: datetime = YEAR_BEGINS,
    **more: Any,
) -> ReceiveTariff:
    """Return a tariff of (dimension, price, step size) without restrictions."""
    country, party_id = of.split("*")
    priced = tuple(PriceComponent(kind, Decimal(price), step) for kind, price, step in components)
    return ReceiveTariff(
        TariffStatement(country, party_id, id, currency, (TariffElement(priced),), updated, **more)
    )


def session(
    id: str,
    *,
    of: str = CPO,
    by: str = EMSP,
    at: datetime | None = None,
    kwh: str = "10",
    status: str = "COMPLETED",
    updated: datetime | None = None,
) -> UpdateSession:
    """Return an update of a session that lasted an hour."""
    country, party_id = of.split("*")
    started = at or october(10)
    ended = started + timedelta(hours=1)
    return UpdateSession(
        SessionStatement(
            country,
            party_id,
            id,
            "2.2.1",
            started,
            Decimal(kwh),
            token(by),
            "WHITELIST",
            "LOC1",
            "E1",
            "1",
            "EUR",
            status,
            updated or ended,
            end_date_time=ended if status == "COMPLETED" else None,
        )
    )


def token(of: str, uid: str = "04A1B2C3") -> Token:
    """Return a driver's token, issued by an eMSP."""
    country, party_id = of.split("*")
    return Token(country, party_id, uid, "RFID", f"{country}-{party_id}-C{uid}")


def cdr(
    id: str,
    total: str,
    *,
    of: str = CPO,
    by: str = EMSP,
    at: datetime | None = None,
    kwh: str = "10",
    tariff_id: str = "T1",
    location: str = "LOC1",
    currency: str = "EUR",
    uid: str = "04A1B2C3",
    **more: Any,
) -> AcceptCdr:
    """Return a CDR of one hour of charging whose session has the same id."""
    country, party_id = of.split("*")
    started = at or october(10)
    measured = (Dimension("ENERGY", Decimal(kwh)), Dimension("TIME", Decimal(1)))
    stated: dict[str, Any] = {
        "end_date_time": started + timedelta(hours=1),
        "charging_periods": (ChargingPeriod(started, measured, tariff_id),),
        "session_id": id,
        "time_zone": "Europe/Zurich" if country == "CH" else "Europe/Amsterdam",
    } | more
    return AcceptCdr(
        CdrStatement(
            country_code=country,
            party_id=party_id,
            id=id,
            ocpi_version="2.2.1",
            start_date_time=started,
            cdr_token=token(by, uid),
            auth_method="WHITELIST",
            cdr_location=place(of, location),
            currency=currency,
            total_cost=Price(Decimal(total)),
            total_energy=Decimal(kwh),
            total_time=Decimal(1),
            last_updated=stated["end_date_time"],
            **stated,
        )
    )


def place(of: str, location: str) -> CdrLocation:
    """Return a CPO's location as a CDR freezes it."""
    country, party_id = of.split("*")
    return CdrLocation(
        location,
        "Laan 1",
        "Den Haag",
        {"NL": "NLD", "CH": "CHE"}[country],
        GeoLocation("52.1", "4.3"),
        "E1",
        f"{country}*{party_id}*E1",
        "1",
        "IEC_62196_T2_COMBO",
        "CABLE",
        "DC",
    )


def location(
    id: str, time_zone: str, *, of: str = CPO, updated: datetime = YEAR_BEGINS
) -> RecordLocation:
    """Return a location that says its time zone."""
    country, party_id = of.split("*")
    return RecordLocation(
        LocationStatement(
            country,
            party_id,
            id,
            "Laan 1",
            "Den Haag",
            {"NL": "NLD", "CH": "CHE"}[country],
            GeoLocation("52.1", "4.3"),
            updated,
            time_zone,
        )
    )


def sender_of(command: MessageCommand) -> str:
    """Return the party that a message speaks for."""
    return f"{command.statement.country_code}*{command.statement.party_id}"


# The ledger, fed as a consumer feeds it.


@dataclass
class Consumer:
    """A consumer of one partition of all topics: its epochs and how far it has read."""

    ledger: Ledger
    partition: int = 0
    topics: tuple[str, ...] = tuple(TOPICS.values())
    received_at: datetime = RECORDED_AT
    next_offsets: dict[str, int] = field(default_factory=dict)
    epochs: dict[str, int] = field(default_factory=dict)

    def take_over(self) -> "Consumer":
        """Become the owner of the partition and continue where the database says."""
        for assigned in self.ledger.store.take_over(self.topics, self.partition):
            self.epochs[assigned.topic] = assigned.epoch
            self.next_offsets[assigned.topic] = assigned.next_offset or 0
        return self

    def send(
        self,
        *commands: MessageCommand,
        sender: str | None = None,
        recorded_at: datetime = RECORDED_AT,
    ) -> dict[Outcome, int]:
        """Hand over one batch; return the outcomes counted."""
        batches: dict[str, list[MessageCommand]] = {}
        for command in commands:
            batches.setdefault(TOPICS[type(command)], []).append(command)
        slices = [self._slice(topic, batch, sender) for topic, batch in batches.items()]
        counted = self.ledger.take(slices, recorded_at=recorded_at)
        self.next_offsets.update({part.topic: part.next_offset for part in slices})
        return counted

    def _slice(self, topic: str, commands: Sequence[MessageCommand], sender: str | None) -> Slice:
        begin = self.next_offsets[topic]
        messages = tuple(
            Received(
                Source(topic, self.partition, offset, sender or sender_of(command)),
                self.received_at,
                command,
                raw=RawMessage(b"key", b"value", (("cw-sender", b"x"),)),
            )
            for offset, command in enumerate(commands, begin)
        )
        end = begin + len(messages)
        return Slice(topic, self.partition, begin, end, self.epochs[topic], messages)


class World:
    """A ledger on a real database, its consumer, and a look at what it recorded."""

    def __init__(self, url: str, *facts: Fact) -> None:
        install(url)
        self.url = url
        self.ledger = open_ledger(url, subject_key=SUBJECT_KEY)
        self.consumer = Consumer(self.ledger).take_over()
        register_actor(self.ledger, "anna", ("admin",), by=BY_ADMIN)
        register_actor(self.ledger, "finn", ("finance",), by=BY_ADMIN)
        self.learn(*facts)

    def close(self) -> None:
        """Leave the database."""
        self.ledger.store.connection.close()

    def learn(self, *facts: Fact) -> None:
        """Carry out commands of people."""
        for fact in facts:
            fact(self.ledger)

    def send(self, *commands: MessageCommand, **options: Any) -> dict[Outcome, int]:
        """Hand over one batch and draw the consequences of what is recorded."""
        counted = self.consumer.send(*commands, **options)
        self.settle(recorded_at=options.get("recorded_at", RECORDED_AT))
        return counted

    def settle(self, recorded_at: datetime = RECORDED_AT) -> None:
        """Draw the consequences of every recorded fact."""
        while self.ledger.release(recorded_at=recorded_at):
            pass

    def events(self) -> Iterator[Any]:
        """Yield every recorded event in order."""
        position = 0
        while page := self.ledger.store.page_after(position):
            for row in page:
                yield self.ledger.event_mapper.to_domain_event(stored_of(row))
            position = page[-1].position

    def topics_of(self, key: str) -> list[str]:
        """Return the topics of a CDR's events, in order."""
        return [event.TOPIC for event in self.events() if getattr(event, "cdr", None) == key]

    def cdr(self, id: str, of: str = CPO) -> Cdr:
        """Return a CDR as recorded."""
        found = Cdr.blank(f"{of}/{id.lower()}")
        for stored in self.ledger.store.events_of([found.id]).get(found.id, ()):
            self.ledger.event_mapper.to_domain_event(stored).mutate(found)
        return found

    def reasons(self, id: str, of: str = CPO) -> list[str]:
        """Return why a CDR is held."""
        return [refusal.reason.value for refusal in self.cdr(id, of).refusals]

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """Ask the database as its owner."""
        with psycopg.connect(self.url) as connection:
            return connection.execute(query.encode(), values).fetchall()

    def decided_state(self) -> dict[str, Any]:
        """Return what is decided: the same, whatever the order in which things arrived."""
        cdrs: dict[str, Cdr] = {}
        booked: dict[tuple[str, ...], list[Decimal]] = {}
        for event in self.events():
            if not event.TOPIC.startswith("cdr."):
                continue
            event.mutate(cdrs.setdefault(event.cdr, Cdr.blank(event.cdr)))
            if event.TOPIC == "cdr.redecided.v1":
                _book(booked, event.reversal, event.reversal_booking.service_period)
            decision = getattr(event, "decision", None)
            if decision is not None:
                _book(booked, decision.entries, decision.booking.service_period)
        return {
            "cdrs": {key: _decided(found) for key, found in cdrs.items()},
            "balances": {key: tuple(sums) for key, sums in booked.items() if any(sums)},
        }


def stored_of(row: LoggedEvent) -> StoredEvent:
    """Return a logged event as the mapper reads it."""
    return StoredEvent(row.originator_id, row.originator_version, row.topic, row.state)


def _decided(found: Cdr) -> dict[str, Any]:
    decision = found.decision
    if decision is None:
        return {"state": found.state, "reasons": sorted(r.reason.value for r in found.refusals)}
    return {
        "state": found.state,
        "tariff": (decision.tariff.tariff, decision.tariff.content_sha256),
        "legs": [
            (leg.kind, leg.seller, leg.buyer, leg.currency, leg.net, leg.gross, leg.vat.rule)
            for leg in decision.legs
        ],
        "service": (decision.booking.service_on, decision.booking.service_period),
    }


def _book(
    booked: dict[tuple[str, ...], list[Decimal]], entries: Iterable[Entry], service_period: str
) -> None:
    for entry in entries:
        for posting in entry.postings:
            sign = 1 if posting.side == "debit" else -1
            key = (entry.book, posting.account, entry.currency, service_period)
            sums = booked.setdefault(key, [Decimal(0), Decimal(0)])
            sums[0] += sign * posting.amount
            sums[1] += sign * posting.book_amount


# Journals as the paper would have them.


def journal(text: str) -> list[str]:
    """Return a journal written as text, one line a posting, spaces for the eye only."""
    return [" ".join(line.split()) for line in text.splitlines() if line.strip()]


def as_journal(entries: Iterable[Entry]) -> list[str]:
    """Return entries in the words of `journal`; the book's own amount where it is another."""
    lines = []
    for entry in entries:
        lines.append(f"{entry.book} {entry.rule}{' reversed' if entry.reverses else ''}")
        for posting in entry.postings:
            own = f" = {posting.book_amount} {entry.book_currency}"
            lines.append(
                f"{posting.side} {posting.account} {posting.amount} {entry.currency}"
                + (own if entry.book_currency != entry.currency else "")
            )
    return lines
