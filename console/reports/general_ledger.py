"""The general ledger and the statement of an account: running balances from the journal.

Both are streams: a posting is read, balanced and written before the next one comes.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from decimal import Decimal
from fnmatch import fnmatchcase

from console.reports.report import Cell, Report, Row, columns, facts
from console.reports.running import NOTHING, Running, openings_of, running
from console.reports.words import MEANING_OF_A_BALANCE, meaning_of_entry
from ledger.values.reasons import Reason, Refusal, Refused
from projections.database import Connection
from projections.queries.balance import BalanceRow, balances
from projections.queries.ledger import Span, ledger_lines

LEDGER_COLUMNS = columns(
    "book", "account", "currency", "posted_on:date", "kind::line", "entry", "rule", "cdr::CDR",
    "debit:money", "credit:money", "balance:money",
    "~book_debit:money:debit (book)", "~book_credit:money:credit (book)",
    "book_balance:money:balance (book)", "book_currency",
)  # fmt: skip

STATEMENT_COLUMNS = columns(
    "book", "~account", "currency", "posted_on:date", "service_on:date", "kind::line", "entry",
    "rule", "meaning", "cdr::CDR", "~seller", "~buyer", "agreement_version::agreement", "~clause",
    "service_period", "~posted_period", "late_of", "reverses",
    "debit:money", "credit:money", "balance:money",
    "~book_debit:money:debit (book)", "~book_credit:money:credit (book)",
    "~book_balance:money:balance (book)", "~book_currency",
)  # fmt: skip


def general_ledger(
    connection: Connection,
    *,
    book: str | None,
    pattern: str | None = None,
    span: Span = Span(),  # noqa: B008
    said: Sequence[tuple[str, Cell]] = (),
) -> Report:
    """Return every account with what it opened with, its postings and what it closes with.

    `pattern` names accounts, `*` standing for anything; `said` are more facts. Refuses:
    NOT_FOUND where no account is meant.
    """
    lines, totals = _ledger(connection, book, pattern, span)
    return Report(
        title="General ledger",
        facts=(*facts(book=book, account=pattern, **_days(span)), *said),
        columns=LEDGER_COLUMNS,
        rows=map(_ledger_row, totals.watching(lines)),
        totals=totals,
        notes=(MEANING_OF_A_BALANCE,),
    )


def account_statement(
    connection: Connection,
    account: str,
    *,
    book: str | None,
    span: Span = Span(),  # noqa: B008
    said: Sequence[tuple[str, Cell]] = (),
) -> Report:
    """Return an account's postings, each with the rule it follows in words and what it rests on.

    Refuses: NOT_FOUND for an account that no book has.
    """
    lines, _ = _ledger(connection, book, account, span)
    return Report(
        title=f"Account {account}",
        facts=(*facts(book=book, account=account, **_days(span)), *said),
        columns=STATEMENT_COLUMNS,
        rows=map(_statement_row, lines),
        notes=(MEANING_OF_A_BALANCE,),
    )


class Totals:
    """Debits, credits and balances per book and currency, and per book in its currency.

    They are sums of the lines that went by; iterated, they are rows of the general ledger.
    """

    def __init__(self) -> None:
        self._sums: defaultdict[tuple[str, str], list[Decimal]] = defaultdict(lambda: [NOTHING] * 3)
        self._of_books: defaultdict[tuple[str, str], list[Decimal]] = defaultdict(
            lambda: [NOTHING] * 3
        )

    def watching(self, lines: Iterable[Running]) -> Iterator[Running]:
        """Yield the lines as they come, and add the closings up."""
        for line in lines:
            if line.kind == "closing":
                key = line.key
                _add(self._sums[key.book, key.currency], line.debit, line.credit, line.balance)
                _add(
                    self._of_books[key.book, key.book_currency],
                    line.book_debit,
                    line.book_credit,
                    line.book_balance,
                )
            yield line

    def __iter__(self) -> Iterator[Row]:
        for (book, currency), sums in sorted(self._sums.items()):
            yield _total(book, currency, (*sums, None, None, None), None)
        for (book, book_currency), sums in sorted(self._of_books.items()):
            yield _total(book, None, (None, None, None, *sums), book_currency)


def accounts_meant(known: Iterable[str], pattern: str | None) -> list[str] | None:
    """Return the accounts that a pattern names, None for all of them.

    A party's name has a star of its own: what is an account's whole name means that account.

    >>> accounts_meant(["payable:DE*EMP", "payable:DE*XEMP", "psp:NL*PSP"], "payable:*")
    ['payable:DE*EMP', 'payable:DE*XEMP']
    >>> accounts_meant(["payable:DE*EMP", "payable:DE*XEMP"], "payable:DE*EMP")
    ['payable:DE*EMP']

    Refuses: NOT_FOUND.
    """
    if pattern is None:
        return None
    names = sorted(set(known))
    # A bracket is a character of a name like any other, and not a set of them.
    wanted = pattern.replace("[", "[[]")
    found = [pattern] if pattern in names else [n for n in names if fnmatchcase(n, wanted)]
    if not found:
        raise Refused(Refusal(Reason.NOT_FOUND, "account", actual=pattern))
    return found


def _ledger(
    connection: Connection, book: str | None, pattern: str | None, span: Span
) -> tuple[Iterator[Running], Totals]:
    known = balances(connection, book=book, known_at=span.known_at)
    accounts = accounts_meant((row.account for row in known), pattern)
    before: list[BalanceRow] = []
    if span.posted_from is not None:
        day = span.posted_from - timedelta(days=1)
        by = day if span.as_of is None else min(day, span.as_of)
        before = balances(connection, book=book, as_of=by, known_at=span.known_at)
    chosen = [row for row in before if accounts is None or row.account in accounts]
    lines = ledger_lines(connection, book=book, accounts=accounts, span=span)
    return running(openings_of(chosen), lines), Totals()


def _days(span: Span) -> dict[str, Cell]:
    return {
        "posted_from": span.posted_from,
        "posted_before": span.posted_until,
        "as_of": span.as_of,
    }


def _ledger_row(line: Running) -> Row:
    key, posting = line.key, line.posting
    said: tuple[Cell, ...] = (None, line.kind, None, None, None)
    if posting is not None:
        said = posting.posted_on, line.kind, posting.entry, posting.rule, posting.cdr
    return (
        key.book, key.account, key.currency, *said, line.debit, line.credit, line.balance,
        line.book_debit, line.book_credit, line.book_balance, key.book_currency,
    )  # fmt: skip


def _statement_row(line: Running) -> Row:
    key, posting = line.key, line.posting
    said: tuple[Cell, ...] = (None, None, line.kind, *(None,) * 12)
    if posting is not None:
        meaning = meaning_of_entry(posting.rule, reverses=posting.reverses is not None)
        said = (
            posting.posted_on, posting.service_on, line.kind, posting.entry, posting.rule,
            meaning, posting.cdr, posting.seller, posting.buyer, posting.agreement_version,
            posting.clause, posting.service_period, posting.posted_period, posting.late_of,
            posting.reverses,
        )  # fmt: skip
    return (
        key.book, key.account, key.currency, *said, line.debit, line.credit, line.balance,
        line.book_debit, line.book_credit, line.book_balance, key.book_currency,
    )  # fmt: skip


def _total(book: str, currency: str | None, sums: Sequence[Cell], book_currency: str | None) -> Row:
    return (book, None, currency, None, "total", None, None, None, *sums, book_currency)


def _add(sums: list[Decimal], *amounts: Decimal | None) -> None:
    for place, amount in enumerate(amounts):
        sums[place] += amount or NOTHING
