"""Opening balances from a table, CSV or YAML, one line a balance:

    book,account,party,currency,amount,book_amount,side
    xyz-bv,receivable,DE*EMP,EUR,1210.00,,debit

`account` is one of the chart; `party` where it is kept per party; `book_amount` is in the book's
currency and empty where that is the line's own. Commas in numbers are refused, not guessed.
"""

import csv
from collections.abc import Iterator
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import msgspec

from console.imports.documents import converted, loaded
from console.imports.opening.ids import Ids
from console.imports.opening.manifest import Balances
from ledger.application.opening import OpeningFile
from ledger.books.opening import OpeningLine
from ledger.values.entries import Side
from ledger.values.reasons import Reason, Refusal


class Row(msgspec.Struct, frozen=True):
    """A line as it is written."""

    book: str
    account: str
    currency: str
    amount: Decimal
    side: Side
    party: str = ""
    book_amount: Decimal | None = None


COLUMNS: Final = tuple(field.name for field in msgspec.structs.fields(Row))


def read_balances(folder: Path, stated: Balances, ids: Ids) -> tuple[OpeningFile, list[Refusal]]:
    """Return a file of balances with its hash, and everything that is wrong with its lines.

    Codes: WRONG_FORMAT (columns), and those of `documents.converted`.
    """
    path = folder / stated.file
    lines: list[OpeningLine] = []
    refusals: list[Refusal] = []
    for place, raw in _rows(path, refusals):
        row, wrong = converted(raw, Row, place)
        refusals += wrong
        if row is not None:
            lines.append(
                OpeningLine(
                    row.book,
                    row.account,
                    row.currency,
                    row.side,
                    row.amount,
                    row.book_amount,
                    ids.of("party", row.party),
                    place,
                )
            )
    digest = sha256(path.read_bytes()).hexdigest()
    return OpeningFile(stated.posted_on, tuple(lines), stated.file, digest), refusals


def _rows(path: Path, refusals: list[Refusal]) -> Iterator[tuple[str, Any]]:
    """Yield each line with its place; `converted` says what is wrong in one."""
    if path.suffix != ".csv":
        content = loaded(path)
        if not isinstance(content, list):
            refusals.append(Refusal(Reason.WRONG_TYPE, path.name, "a list of balances"))
            return
        yield from ((f"{path.name}[{number}]", row) for number, row in enumerate(content))
        return
    with path.open(encoding="utf-8-sig", newline="") as file:
        table = csv.DictReader(file, restkey="more")
        if set(table.fieldnames or ()) != set(COLUMNS):
            got = ",".join(table.fieldnames or ())
            refusals.append(Refusal(Reason.WRONG_FORMAT, f"{path.name}:1", ",".join(COLUMNS), got))
            return
        for row in table:
            # An empty cell says nothing: where it has to, the field is missing.
            said = {name: value for name, value in row.items() if value not in ("", None)}
            yield f"{path.name}:{table.line_num}", said
