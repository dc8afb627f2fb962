"""OCPI JSON of every version becomes the one shape, exactly and without a guess."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import Any, get_args

import pytest
from contract_messages import EXAMPLES, REGISTRY, example, example_bytes

import schemas
from schemas import (
    CdrV1,
    LocationV1,
    SchemaError,
    SessionV1,
    TariffVersionV1,
    decode,
    encode,
    from_ocpi_json,
    to_ocpi_json,
)
from schemas.ocpi_versions import recognise
from schemas.topics import TOPIC_OF_KIND

CDR_2_2_1 = example_bytes("cdrs.v1.as-2.2.1")
CDR_2_1_1 = example_bytes("cdrs.v1.as-2.1.1")


def cdr(data: bytes, **options: Any) -> CdrV1:
    message = from_ocpi_json("cdr", data, **options)
    assert isinstance(message, CdrV1)
    return message


@pytest.mark.parametrize("file", sorted(EXAMPLES.glob("*.json")), ids=lambda file: file.stem)
def test_every_example_is_a_valid_message(file: Path) -> None:
    topic = file.stem.split(".as-")[0]
    if topic not in map(TOPIC_OF_KIND.get, schemas.KINDS):
        message: Any = schemas.TOPICS[topic].model_validate_json(file.read_bytes())
        data = encode(message, topic=topic, registry=REGISTRY)
        assert decode(data, topic=topic, registry=REGISTRY) == message
        return
    kind = next(kind for kind in schemas.KINDS if schemas.topic_name("", kind) == topic)
    message = from_ocpi_json(kind, file.read_bytes(), party="NL*XYZ")
    assert decode(encode(message, topic=topic, registry=REGISTRY), topic=topic, registry=REGISTRY)
    assert message.ocpi_version == (file.stem.partition(".as-")[2] or "2.3.0")


def test_every_topic_has_an_example() -> None:
    assert {file.stem for file in EXAMPLES.glob("*.v1.json")} == set(schemas.TOPICS)


def test_one_charge_is_the_same_in_every_version() -> None:
    new, middle, old = example("cdr"), cdr(CDR_2_2_1), cdr(CDR_2_1_1, party="NL*XYZ")
    assert isinstance(new, CdrV1)
    for name in ("id", "country_code", "party_id", "start_date_time", "end_date_time"):
        assert getattr(new, name) == getattr(middle, name) == getattr(old, name)
    assert new.total_energy == middle.total_energy == old.total_energy == Decimal("15.342")
    assert new.cdr_location == middle.cdr_location == old.cdr_location
    costs = [message.total_cost for message in (new, middle, old)]
    assert {cost.before_taxes for cost in costs} == {Decimal("6.58338")}
    assert [cost.after_taxes for cost in costs] == [None, Decimal("7.96589"), None]


def test_what_2_1_1_does_not_say_comes_from_its_own_definitions() -> None:
    old = cdr(CDR_2_1_1, party="NL*XYZ")
    token = old.cdr_token
    assert (token.country_code, token.party_id, token.type) == ("DE", "ABC", "OTHER")
    assert token.contract_id == "DE-ABC-C10002000-4"
    assert old.time_zone == "Europe/Amsterdam"
    (tariff,) = old.tariffs
    assert (tariff.country_code, tariff.party_id, tariff.tax_included) == ("NL", "XYZ", "NO")
    assert tariff.elements[0].price_components[0].price == Decimal("0.39")


def test_an_object_of_2_1_1_needs_to_be_told_whose_it_is() -> None:
    with pytest.raises(SchemaError) as refused:
        cdr(CDR_2_1_1)
    assert (refused.value.code, refused.value.path) == ("MISSING_FIELD", "party_id")


def test_a_token_of_2_1_1_without_an_emsp_is_refused_and_not_guessed() -> None:
    anonymous = json.dumps({**json.loads(CDR_2_1_1), "auth_id": "04A2B3"}).encode()
    with pytest.raises(SchemaError) as refused:
        cdr(anonymous, party="NL*XYZ")
    assert (refused.value.code, refused.value.path) == ("MISSING_FIELD", "cdr_token.party_id")


def test_a_session_of_2_1_1_is_lifted() -> None:
    old = json.loads(CDR_2_1_1)
    session = {
        "id": "S-1",
        "start_datetime": old["start_date_time"],
        "kwh": 3,
        "auth_id": old["auth_id"],
        "auth_method": "WHITELIST",
        "location": old["location"],
        "currency": "EUR",
        "total_cost": 1.17,
        "status": "ACTIVE",
        "last_updated": old["last_updated"],
    }
    lifted = from_ocpi_json("session", json.dumps(session).encode(), party="NL*XYZ")
    assert isinstance(lifted, SessionV1)
    place = (lifted.location_id, lifted.evse_uid, lifted.connector_id)
    assert place == ("UTR-12", "UTR-12-1", "1")
    assert lifted.total_cost is not None and lifted.total_cost.before_taxes == Decimal("1.17")
    assert lifted.end_date_time is None


def test_a_location_of_2_1_1_is_lifted() -> None:
    old = json.loads(CDR_2_1_1)["location"]
    lifted = from_ocpi_json("location", json.dumps(old).encode(), party="NL*XYZ")
    assert isinstance(lifted, LocationV1)
    connector = lifted.evses[0].connectors[0]
    assert (connector.max_voltage, connector.max_amperage) == (230, 32)
    assert connector.tariff_ids == ("PUBLIC-AC",)
    assert (lifted.parking_type, lifted.publish) == ("PARKING_LOT", True)


def test_prices_of_2_2_1_are_without_tax() -> None:
    tariff = json.loads(example_bytes("tariff-versions.v1"))
    del tariff["tax_included"]
    tariff["min_price"] = {"excl_vat": 0.5, "incl_vat": 0.605}
    lifted = from_ocpi_json("tariff", json.dumps(tariff).encode())
    assert isinstance(lifted, TariffVersionV1)
    assert (lifted.ocpi_version, lifted.tax_included) == ("2.2.1", "NO")
    assert lifted.min_price is not None and lifted.min_price.after_taxes == Decimal("0.605")


@pytest.mark.parametrize(
    ("kind", "value", "version"),
    [
        ("cdr", {"auth_id": "DE8AC", "total_cost": 4}, "2.1.1"),
        ("cdr", {"country_code": "NL", "total_cost": {"excl_vat": 4}}, "2.2.1"),
        ("cdr", {"country_code": "NL", "total_cost": {"before_taxes": 4}}, "2.3.0"),
        ("session", {"country_code": "NL"}, "2.2.1"),
        ("tariff", {"country_code": "NL", "tax_included": "NO"}, "2.3.0"),
        ("location", {"country_code": "NL", "evses": [{"parking": []}]}, "2.3.0"),
        ("location", {"country_code": "NL", "evses": [{}]}, "2.2.1"),
    ],
)
def test_the_version_shows_in_the_fields(
    kind: schemas.Kind, value: dict[str, Any], version: str
) -> None:
    assert recognise(kind, value) == version


@pytest.mark.parametrize(
    ("data", "version"),
    [(b"{}", None), (b'{"country_code": "NL", "total_cost": 4}', None), (CDR_2_2_1, "2.2")],
)
def test_an_object_of_no_known_version_is_refused(data: bytes, version: str | None) -> None:
    with pytest.raises(SchemaError, match="UNKNOWN_OCPI_VERSION"):
        cdr(data, ocpi_version=version)


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-10-05T08:05:00Z", datetime(2026, 10, 5, 8, 5, tzinfo=UTC)),
        ("2026-10-05T08:05:00", datetime(2026, 10, 5, 8, 5, tzinfo=UTC)),
        ("2026-10-05T10:05:00+02:00", datetime(2026, 10, 5, 8, 5, tzinfo=UTC)),
        ("2026-10-05T08:05:00.2Z", datetime(2026, 10, 5, 8, 5, 0, 200000, tzinfo=UTC)),
        ("2026-10-05T08:05:00.123456789Z", datetime(2026, 10, 5, 8, 5, 0, 123456, tzinfo=UTC)),
    ],
)
def test_a_time_is_in_utc_unless_it_says_otherwise(text: str, instant: datetime) -> None:
    value = {**json.loads(CDR_2_2_1), "last_updated": text}
    assert cdr(json.dumps(value).encode()).last_updated == instant


def test_the_original_is_kept_with_its_hash_only_when_asked_for() -> None:
    kept = cdr(CDR_2_2_1, keep_original=True)
    assert kept.original is not None
    assert kept.original.bytes == CDR_2_2_1
    assert kept.original.sha256 == sha256(CDR_2_2_1).hexdigest()
    assert cdr(CDR_2_2_1).original is None
    forged = json.dumps({**json.loads(CDR_2_2_1), "original": {"sha256": "0" * 64}}).encode()
    assert cdr(forged).original is None


def test_a_time_zone_given_by_the_sender_fills_what_is_missing_and_replaces_nothing() -> None:
    assert cdr(CDR_2_2_1, time_zone="Europe/Berlin").time_zone == "Europe/Berlin"
    told = cdr(example_bytes("cdrs.v1"), time_zone="Europe/Berlin")
    assert told.time_zone == "Europe/Amsterdam"


def test_prices_are_shown_in_the_words_of_each_version() -> None:
    new, middle = example("cdr"), cdr(CDR_2_2_1)
    assert json.loads(to_ocpi_json(new, "2.2.1"))["total_cost"] == {
        "excl_vat": 6.58338,
        "incl_vat": 7.96589,
    }
    assert json.loads(to_ocpi_json(middle, "2.3.0"))["total_cost"] == {
        "before_taxes": 6.58338,
        "taxes": [{"name": "VAT", "amount": 1.38251}],
    }


def test_a_tariff_with_tax_included_cannot_be_shown_in_2_2_1() -> None:
    tariff = example("tariff").model_copy(update={"tax_included": "YES"})
    with pytest.raises(SchemaError, match="NOT_IN_THIS_VERSION"):
        to_ocpi_json(tariff, "2.2.1")


def test_what_is_shown_is_ocpis_alone() -> None:
    shown = json.loads(to_ocpi_json(example("session")))
    assert not {"ocpi_version", "original", "clearwatt", "time_zone"} & shown.keys()
    assert "time_zone" in json.loads(to_ocpi_json(example("location")))


def test_the_specifications_own_cases_are_read_and_shown_alike(shared_cases: Path) -> None:
    files = sorted((shared_cases / "ocpi-spec").glob("2.*/*/*.json"))
    read = [file for file in files if file.stem in get_args(schemas.Kind)]
    assert len(read) > 100
    for file in read:
        kind, version = file.stem, file.parts[-3]
        data = file.read_bytes()
        message = from_ocpi_json(kind, data, ocpi_version=version, party="BE*BEC")  # type: ignore[arg-type]
        if version != "2.1.1":
            again = from_ocpi_json(kind, to_ocpi_json(message, version), ocpi_version=version)  # type: ignore[arg-type]
            assert again == message, file
