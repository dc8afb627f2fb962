"""Aggregates for the tests of the projections, made by the ledger: CDRs, parties, messages."""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

from ledger.application.intake import Intake, SenderCount, UnreadableMark
from ledger.books.entries import reversal_of
from ledger.books.rules import BookOf, entries_of
from ledger.books.split import Portion, waterfall
from ledger.pricing.lines import PricedLine
from ledger.pricing.tariff import Price
from ledger.roaming.cdr import Cdr
from ledger.roaming.clauses import Step
from ledger.roaming.legs import Booking, Comparison, Decision, Leg, SessionUse, TariffUse
from ledger.roaming.party import Party
from ledger.roaming.party_documents import PartyDocument
from ledger.roaming.statements import (
    CdrLocation,
    CdrStatement,
    ChargingPeriod,
    Dimension,
    Extension,
    GeoLocation,
    SessionStatement,
    Token,
)
from ledger.values.aggregate import recording_at
from ledger.values.provenance import Provenance, Source
from ledger.values.reasons import Reason, Refusal
from ledger.vat.decide import VatDecision

START = datetime(2026, 10, 5, 8, tzinfo=UTC)
CPO, EMSP, HUB, HOST = "NL*XYZ", "DE*EMP", "NL*HUB", "NL*HST"
BOOKS = {
    CPO: BookOf("xyz-bv", "EUR"),
    EMSP: BookOf("emp-gmbh", "EUR"),
    HUB: BookOf("hub-bv", "EUR"),
    HOST: BookOf("host-bv", "EUR"),
}
CDRS, SESSIONS = "clearwatt.cdrs.v1", "clearwatt.sessions.v1"
AGREEMENT = f"{CPO}>{EMSP}#1"


def provenance(number: int = 0, *, topic: str = CDRS, sender: str = CPO) -> Provenance:
    """Return who sent message `number`, and where it stands in its topic."""
    happened_at = START + timedelta(seconds=number)
    source = Source(topic, 0, number, sender, message_id=f"m-{number}")
    return Provenance(sender, "message", happened_at, happened_at + timedelta(hours=1), source)


def command(actor: str = "anna") -> Provenance:
    """Return a person at the command line."""
    return Provenance(actor, "asserted", START, START)


def session_statement(number: int) -> SessionStatement:
    """Return a completed session."""
    start = START + timedelta(seconds=number)
    return SessionStatement(
        country_code="NL",
        party_id="XYZ",
        id=f"S-{number}",
        start_date_time=start,
        end_date_time=start + timedelta(hours=1),
        kwh=Decimal("20.000"),
        cdr_token=Token("DE", "EMP", "ref-1", "APP_USER", "ref-2"),
        auth_method="AUTH_REQUEST",
        location_id="LOC1",
        evse_uid="1",
        connector_id="1",
        currency="EUR",
        status="COMPLETED",
        last_updated=start + timedelta(hours=1),
        ocpi_version="2.2.1",
    )


def cdr_statement(number: int) -> CdrStatement:
    """Return a CDR of 20 kWh at 0.50 EUR."""
    start = START + timedelta(seconds=number)
    return CdrStatement(
        country_code="NL",
        party_id="XYZ",
        id=f"CDR-{number}",
        start_date_time=start,
        end_date_time=start + timedelta(hours=1),
        cdr_token=Token("DE", "EMP", "ref-1", "APP_USER", "ref-2"),
        auth_method="AUTH_REQUEST",
        cdr_location=CdrLocation(
            "LOC1",
            "Stationsplein 1",
            "Utrecht",
            "NLD",
            GeoLocation("52.08", "5.11"),
            "1",
            "NL*XYZ*E1",
            "1",
            "IEC_62196_T2",
            "SOCKET",
            "AC_3_PHASE",
        ),
        currency="EUR",
        charging_periods=tuple(
            ChargingPeriod(
                start + timedelta(minutes=20 * part),
                (Dimension("ENERGY", Decimal("6.666")), Dimension("TIME", Decimal("0.3333"))),
                "T1",
            )
            for part in range(3)
        ),
        total_cost=Price(Decimal("10.00"), Decimal("12.10")),
        total_energy=Decimal("20.000"),
        total_time=Decimal(1),
        last_updated=start + timedelta(hours=1),
        ocpi_version="2.2.1",
        session_id=f"S-{number}",
        total_energy_cost=Price(Decimal("10.00")),
        time_zone="Europe/Amsterdam",
        clearwatt=Extension(
            meter_start_wh=Decimal(100000),
            meter_stop_wh=Decimal(120000),
            tariff_version="1",
        ),
    )


def _vat(country: str, percent: str, net: Decimal) -> VatDecision:
    vat = (net * Decimal(percent) / 100).quantize(Decimal("0.0001"))
    rule = "seller_in_place" if vat else "reverse_charge"
    category = "S" if vat else "AE"
    day = date(2026, 10, 5)
    why = "where it stands"
    return VatDecision(rule, country, category, Decimal(percent), vat, day, why, "2026-01")


