"""Legal entities: what their documents may say, and whose word puts an account in force."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from msgspec.structs import replace

from ledger.roaming.bank_accounts import BankAccount
from ledger.roaming.entity import LegalEntity
from ledger.roaming.entity_documents import (
    Contact,
    EntityDocument,
    Establishment,
    Evidence,
    PostalAddress,
    ResellerStatus,
    VatRegistration,
    errors_of_entity,
    vat_party_of,
)
from ledger.values.aggregate import recording_at
from ledger.values.provenance import Provenance
from ledger.values.reasons import Refused
from ledger.vat.numbers import checked_vat_number
from tests.golden.partied import ACCOUNT, DOCUMENT, PROOF
from tests.ledger_cast import RECORDED_AT

FINN = Provenance("finn", "asserted", RECORDED_AT, RECORDED_AT)
FIONA = replace(FINN, actor="fiona")
SPACED = BankAccount("x", "FR14 2004 1010 0505 0001 3M02 606", "New", "EUR", date(2026, 1, 1))


@pytest.fixture(autouse=True)
def recorded_now():
    with recording_at(RECORDED_AT):
        yield


def codes(document: EntityDocument) -> list[str]:
    return [f"{row.reason.value} {row.path}" for row in errors_of_entity(document)]


def with_account(**changes: Any) -> EntityDocument:
    return replace(DOCUMENT, bank_accounts=(replace(ACCOUNT, **changes),))


def with_registration(**changes: Any) -> EntityDocument:
    return replace(DOCUMENT, vat_registrations=(replace(DOCUMENT.vat_registrations[0], **changes),))


def test_a_whole_document_is_right():
    assert codes(DOCUMENT) == []


@pytest.mark.parametrize(
    "iban",
    [
        "NL91ABNA0417164300",
        "nl91 abna 0417 1643 00",
        "DE89370400440532013000",
        "FR1420041010050500013M02606",
        "CH9300762011623852957",
        "LI21088100002324013AA",
        "NO9386011117947",
        "GB82WEST12345698765432",
    ],
)
def test_an_iban_with_the_length_form_and_check_digits_of_its_country_is_right(iban):
    assert codes(with_account(iban=iban)) == []


@pytest.mark.parametrize(
    "iban",
    [
        "",
        "NL91ABNA0417164301",  # a wrong digit at the end
        "NL19ABNA0417164300",  # check digits the wrong way round
        "NL91ABNA041716430",  # a digit is missing
        "DE8937040044053201300A",  # a letter where the country has digits
        "XX91ABNA0417164300",  # no country
        "0417164300",  # the account alone
    ],
)
def test_any_other_iban_is_refused(iban):
    assert codes(with_account(iban=iban)) == ["IBAN_INVALID bank_accounts[0].iban"]


@pytest.mark.parametrize(
    ("bic", "errors"),
    [
        ("ABNANL2A", []),
        ("ABNA NL 2A XXX", []),
        (None, []),
        ("ABNANL2", ["BIC_INVALID bank_accounts[0].bic"]),
        ("ABNAXX2A", ["BIC_INVALID bank_accounts[0].bic"]),
        ("ABNANL2AXXXX", ["BIC_INVALID bank_accounts[0].bic"]),
    ],
)
def test_a_bic_has_the_form_of_iso_9362_or_is_left_out(bic, errors):
    assert codes(with_account(bic=bic)) == errors


@pytest.mark.parametrize(
    ("country", "number"),
    [
        ("NL", "NL000990012B01"),
        ("NL", "NL 0009 90 012 B01"),
        ("DE", "DE136695976"),
        ("FR", "FR40303265045"),
        ("BE", "BE0428759497"),
        ("AT", "ATU13585627"),
        ("ES", "ESB58378431"),
        ("IT", "IT00743110157"),
        ("GR", "EL094259216"),
        ("CH", "CHE-107.787.577 IVA"),
        ("LI", "LI 56789"),
        ("NO", "NO995525828MVA"),
        ("GB", "GB980780684"),
        ("UA", "whatever it is"),
    ],
)
def test_a_vat_number_of_its_country_is_right(country, number):
    assert checked_vat_number(country, number) == number


@pytest.mark.parametrize(
    ("country", "number"),
    [
        ("NL", "NL000990013B01"),
        ("NL", "DE136695976"),
        ("DE", "DE136695977"),
        ("FR", "FR41303265045"),
        ("BE", "BE0428759498"),
        ("CH", "CHE-107.787.578 IVA"),
        ("LI", "LI 1234567890123"),
        ("NO", "NO995525829MVA"),
        ("GB", "GB802311781"),
        ("IT", ""),
    ],
)
def test_any_other_vat_number_is_refused(country, number):
    document = with_registration(country=country, number=number)
    assert codes(document) == ["VAT_NUMBER_INVALID vat_registrations[0].number"]


def test_all_that_is_wrong_is_said_at_once_with_its_path():
    wrong = EntityDocument(
        " ",
        "ZZ",
        "XXY",
        (VatRegistration("NL", "NL1", date(2026, 1, 1), date(2026, 1, 1)),),
        address=PostalAddress("", "1", "Utrecht", "XXX"),
        reseller=(ResellerStatus(date(2026, 1, 1), Evidence("form", "", date(2026, 1, 1))),),
        establishments=(
            Establishment("XXX", date(2026, 1, 1), date(2026, 1, 1)),
            Establishment("BE", date(2026, 1, 1), is_supplied=True),
            Establishment("ZZ", date(2026, 1, 1)),
        ),
        invoice_contacts=(Contact("New", "nobody", "invoices", "dutch"),),
        bank_accounts=(ACCOUNT, replace(ACCOUNT, iban="NL1", bic="X", currency="EURO", holder="")),
    )
    assert codes(wrong) == [
        "MISSING_FIELD name",
        "UNKNOWN_CURRENCY currency",
        "COUNTRY_UNKNOWN country",
        "MISSING_FIELD address.street",
        "COUNTRY_UNKNOWN address.country",
        "VAT_NUMBER_INVALID vat_registrations[0].number",
        "INVALID_DOCUMENT vat_registrations[0].valid_until",
        "MISSING_FIELD reseller[0].evidence.reference",
        "COUNTRY_UNKNOWN establishments[0].country",
        "INVALID_DOCUMENT establishments[0].valid_until",
        "MISSING_FIELD establishments[1].evidence",
        "COUNTRY_UNKNOWN establishments[2].country",
        "INVALID_DOCUMENT establishments[2].country",
        "INVALID_DOCUMENT invoice_contacts[0].email",
        "INVALID_DOCUMENT invoice_contacts[0].language",
        "MISSING_FIELD bank_accounts[1].holder",
        "NAMED_TWICE bank_accounts[1].id",
        "IBAN_INVALID bank_accounts[1].iban",
        "BIC_INVALID bank_accounts[1].bic",
        "UNKNOWN_CURRENCY bank_accounts[1].currency",
    ]


def registered() -> LegalEntity:
    entity = LegalEntity.blank("new-bv")
    entity.register(DOCUMENT, provenance=FINN)
    return entity


@pytest.mark.parametrize(
    ("currency", "on", "errors"),
    [
        ("HRK", date(2022, 12, 31), []),
        ("HRK", date(2023, 1, 1), ["CURRENCY_ENDED currency EUR HRK"]),
        ("BGN", date(2025, 12, 31), []),
        ("BGN", date(2026, 10, 6), ["CURRENCY_ENDED currency EUR BGN"]),
        ("CHF", date(2026, 10, 6), []),
        ("XXY", date(2026, 10, 6), ["UNKNOWN_CURRENCY currency ISO 4217 XXY"]),
    ],
)
def test_no_new_book_is_kept_in_money_that_is_money_no_more(currency, on, errors):
    found = LegalEntity.blank("new-bv").refusals_of(replace(DOCUMENT, currency=currency), on=on)
    assert [f"{row.reason.value} {row.path} {row.expected} {row.actual}" for row in found] == errors


def test_a_book_whose_currency_ended_stays_and_says_nothing_new():
    old, in_kuna = LegalEntity.blank("old-doo"), replace(DOCUMENT, currency="HRK")
    then = datetime(2022, 12, 31, 23, 59, tzinfo=UTC)
    old.register(in_kuna, provenance=replace(FINN, received_at=then))
    old.register(in_kuna, provenance=FINN)  # what is recorded already stands
    assert (old.versions, old.document.currency) == (1, "HRK")
    with pytest.raises(Refused, match="CURRENCY_ENDED"):
        old.register(replace(in_kuna, name="Old d.o.o."), provenance=FINN)
    in_euro = old.refusals_of(replace(in_kuna, currency="EUR"), on=date(2026, 10, 6))
    assert [row.reason.value for row in in_euro] == ["ALREADY_EXISTS"]
    assert old.versions == 1


def test_accounts_are_in_force_by_the_word_of_two():
    entity = registered()
    assert (entity.bank_accounts, entity.document.bank_accounts) == ((), None)
    with pytest.raises(Refused, match="SECOND_PERSON_REQUIRED"):
        entity.approve_accounts(provenance=FINN)
    entity.approve_accounts(provenance=FIONA)
    assert [row.iban for row in entity.bank_accounts] == ["NL91ABNA0417164300"]
    assert entity.proposal is None
    with pytest.raises(Refused, match="NOT_FOUND"):
        entity.approve_accounts(provenance=FIONA)


def test_what_is_stated_again_is_not_proposed_again():
    entity = registered()
    entity.register(DOCUMENT, provenance=FIONA)  # the same is pending already
    assert (entity.proposals, entity.version) == (1, 2)
    entity.approve_accounts(provenance=FIONA)
    for document in (DOCUMENT, replace(DOCUMENT, bank_accounts=None)):
        entity.register(document, provenance=FINN)
    assert (entity.proposals, entity.proposal) == (1, None)


def test_a_later_proposal_takes_an_earlier_ones_place_and_is_approved_by_its_number():
    entity = registered()
    entity.propose_accounts((SPACED,), provenance=FINN)
    with pytest.raises(Refused, match="NOT_FOUND"):
        entity.approve_accounts(number=1, provenance=FIONA)
    entity.approve_accounts(number=2, provenance=FIONA)
    assert entity.bank_accounts[0].iban == "FR1420041010050500013M02606"


def test_a_rejected_proposal_leaves_the_accounts_in_force():
    entity = registered()
    entity.approve_accounts(provenance=FIONA)
    entity.propose_accounts((), provenance=FINN)
    with pytest.raises(Refused, match="REASON_MISSING"):
        entity.reject_accounts(reason=" ", provenance=FIONA)
    entity.reject_accounts(reason="called back: it was not them", provenance=FIONA)
    assert (len(entity.bank_accounts), entity.proposal) == (1, None)


@pytest.mark.parametrize(
    ("day", "kind", "countries"),
    [
        (date(2025, 12, 31), "business", set()),
        (date(2026, 1, 1), "dealer", {"NL"}),
        (date(2027, 12, 31), "dealer", {"NL"}),
        (date(2028, 1, 1), "business", set()),
    ],
)
def test_evidence_and_registrations_hold_from_the_first_day_to_before_the_last(
    day, kind, countries
):
    party = registered().as_vat_party(day)
    assert (party.kind, {country for country, _ in party.numbers}) == (kind, countries)


def test_what_the_tax_decision_needs_is_that_of_the_day_with_its_proof():
    since, later = date(2018, 1, 1), date(2026, 7, 1)
    document = EntityDocument(
        "New",
        "NL",
        "EUR",
        (
            VatRegistration("NL", "NL000990012B01", since, evidence=PROOF),
            VatRegistration("DE", "DE819900016", since, later),
            VatRegistration("DE", "DE136695976", later),
        ),
        establishments=(
            Establishment("BE", since, later),
            Establishment("FR", since, evidence=PROOF, is_supplied=True),
        ),
    )
    before, after = (vat_party_of(document, day) for day in (date(2026, 6, 30), later))
    assert (before.kind, before.dealer_evidence) == ("business", "")
    assert before.seat_evidence == f"{PROOF.kind} {PROOF.reference}"
    assert [before.number_in(place) for place in ("NL", "DE", "FR")] == [
        "NL000990012B01", "DE819900016", ""
    ]  # fmt: skip
    assert after.number_in("DE") == "DE136695976"
    assert (before.establishments, before.supplied_at) == (("BE", "FR"), ("FR",))
    assert (after.establishments, after.own_number("FR")) == (("FR",), "NL000990012B01")


def test_a_reseller_of_old_documents_needs_no_end():
    old = LegalEntity.blank("old-bv")
    old.register(EntityDocument("Old", "NL", "EUR", dealer_since=date(2018, 1, 1)), provenance=FINN)
    assert [old.as_vat_party(date(year, 12, 31)).kind for year in (2017, 2030)] == [
        "business",
        "dealer",
    ]


@pytest.mark.parametrize(
    ("spans", "on", "places"),
    [
        ([("NL", "2026-01-01", None)], "2030-01-01", []),
        ([("NL", "2026-01-01", "2026-10-01")], "2026-09-30", []),
        ([("NL", "2026-01-01", "2026-10-01")], "2026-10-01", [0]),
        ([("NL", "2026-01-01", "2026-10-01"), ("NL", "2026-10-01", None)], "2026-10-01", []),
        ([("NL", "2024-01-01", "2025-01-01"), ("NL", "2026-01-01", "2026-10-01")],
         "2026-10-02", [1]),
        ([("NL", "2026-01-01", "2026-10-01"), ("DE", "2026-01-01", None)], "2026-10-02", [0]),
        ([("NL", "2027-01-01", None)], "2026-10-01", []),
        ([], "2026-10-01", []),
    ],
)  # fmt: skip
def test_the_last_registration_of_a_country_expires_when_none_follows(spans, on, places):
    rows = tuple(
        VatRegistration(
            country,
            "x",
            date.fromisoformat(begins),
            date.fromisoformat(ends) if ends else None,
            PROOF,
        )
        for country, begins, ends in spans
    )
    document = replace(DOCUMENT, vat_registrations=rows)
    assert [place for place, _ in document.expired_on(date.fromisoformat(on))] == places
