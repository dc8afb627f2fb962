"""What people see of tariffs: names, differences, words, and which tariff is the public one."""

import json
from decimal import Decimal

import pytest
from msgspec.structs import replace

from console.tariffs.differ import Difference, differences
from console.tariffs.show import element_rows, other_lines
from console.tariffs.versions import statement_in, version_name
from ledger.pricing.tariff import PriceComponent, PriceLimit, TariffElement, TariffRestrictions
from ledger.roaming.location import Location
from ledger.roaming.places import Connector, Evse
from ledger.roaming.public_price import public_tariff_of, tariff_keys_of
from ledger.roaming.tariff import Tariff
from ledger.values.aggregate import recording_at
from ledger.values.provenance import Provenance
from ledger.values.reasons import Refused
from schemas import SchemaError
from tests.ledger_cast import CPO, RECORDED_AT, YEAR_BEGINS
from tests.ledger_statements import location, october, tariff

SENT = Provenance(CPO, "message", RECORDED_AT, RECORDED_AT)
PLAIN = tariff(("ENERGY", "0.50", 1), updated=october(1)).statement


@pytest.mark.parametrize(
    ("text", "key", "number"),
    [
        ("NL*XYZ/T1#2", "NL*XYZ/t1", 2),
        ("nl*xyz/T1", "NL*XYZ/t1", None),
        ("NL*XYZ/A#B", "NL*XYZ/a#b", None),
        ("NL*XYZ/A#B#3", "NL*XYZ/a#b", 3),
        ("NL*XYZ/A/B#3", "NL*XYZ/a/b", 3),
    ],
)
def test_a_version_is_named_by_party_tariff_and_number(text, key, number):
    assert version_name(text) == (key, number)


@pytest.mark.parametrize("text", ["", "T1", "T1#2", "NL*XYZ", "NL*XYZ/", "NLXYZ/T1#1", "#1"])
def test_what_names_no_version_is_refused(text):
    with pytest.raises(Refused, match="WRONG_IDENTIFIER"):
        version_name(text)


def test_a_tariff_without_a_number_names_no_single_version():
    with pytest.raises(Refused, match="INVALID_DOCUMENT"):
        _ = version_name("NL*XYZ/T1").one


def component(kind: str, price: str, vat: str | None = None) -> PriceComponent:
    return PriceComponent(kind, Decimal(price), 1, Decimal(vat) if vat else None)


NIGHT = TariffRestrictions(
    start_time="22:00", end_time="06:00", max_power=Decimal(32), day_of_week=("SATURDAY", "SUNDAY")
)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, []),
        ({"elements": (TariffElement((component("ENERGY", "0.500"),)),)}, []),
        ({"currency": "CHF"}, [("currency", "EUR", "CHF")]),
        (
            {"elements": (TariffElement((component("ENERGY", "0.55", "21"),)),)},
            [
                ("elements[0].price_components[0].price", "0.50", "0.55"),
                ("elements[0].price_components[0].vat", None, "21"),
            ],
        ),
        (
            {"elements": (*PLAIN.elements, TariffElement((component("FLAT", "1"),), NIGHT))},
            [
                ("elements[1].price_components[0].type", None, "FLAT"),
                ("elements[1].price_components[0].price", None, "1"),
                ("elements[1].price_components[0].step_size", None, "1"),
                ("elements[1].restrictions.start_time", None, "22:00"),
                ("elements[1].restrictions.end_time", None, "06:00"),
                ("elements[1].restrictions.max_power", None, "32"),
                ("elements[1].restrictions.day_of_week", None, "SATURDAY, SUNDAY"),
            ],
        ),
        (
            {"start_date_time": october(2), "min_price": PriceLimit(Decimal("1E+1"))},
            [
                ("min_price.before_taxes", None, "10"),
                ("start_date_time", None, "2026-10-02T10:00:00Z"),
            ],
        ),
    ],
)
def test_two_versions_differ_by_path(changes, expected):
    changed = replace(PLAIN, **changes)
    rows = [Difference(*row) for row in expected]
    assert sorted(differences(PLAIN, changed)) == sorted(rows)
    back = sorted(Difference(row.path, row.after, row.before) for row in rows)
    assert sorted(differences(changed, PLAIN)) == back


