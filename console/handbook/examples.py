"""Worked examples: charges, a month's end and a revaluation, booked by the ledger's functions.

Nothing in here is typed but what happens; every tax and every posting is what the ledger makes of
it. The companies are made up.
"""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Final, NamedTuple

from console.handbook.cast import (
    AT_THE_END,
    DAY,
    DUTCH,
    DUTCH_BOOK,
    DUTCH_SELLING_IN_GERMANY,
    FLEET,
    FLEET_BOOK,
    GERMAN_BOOK,
    PERSON,
    RATE,
    SWISS,
    SWISS_BOOK,
    decided,
    into_francs,
    of_class,
    sold,
)
from ledger.books.accounts import account_of
from ledger.books.disputes import disputed_entries, owed_of
from ledger.books.due_groups import invoiced
from ledger.books.falling_due import entries_due, sums_due
from ledger.books.invoice_groups import AccruedLine, GroupAccrued, InvoiceGroup
from ledger.books.revaluation import (
    ForeignFigures,
    Pool,
    entries_of_revaluation,
    revalued,
    taken_back_of,
)
from ledger.books.rules import BookOf, entries_of
from ledger.roaming.legs import DRIVER, Leg, TaxedPart
from ledger.values.entries import Entry
from ledger.values.money import ZERO
from ledger.vat.decide import VatDecision, decide_vat


class Example(NamedTuple):
    """What happens, in words; what is decided about its tax; and what is booked."""

    title: str
    happens: str
    decision: VatDecision | None
    entries: tuple[Entry, ...]


def examples() -> Iterator[Example]:
    """Yield the examples in the order in which the handbook tells them."""
    yield from _sales()
    yield _with_parking()
    yield _in_francs()
    yield _disputed()
    yield from _due()
    yield _reverse_charge_due()
    yield _month_end()


def _sales() -> Iterator[Example]:
    yield _example(
        "A sale at home",
        "DE\\*LAD charges a German fleet, which buys for its own cars: 20 kWh for 10.00 EUR.",
        sold("10.0000", decided("10.0000", FLEET), FLEET_BOOK),
        FLEET_BOOK,
    )
    yield _example(
        "Reverse charge: a reseller in another member state",
        "The same charge, bought by NL\\*RYD to resell it to its drivers. Electricity sold to a"
        " reseller is taxed at the reseller's seat, and the reseller accounts for it.",
        sold("10.0000", decided("10.0000", DUTCH), DUTCH_BOOK),
        DUTCH_BOOK,
    )
    yield _example(
        "Import into Switzerland",
        "The same charge, bought by a reseller with its seat in Switzerland. For the EU that is"
        " outside the scope of its tax; the Swiss buyer declares its own (Bezugsteuer). Its book"
        " is in francs, and so is what it owes there.",
        sold("10.0000", decided("10.0000", SWISS), SWISS_BOOK, fx=(into_francs(),)),
        SWISS_BOOK,
    )
    person = decided("12.6050", PERSON, seller=DUTCH_SELLING_IN_GERMANY)
    yield _example(
        "A driver who pays for herself",
        "NL\\*RYD, identified in Germany too, sells the charge on to its driver: 15.00 EUR with"
        " tax. A driver has no book; what all drivers owe stands on one account until they pay.",
        sold("12.6050", person, None, seller="NL*RYD", buyer=DRIVER, kind="retail"),
        None,
        seller=DUTCH_BOOK,
    )
    yield _example(
        "An agent collects",
        "NL\\*RYD is only an agent: DE\\*LAD sells to the driver, NL\\*RYD collects the money and"
        " owes it. It has neither a cost nor input tax.",
        sold("10.0000", decided("10.0000", PERSON), DUTCH_BOOK, for_driver=True),
        DUTCH_BOOK,
    )


def _with_parking() -> Example:
    charge, parked = decided("10.0000", FLEET), decided("2.0000", FLEET, supply="parking")
    part = TaxedPart(Decimal("2.0000"), of_class(parked, "parking"))
    leg = sold("12.0000", charge, FLEET_BOOK, parts=(part,))
    return _example(
        "Parking with a tax class of its own",
        "The two parties agreed that parking is taxed apart. 2.00 EUR of the price is parking; it"
        " stands on accounts of its own, so that its tax can be checked from the journal alone.",
        leg,
        FLEET_BOOK,
    )


