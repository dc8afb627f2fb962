"""Which entries are booked for which sale, in whose books: what VAT and accruals are told by."""

from datetime import date
from decimal import Decimal
from fractions import Fraction

import msgspec
import pytest

from ledger.books.adjustments import part_reversed
from ledger.books.rules import BookOf, entries_of
from ledger.roaming.legs import DRIVER, Leg, TaxedPart
from ledger.vat.decide import VatDecision
from projections import event_parts
from projections.history import Booked, Decided, History
from projections.sales import sale_of, sales_booked, sales_of

CPO, EMSP, HOST = "NL*XYZ", "DE*EMP", "NL*HST"
BOOKS = {CPO: BookOf("xyz-bv", "EUR"), EMSP: BookOf("emp-gmbh", "EUR"), HOST: BookOf("host", "EUR")}
BOOKING = event_parts.Booking("2026-10-01", "ALL/2026-10", "2026-10-01", "ALL/2026-10", "2026-10")


def vat(amount, tax_class=""):
    return VatDecision(
        rule="seller_in_place",
        place="NL",
        category="S",
        percent=Decimal(21),
        vat=Decimal(amount),
        tax_point=date(2026, 10, 1),
        why="in the same country",
        data_version="2026-07",
        rate_source="Wet OB",
        tax_class=tax_class,
    )


def sold(seller, buyer, net="10.0000", kind="wholesale", parts=(), **more):
    tax = sum((part.vat.vat for part in parts), Decimal("2.1000"))
    return Leg(
        kind=kind,
        seller=seller,
        buyer=buyer,
        clause="sale",
        agreement_version="NL*XYZ>DE*EMP#1",
        currency="EUR",
        net_exact=net,
        net=Decimal(net),
        vat=vat("2.1000" if Decimal(net) else "0.0000"),
        gross=Decimal(net) + (tax if Decimal(net) else 0),
        parts=parts,
        **more,
    )


def booked(*legs):
    """Return the entries of legs, as the ledger makes them."""
    return [
        entry
        for number, leg in enumerate(legs)
        for entry in entries_of(leg, number, seller=BOOKS[leg.seller], buyer=BOOKS.get(leg.buyer))
    ]


def recorded(fact, part):
    """Return a part of an event as the projections read it."""
    return msgspec.convert(msgspec.to_builtins(fact), part)


def decision(*legs):
    return event_parts.Decision(
        seller=CPO,
        buyer=EMSP,
        tariff=event_parts.TariffUse("NL*XYZ/t", 1),
        booking=BOOKING,
        legs=[recorded(leg, event_parts.Leg) for leg in legs],
        entries=[recorded(entry, event_parts.Entry) for entry in booked(*legs)],
        visible_to=(),
    )


def shown(sales):
    return [(sale.seller_book, sale.buyer_book, len(sale.entries)) for sale in sales]


@pytest.mark.parametrize(
    ("leg", "books"),
    [
        (sold(CPO, EMSP), ("xyz-bv", "emp-gmbh", 2)),
        (sold(HOST, CPO, kind="share"), ("host", "xyz-bv", 2)),
        (sold(CPO, DRIVER, kind="retail"), ("xyz-bv", "", 1)),
        (sold(CPO, EMSP, for_driver=True), ("xyz-bv", "emp-gmbh", 2)),  # the agent collects
        (sold(CPO, EMSP, net="0.0000"), ("", "", 0)),  # nothing is booked of nothing
    ],
)
def test_a_sale_is_booked_by_its_seller_and_by_its_buyer_if_that_has_books(leg, books):
    told = decision(sold(HOST, CPO, kind="share"), leg)
    assert shown(sales_of(told)) == [("host", "xyz-bv", 2), books]
    sale = sales_of(told)[1]
    assert sale.leg is told.legs[1]
    assert sale_of(told.legs[1], [entry for entry in told.entries if entry.leg == 1]) == sale


def test_an_entry_tells_whose_it_is_wherever_it_stands():
    told = decision(sold(CPO, EMSP))
    for entries in (told.entries, told.entries[::-1]):
        sale = sale_of(told.legs[0], entries)
        assert (sale.seller_book, sale.buyer_book) == ("xyz-bv", "emp-gmbh")
    assert shown([sale_of(told.legs[0], told.entries[1:])]) == [("", "emp-gmbh", 1)]


def test_what_was_given_back_stays_with_its_sale_when_the_cdr_is_decided_again():
    first = decision(sold(CPO, EMSP), sold(HOST, CPO, kind="share"))
    given_back = [
        recorded(entry, event_parts.Entry)
        for entry in part_reversed(booked(sold(CPO, EMSP)), Fraction(1, 2))
    ]
    again = decision(sold(HOST, CPO, kind="share"))
    before = History(
        decided=Decided(7, again, 5),
        adjusted=[
            Booked(5, number, entry, BOOKING, first.legs[entry.leg])
            for number, entry in enumerate(given_back, 1)
        ],
    )
    found = sales_booked(before)
    assert [row for row, _ in found] == before.booked()
    assert [(row.position, sale.leg.seller, sale.buyer_book) for row, sale in found] == [
        (7, HOST, "xyz-bv"),
        (7, HOST, "xyz-bv"),
        (5, CPO, "emp-gmbh"),  # leg 0 here, as the share is there: another sale all the same
        (5, CPO, "emp-gmbh"),
    ]
    assert sales_booked(History()) == []


def test_a_part_with_a_tax_class_has_a_decision_of_its_own():
    parking = vat("0.4200", "parking")
    leg = sold(CPO, EMSP, parts=(TaxedPart(Decimal("2.0000"), parking),))
    (sale,) = sales_of(decision(leg))
    assert sale.vat_of("parking").vat == "0.4200"
    assert sale.vat_of("").vat == sale.vat_of("service").vat == "2.1000"
