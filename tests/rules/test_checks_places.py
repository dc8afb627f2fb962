"""Checks of the place, its meter, the signed data, the tax and the delivery."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from ledger.evidence.problems import Problem, ProblemCode
from ledger.evidence.signed_data import SignedEvidence
from ledger.pricing.tariff import Price
from ledger.roaming.checks.candidate import Meter
from ledger.roaming.remaps import Moved
from ledger.roaming.site_version import Suspension
from ledger.roaming.terms import Evidence, Sla, Terms, VatTerms
from ledger.vat.overrides import RateOverride
from tests.ledger_checks import (
    BLINK,
    CHARGER,
    ENDED,
    PLACE,
    STARTED,
    Case,
    candidate,
    check_case,
    fires,
    passes,
)
from tests.ledger_statements import cdr, october
from tests.site_world import remap_of

HOURS, DAYS = timedelta(hours=1), timedelta(days=1)
NINE = Terms(
    vat=VatTerms(
        overrides=(
            RateOverride("NL", "electricity", Decimal(9), "S", date(2026, 1, 1), None, "a ruling"),
        )
    )
)
DEMANDED = Terms(evidence=Evidence(signed_data=True))
FREEZES = cdr("C1", "5.00").statement.cdr_location
READ = SignedEvidence("OCMF", "verified", energy_wh=Decimal(10_000), is_complete=True)
UNREAD = replace(
    READ, energy_wh=None, problems=(Problem(ProblemCode.SIGNED_DATA_EMPTY, "signed_values"),)
)
NOT_VERIFIED = replace(READ, status="not_verified")


def calibrated(until: datetime | None) -> Any:
    return candidate(meter=Meter(is_legal_for_billing=True, calibrated_until=until))


CLOSED = Suspension(october(1), "the road is closed")


def moved(since: datetime) -> Any:
    remap = remap_of("NL*XYZ/loc1/E1", "NL*XYZ/b/E9", since)
    return candidate(moved=Moved(remap.new, remap))


def arriving(after: timedelta, terms: Terms = Terms()) -> Any:  # noqa: B008
    return candidate(received_at=ENDED + after, terms=terms)


def taxed(before: str, after: str | None, country: str = "NLD", **changes: Any) -> Any:
    price = Price(Decimal(before), None if after is None else Decimal(after))
    place = replace(FREEZES, country=country)
    own = {name: changes.pop(name) for name in ("terms",) if name in changes}
    return candidate({"total_cost": price, "cdr_location": place} | changes, **own)


PLACES = [
    passes("LOCATION_UNKNOWN", "in the register", candidate()),
    fires("LOCATION_UNKNOWN", "nowhere", candidate(place=None, connector=None), "got LOC1"),
    passes("CONNECTOR_UNKNOWN", "in the register", candidate()),
    fires("CONNECTOR_UNKNOWN", "not there", candidate(connector=None), "got E-C1/1"),
    passes(
        "CONNECTOR_UNKNOWN",
        "where the location is not known, that is what is said",
        candidate(place=None, connector=None),
    ),
    passes("METER_NOT_LEGAL", "the register says nothing", candidate()),
    passes("METER_NOT_LEGAL", "legal", candidate(meter=Meter(is_legal_for_billing=True))),
    fires("METER_NOT_LEGAL", "not legal", candidate(meter=Meter(is_legal_for_billing=False))),
    passes("METER_OUT_OF_CALIBRATION", "no end is known", calibrated(None)),
    passes("METER_OUT_OF_CALIBRATION", "until after the charge", calibrated(ENDED + BLINK)),
    fires("METER_OUT_OF_CALIBRATION", "until its end", calibrated(ENDED), "until 2026-10-10"),
    passes("LOCATION_MOVED", "by its own name", candidate()),
    fires("LOCATION_MOVED", "gone since the start", moved(STARTED), "b/e9 since 2026-10-10T10"),
    fires("LOCATION_MOVED", "not there yet", moved(STARTED + BLINK), "b/e9 until 2026-10-10T10"),
    passes("SITE_NOT_VALID", "valid, or not known", candidate()),
    passes("SITE_SUSPENDED", "nobody suspended it", candidate()),
    fires("SITE_SUSPENDED", "somebody did", candidate(suspension=CLOSED), "since 2026-10-01T10"),
    fires("SITE_NOT_VALID", "no version covers the start", candidate(is_site_valid=False), "LOC1"),
]
EVIDENCE = [
    passes("SIGNED_DATA_MISSING", "not demanded", candidate()),
    fires("SIGNED_DATA_MISSING", "demanded", candidate(terms=DEMANDED), "expected signed readings"),
    passes("SIGNED_DATA_MISSING", "there", candidate(terms=DEMANDED, evidence=READ)),
    fires(
        "SIGNED_DATA_MISSING",
        "there and unreadable, with why",
        candidate(terms=DEMANDED, evidence=UNREAD),
        "SIGNED_DATA_EMPTY",
    ),
    passes("SIGNED_DATA_FALSE", "none", candidate()),
    passes("SIGNED_DATA_FALSE", "verified", candidate(evidence=READ)),
    passes("SIGNED_DATA_FALSE", "not verified", candidate(evidence=NOT_VERIFIED)),
    fires(
        "SIGNED_DATA_FALSE",
        "false, though nobody demanded it",
        candidate(evidence=replace(READ, status="failed")),
    ),
    passes("SIGNED_DATA_NOT_VERIFIED", "none", candidate()),
    passes("SIGNED_DATA_NOT_VERIFIED", "verified", candidate(evidence=READ)),
    fires("SIGNED_DATA_NOT_VERIFIED", "no key", candidate(evidence=NOT_VERIFIED), "no public key"),
]
# 21 % in the Netherlands on 2026-10-10: 5.00 and 1.05 of tax
TAX = [
    passes("TAX_IMPLAUSIBLE", "none stated", taxed("5.00", None)),
    passes("TAX_IMPLAUSIBLE", "no tax at all", taxed("5.00", "5.00")),
    passes("TAX_IMPLAUSIBLE", "the rate of the country", taxed("5.00", "6.05")),
    passes("TAX_IMPLAUSIBLE", "a cent more", taxed("5.00", "6.06")),
    fires(
        "TAX_IMPLAUSIBLE",
        "more than a cent",
        taxed("5.00", "6.0601"),
        "expected 6.05 at 21 %, or no tax, got 6.0601",
    ),
    passes("TAX_IMPLAUSIBLE", "a cent less", taxed("5.00", "6.04")),
    fires("TAX_IMPLAUSIBLE", "less than that", taxed("5.00", "6.0399")),
    fires("TAX_IMPLAUSIBLE", "the rate of another country", taxed("5.00", "6.05", "DEU"), "at 19"),
    passes("TAX_IMPLAUSIBLE", "an agreed rate", taxed("5.00", "5.45", terms=NINE)),
    passes("TAX_IMPLAUSIBLE", "some at each rate", taxed("5.00", "5.80", terms=NINE)),
    fires("TAX_IMPLAUSIBLE", "less than any rate", taxed("5.00", "5.40", terms=NINE), "at 21 %"),
    passes("TAX_IMPLAUSIBLE", "a country that is none", taxed("5.00", "6.05", "XXX")),
    fires(
        "TAX_IMPLAUSIBLE",
        "the rate that was in force half a year before",
        taxed("100", "116", "DEU", end_date_time=datetime(2021, 1, 1, tzinfo=UTC)),
    ),
    passes(
        "TAX_IMPLAUSIBLE",
        "while it was in force",
        taxed("100", "116", "DEU", end_date_time=datetime(2020, 12, 31, tzinfo=UTC)),
    ),
]
DELIVERY = [
    passes("DELIVERED_LATE", "after a day", arriving(24 * HOURS)),
    fires("DELIVERED_LATE", "a blink more", arriving(24 * HOURS + BLINK), "expected within 24 h"),
    fires("DELIVERED_LATE", "by the terms", arriving(25 * HOURS, Terms(sla=Sla(delivery_h=8)))),
    passes("CDR_TOO_OLD", "after half a year", arriving(180 * DAYS)),
    fires("CDR_TOO_OLD", "a blink more", arriving(180 * DAYS + BLINK), "at most 180 days"),
    fires("CDR_TOO_OLD", "by the terms", arriving(8 * DAYS, Terms(age_limit_days=7))),
]
TABLE = [*PLACES, *EVIDENCE, *TAX, *DELIVERY]


@pytest.mark.parametrize("case", TABLE, ids=str)
def test_a_check_of_place_evidence_tax_and_delivery_fires_at_its_bound(case: Case) -> None:
    check_case(case)


@pytest.mark.parametrize(
    ("evse_uid", "connector_id", "is_known"),
    [("E-C1", "1", True), ("e-c1", "1", True), ("E-C1", "2", False), ("E2", "1", False)],
)
def test_ids_of_the_register_compare_whatever_their_case(evse_uid, connector_id, is_known):
    assert PLACE.connector(evse_uid, connector_id) == (CHARGER if is_known else None)
