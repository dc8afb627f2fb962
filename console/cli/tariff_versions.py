"""`clearwatt tariff list|show|diff|compare`: versions of tariffs as they are recorded.

A version is named `NL*XYZ/T1#2`. All but `compare`, which prices on the log itself, show what the
projector has written.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from console.cli import common, options
from console.cli.errors import UsageError

if TYPE_CHECKING:
    from console.tariffs.margins import Compared
    from ledger.pricing.tariff import TariffStatement
    from projections.database import Connection
    from projections.queries.tariff import VersionRow

VersionOrFile = Annotated[
    str, typer.Argument(metavar="TARIFF#N|FILE", help="Such as NL*XYZ/T1#2, or an OCPI file.")
]


def register(tariff: typer.Typer) -> None:
    """Add the commands of this module to the group of tariffs."""
    tariff.command("list")(list_versions)
    tariff.command("show")(show_version)
    tariff.command("diff")(diff_versions)
    tariff.command("compare")(compare_tariffs)


def list_versions(
    *,
    party: Annotated[str | None, typer.Option(metavar="PARTY", help="Of this CPO.")] = None,
    state: Annotated[
        str | None,
        typer.Option(
            help="received, acknowledged, draft, submitted, approved, published or withdrawn."
        ),
    ] = None,
    as_of: Annotated[
        date | None,
        typer.Option("--as-of", parser=common.day, metavar="DATE", help="In force on this day."),
    ] = None,
    known_at: common.KnownAt = None,
    as_json: common.Json = False,
) -> None:
    """List the versions of tariffs: those of partners, and those made here."""
    from ledger.values.identifiers import checked_party
    from projections.database import reading
    from projections.queries.tariff import tariff_versions
    from projections.tariff import STATES

    if state is not None and state not in STATES.values():
        raise UsageError("UNKNOWN_STATE", f"{state!r}; there are {', '.join(STATES.values())}.")
    with reading(common.services().database_url) as connection:
        found = tariff_versions(
            connection,
            party=checked_party(party) if party else None,
            state=state,
            valid_on=as_of,
            known_at=known_at,
        )
    common.show(found, as_json=as_json, people=lambda: _print_versions(found))


def show_version(
    which: Annotated[str, typer.Argument(metavar="TARIFF[#N]", help="Such as NL*XYZ/T1#2.")],
    *,
    known_at: common.KnownAt = None,
    as_json: common.Json = False,
) -> None:
    """Show what a version says and who did what with it; without #N the newest, and all there are.

    What is held of the tariff, because it conflicts or nobody approved it, is shown too.
    """
    from console.tariffs.differ import as_text
    from console.tariffs.show import COLUMNS, element_rows, other_lines
    from console.tariffs.versions import version_name
    from projections.database import reading
    from projections.queries.exception import Filter, exceptions
    from projections.queries.tariff import statement_of, version_steps

    name = version_name(which)
    with reading(common.services().database_url) as connection:
        rows = _found(connection, which, known_at)
        row = rows[-1]
        statement = statement_of(connection, row)
        steps = version_steps(connection, row.tariff, number=row.number, known_at=known_at)
        held = exceptions(connection, Filter(kind="tariff", record=row.tariff), known_at=known_at)

    def people() -> None:
        until = as_text(row.valid_until) or "the next one"
        typer.echo(f"{row.name} is {row.state} ({row.source})")
        typer.echo(f"valid     {as_text(row.valid_from)} until {until}")
        if row.withdrawn_from is not None:
            typer.echo(f"withdrawn from {as_text(row.withdrawn_from)}")
        typer.echo("\n".join(other_lines(statement)))
        includes_tax = statement.tax_included == "YES"
        title = "Prices, taxes included" if includes_tax else "Prices before taxes"
        _section(title, COLUMNS, element_rows(statement))
        life = [(s.state, s.actor, s.occurred_at, s.withdrawn_from, s.reason) for s in steps]
        _section("Steps", ("to", "by", "at", "withdrawn from", "because"), life)
        if name.number is None:
            typer.echo()
            _print_versions(rows)
        if held:
            kept = [(each.id, each.reason, each.sender, each.opened_at) for each in held]
            _section("Held", ("exception", "reason", "sender", "since"), kept)

    document = {"version": row, "statement": statement, "steps": steps, "held": held}
    if name.number is None:
        document["versions"] = rows
    common.show(document, as_json=as_json, people=people)


def diff_versions(
    before: VersionOrFile,
    after: VersionOrFile,
    *,
    party: options.PartyOf211 = None,
    as_json: common.Json = False,
) -> None:
    """Show in which fields two versions differ, by path, before and after."""
    from console.tariffs.differ import differences

    found = differences(_statement(before, party), _statement(after, party))

    def people() -> None:
        for row in found:
            typer.echo(row.path)
            typer.echo(f"  - {row.before}")
            typer.echo(f"  + {row.after}")
        if not found:
            typer.echo("They say the same.")

    common.show(found, as_json=as_json, people=people)


def compare_tariffs(
    *,
    location: Annotated[str, typer.Option(metavar="LOCATION", help="Such as NL*XYZ/LOC1.")],
    connector: Annotated[
        str, typer.Option(metavar="[EVSE/]ID", help="With its EVSE's uid where several have it.")
    ],
    buyer: Annotated[str, typer.Option(metavar="PARTY", help="The eMSP, such as DE*EMP.")],
    kwh: options.Kwh,
    minutes: options.Minutes,
    start: options.Start,
    parking_minutes: options.ParkingMinutes = 0,
    as_json: common.Json = False,
) -> None:
    """Price one session at the public, wholesale and retail tariff of a connector: the margins.

    Says PRICE_ABOVE_PUBLIC where wholesale or retail costs more than the public tariff.
    """
    from console.pricing.simulate import Session
    from console.tariffs.margins import Place, compare
    from console.tariffs.versions import version_name
    from ledger.values.identifiers import checked_party

    evse, _, id = connector.rpartition("/")
    place = Place(version_name(location).tariff, evse or None, id, checked_party(buyer))
    session = Session(start, kwh, minutes, parking_minutes, None, None)
    with common.ledger() as ledger:
        ledger.refresh()
        found = compare(ledger.facts, place, session)
    common.show(found, as_json=as_json, people=lambda: _print_margins(found))


def _section(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    typer.echo()
    common.table(title, columns, rows)


def _print_margins(found: "Compared") -> None:
    typer.echo(f"Agreement {found.agreement}; local time of {found.time_zone}")
    offers = [
        (row.use, f"{row.tariff}#{row.number}", row.before_taxes, row.after_taxes, row.currency)
        for row in found.offers
    ]
    _section("Prices", ("", "tariff", "before taxes", "after taxes", "currency"), offers)
    margins = [
        (f"{row.sold} - {row.bought}", row.amount, row.currency, row.percent, f"{row.taxes} taxes")
        for row in found.margins
    ]
    _section("Margins", ("", "amount", "currency", "% of the first", "compared"), margins)
    findings = [(row.reason.value, row.path, row.actual) for row in found.findings]
    if findings:
        _section("Findings", ("code", "tariff", "detail"), findings)


def _statement(which: str, party: str | None) -> "TariffStatement":
    from console.tariffs.versions import statement_in
    from projections.database import reading
    from projections.queries.tariff import statement_of

    if Path(which).is_file():
        return statement_in(Path(which), party=party)
    with reading(common.services().database_url) as connection:
        return statement_of(connection, _found(connection, which, None)[-1])


def _found(connection: "Connection", which: str, known_at: datetime | None) -> "list[VersionRow]":
    """Return the versions that a name means, at least one. Refuses: NOT_FOUND."""
    from console.tariffs.versions import version_name
    from ledger.values.reasons import Reason, Refusal, Refused
    from projections.queries.tariff import tariff_versions

    name = version_name(which)
    found = tariff_versions(connection, tariff=name.tariff, number=name.number, known_at=known_at)
    if not found:
        raise Refused(Refusal(Reason.NOT_FOUND, "tariff", actual=which))
    return found


def _print_versions(found: "list[VersionRow]") -> None:
    columns = ("version", "state", "source", "valid from", "valid until", "withdrawn from")
    rows = [
        (
            *(row.name, row.state, row.source, row.valid_from, row.valid_until),
            *(row.withdrawn_from, row.type, row.currency, row.author, row.approver),
        )
        for row in found
    ]
    common.table("Tariff versions", (*columns, "type", "currency", "author", "approver"), rows)
