"""What a pool of a foreign currency holds after each day, and what settling it brings or costs."""

from datetime import date
from decimal import Decimal

import pytest

from ledger.books.revaluation import Day, Held, Pool, held_in, is_revalued, settles
from ledger.values.reasons import InvariantBroken

FIRST, SECOND = date(2026, 10, 12), date(2026, 10, 13)


def day(came="0 0", settled="0 0", on=FIRST):
    """Return a day: what came in, and what payments took, each in the currency and the book's."""
    return Day(on, *map(Decimal, came.split()), *map(Decimal, settled.split()))


def held(said: str) -> Held:
    return Held(*map(Decimal, said.split()))


@pytest.mark.parametrize(
    ("before", "moved", "after"),
    [
        # amount and book value before; what comes in, what is settled; after, and realised
        ("0 0", day("100 105"), "100 105 0"),
        # a claim: 40 of 100 carried at 1.05 are paid when they are worth 1.08, then 1.02
        ("100 105", day(settled="-40 -43.2"), "60 63 1.2"),
        ("100 105", day(settled="-40 -40.8"), "60 63 -1.2"),
        # a debt: it costs more than it was carried at, or less
        ("-100 -105", day(settled="40 43.2"), "-60 -63 -1.2"),
        ("-100 -105", day(settled="40 40.8"), "-60 -63 1.2"),
        # the whole: nothing is left of either
        ("100 105", day(settled="-100 -108"), "0 0 3"),
        ("-100 -105", day(settled="100 108"), "0 0 -3"),
        # more than was there: the rest stands at its own day's rate, on the other side
        ("40 42", day(settled="-50 -54"), "-10 -10.8 1.2"),
        ("-40 -42", day(settled="50 54"), "10 10.8 -1.2"),
        # paid before it was owed: nothing was there to be settled
        ("0 0", day(settled="-10 -10.8"), "-10 -10.8 0"),
        # what goes the same way as the pool settles nothing
        ("40 42", day(settled="10 10.8"), "50 52.8 0"),
        # what comes on the day of the payment is carried with the rest: 1.125 on average
        ("100 100", day("100 125", "-100 -125"), "100 112.5 12.5"),
        # the exact reversal leaves nothing, and what roundings left of no francs is realised
        ("100 105", day("-100 -105"), "0 0 0"),
        ("100 105.0001", day("-100 -105"), "0 0 -0.0001"),
        # half a ten-thousandth is rounded away from zero
        ("3 1", day(settled="-1 -1"), "2 0.6667 0.6667"),
    ],
)
def test_what_is_paid_leaves_at_the_average_rate_of_what_is_there(before, moved, after):
    assert held(before).after(moved) == held(after)


def test_days_follow_one_another_whatever_their_order_in_the_figures():
    days = (day("100 125", on=SECOND), day("100 100", "-50 -60", on=FIRST))
    pool = Pool("receivable:driver", "CHF", Decimal(0), Decimal(0), days)
    # On the first day the francs are at par, whatever comes on the second.
    assert held_in(pool) == held("150 175 10")


@pytest.mark.parametrize(
    ("rule", "account", "side", "reverses", "is_settled"),
    [
        ("payment_captured", "receivable:driver", "credit", False, True),
        ("payment_captured", "psp:NL*PSP", "debit", False, False),
        ("payment_refunded", "receivable:driver", "debit", False, False),
        ("payment_refunded", "psp:NL*PSP", "credit", False, True),
        ("payment_charged_back", "psp:NL*PSP", "credit", False, True),
        # a payment that is taken back undoes what it settled, on the same account
        ("payment_captured", "receivable:driver", "debit", True, True),
        ("payment_captured", "psp:NL*PSP", "credit", True, False),
        ("payment_refunded", "psp:NL*PSP", "debit", True, True),
        # a debt is settled by a debit
        ("payment_sent", "payable:CH*ALP", "debit", False, True),
        ("payment_sent", "payable:CH*ALP", "credit", False, False),
        # nothing else is a payment
        ("charging_sold", "receivable:DE*EMP", "credit", True, False),
        ("disputed_sale", "receivable:DE*EMP", "credit", False, False),
        ("group_sold_due", "receivable:DE*EMP", "credit", False, False),
        ("fx_realised", "receivable:driver", "credit", False, False),
    ],
)
def test_what_settles_is_money_that_moved(rule, account, side, reverses, is_settled):
    assert settles(rule=rule, account=account, side=side, reverses=reverses) is is_settled


@pytest.mark.parametrize(
    ("account", "currency", "is_open_to_the_rate"),
    [
        ("receivable:DE*EMP", "CHF", True),
        ("receivable:driver", "CHF", True),
        ("payable:CH*ALP", "CHF", True),
        ("disputed:receivable:DE*EMP", "CHF", True),
        ("disputed:payable:CH*ALP", "CHF", True),
        ("psp:NL*PSP", "CHF", True),
        ("suspense:unknown_payer", "CHF", True),
        # due in the money in which the country takes it, fixed at the tax point in any other
        ("vat:CH:output:due", "CHF", True),
        ("vat:CH:self_assessed:due", "CHF", True),
        ("vat:CH:output:due", "EUR", False),
        ("vat:NL:input:due", "CHF", False),
        ("vat:BG:output:due", "BGN", False),  # Bulgaria takes euros since 2026
        ("vat:CH:output:accrued", "CHF", False),
        ("revenue:charging", "CHF", False),
        ("cost:charging:invoiced", "CHF", False),
        ("fx:realised", "CHF", False),
        ("fx:markup_income", "CHF", False),
        ("rounding:vat", "CHF", False),
        ("equity:opening", "CHF", False),
    ],
)
def test_what_is_settled_in_money_goes_with_the_rate(account, currency, is_open_to_the_rate):
    assert is_revalued(account, currency, date(2026, 10, 31)) is is_open_to_the_rate


def test_an_account_outside_the_chart_stops_the_close():
    with pytest.raises(InvariantBroken, match="petty"):
        is_revalued("petty:cash", "CHF", date(2026, 10, 31))
