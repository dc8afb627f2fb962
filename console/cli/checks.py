"""`clearwatt check list|show`: what a CDR must pass before it is money."""

from typing import Annotated, Any

import typer

from console.cli import common
from console.cli.errors import UsageError

check = typer.Typer(no_args_is_help=True, help="What a CDR must pass before it is money.")


def register(app: typer.Typer) -> None:
    """Add the command group of this module."""
    app.add_typer(check, name="check")


@check.command("list")
def list_checks(
    *,
    severity: Annotated[
        str | None, typer.Option(metavar="SEVERITY", help="FATAL, SEVERE or WARNING.")
    ] = None,
    owner: Annotated[
        str | None, typer.Option(metavar="TEAM", help="operations, platform or finance.")
    ] = None,
    as_json: common.Json = False,
) -> None:
    """List the checks in order of precedence: FATAL refuses, SEVERE holds, WARNING is noted."""
    from ledger.roaming.checks.catalogue import CATALOGUE

    wanted = {"severity": severity and severity.upper(), "owner": owner}
    for name, value in wanted.items():
        if value is not None and value not in _VALUES[name]:
            raise UsageError("UNKNOWN_VALUE", f"--{name} is one of {', '.join(_VALUES[name])}.")
    chosen = [
        row
        for row in map(_document, CATALOGUE)
        if all(value is None or row[name] == value for name, value in wanted.items())
    ]

    def people() -> None:
        columns = ("number", "code", "severity", "owner", "origin", "example", "within")
        rows = [[row[column] for column in columns] for row in chosen]
        common.table("Checks", columns, rows, folds="example")

    common.show(chosen, as_json=as_json, people=people)


@check.command("show")
def show_check(
    which: Annotated[str, typer.Argument(metavar="CODE|NUMBER", help="SESSION_MISSING, or 401.")],
    *,
    as_json: common.Json = False,
) -> None:
    """Show one check: what is wrong, an example, whose work it makes, what to do."""
    from ledger.roaming.checks.catalogue import CATALOGUE
    from ledger.values.reasons import Reason, Refusal, Refused

    names = {str(row.number): row for row in CATALOGUE} | {row.code.value: row for row in CATALOGUE}
    found = names.get(which.upper())
    if found is None:
        raise Refused(Refusal(Reason.NOT_FOUND, "check", actual=which))

    def people() -> None:
        shown = _document(found)
        typer.echo(f"{shown['number']} {shown['code']}: {shown['sentence']}")
        for name, title in _LINES:
            if shown[name]:
                typer.echo(f"  {title:<9} {shown[name]}")
        if shown["severity"] != "WARNING":
            released = "by a person, with a reason" if found.is_releasable else "not possible"
            typer.echo(f"  {'release':<9} {released}")

    common.show(_document(found), as_json=as_json, people=people)


_LINES = (
    ("severity", "severity"),
    ("owner", "owner"),
    ("origin", "origin"),
    ("example", "example"),
    ("fix", "fix"),
    ("within", "terms"),
)


def _document(row: Any) -> dict[str, Any]:
    """Return an entry of the catalogue as it is published."""
    return {
        "number": row.number,
        "code": row.code.value,
        "severity": row.severity.value,
        "owner": row.owner,
        "origin": row.origin,
        "sentence": row.sentence,
        "example": row.example,
        "fix": row.fix,
        "within": row.within,
        "is_releasable": row.is_releasable,
    }


_VALUES = {
    "severity": ("FATAL", "SEVERE", "WARNING"),
    "owner": ("operations", "platform", "finance"),
}
