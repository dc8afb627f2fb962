"""Which events of a payment stand, and what each books."""

from datetime import date
from decimal import Decimal
from itertools import permutations

import pytest

from ledger.books.accounts import CHART, account_of
from ledger.books.payments import MOVES_MONEY, entries_of_payment
from ledger.books.rules import BookOf
from ledger.fx.convert import FxDecision
from ledger.roaming.payment_statements import PAYMENT_STATUSES, refuse_what_cannot_be_paid
from ledger.settlement.payment_rules import verdicts_on
from ledger.values.reasons import Reason, Refusal, Refused
from tests.ledger_world import as_journal, journal
from tests.paying import told

A, C, R, B, X, F = "AUTHORISED", "CAPTURED", "REFUNDED", "CHARGED_BACK", "CANCELLED", "FAILED"
MUCH, MORE = "PAYMENT_EXCEEDS_AUTHORISED", "PAYMENT_EXCEEDS_CAPTURED"


@pytest.mark.parametrize(
    ("events", "held"),
    [
        ([(1, A, "10"), (2, C, "10")], {}),
        ([(1, A, "10"), (2, C, "10.01")], {2: [MUCH]}),
        ([(2, C, "10.01")], {}),  # no authorisation was seen
        ([(1, A, "10"), (2, C, "6"), (3, C, "4")], {}),
        ([(1, A, "10"), (2, C, "6"), (3, C, "4.01"), (4, C, "4")], {3: [MUCH]}),
        ([(1, A, "10"), (2, A, "5"), (3, C, "15")], {}),  # an authorisation that grew
        ([(1, A, "10"), (3, C, "15")], {3: [MUCH]}),  # and before that is known
        ([(1, A, "10"), (2, X, "4"), (3, C, "6")], {}),
        ([(1, A, "10"), (2, X, "4"), (3, C, "6.01")], {3: [MUCH]}),
        ([(1, A, "10"), (2, C, "10"), (3, X, "10")], {}),  # let go after it was taken
        ([(1, F, "10"), (2, C, "10")], {}),  # what failed stops nothing
        ([(2, C, "10"), (3, R, "4"), (4, R, "6")], {}),
        ([(2, C, "10"), (3, R, "4"), (4, B, "6.01"), (5, B, "6")], {4: [MORE]}),
        ([(3, R, "4")], {3: [MORE]}),  # the capture has not come
        ([(3, R, "4"), (4, C, "10")], {3: [MORE]}),  # it came after the refund, says the collector
        ([(1, A, "10"), (2, C, "11"), (3, R, "1")], {2: [MUCH], 3: [MORE]}),
    ],
)
def test_what_stands_is_the_same_in_whatever_order_it_is_known(events, held):
    statements = [told(number, status, amount).statement for number, status, amount in events]
    for order in permutations(statements):
        verdicts = verdicts_on(order, {})
        reasons = {n: [row.reason.value for row in found] for n, found in verdicts.items() if found}
        assert reasons == held


def test_a_payment_has_the_currency_it_began_in():
    events = [told(1, A).statement, told(2, C, currency="CHF").statement]
    (refusal,) = verdicts_on(events, {})[2]
    assert (refusal.reason, refusal.expected, refusal.actual) == (
        Reason.PAYMENT_CURRENCY_DIFFERS, "EUR", "CHF",
    )  # fmt: skip


def test_an_event_that_waits_for_a_fact_counts_for_nothing_until_then():
    unknown = (Refusal(Reason.FX_RATE_MISSING, "CHF"),)
    events = [told(1, C, currency="CHF").statement, told(2, R, currency="CHF").statement]
    verdicts = verdicts_on(events, {1: unknown})
    assert [row.reason.value for row in verdicts[2]] == [MORE]
    assert verdicts_on(events, {}) == {1: (), 2: ()}


# --- what it books ------------------------------------------------------------------------------


def booked(status: str, fx: FxDecision | None = None, **more) -> list[str]:
    book = BookOf("emp-gmbh", "EUR")
    statement = told(2, status, **more).statement
    return as_journal(entries_of_payment(statement, book=book, fx=fx))


def test_a_capture_moves_the_gross_from_the_driver_to_the_provider_and_leaves_the_fee_alone():
    assert booked(C, card_fee=Decimal("0.22")) == journal("""
        emp-gmbh payment_captured
            debit  psp:NL*PSP         6.0500 EUR
            credit receivable:driver  6.0500 EUR
    """)


def test_a_refund_lets_the_driver_owe_again_what_the_sale_debited():
    assert booked(R, amount="2.00") == journal("""
        emp-gmbh payment_refunded
            debit  receivable:driver  2.0000 EUR
            credit psp:NL*PSP         2.0000 EUR
    """)


def test_the_fee_of_a_chargeback_is_ours():
    assert booked(B, chargeback_fee=Decimal("15.00")) == journal("""
        emp-gmbh payment_charged_back
            debit  receivable:driver   6.0500 EUR
            debit  cost:chargeback    15.0000 EUR
            credit psp:NL*PSP         21.0500 EUR
    """)


@pytest.mark.parametrize("status", sorted(set(PAYMENT_STATUSES) - set(MOVES_MONEY)))
def test_authorised_failed_and_cancelled_payments_move_nothing(status):
    assert booked(status) == []


def test_a_currency_that_is_not_the_books_is_converted_once(franc):
    assert booked(C, franc, currency="CHF", amount="10.00") == journal("""
        emp-gmbh payment_captured
            debit  psp:NL*PSP         10.0000 CHF = 10.6383 EUR
            credit receivable:driver  10.0000 CHF = 10.6383 EUR
    """)


@pytest.fixture
def franc():
    return FxDecision("CHF", "EUR", Decimal("1.06382978723"), date(2026, 10, 9), "ECB", "daily")


@pytest.mark.parametrize("name", ["psp:NL*PSP", "receivable:driver", "cost:chargeback"])
def test_no_account_of_a_payment_is_one_of_clearing(name):
    assert account_of(name) in CHART
    assert not account_of(name).is_clearing


# --- what cannot be paid ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stated", "reason", "path"),
    [
        ({"amount": "6.051"}, "AMOUNT_SCALE", "amount"),
        ({"amount": "605.5", "currency": "JPY"}, "AMOUNT_SCALE", "amount"),
        ({"card_fee": Decimal("0.125")}, "AMOUNT_SCALE", "card_fee"),
        ({"currency": "XQX"}, "UNKNOWN_CURRENCY", "currency"),
        ({"provider": "PSP"}, "WRONG_IDENTIFIER", "party"),
    ],
)
def test_money_that_changes_hands_has_whole_cents_and_a_name(stated, reason, path):
    with pytest.raises(Refused) as refused:
        refuse_what_cannot_be_paid(told(1, C, **stated).statement)
    assert [(row.reason.value, row.path) for row in refused.value.refusals] == [(reason, path)]


@pytest.mark.parametrize(
    ("amount", "currency"), [("605", "JPY"), ("6.050", "EUR"), ("1.234", "KWD")]
)
def test_trailing_zeros_and_other_minor_units_are_no_parts_of_a_cent(amount, currency):
    refuse_what_cannot_be_paid(told(1, C, amount, currency=currency).statement)
