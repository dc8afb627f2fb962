"""How people see exchange rates: imports, what was published, what was revalued."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final

import typer

from console.cli import common

if TYPE_CHECKING:
    from console.imports.rates.files import RateProblem
    from console.imports.rates.run import Checked
    from console.rates import Picked, ShownRates
    from console.revaluing import BookRevalued

_SHOWN: Final = 50
"""Errors and changes that people are shown; `--json` has all of them."""


def show_problems(name: str, problems: "Sequence[RateProblem]", *, as_json: bool) -> None:
    """Print everything that is wrong with a file, by its line."""
    errors = [
        {
            "line": row.line,
            "code": row.refusal.reason.value,
            "path": row.refusal.path,
            "expected": row.refusal.expected,
            "actual": row.refusal.actual,
        }
        for row in problems
    ]

    def people() -> None:
        columns = ("line", "code", "path", "expected", "got")
        rows = [tuple(row.values()) for row in errors[:_SHOWN]]
        common.table(f"{name}: nothing was recorded", columns, rows, folds="got")
        _say_more(len(errors))

    common.show({"errors": errors}, as_json=as_json, people=people)


def show_import(
    checked: "Checked", notes: Sequence[str], *, is_dry_run: bool, as_json: bool
) -> None:
    """Print what an import did, or would have done, with every known rate that it changes."""
    is_done = not checked.refusals and not is_dry_run
    document = {
        "imported": is_done,
        "currencies": checked.imports,
        "errors": [
            {
                "code": row.reason.value,
                "path": row.path,
                "expected": row.expected,
                "actual": row.actual,
            }
            for row in checked.refusals
        ],
        "notes": notes,
    }
    people = lambda: _print_import(checked, notes, is_done=is_done)  # noqa: E731
    common.show(document, as_json=as_json, people=people)


def _print_import(checked: "Checked", notes: Sequence[str], *, is_done: bool) -> None:
    columns = ("currency", "source", "rates", "new or other", "from", "to", "covered until")
    rows = [
        (
            *(row.currency, row.source, row.kind, row.publications),
            *(row.first_on, row.last_on, row.covers_until),
        )
        for row in checked.imports
    ]
    common.table("Imported" if is_done and rows else "Nothing was recorded", columns, rows)
    changes = [
        (row.currency, row.source, change.published_on, change.known, change.stated)
        for row in checked.imports
        for change in row.changes
    ]
    if changes:
        heads = ("currency", "source", "day", "known", "stated")
        common.table("Known otherwise", heads, changes[:_SHOWN])
        _say_more(len(changes))
    for refusal in checked.refusals[:_SHOWN]:
        typer.echo(str(refusal))
    if checked.refusals and changes:
        typer.echo("With --correct known rates are changed, and what they decided with them.")
    for note in notes:
        typer.echo(note)


def print_rates(found: "ShownRates") -> None:
    """Print a currency's rates, and what every rule picks."""
    typer.echo(
        f"{found.currency} by {found.source}: {found.publications} publications,"
        f" known from {found.covers_from} until {found.covers_until}"
    )
    rows = [(row.published_on, row.per_euro) for row in found.last]
    common.table("For one euro", ("published on", found.currency), rows)
    if found.holes:
        typer.echo()
        common.table("Days without a publication", ("from", "to"), found.holes)
    if found.on is not None:
        typer.echo()
        columns = ("rule", "on or before", "published on", "rate", "why")
        title = f"1 {found.currency} in {found.into}, for a service of {found.on}"
        picked = [
            (
                row.rule,
                row.rate_day,
                row.fx.published_on if row.fx else None,
                row.fx.rate if row.fx else None,
                _why(row),
            )
            for row in found.picked
        ]
        common.table(title, columns, picked)


def _why(picked: "Picked") -> str:
    """Say how a rate came about: over the euro, and with which markup."""
    fx = picked.fx
    if fx is None:
        return "; ".join(str(refusal) for refusal in picked.refusals)
    said = [f"1 EUR = {leg.per_euro} {leg.currency} of {leg.published_on}" for leg in fx.crossed]
    if fx.markup_bps:
        said.append(f"{fx.reference_rate} with {fx.markup_bps} basis points")
    return "; ".join(said)


def print_revalued(found: "Iterable[BookRevalued]") -> None:
    """Print what books hold in other currencies at a month's end."""
    columns = (
        "book",
        "account",
        "currency",
        "open",
        "carried at",
        "rate",
        "published on",
        "worth",
        "unrealised",
        "realised",
        "in",
    )
    rows = [
        (
            of.book,
            row.account,
            row.currency,
            row.amount,
            row.carrying,
            row.fx.rate if row.fx else None,
            row.fx.published_on if row.fx else None,
            row.worth,
            row.unrealised,
            row.realised,
            of.book_currency,
        )
        for of in found
        for row in of.items
    ]
    if rows:
        common.table("At the rates of the month's end", columns, rows)
    else:
        typer.echo("Nothing is held in another currency than the book's own.")


def _say_more(count: int) -> None:
    if count > _SHOWN:
        typer.echo(f"And {count - _SHOWN} more; --json has all of them.")
