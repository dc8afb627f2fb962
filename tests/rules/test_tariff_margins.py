"""The public, wholesale and retail tariff of a connector: margins, and what is above public."""

from decimal import Decimal
from typing import Any, cast

import pytest
from msgspec.structs import replace

from console.pricing.simulate import Session
from console.tariffs.margins import Place, compare
from ledger.roaming.agreement import Agreement
from ledger.roaming.location import Location
from ledger.roaming.places import Connector, Evse
from ledger.roaming.tariff import Tariff
from ledger.roaming.terms import TariffTerms, Terms
from ledger.values.aggregate import recording_at
from ledger.values.provenance import Provenance
from ledger.values.reasons import Refused
from tests.ledger_cast import CPO, EMSP, RECORDED_AT, YEAR_BEGINS
from tests.ledger_statements import location, october, tariff

SENT = Provenance(CPO, "message", RECORDED_AT, RECORDED_AT)
CONNECTOR = Place(f"{CPO}/loc1", None, "1", EMSP)
HOUR = Session(october(5), Decimal(20), 60, 0, None, None)


class Known:
    """Facts by kind and key, as the ledger offers them."""

    def __init__(self, *facts: Any) -> None:
        self._facts = {(type(fact), fact.key): fact for fact in facts}

    def find(self, kind: type, key: str) -> Any:
        return self._facts.get((kind, key))


def priced(id: str, price: str, *, kind: str | None = None, of: str = CPO, **more) -> Tariff:
    found = Tariff.blank(f"{of}/{id.lower()}")
    statement = tariff(("ENERGY", price, 1), id=id, of=of, updated=october(1), **more).statement
    with recording_at(RECORDED_AT):
        found.receive(replace(statement, type=kind), content_sha256="0" * 64, provenance=SENT)
    return found


def agreed(**terms) -> Agreement:
    found = Agreement.blank(f"{CPO}>{EMSP}")
    with recording_at(RECORDED_AT):
        found.agree(
            Terms(tariffs=TariffTerms(**terms)),
            valid_from=YEAR_BEGINS,
            valid_until=None,
            author="anna",
            approver="finn",
            provenance=SENT,
        )
    return found


def placed(*evses: str, tariffs: tuple[str, ...] = ("W", "P")) -> Location:
    found = Location.blank(f"{CPO}/loc1")
    connector = Connector(
        "1", "IEC_62196_T2_COMBO", "CABLE", "DC", 900, 300, YEAR_BEGINS, tariff_ids=tariffs
    )
    statement = replace(
        location("LOC1", "Europe/Amsterdam").statement,
        evses=tuple(Evse(uid, "AVAILABLE", (connector,), YEAR_BEGINS) for uid in evses or ("E1",)),
    )
    with recording_at(RECORDED_AT):
        found.receive(statement, content_sha256="0" * 64, provenance=SENT)
    return found


def compared(*facts: Any, place: Place = CONNECTOR):
    return compare(cast("Any", Known(*facts)), place, HOUR)


PUBLIC = priced("P", "0.60", kind="AD_HOC_PAYMENT")


@pytest.mark.parametrize(
    ("wholesale", "retail", "margins", "above"),
    [
        ("0.45", "0.54", [("3.0000", "25.00"), ("1.2000", "10.00"), ("1.8000", "16.67")], []),
        ("0.60", "0.60", [("0.0000", "0.00"), ("0.0000", "0.00"), ("0.0000", "0.00")], []),
        (
            "0.60",
            "0.66",
            [("0.0000", "0.00"), ("-1.2000", "-10.00"), ("1.2000", "9.09")],
            ["retail"],
        ),
        (
            "0.63",
            "0.61",
            [("-0.6000", "-5.00"), ("-0.2000", "-1.67"), ("-0.4000", "-3.28")],
            ["wholesale", "retail"],
        ),
    ],
)
def test_margins_are_what_is_left_and_what_is_above_public_is_found(
    wholesale, retail, margins, above
):
    found = compared(
        PUBLIC,
        priced("W", wholesale, kind="REGULAR"),
        priced("R", retail, of=EMSP),
        placed(),
        agreed(wholesale="W", retail="R"),
    )
    assert [row.use for row in found.offers] == ["public", "wholesale", "retail"]
    assert [(str(row.amount), str(row.percent)) for row in found.margins] == margins
    assert [row.path for row in found.findings] == above
    assert (found.time_zone, found.place.evse_uid) == ("Europe/Amsterdam", "E1")


def test_where_the_agreement_names_none_the_connectors_tariff_for_contracts_is_wholesale():
    found = compared(PUBLIC, priced("W", "0.45", kind="REGULAR"), placed(), agreed())
    assert [(row.use, row.tariff) for row in found.offers] == [
        ("public", f"{CPO}/p"),
        ("wholesale", f"{CPO}/w"),
    ]
    only = compared(priced("P", "0.60"), placed(), agreed())
    assert [(row.use, row.tariff) for row in only.offers] == [
        ("public", f"{CPO}/p"),
        ("wholesale", f"{CPO}/p"),
    ]


def test_prices_in_two_currencies_have_no_margin():
    retail = priced("R", "0.50", of=EMSP, currency="SEK")
    found = compared(
        PUBLIC, priced("W", "0.45"), retail, placed(), agreed(wholesale="W", retail="R")
    )
    assert [(row.sold, row.bought) for row in found.margins] == [("public", "wholesale")]


def test_a_free_public_tariff_has_no_percentage():
    found = compared(
        priced("P", "0", kind="AD_HOC_PAYMENT"), priced("W", "0.1"), placed(), agreed(wholesale="W")
    )
    (margin,) = found.margins
    assert (margin.amount, margin.percent) == (Decimal("-2"), None)


@pytest.mark.parametrize(
    ("facts", "place", "code"),
    [
        ((), ("LOC1", None, "1"), "NOT_FOUND"),
        ((placed(),), ("LOC1", None, "2"), "NOT_FOUND"),
        ((placed(),), ("LOC1", "E2", "1"), "NOT_FOUND"),
        ((placed("E1", "E2"),), ("LOC1", None, "1"), "INVALID_DOCUMENT"),
        ((placed(),), ("LOC1", None, "1"), "AGREEMENT_MISSING"),
        ((placed(), agreed()), ("LOC1", None, "1"), "TARIFF_MISSING"),
    ],
)
def test_what_cannot_be_compared_is_refused(facts, place, code):
    location_id, *connector = place
    with pytest.raises(Refused, match=code):
        compared(*facts, place=Place(f"{CPO}/{location_id.lower()}", *connector, EMSP))


def test_with_its_evse_a_connector_is_found():
    place = Place(f"{CPO}/loc1", "e2", "1", EMSP)
    assert compared(PUBLIC, placed("E1", "E2"), agreed(), place=place).place.evse_uid == "E2"
