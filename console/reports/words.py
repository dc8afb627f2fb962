"""What reports say in words."""

from typing import Final

from ledger.books.accounts import account_of
from ledger.books.posting_rules import BY_ID, sentence_of

MEANING_OF_A_BALANCE: Final = "A balance is debit less credit."


def meaning_of_entry(rule: str, *, reverses: bool) -> str:
    """Return what an entry means; of a rule that is no more, its name.

    >>> meaning_of_entry("charging_sold", reverses=False)
    'Charging sold: the buyer owes the gross, the net is revenue, the tax is accrued.'
    """
    return sentence_of(rule, reverses=reverses) if rule in BY_ID else rule


def type_of_account(account: str) -> str:
    """Return an account's type by the chart; nothing of one that stands no more in it.

    >>> type_of_account("receivable:DE*EMP"), type_of_account("bank:main")
    ('asset', '')
    """
    try:
        return account_of(account).type
    except KeyError:
        return ""