def decision(
    number: int = 0,
    *,
    net: str = "10.0000",
    posted_month: str = "2026-10",
    late_of: str | None = None,
) -> Decision:
    """Return a decision with three legs (sale, hub fee, host's share) and six entries."""
    amount = Decimal(net)
    line = PricedLine(
        "ENERGY", "consumption", Decimal("20"), Decimal("0.50"), amount, amount, 0, 0, 0
    )
    shares = (Step(HOST, rate="3/20"), Step(CPO, remaining=True))
    split = waterfall(
        gross=amount,
        net=amount,
        energy_kwh=Decimal(20),
        steps=[
            Portion(step, f"split.steps[{place}]", f"{HOST}>{CPO}#1")
            for place, step in enumerate(shares)
        ],
        seller=CPO,
        in_sale_currency=lambda value, _: Fraction(value),
    )
    sales = (
        ("wholesale", CPO, EMSP, "sale", amount, _vat("NL", "21", amount)),
        ("fee", HUB, CPO, "fees[0]", Decimal("0.1000"), _vat("NL", "0", Decimal(0))),
        ("share", HOST, CPO, "split", split[0].amount, _vat("NL", "0", Decimal(0))),
    )
    legs = tuple(
        Leg(
            kind=kind,
            seller=seller,
            buyer=buyer,
            clause=clause,
            agreement_version=AGREEMENT,
            currency="EUR",
            net_exact=str(part),
            net=part,
            vat=vat,
            gross=part + vat.vat,
            tariff_version="NL*XYZ/t1@1" if kind == "wholesale" else None,
            lines=(line,) if kind == "wholesale" else (),
            split=split if kind == "wholesale" else (),
        )
        for kind, seller, buyer, clause, part, vat in sales
    )
    posted_on = date(2026, 10, 5) if late_of is None else date.fromisoformat(f"{posted_month}-01")
    return Decision(
        seller=CPO,
        buyer=EMSP,
        tariff=TariffUse("NL*XYZ/t1", 1, "ab" * 32, (1,)),
        agreement=AGREEMENT,
        time_zone="Europe/Amsterdam",
        booking=booking(posted_month, posted_on, late_of),
        legs=legs,
        entries=tuple(
            entry
            for index, leg in enumerate(legs)
            for entry in entries_of(leg, index, seller=BOOKS[leg.seller], buyer=BOOKS[leg.buyer])
        ),
        comparisons=(Comparison("total_cost", amount, amount, Decimal("0.01"), Decimal(0)),),
        visible_to=(CPO, EMSP, HOST, HUB),
        depends_on=("tariff:NL*XYZ/t1", f"agreement:{CPO}>{EMSP}"),
        approval="at_once",
        session=SessionUse(f"NL*XYZ/s-{number}", 1, "session_id"),
        location="NL*XYZ/loc1",
    )


def booking(month: str = "2026-10", day: date | None = None, late_of: str | None = None) -> Booking:
    """Return a booking of a service on 5 October."""
    service_on = date(2026, 10, 5)
    service_period = "ALL/2026-10"
    return Booking(service_on, service_period, day or service_on, f"ALL/{month}", month, late_of)


def cdr_of(number: int) -> Cdr:
    """Return a CDR nobody has heard of."""
    return Cdr.blank(f"{CPO}/cdr-{number}")


def accept(cdr: Cdr, number: int, decided: Decision | None = None, because: str = "") -> Cdr:
    """Accept a CDR."""
    cdr.accept(
        cdr_statement(number),
        content_sha256=f"{number:064x}",
        decision=decided or decision(number),
        provenance=provenance(number),
        because=because or "message",
    )
    return cdr


def hold(cdr: Cdr, number: int, *refusals: Refusal) -> Cdr:
    """Hold a CDR, because its session is missing unless told otherwise."""
    missing = Refusal(Reason.SESSION_MISSING, "session_id", expected=f"S-{number}")
    cdr.hold(
        cdr_statement(number),
        content_sha256=f"{number:064x}",
        refusals=refusals or (missing,),
        provenance=provenance(number),
    )
    return cdr


def redecide(cdr: Cdr, decided: Decision | None, back: Booking | None = None) -> Cdr:
    """Decide an accepted CDR again."""
    assert cdr.decision is not None
    missing = Refusal(Reason.TARIFF_MISSING, "tariffs", expected="T1")
    cdr.decide_again(
        decision=decided,
        refusals=() if decided else (missing,),
        reversal=tuple(reversal_of(entry) for entry in cdr.decision.entries),
        reversal_booking=back or cdr.decision.booking,
        because="tariff:NL*XYZ/t1",
        provenance=provenance(90001, topic="clearwatt.tariff-versions.v1"),
        decided_at=START,
    )
    return cdr


def parties() -> Iterator[Party]:
    """Yield the four parties, each with a book of its own."""
    for key, book in BOOKS.items():
        party = Party.blank(key)
        party.register(PartyDocument(key, ("CPO",), book.entity), provenance=command())
        yield party


def consumed(
    intake: Intake,
    *,
    since: int,
    received: int,
    counts: Iterable[SenderCount],
    unreadable: Iterable[UnreadableMark] = (),
    topic: str = CDRS,
) -> Intake:
    """Consume messages of partition 0 from an offset on."""
    intake.consume(
        topic=topic,
        partition=0,
        from_offset=since,
        next_offset=since + received,
        received=received,
        epoch=1,
        counts=tuple(counts),
        unreadable=tuple(unreadable),
        provenance=command("clearwatt"),
    )
    return intake


def accepted_cdrs(count: int, *, first: int = 0) -> Iterator[Cdr]:
    """Yield accepted CDRs."""
    for number in range(first, first + count):
        with recording_at(START + timedelta(hours=2, seconds=number)):
            yield accept(cdr_of(number), number)