def test_what_a_tariff_says_is_told_in_words():
    told = replace(
        PLAIN,
        elements=(
            TariffElement((component("ENERGY", "0.30", "21"), component("TIME", "6")), NIGHT),
            TariffElement((component("ENERGY", "0.50"),)),
        ),
        max_price=PriceLimit(Decimal("5E+1")),
    )
    rows = [row[:4] for row in element_rows(told)]
    assert rows == [
        (0, "Sat, Sun; from 22:00; until 06:00; below 32 kW", "ENERGY", "0.30 EUR"),
        (0, "", "TIME", "6 EUR"),
        (1, "always", "ENERGY", "0.50 EUR"),
    ]
    assert "at most   50 EUR before taxes" in list(other_lines(told))


def test_a_file_of_2_1_1_is_read_for_the_party_that_is_named(tmp_path):
    document = {
        "id": "12",
        "currency": "EUR",
        "elements": [{"price_components": [{"type": "ENERGY", "price": "0.250", "step_size": 1}]}],
        "last_updated": "2026-06-29T20:39:09Z",
    }
    file = tmp_path / "tariff.json"
    file.write_text(json.dumps(document))
    read = statement_in(file, party="NL*XYZ")
    assert (read.party_id, read.ocpi_version, read.tax_included) == ("XYZ", "2.1.1", "NO")
    assert str(read.elements[0].price_components[0].price) == "0.25"
    with pytest.raises(SchemaError, match="MISSING_FIELD"):
        statement_in(file)


def connector(id: str, *tariff_ids: str) -> Connector:
    return Connector(
        id, "IEC_62196_T2_COMBO", "CABLE", "DC", 900, 300, YEAR_BEGINS, tariff_ids=tariff_ids
    )


def placed(*connectors: Connector) -> Location:
    found = Location.blank(f"{CPO}/loc1")
    statement = location("LOC1", "Europe/Amsterdam").statement
    evse = Evse("E1", "AVAILABLE", connectors, YEAR_BEGINS)
    with recording_at(RECORDED_AT):
        found.receive(replace(statement, evses=(evse,)), content_sha256="0" * 64, provenance=SENT)
    return found


def of_type(id: str, kind: str | None, **more) -> Tariff:
    found = Tariff.blank(f"{CPO}/{id.lower()}")
    statement = tariff(("ENERGY", "0.50", 1), id=id, updated=october(1), **more).statement
    with recording_at(RECORDED_AT):
        found.receive(replace(statement, type=kind), content_sha256="0" * 64, provenance=SENT)
    return found


TARIFFS = {
    row.key: row
    for row in (
        of_type("ad-hoc", "AD_HOC_PAYMENT"),
        of_type("ad-hoc-2", "AD_HOC_PAYMENT"),
        of_type("ended", "AD_HOC_PAYMENT", end_date_time=october(3)),
        of_type("any", None),
        of_type("any-2", None),
        of_type("regular", "REGULAR"),
        of_type("green", "PROFILE_GREEN"),
    )
}


@pytest.mark.parametrize(
    ("named", "public"),
    [
        (("REGULAR", "AD-HOC", "ANY"), "ad-hoc"),
        (("ANY", "AD-HOC"), "ad-hoc"),
        (("AD-HOC-2", "AD-HOC"), "ad-hoc-2"),
        (("REGULAR", "ANY-2", "ANY"), "any-2"),
        (("ENDED", "ANY"), "any"),
        (("NOBODY-PUBLISHED-IT", "AD-HOC"), "ad-hoc"),
        (("REGULAR", "GREEN"), None),
        ((), None),
    ],
)
def test_the_public_tariff_is_for_ad_hoc_payment_else_for_every_session(named, public):
    found = public_tariff_of(
        TARIFFS.get, placed(connector("1", *named)), evse_uid="e1", connector_id="1",
        instant=october(5),
    )  # fmt: skip
    assert (found and found[0].key) == (public and f"{CPO}/{public}")


@pytest.mark.parametrize(("evse_uid", "connector_id"), [("E2", "1"), ("E1", "2"), ("#NA", "1")])
def test_an_unknown_connector_has_no_public_tariff(evse_uid, connector_id):
    place = placed(connector("1", "AD-HOC"))
    where = {"evse_uid": evse_uid, "connector_id": connector_id, "instant": october(5)}
    assert public_tariff_of(TARIFFS.get, place, **where) is None
    assert tariff_keys_of(None, **where) == ()


def test_the_keys_of_a_connectors_tariffs_are_in_its_order_each_once():
    keys = tariff_keys_of(
        placed(connector("1", "B", "A", "b")), evse_uid="E1", connector_id="1", instant=october(5)
    )
    assert keys == (f"{CPO}/b", f"{CPO}/a")