def _in_francs() -> Example:
    decision = decide_vat(
        supply="electricity", charger_country="CH", seller=SWISS, buyer=DUTCH,
        tax_point=DAY, net=Decimal("20.0000"),
    )  # fmt: skip
    leg = sold("20.0000", decision, DUTCH_BOOK, seller="CH*FHR", currency="CHF", fx=(RATE,))
    return _example(
        "A sale in another currency than the book's",
        "CH\\*FHR sells for 20.00 CHF to NL\\*RYD, whose foreign seat nobody proved to it, so that"
        " Swiss tax is added. The buyer's book is in euros: the total is converted"
        " once at the rate of the day, 1 CHF = 1.06 EUR, and the lines are cut from it, so that"
        " both currencies balance.",
        leg,
        DUTCH_BOOK,
        seller=SWISS_BOOK,
    )


def _disputed() -> Example:
    leg = sold("10.0000", decided("10.0000", FLEET), FLEET_BOOK)
    booked = entries_of(leg, 0, seller=GERMAN_BOOK, buyer=FLEET_BOOK)
    owed = owed_of(leg, booked)
    if owed is None:
        raise ValueError("a sale that is booked is owed")
    return Example(
        "A part is disputed",
        "The fleet disputes 4.76 EUR of its 11.90. That part leaves the clearing accounts of both"
        " books, so that nobody nets it, and comes back when it is decided.",
        None,
        disputed_entries(leg, owed, Decimal("4.7600")),
    )


_THREE: Final = ("3.3375", "3.3375", "3.3375")


def _due() -> Iterator[Example]:
    legs = [sold(net, decided(net, FLEET), FLEET_BOOK) for net in _THREE]
    yield Example(
        "The month falls due",
        f"Three charges came to {_THREE[0]} EUR each before tax, and each booked"
        f" {legs[0].vat.vat} of tax. An invoice rounds once: 10.01 EUR, of which 19 % is 1.90. What"
        " the cents leave is shown on the rounding accounts, once for the net and once for the tax,"
        " and settled: receivable and payable become what the invoice says, by the same amount in"
        " both books.",
        None,
        _fallen_due(legs, FLEET_BOOK),
    )


def _reverse_charge_due() -> Example:
    leg = sold("100.0000", decided("100.0000", DUTCH), DUTCH_BOOK)
    return Example(
        "The month falls due under reverse charge",
        "100.00 EUR to NL\\*RYD. The invoice has no tax; the buyer's book gets Dutch tax on both"
        " sides, owed and deducted, as its VAT return asks for.",
        leg.vat,
        _fallen_due([leg], DUTCH_BOOK),
    )


def _fallen_due(legs: Sequence[Leg], buyer: BookOf) -> tuple[Entry, ...]:
    """Return what the legs of one invoice group book when they fall due."""
    vat = legs[0].vat
    group = InvoiceGroup(
        legs[0].seller, legs[0].buyer, "EUR", vat.place, vat.category, vat.percent, "2026-10",
        vat.rule, GERMAN_BOOK.entity, buyer.entity, buyer_percent=vat.buyer_percent,
    )  # fmt: skip
    sums: dict[tuple[str, str], Decimal] = {}
    for leg in legs:
        for entry in entries_of(leg, 0, seller=GERMAN_BOOK, buyer=buyer):
            for row in entry.postings:
                if account_of(row.account).control == "accrual":
                    signed = row.amount if row.side == "debit" else -row.amount
                    place = entry.book, row.account
                    sums[place] = sums.get(place, ZERO) + signed
    rows = [AccruedLine(book, account, held, held) for (book, account), held in sums.items()]
    accrued = GroupAccrued(group, tuple(rows))
    due = sums_due(accrued, invoiced(accrued), currency_of=_euros, convert=_unconverted)
    return entries_due(group, 0, due, {}, currency_of=_euros)


def _euros(_: str) -> str:
    return "EUR"


def _unconverted(amount: Decimal, _: str, __: str) -> Decimal:
    return amount


def _month_end() -> Example:
    pool = Pool("payable:CH*FHR", "CHF", Decimal("-21.6200"), Decimal("-22.9172"))
    figures = ForeignFigures("nl-rijd", "EUR", "2026-10", (pool,))
    booked = entries_of_revaluation(figures, revalued(figures, lambda _, __: AT_THE_END))
    return Example(
        "The month's end, and the day after",
        "NL\\*RYD still owes the 21.62 CHF of the sale in francs, booked at 22.9172 EUR. On the"
        " last day of October 1 CHF is 1.075 EUR: the debt is worth more, and the difference is an"
        " unrealised loss. On the first of November it is taken back, to the last digit; what is"
        " paid at yet another rate is realised then.",
        None,
        (*booked, *taken_back_of(booked)),
    )


def _example(
    title: str,
    happens: str,
    leg: Leg,
    buyer: BookOf | None,
    *,
    seller: BookOf = GERMAN_BOOK,
) -> Example:
    return Example(title, happens, leg.vat, entries_of(leg, 0, seller=seller, buyer=buyer))
