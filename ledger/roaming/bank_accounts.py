"""Bank accounts of a legal entity, and what one must be before anybody is paid on it.

Accounts are shown as they are and never guessed: an IBAN is the electronic form of ISO 13616, a
BIC that of ISO 9362. Whose account it is, a second person confirms.
"""

from collections.abc import Iterator
from datetime import date

import msgspec

from ledger.values.money import currency_of
from ledger.values.provenance import Provenance
from ledger.values.reasons import Reason, Refusal, Refused


class BankAccount(msgspec.Struct, frozen=True, omit_defaults=True):
    """An account in `currency`, in use from a day on; `id` is its short name, "main"."""

    id: str
    iban: str
    holder: str
    currency: str
    valid_from: date
    bic: str | None = None


class AccountsProposal(msgspec.Struct, frozen=True):
    """Accounts that one person, or the party itself, proposes and another approves."""

    number: int
    accounts: tuple[BankAccount, ...]
    provenance: Provenance


def normalised(accounts: tuple[BankAccount, ...]) -> tuple[BankAccount, ...]:
    """Return accounts with IBAN and BIC in their electronic form, without spaces.

    >>> account = BankAccount("main", "nl91 abna 0417 1643 00", "XYZ", "EUR", date(2026, 1, 1))
    >>> normalised((account,))[0].iban
    'NL91ABNA0417164300'
    """
    return tuple(
        msgspec.structs.replace(
            row,
            iban="".join(row.iban.split()).upper(),
            bic="".join(row.bic.split()).upper() if row.bic else None,
        )
        for row in accounts
    )


def errors_of_accounts(accounts: tuple[BankAccount, ...]) -> Iterator[Refusal]:
    """Yield everything that is wrong, by its path.

    IBAN_INVALID, BIC_INVALID, UNKNOWN_CURRENCY, MISSING_FIELD (id, holder), NAMED_TWICE (an id).
    """
    named: set[str] = set()
    for place, row in enumerate(normalised(accounts)):
        path = f"bank_accounts[{place}]"
        for field in ("id", "holder"):
            if not getattr(row, field).strip():
                yield Refusal(Reason.MISSING_FIELD, f"{path}.{field}")
        if row.id in named:
            yield Refusal(Reason.NAMED_TWICE, f"{path}.id", actual=row.id)
        named.add(row.id)
        yield from _errors_of_numbers(row, path)
        try:
            currency_of(row.currency)
        except Refused:
            yield Refusal(Reason.UNKNOWN_CURRENCY, f"{path}.currency", "ISO 4217", row.currency)


def _errors_of_numbers(account: BankAccount, path: str) -> Iterator[Refusal]:
    # Its tables of banks take longer to load than a command; only who checks needs them.
    from schwifty import BIC, IBAN
    from schwifty.exceptions import SchwiftyException

    try:
        IBAN(account.iban)
    except SchwiftyException as error:
        yield Refusal(Reason.IBAN_INVALID, f"{path}.iban", str(error).lower(), account.iban)
    if account.bic is None:
        return
    try:
        BIC(account.bic)
    except SchwiftyException as error:
        yield Refusal(Reason.BIC_INVALID, f"{path}.bic", str(error).lower(), account.bic)
