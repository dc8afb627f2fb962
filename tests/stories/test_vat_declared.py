"""What is declared of a month: parts of their own class, refunds, markups, a third currency."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from msgspec.structs import replace

from console.reports.vat_return import vat_return
from console.reports.vat_return_report import rows_of
from console.revaluing import revalue
from ledger.application.closing import cut_off_period, fall_due_period
from ledger.application.commands import By
from ledger.application.control import adjust_cdr, credit_cdr
from ledger.application.parties import register_party
from ledger.application.registration import advance_time
from ledger.fx.convert import FxTerms
from ledger.fx.rates import PublishedRate, RateHistory
from ledger.roaming.entity_documents import VatRegistration
from ledger.roaming.party_documents import PartyDocument
from ledger.roaming.terms import ClassedDimension, Terms, VatTerms
from projections.database import reading
from projections.queries.accrual import accrual_checkpoint, accruals
from projections.queries.vat import vat_decisions
from projections.runner import Projector
from projections.schema import migrate
from tests.ledger_cast import (
    BY_FINANCE,
    CAST,
    CPO,
    EMSP,
    ENTITIES,
    SWISS_CPO,
    agreement,
    entity,
    rates,
    swiss_rates,
)
from tests.ledger_statements import cdr, october, session, tariff
from tests.ledger_world import World

OCTOBER = "ALL/2026-10"
OVER = By("finn", "asserted", datetime(2026, 11, 3, tzinfo=UTC))
PARKS = VatTerms(classes=(ClassedDimension("FLAT", "parking"),))
BLOCKING_FEE = tariff(("ENERGY", "0.50", 1), ("FLAT", "2.00", 1))
WHY = "agreed by mail"


class Declaring:
    """A world with its read models, up to the day on which October falls due."""

    def __init__(self, url, *facts):
        self.world = World(url, *CAST, rates(swiss_rates(date(2026, 10, 31))), *facts)
        self.url = url
        migrate(url)
        advance_time(self.world.ledger, october(1))

    def project(self):
        Projector(self.url).run(until_caught_up=True)

    def fall_due(self):
        cut_off_period(self.world.ledger, OCTOBER, by=OVER)
        self.project()
        with reading(self.url) as connection:
            accrued = accruals(connection, OCTOBER)
            at = accrual_checkpoint(connection, accrued)
        fall_due_period(self.world.ledger, OCTOBER, accruals=accrued, checkpoint=at, by=OVER)

    def returned(self, book, country):
        self.project()
        with reading(self.url) as connection:
            return vat_return(connection, book=book, country=country, period="2026-10")

    def said(self, book, country):
        """Return the amounts of a return that are not zero, per section."""
        found = {}
        returned = self.returned(book, country)
        assert returned.agrees, returned.control
        for section, item, meaning, *_, base, tax, _, amount, _, _, _ in rows_of(returned):
            if amount or base or tax:
                told = str(amount) if amount is not None else (str(base), str(tax))
                name = item if section.startswith("Boxes") else f"{item} {meaning}"
                found.setdefault(section, {})[name] = told
        return found


@pytest.fixture
def declaring(database_url):
    made = []

    def make(*facts):
        made.append(Declaring(database_url, *facts))
        return made[0]

    yield make
    made[0].world.close()


def parked(declaring):
    it = declaring(agreement(CPO, EMSP, Terms(vat=PARKS)))
    it.world.send(BLOCKING_FEE, session("C1"), cdr("C1", "7.00"))
    assert it.world.cdr("C1").state == "accepted", it.world.reasons("C1")
    return it


def decided(it):
    """Return the rows of the decisions: class, place, net and tax."""
    it.project()
    with reading(it.url) as connection:
        rows = vat_decisions(connection, cdr=f"{CPO}/c1")
    return [(row.tax_class, row.place, str(row.net), str(row.vat)) for row in rows]


def test_a_part_with_a_class_of_its_own_is_a_row_of_its_own(declaring):
    it = parked(declaring)
    assert decided(it) == [("", "DE", "5.0000", "0.0000"), ("parking", "NL", "2.0000", "0.4200")]
    assert it.said("xyz-bv", "NL") == {
        "Not yet due": {
            "DE*EMP sold DE AE 0 % electricity": ("5.0000", "0.0000"),
            "DE*EMP sold NL S 21 % service parking": ("2.0000", "0.4200"),
        }
    }


def test_what_is_given_back_is_told_by_its_accounts(declaring):
    """Half of it is given back: half of the electricity and half of the parking with its tax."""
    it = parked(declaring)
    adjust_cdr(it.world.ledger, f"{CPO}/c1", amount=Decimal("3.71"), reason=WHY, by=BY_FINANCE)
    assert decided(it)[2:] == [
        ("", "DE", "-2.5000", "0.0000"),
        ("parking", "NL", "-1.0000", "-0.2100"),
    ]
    assert it.said("emp-gmbh", "NL")["Not yet due"] == {
        "NL*XYZ bought NL S 21 % service parking": ("1.0000", "0.2100")
    }
    credit_cdr(it.world.ledger, f"{CPO}/c1", reason=WHY, by=BY_FINANCE)
    assert it.said("xyz-bv", "NL") == it.said("emp-gmbh", "DE") == {}


def test_parking_is_declared_where_it_is_and_the_electricity_by_its_buyer(declaring):
    it = parked(declaring)
    it.fall_due()
    assert it.said("xyz-bv", "NL")["Boxes of 2026-10"] == {"1a": "2"}
    assert it.said("emp-gmbh", "DE")["Boxes of 2026-10"] == {"84": "5", "85": "0.95", "67": "0.95"}
    assert it.returned("emp-gmbh", "DE").own_numbers == ("DE819900016",)
    # Dutch tax on a German buyer's purchase: no input tax at home, but claimed from the Dutch.
    told = it.said("emp-gmbh", "DE")["Tax of other countries"]
    assert told == {"NL*XYZ placed in NL": ("2.00", "0.42")}


def test_a_markup_is_part_of_what_is_declared(declaring):
    """4.70 francs are 5.00 euros and 2 % markup: 5.10 euros, in the Swiss book 4.79 francs."""
    terms = Terms(currency="EUR", fx=FxTerms(markup_bps=200))
    it = declaring(agreement(SWISS_CPO, EMSP, terms))
    swiss = tariff(("ENERGY", "0.47", 1), of=SWISS_CPO, currency="CHF")
    charge = cdr("C1", "4.70", of=SWISS_CPO, currency="CHF")
    it.world.send(swiss, session("C1", of=SWISS_CPO), charge)
    assert it.world.reasons("C1", SWISS_CPO) == []
    it.fall_due()
    assert it.said("alp-ag", "CH")["Boxes of 2026-10"] == {
        "200": "4.79",
        "221": "4.79",
        "289": "4.79",
    }


def test_what_is_declared_in_a_third_currency_has_its_rate_and_amounts_recorded(declaring):
    """A Danish CPO keeps its book in euros: 5.00 sold abroad are told as 37.30 kroner."""
    number = VatRegistration("DK", "DK13585628", date(2018, 1, 1))
    danish = replace(ENTITIES["xyz-bv"], country="DK", vat_registrations=(number,))
    published = (PublishedRate(date(2026, 9, 30), Decimal("7.46")),)
    kroner = RateHistory("DKK", "ECB", date(2026, 9, 30), date(2026, 10, 31), published)
    it = declaring(entity("xyz-bv", danish), rates(kroner), agreement(CPO, EMSP, Terms()))
    it.world.send(tariff(("ENERGY", "0.50", 1)), session("C1"), cdr("C1", "5.00"))
    assert it.world.reasons("C1") == []
    it.fall_due()
    returned = it.returned("xyz-bv", "DK")
    assert (returned.currency, returned.form.verified) == ("DKK", False)
    assert it.said("xyz-bv", "DK")["Boxes of 2026-10"] == {
        "sold_eu_electricity": ("37.30", "0.00")
    }  # fmt: skip
    (event,) = (row for row in it.world.events() if row.TOPIC.endswith("fell_due.v1"))
    (declared,) = (row.seller_declares for row in event.groups)
    assert (declared.net, declared.fx.rate_on) == (Decimal("37.3000"), date(2026, 10, 31))
    assert it.said("emp-gmbh", "DE")["Boxes of 2026-10"] == {"84": "5", "85": "0.95", "67": "0.95"}


def test_what_rates_make_of_tax_in_another_currency_is_no_part_of_a_return(declaring):
    in_francs = replace(ENTITIES["emp-gmbh"], currency="CHF", dealer_since=None)
    dearer = swiss_rates(date(2026, 10, 31), (date(2026, 10, 20), "0.8000"))
    buyer = PartyDocument("Own", ("EMSP",), "own-gmbh")
    it = declaring(
        rates(dearer),
        entity("own-gmbh", in_francs),
        lambda on: register_party(on, "DE*OWN", buyer, by=BY_FINANCE),
        agreement(CPO, "DE*OWN", Terms()),
    )
    charged = session("C1", by="DE*OWN"), cdr("C1", "5.00", by="DE*OWN")
    it.world.send(tariff(("ENERGY", "0.50", 1)), *charged)
    it.fall_due()
    before = it.returned("own-gmbh", "NL")
    # 1.05 EUR of input tax are 0.987 CHF when they are charged, and 0.84 at the month's end.
    assert ("CHF in book", Decimal("0.987")) in [row[2:4] for row in before.control]
    revalued = revalue(it.world.ledger, it.url, "2026-10", book="own-gmbh", by=OVER)
    assert Decimal("-0.147") in [row.unrealised for found in revalued for row in found.items]
    after = it.returned("own-gmbh", "NL")
    assert (after.control, after.lines) == (before.control, before.lines)
    assert after.agrees
