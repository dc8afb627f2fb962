"""What partners state in the ledger's tests: tariffs, sessions, CDRs and locations, as commands."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from msgspec.structs import replace

from ledger.application.commands import (
    AcceptCdr,
    ReceiveTariff,
    RecordLocation,
    UpdateSession,
)
from ledger.pricing.tariff import Price, PriceComponent, TariffElement, TariffStatement
from ledger.roaming.places import LocationStatement
from ledger.roaming.statements import (
    CdrLocation,
    CdrStatement,
    ChargingPeriod,
    Dimension,
    GeoLocation,
    SessionStatement,
    Token,
)
from tests.ledger_cast import CPO, EMSP, YEAR_BEGINS

ALPHA_3 = {"NL": "NLD", "CH": "CHE", "NO": "NOR"}


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
    location: str = "LOC1",
    evse: str | None = None,
    uid: str = "04A1B2C3",
    **more: Any,
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
            token(by, uid),
            "WHITELIST",
            location,
            evse or f"E-{id}",
            "1",
            "EUR",
            status,
            updated or ended,
            **({"end_date_time": ended if status == "COMPLETED" else None} | more),
        )
    )


def credit_of(original: AcceptCdr, id: str, **more: Any) -> AcceptCdr:
    """Return the credit CDR of a CDR: all of it again, only the total negative."""
    stated = original.statement
    negative = {"total_cost": Price(-stated.total_cost.before_taxes)}
    cancelling = {"id": id, "credit": True, "credit_reference_id": stated.id}
    return AcceptCdr(replace(stated, **(cancelling | negative | more)))


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
    evse: str | None = None,
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
            cdr_location=place(of, location, evse or f"E-{id}"),
            currency=currency,
            total_cost=Price(Decimal(total)),
            total_energy=Decimal(kwh),
            total_time=Decimal(1),
            last_updated=stated["end_date_time"],
            **stated,
        )
    )


def place(of: str, location: str, evse: str = "E1") -> CdrLocation:
    """Return a CPO's location as a CDR freezes it; each charge has an EVSE of its own."""
    country, party_id = of.split("*")
    return CdrLocation(
        location,
        "Laan 1",
        "Den Haag",
        ALPHA_3[country],
        GeoLocation("52.1", "4.3"),
        evse,
        f"{country}*{party_id}*{evse}",
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
            ALPHA_3[country],
            GeoLocation("52.1", "4.3"),
            updated,
            time_zone,
        )
    )
