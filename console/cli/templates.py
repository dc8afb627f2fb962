"""`clearwatt template list|show|new|compare`: agreements made from the usual patterns.

Commands on files alone; only `compare` with an agreement's key asks the ledger.
"""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from console.cli import common
from console.cli.errors import REFUSED, UsageError

if TYPE_CHECKING:
    from console.templates import Template
    from ledger.roaming.agreement_version import AgreementVersion

template = typer.Typer(no_args_is_help=True, help="Agreements from the usual commercial patterns.")

Name = Annotated[str, typer.Argument(metavar="TEMPLATE", help="Such as bilateral-roaming.")]
Set = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="NAME=VALUE", help="A parameter's value; as often as needed."),
]
Out = Annotated[
    Path | None,
    typer.Option("--out", metavar="FILE", dir_okay=False, help="Write there; nothing is replaced."),
]
AsOf = Annotated[
    datetime | None,
    typer.Option(
        "--as-of", parser=common.instant, metavar="INSTANT", help="Of a key: in force then; now."
    ),
]


def register(app: typer.Typer) -> None:
    """Add the command group of this module."""
    app.add_typer(template, name="template")


@template.command("list")
def list_templates(*, as_json: common.Json = False) -> None:
    """List the templates with what they are for."""
    from console.templates import templates

    found = [
        {"name": row.name, "title": row.title, "explanation": row.explanation}
        for row in templates()
    ]

    def people() -> None:
        rows = [(row["name"], row["title"], row["explanation"]) for row in found]
        common.table("Templates", ("name", "title", "what it is for"), rows)

    common.show(found, as_json=as_json, people=people)


@template.command("show")
def show_template(name: Name, *, as_json: common.Json = False) -> None:
    """Show a template: its parameters, and the agreement with holes for them."""
    from console.templates import template_named

    found = template_named(name)
    common.show(found, as_json=as_json, people=lambda: _print_template(found))


@template.command("new")
def new_agreement(
    name: Name, *, values: Set = None, out: Out = None, as_json: common.Json = False
) -> None:
    """Make an agreement from a template; whatever is missing or wrong is told at once."""
    from console.cli.document_errors import show_errors
    from console.templates import filled, template_named
    from ledger.values.reasons import Refused

    found, stated = template_named(name), _values(values or [])
    try:
        text = filled(found, stated)
    except Refused as refused:
        show_errors(refused.refusals, as_json=as_json)
        raise typer.Exit(REFUSED) from None
    if out is not None:
        with out.open("x", encoding="utf-8") as file:
            file.write(text)
    document = {"template": name, "file": str(out) if out else None, "agreement": text}
    said = f"The agreement is in {out}; `clearwatt agreement check {out}` checks it again."
    common.show(
        document, as_json=as_json, people=lambda: typer.echo(said if out else text, nl=bool(out))
    )


@template.command("compare")
def compare(
    agreement: Annotated[
        str, typer.Argument(metavar="FILE|KEY", help="A document, or such as 'NL*XYZ>DE*EMP'.")
    ],
    *,
    as_of: AsOf = None,
    at: common.At = None,
    as_json: common.Json = False,
) -> None:
    """Show where an agreement departs from the template it was made from; exit 1 where it does."""
    from console.templates import departures

    found = [
        {
            "agreement": key,
            "valid_from": version.valid_from,
            "template": version.template.name if version.template else None,
            "departures": departures(key, version),
        }
        for key, version in _versions(agreement, common.now(as_of or at))
    ]

    def people() -> None:
        for row in found:
            title = f"{row['agreement']} from {row['template'] or 'no template'}"
            if row["departures"]:
                columns = ("term", "template", "agreement", "allowed")
                common.table(title, columns, row["departures"])  # type: ignore[arg-type]
            else:
                typer.echo(f"{title}: no departures")

    common.show(found, as_json=as_json, people=people)
    if any(row["departures"] for row in found):
        raise typer.Exit(REFUSED)


def _versions(agreement: str, at: datetime) -> "list[tuple[str, AgreementVersion]]":
    """Return the versions that a file states, or the one in force that the ledger has.

    Refuses: NOT_FOUND, and what is wrong in the file.
    """
    from console.agreements.files import read_agreement_files
    from console.agreements.life import version_meant

    path = Path(agreement)
    if path.exists():
        return [(row.agreement, row.version) for row in read_agreement_files(path).approved_of()]
    with common.ledger() as ledger:
        return [version_meant(ledger, agreement, at)]


def _values(stated: list[str]) -> dict[str, str]:
    """Return values by parameter. Raises UsageError PARAMETER_INVALID.

    >>> _values(["cpo=NL*XYZ", "clearing_rate=1 %"])
    {'cpo': 'NL*XYZ', 'clearing_rate': '1 %'}
    """
    found: dict[str, str] = {}
    for text in stated:
        name, is_there, value = text.partition("=")
        if not is_there or name in found:
            sentence = f"{text!r} is no NAME=VALUE, or the second one of its name."
            raise UsageError("PARAMETER_INVALID", sentence)
        found[name] = value.strip()
    return found


def _print_template(found: "Template") -> None:
    typer.echo(f"{found.title}\n{found.explanation}\n")
    rows = [
        (name, row.kind, row.default or "must be said", row.allowed, row.explanation)
        for name, row in found.parameters.items()
    ]
    common.table("Parameters", ("name", "kind", "default", "allowed", "what it is"), rows)
    typer.echo(f"\n{found.body}", nl=False)
