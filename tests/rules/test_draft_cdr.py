"""Drafted CDRs: what a completed session is billed at, and of which sessions none is drafted."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from console.drafting.cdr import draft_cdr
from console.drafting.files import FileRegister
from console.drafting.register import Register
from console.imports.catalogue import Catalogue
from ledger.pricing.price import price
from ledger.pricing.tariff import TariffStatement
from ledger.roaming.charged import charge_of
from ledger.roaming.statements import CdrStatement
from ledger.values.reasons import Reason, Refused
from schemas import CdrV1, LocationV1, SessionV1, TariffVersionV1, from_ocpi_json
from tests.ocpp_world import EXAMPLES

EVENING = datetime(2026, 10, 5, 18, tzinfo=UTC)
"""20:00 in Amsterdam, an hour before the night's price of 0.40 begins."""


class Known:
    """A register of the examples' location, tariffs, and an agreement's wholesale tariff."""

    def __init__(
        self,
        *tariffs: dict[str, Any],
        offers: tuple[str, ...] = ("XYZ-AC",),
        wholesale: str | None = None,
    ) -> None:
        place = from_ocpi_json("location", (EXAMPLES / "location.json").read_bytes())
        assert isinstance(place, LocationV1)
        connector = place.evses[0].connectors[0].model_copy(update={"tariff_ids": offers})
        evse = place.evses[0].model_copy(update={"connectors": (connector,)})
        place = place.model_copy(update={"evses": (evse,)})
        lines = (EXAMPLES / "tariffs.jsonl").read_bytes().splitlines()
        own = [from_ocpi_json("tariff", row) for row in lines]
        versions = [row for row in own if isinstance(row, TariffVersionV1)]
        changed = [versions[0].model_copy(update=row) for row in tariffs]
        files = FileRegister(Catalogue([place], [*versions, *changed]))
        self.place, self.tariff = files.place, files.tariff
        self._wholesale = wholesale

    def wholesale(self, seller: str, buyer: str, at: datetime) -> str | None:
        return self._wholesale


def session(*periods: dict[str, Any], minutes: int = 120, **changes: Any) -> SessionV1:
    """Return a completed session of 8 kWh in the evening."""
    document = {
        "country_code": "NL",
        "party_id": "XYZ",
        "id": "S-17",
        "start_date_time": EVENING,
        "end_date_time": EVENING + timedelta(minutes=minutes),
        "kwh": Decimal(8),
        "cdr_token": {
            "country_code": "DE",
            "party_id": "EMP",
            "uid": "04A2B3C4",
            "type": "RFID",
            "contract_id": "DE-EMP-C00000017",
        },
        "auth_method": "WHITELIST",
        "location_id": "LAAN",
        "evse_uid": "LAAN-1",
        "connector_id": "1",
        "currency": "EUR",
        "charging_periods": periods,
        "status": "COMPLETED",
        "last_updated": EVENING + timedelta(minutes=minutes),
        "ocpi_version": "2.2.1",
    }
    return SessionV1(**(document | changes))


def period(minutes: int, tariff_id: str | None = None, **volumes: str) -> dict[str, Any]:
    """Return a charging period that begins so many minutes after the session."""
    dimensions = [{"type": name, "volume": Decimal(text)} for name, text in volumes.items()]
    return {
        "start_date_time": EVENING + timedelta(minutes=minutes),
        "dimensions": dimensions,
        "tariff_id": tariff_id,
    }


def volumes(cdr: CdrV1) -> list[tuple[str, dict[str, str]]]:
    """Return each period's local hour of beginning, and its quantities."""
    return [
        (
            f"{row.start_date_time:%H:%M}",
            {part.type: str(part.volume.normalize()) for part in row.dimensions},
        )
        for row in cdr.charging_periods
    ]


def refused(of: SessionV1, register: Register | None = None) -> list[Reason]:
    with pytest.raises(Refused) as found:
        draft_cdr(of, register or Known())
    return [refusal.reason for refusal in found.value.refusals]


def test_a_session_without_periods_is_one_cut_where_the_price_changes() -> None:
    cdr = draft_cdr(session(), Known())
    assert volumes(cdr) == [
        ("18:00", {"ENERGY": "4", "TIME": "1"}),
        ("19:00", {"ENERGY": "4", "TIME": "1"}),
    ]
    # 4 kWh at 0.60, 4 at 0.40, 0.50 a session; 21 % VAT
    stated = (cdr.total_energy_cost, cdr.total_fixed_cost, cdr.total_cost)
    assert [(row.before_taxes, row.after_taxes) for row in stated if row] == [
        (Decimal("4.0000"), Decimal("4.8400")),
        (Decimal("0.5000"), Decimal("0.6050")),
        (Decimal("4.5000"), Decimal("5.4450")),
    ]
    assert (cdr.total_time, cdr.total_parking_time, cdr.total_parking_cost) == (2, None, None)


