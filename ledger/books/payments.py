"""What a driver's payment does to the books of the legal entity that collects.

| event        | rule                   | debit                              | credit            |
|--------------|------------------------|------------------------------------|-------------------|
| captured     | `payment_captured`     | psp:provider                       | receivable:driver |
| refunded     | `payment_refunded`     | receivable:driver                  | psp:provider      |
| charged back | `payment_charged_back` | receivable:driver, cost:chargeback | psp:provider      |

`psp:provider` is what the provider owes us. A refund and a chargeback let the driver owe again
what the sale debited; a credited sale takes that back, and the account comes to zero. A
chargeback's own fee is ours. A card fee is a step of the agreement's split and booked with the
CDR: a payment moves the gross alone. Authorised, failed and cancelled payments move nothing.

An entry of a payment names no agreement version. It is booked as it is told, which is often before
its CDR has come, and on the strength of a name, a session or an authorization that may turn out to
be of no CDR. Were the version named where the CDR is decided already, the order of arrival would
decide it, and it would be wrong once the CDR is decided again under another one.
`posting_rules` has the same as data, beside all other rules.
"""

from ledger.books.accounts import psp, receivable
from ledger.books.entries import Amounts, make_entry
from ledger.books.rules import BookOf
from ledger.fx.convert import FxDecision
from ledger.roaming.legs import DRIVER
from ledger.roaming.payment_statements import PaymentStatement
from ledger.values.entries import Entry
from ledger.values.money import ZERO, round_to_scale_4

MOVES_MONEY = ("CAPTURED", "REFUNDED", "CHARGED_BACK")
_PAYMENT = 0
"""A payment is no leg of a CDR; each of its events makes one entry."""


def entries_of_payment(
    statement: PaymentStatement, *, book: BookOf, fx: FxDecision | None
) -> tuple[Entry, ...]:
    """Return the entry of a payment's event in the collector's book; none where nothing moves.

    `fx` converts the payment's currency into the book's, where it is another.
    Source: the table of this module.
    """
    if statement.status not in MOVES_MONEY:
        return ()
    amount = round_to_scale_4(statement.amount)
    fee = round_to_scale_4(statement.chargeback_fee or ZERO)
    driver, provider = receivable(DRIVER), psp(statement.psp)
    debits: Amounts = [(driver, amount), ("cost:chargeback", fee)]
    credits: Amounts = [(provider, amount + fee)]
    if statement.status == "CAPTURED":
        debits, credits = [(provider, amount)], [(driver, amount)]
    entry = make_entry(
        book=book.entity,
        book_currency=book.currency,
        currency=statement.currency,
        rule=f"payment_{statement.status.lower()}",
        leg=_PAYMENT,
        debits=debits,
        credits=credits,
        fx=fx,
    )
    return (entry,)
