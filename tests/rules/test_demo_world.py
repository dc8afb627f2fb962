"""The demo's world: its documents are whole, valid, and what a demo has to show."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import msgspec
import pytest

from console.demo.charge import pair_of, parties_in
from console.demo.distributions import load_distributions
from console.demo.faults import FAULTS
from console.demo.world import World, ecb_rates, load_world
from console.templates.departures import departures
from consumers.cdrs import to_command
from ledger.pricing.lint import lint
from ledger.pricing.price import price
from ledger.pricing.tariff import TariffStatement
from ledger.roaming.actor import Actor
from ledger.roaming.agreement import Agreement
from ledger.roaming.agreement_version import AgreementVersion
from ledger.roaming.charged import charge_of
from ledger.roaming.entity import LegalEntity
from ledger.roaming.launch_figures import TEST_NAMES
from ledger.roaming.onboarding import missing_of
from ledger.roaming.party import Party
from ledger.values.aggregate import recording_at
from ledger.values.provenance import Provenance
from schemas import CdrV1, PaymentV1, TariffVersionV1
from tests.worlds import ENOUGH_FOR_FAULTS, month_of

AT = datetime(2026, 9, 28, tzinfo=UTC)
BY = Provenance("ada", "asserted", AT, AT)
SECOND = Provenance("finn", "asserted", AT, AT)


@pytest.fixture(scope="module")
def world() -> World:
    return load_world()


def test_it_has_the_partners_a_demo_needs(world: World) -> None:
    roles = Counter(role for party in world.parties.values() for role in party.roles)
    assert roles["CPO"] >= 3
    assert roles["EMSP"] >= 3
    assert {"SITE_HOST", "HUB", "CLEARING_HOUSE", "PLATFORM", "PAYMENT_PROVIDER"} <= set(roles)
    assert {entity.country for entity in world.entities.values()} >= {"NL", "DE", "FR", "CH"}
    assert {entity.currency for entity in world.entities.values()} == {"EUR", "CHF"}
    people = Counter(role for roles in world.actors.values() for role in roles)
    assert people == {"admin": 1, "finance": 2, "operations": 1, "support": 1, "auditor": 1}


def test_the_ledger_takes_every_document(world: World) -> None:
    with recording_at(AT):
        for name, roles in world.actors.items():
            Actor.blank(name).register(roles=roles, provenance=BY)
        for key, entity in world.entities.items():
            LegalEntity.blank(key).register(entity, provenance=BY)
        for key, party in world.parties.items():
            assert party.entity in world.entities
            Party.blank(key).register(party, provenance=BY)
        agreements: dict[str, Agreement] = {}
        for row in world.agreements:
            agreements.setdefault(row.key, Agreement.blank(row.key)).agree(
                row.terms,
                valid_from=row.valid_from,
                valid_until=row.valid_until,
                author="finn",
                approver="fiona",
                provenance=BY,
            )


def test_agreements_name_parties_that_exist(world: World) -> None:
    for row in world.agreements:
        payees = {fee.payee for fee in row.terms.fees}
        payees |= {step.payee for step in row.terms.split.steps}
        assert {row.seller, row.buyer, *payees} <= set(world.parties)


def test_one_pair_trades_without_an_agreement(world: World) -> None:
    during = datetime(2026, 10, 20, tzinfo=UTC)
    without = [
        (seller, buyer)
        for seller, traffic in world.traffic.items()
        for buyer in traffic.providers
        if world.agreement_at(seller, buyer, during) is None
    ]
    assert without == [("CH*LEM", "FR*VLM")]


def test_an_agreement_changes_in_the_middle_of_the_month(world: World) -> None:
    change = datetime(2026, 10, 14, 22, tzinfo=UTC)
    before = world.agreement_at("NL*PLD", "DE*FST", change - timedelta(seconds=1))
    after = world.agreement_at("NL*PLD", "DE*FST", change)
    assert before is not None
    assert after is not None
    assert (before.terms.fees[0].rate, after.terms.fees[0].rate) == ("1/100", "3/400")


MIDDLE = datetime(2026, 10, 14, 22, tzinfo=UTC)


def _valid_from(tariff: TariffVersionV1) -> datetime:
    """OCPI 2.1.1 has no dates: a version is valid from its last update."""
    return tariff.start_date_time or tariff.last_updated


def test_every_wholesale_tariff_changes_in_the_middle_of_the_month(world: World) -> None:
    versions: dict[str, list[datetime]] = {}
    for tariff in world.tariffs:
        is_of_a_cpo = f"{tariff.country_code}*{tariff.party_id}" in world.traffic
        if is_of_a_cpo and tariff.type != "AD_HOC_PAYMENT":
            versions.setdefault(tariff.id, []).append(_valid_from(tariff))
    assert len(versions) == 7
    assert {max(starts) for starts in versions.values()} == {MIDDLE}
    assert {min(starts).year for starts in versions.values()} == {2017, 2018}


def test_the_tariffs_use_what_ocpi_has_for_prices(world: World) -> None:
    elements = [element for tariff in world.tariffs for element in tariff.elements]
    kinds = {component.type for element in elements for component in element.price_components}
    assert kinds == {"ENERGY", "TIME", "PARKING_TIME", "FLAT"}
    restricted = {
        name
        for element in elements
        if element.restrictions
        for name, value in element.restrictions
        if value not in (None, ())
    }
    assert restricted == {
        *("start_time", "end_time", "day_of_week", "min_kwh", "max_kwh"),
        *("min_duration", "max_duration", "min_power", "max_power"),
    }
    assert {tariff.ocpi_version for tariff in world.tariffs} == {"2.1.1", "2.2.1", "2.3.0"}
    assert {"YES", "NO"} <= {tariff.tax_included for tariff in world.tariffs}
    assert any(tariff.min_price for tariff in world.tariffs)
    assert any(tariff.max_price for tariff in world.tariffs)
    assert all(tariff.tariff_alt_text for tariff in world.tariffs)


def test_lint_finds_nothing_wrong_or_doubtful_in_the_tariffs(world: World) -> None:
    """Not even a text that names another price."""
    found = [
        (tariff.id, finding)
        for tariff in world.tariffs
        for finding in lint(msgspec.convert(tariff, TariffStatement, from_attributes=True))
        if finding.severity != "note"
    ]
    assert found == []


@pytest.mark.parametrize("party", ["CH*LEM", "DE*RSL"])
def test_every_plug_has_a_public_price_beside_the_wholesale_one(world: World, party: str) -> None:
    catalogue = world.catalogue
    for row in world.traffic[party].locations:
        for plug in catalogue.plugs_at(party, row.id):
            public = catalogue.public_offer_at(party, plug.cdr_location, MIDDLE)
            wholesale = catalogue.offer_at(party, plug.tariff_id, MIDDLE)
            assert public is not None
            assert wholesale is not None
            assert public.tariff.type == "AD_HOC_PAYMENT"
            assert wholesale.tariff.type in {"REGULAR", "PROFILE_GREEN"}
            assert public.tariff.currency == wholesale.tariff.currency


def test_a_plug_with_one_tariff_without_a_type_has_that_for_everybody(world: World) -> None:
    (plug, *_) = world.catalogue.plugs_at("NL*PLD", "PLD-UTR")
    public = world.catalogue.public_offer_at("NL*PLD", plug.cdr_location, MIDDLE)
    assert public is not None
    assert (public.tariff.id, public.tariff.type) == ("PLD-DC", None)


def test_every_tariff_can_be_priced(world: World) -> None:
    cdr = next(row.value for row in month_of(world, sessions=1).messages if row.kind == "cdr")
    charge = charge_of(to_command(cdr).statement, "Europe/Amsterdam")
    for tariff in world.tariffs:
        statement = msgspec.convert(tariff, TariffStatement, from_attributes=True)
        assert price(charge, statement).net > 0


def test_the_traffic_names_what_exists(world: World) -> None:
    kinds = load_distributions().kinds
    for party, traffic in world.traffic.items():
        assert set(traffic.providers) <= set(world.parties)
        assert traffic.sender in {party, *world.parties[party].senders}
        for location in traffic.locations:
            assert location.kind in kinds
            assert world.catalogue.plugs_at(party, location.id)


def test_every_tariff_is_named_by_a_plug_or_as_what_drivers_pay(world: World) -> None:
    known = {(f"{row.country_code}*{row.party_id}", row.id) for row in world.tariffs}
    retail = {(row.buyer, row.terms.tariffs.retail) for row in world.agreements}
    named = {
        (f"{row.country_code}*{row.party_id}", tariff_id)
        for row in world.locations
        for evse in row.evses
        for connector in evse.connectors
        for tariff_id in connector.tariff_ids
    }
    assert named | {row for row in retail if row[1] is not None} == known


def test_site_hosts_share_at_locations_that_exist(world: World) -> None:
    known = {(f"{row.country_code}*{row.party_id}", row.id) for row in world.locations}
    shared = {
        (row.buyer, location) for row in world.agreements for location in row.terms.split.locations
    }
    assert shared == {("DE*RSL", "RSL-HOF"), ("CH*LEM", "LEM-RIV")}
    assert shared <= known


def test_the_agreements_have_what_a_demo_shows(world: World) -> None:
    """Each is a document that finance reads; together they have the clauses that make money."""
    terms = {row.key: row.terms for row in world.agreements}
    assert [key for key, row in terms.items() if row.flow == "ad_hoc"] == ["DE*RSL>DE*LPZ"]
    assert [key for key, row in terms.items() if row.tariffs.retail] == ["NL*PLD>FR*VLM"]
    assert [key for key, row in terms.items() if row.discounts] == ["DE*RSL>NL*GRT"]
    assert [key for key, row in terms.items() if row.windows.objection_days] == ["DE*RSL>CH*ALP"]
    assert [key for key, row in terms.items() if row.currency] == ["CH*LEM>DE*FST"]
    assert terms["CH*LEM>DE*FST"].fx.markup_bps == 50
    with_minimum = [
        key for key, row in terms.items() if any(step.minimum for step in row.split.steps)
    ]
    assert with_minimum == ["DE*HOF>DE*RSL"]


def test_the_card_agreement_departs_from_its_template_in_its_rounding_alone(world: World) -> None:
    (row,) = (row for row in world.agreements if row.template is not None)
    assert row.key == "DE*RSL>DE*LPZ"
    version = AgreementVersion(1, row.valid_from, None, row.terms, row.template)
    assert [departure.path for departure in departures(row.key, version)] == ["rounding.level"]


def test_launches_are_of_pairs_that_agreed_and_ask_for_all_five_acceptance_tests(
    world: World,
) -> None:
    assert set(world.launches) == {"NL*PLD>DE*FST", "NL*PLD>NL*GRT"}
    assert set(world.launches) <= {row.key for row in world.agreements}
    for plan in world.launches.values():
        assert set(TEST_NAMES) <= {rule.criterion for rule in plan.of_phase(1).rules}


def test_what_goes_wrong_by_chance_goes_wrong_with_pairs_nobody_counts(world: World) -> None:
    plan = month_of(world, sessions=ENOUGH_FOR_FAULTS, has_faults=True)
    apart = {fault.name: fault.pair for fault in FAULTS}
    for name, charges in plan.cases.items():
        sound = [charge for charge in charges if charge.cdr is not None]
        befallen = {pair_of(charge) for charge in sound}
        if apart[name] is None:
            assert not befallen & world.set_apart, name
        else:
            assert befallen == {apart[name]}, name


def test_some_drivers_without_a_contract_pay_whole_cents_on_the_spot(world: World) -> None:
    plan = month_of(world, sessions=300)
    cdrs = [row.value for row in plan.messages if isinstance(row.value, CdrV1)]
    guests = [cdr for cdr in cdrs if cdr.cdr_token.type == "AD_HOC_USER"]
    assert 5 <= len(guests) <= 25
    for cdr in guests:
        assert parties_in(cdr) == ("DE*RSL", "DE*LPZ")
        assert cdr.cdr_location.id in {"RSL-KOE", "RSL-HOF"}
        assert cdr.tariffs[0].type == "AD_HOC_PAYMENT"
        assert cdr.total_cost.after_taxes % Decimal("0.01") == 0
    payments = [row.value for row in plan.messages if isinstance(row.value, PaymentV1)]
    captured = {row.cdr_id: row.amount for row in payments if row.status == "CAPTURED"}
    assert captured == {cdr.id: cdr.total_cost.after_taxes for cdr in guests}


def _luhn_is_valid(digits: str) -> bool:
    doubled = [int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits))]
    return sum(number - 9 if number > 9 else number for number in doubled) % 10 == 0


def _vat_number_is_valid(country: str, number: str) -> bool:
    """Check form and check digits: NL eleven-test, DE ISO 7064, FR SIREN and key, CH modulo 11."""
    digits = "".join(filter(str.isdigit, number))
    if country == "NL":
        weighted = sum(int(d) * w for d, w in zip(digits[:8], range(9, 1, -1), strict=True))
        return number[:2] == "NL" and number[11] == "B" and weighted % 11 == int(digits[8])
    if country == "DE":
        product = 10
        for digit in digits[:8]:
            product = 2 * ((int(digit) + product) % 10 or 10) % 11
        return number[:2] == "DE" and len(digits) == 9 and (11 - product) % 10 == int(digits[8])
    if country == "FR":
        siren = digits[2:]
        return _luhn_is_valid(siren) and (12 + 3 * (int(siren) % 97)) % 97 == int(digits[:2])
    weights = (5, 4, 3, 2, 7, 6, 5, 4)
    weighted = sum(int(d) * w for d, w in zip(digits[:8], weights, strict=True))
    return number.startswith("CHE-") and (11 - weighted % 11) % 11 == int(digits[8])


def test_vat_numbers_have_their_check_digits(world: World) -> None:
    rows = [row for entity in world.entities.values() for row in entity.vat_registrations]
    assert [row.number for row in rows if not _vat_number_is_valid(row.country, row.number)] == []
    assert not _vat_number_is_valid("DE", "DE819900017")
    for entity in world.entities.values():
        assert entity.country in {row.country for row in entity.vat_registrations}


def test_whoever_buys_electricity_has_evidence_that_it_resells_it(world: World) -> None:
    for party in world.parties.values():
        trades = {"CPO", "EMSP", "PLATFORM"} & set(party.roles)
        assert bool(trades) == world.entities[party.entity].resells_on(AT.date())


def test_every_party_is_complete_once_its_accounts_are_approved(world: World) -> None:
    with recording_at(AT):
        for party in world.parties.values():
            entity = LegalEntity.blank(party.entity)
            entity.register(world.entities[party.entity], provenance=BY)
            on = AT.date()
            assert [row.path for row in missing_of(party, entity, on=on)] == [
                "entity.bank_accounts"
            ]
            entity.approve_accounts(provenance=SECOND)
            assert missing_of(party, entity, on=on) == ()


def test_rates_are_those_published_and_nothing_between() -> None:
    history = ecb_rates("CHF").checked()
    friday = history.last_published_before_or_on(date(2026, 10, 30))
    assert friday is not None
    assert friday.per_euro == Decimal("0.9194")
    assert history.last_published_before_or_on(date(2026, 11, 1)) == friday
    assert history.last_published_before_or_on(date(2026, 11, 2)) is None
    assert history.last_published_before_or_on(date(2018, 1, 1)) == history.rates[0]
    assert {rate.published_on.weekday() for rate in history.rates} <= {0, 1, 2, 3, 4}


def test_another_month_moves_what_changes_and_nothing_else(world: World) -> None:
    other = load_world("2022-11")
    assert other.entities == world.entities
    starts = {_valid_from(row) for row in other.tariffs}
    assert starts == {
        datetime(2017, 12, 31, 23, tzinfo=UTC),
        datetime(2018, 1, 1, tzinfo=UTC),
        datetime(2022, 11, 14, 23, tzinfo=UTC),
    }
    assert {row.end_date_time for row in other.tariffs} == {
        None,
        datetime(2023, 1, 31, 23, tzinfo=UTC),
    }
    assert {row.valid_until for row in other.agreements} == {
        None,
        datetime(2022, 11, 14, 23, tzinfo=UTC),
    }