def test_the_draft_is_the_sessions_and_the_registers() -> None:
    of = session(meter_id="M-1", authorization_reference="R-1")
    cdr = draft_cdr(of, Known())
    assert (cdr.id, cdr.session_id, cdr.last_updated) == ("C-S-17", "S-17", of.last_updated)
    assert (cdr.cdr_token, cdr.meter_id, cdr.authorization_reference) == (
        of.cdr_token,
        "M-1",
        "R-1",
    )
    assert (cdr.cdr_location.evse_id, cdr.cdr_location.address) == ("NL*XYZ*ELAAN*1", "Laan 1")
    assert [row.id for row in cdr.tariffs] == ["XYZ-AC"]
    assert {row.tariff_id for row in cdr.charging_periods} == {"XYZ-AC"}
    assert cdr.time_zone == "Europe/Amsterdam"
    assert draft_cdr(of, Known()) == cdr


def test_what_was_measured_beside_the_price_stays_in_the_period_it_was_stated_in() -> None:
    charged = period(0, ENERGY="8", TIME="1.5", STATE_OF_CHARGE="80", MAX_POWER="11")
    cdr = draft_cdr(session(charged, period(90, PARKING_TIME="0.5")), Known())
    assert volumes(cdr) == [
        (
            "18:00",
            {"ENERGY": "5.333333333", "TIME": "1", "MAX_POWER": "11", "STATE_OF_CHARGE": "8E+1"},
        ),
        ("19:00", {"ENERGY": "2.666666667", "TIME": "0.5", "MAX_POWER": "11"}),
        ("19:30", {"PARKING_TIME": "0.5"}),
    ]
    assert cdr.total_parking_time == Decimal("0.5")
    assert cdr.total_parking_cost is not None
    assert cdr.total_parking_cost.before_taxes == Decimal("3.0000")


@pytest.mark.parametrize("version", ["2.1.1", "2.2.1", "2.3.0"])
@pytest.mark.parametrize("minutes", [1, 59, 61, 600])
def test_the_ledger_computes_what_the_draft_states(version: str, minutes: int) -> None:
    register = Known({"ocpi_version": version})
    cdr = draft_cdr(session(minutes=minutes, ocpi_version=version), register)
    stated = msgspec.convert(cdr, CdrStatement, from_attributes=True)
    embedded = msgspec.convert(cdr.tariffs[0], TariffStatement, from_attributes=True)
    priced = price(charge_of(stated, "Europe/Amsterdam"), embedded)
    assert cdr.total_cost.before_taxes == priced.net
    assert priced.warnings == ()


@pytest.mark.parametrize(
    ("periods", "offers", "wholesale", "priced_by"),
    [
        # the periods' own tariff before the connector's, that before the agreement's
        ([period(0, "XYZ-DC", ENERGY="8", TIME="2")], ("XYZ-AC",), "XYZ-AC", "XYZ-DC"),
        ([], ("XYZ-AC",), "XYZ-DC", "XYZ-AC"),
        ([], (), "XYZ-DC", "XYZ-DC"),
        # of several at the connector, the one that was agreed
        ([], ("XYZ-AC", "XYZ-DC"), "xyz-dc", "XYZ-DC"),
        # a tariff for paying at once is not for a contract's token, nor one of another day
        ([], ("CARD", "XYZ-AC"), None, "XYZ-AC"),
        ([], ("OVER", "XYZ-AC"), None, "XYZ-AC"),
    ],
)
def test_the_tariff_is_named_or_the_only_one(
    periods: list[dict[str, Any]],
    offers: tuple[str, ...],
    wholesale: str | None,
    priced_by: str,
) -> None:
    card = {"id": "CARD", "type": "AD_HOC_PAYMENT"}
    over = {"id": "OVER", "end_date_time": EVENING}
    register = Known(card, over, offers=offers, wholesale=wholesale)
    assert [row.id for row in draft_cdr(session(*periods), register).tariffs] == [priced_by]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"status": "ACTIVE"}, Reason.SESSION_NOT_COMPLETED),
        ({"status": "INVALID"}, Reason.SESSION_NOT_COMPLETED),
        ({"end_date_time": None}, Reason.SESSION_WITHOUT_END),
        ({"location_id": "ELSEWHERE"}, Reason.LOCATION_MISSING),
        ({"connector_id": "2"}, Reason.LOCATION_MISSING),
        ({"start_date_time": datetime(2025, 12, 31, tzinfo=UTC)}, Reason.TARIFF_MISSING),
        ({"currency": "CHF"}, Reason.CURRENCY_DIFFERS),
        ({"time_zone": "Mars/Olympus"}, Reason.TIME_ZONE_UNKNOWN),
        ({"charging_periods": [period(0, ENERGY="7.9")]}, Reason.CDR_ENERGY_DIFFERS),
        ({"charging_periods": [period(0, "GONE", ENERGY="8")]}, Reason.TARIFF_MISSING),
    ],
)
def test_what_cannot_be_billed_is_refused_with_its_code(
    changes: dict[str, Any], reason: Reason
) -> None:
    assert refused(session(**changes)) == [reason]


def test_two_tariffs_and_no_word_which_one_is_refused() -> None:
    assert refused(session(), Known(offers=("XYZ-AC", "XYZ-DC"))) == [Reason.TARIFF_NOT_NAMED]
    assert refused(session(), Known(offers=())) == [Reason.TARIFF_NOT_NAMED]
