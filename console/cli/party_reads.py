"""`clearwatt party show|list|diff|complete`: who is registered, as it was then and as was known.

All of it is read from the log itself; `parties` has the commands that record.
"""

from typing import Annotated

import typer

from console.cli import common, options, party_views
from console.cli.document_errors import refuse_unless_one_of
from console.cli.errors import REFUSED

Key = Annotated[str, typer.Argument(metavar="PARTY", help="Such as NL*XYZ.")]


def register(party: typer.Typer) -> None:
    """Add the commands of this module to the group of parties."""
    party.command("show")(show)
    party.command("list")(list_parties)
    party.command("diff")(diff)
    party.command("complete")(complete)


def show(
    which: Key,
    *,
    history: Annotated[bool, typer.Option("--history", help="And who recorded what.")] = False,
    as_of: options.AsItWas = None,
    known_at: common.KnownAt = None,
    at: common.At = None,
    as_json: common.Json = False,
) -> None:
    """Show a party: its documents, its state, what is missing, what waits for approval."""
    from console.parties.register import register_of
    from console.parties.shown import history_of, shown

    with common.ledger() as ledger:
        register = register_of(ledger, known_at)
        found = shown(register, which, as_of or known_at or common.now(at))
        steps = history_of(ledger, register.party(which), known_at) if history else None
    party_views.show_party(found, steps, as_json=as_json)


def list_parties(
    *,
    role: Annotated[str | None, typer.Option(help="With this role.")] = None,
    state: Annotated[
        str | None, typer.Option(help="onboarding, active, suspended or left.")
    ] = None,
    country: Annotated[str | None, typer.Option(help="Of the legal entity, such as NL.")] = None,
    as_of: options.AsItWas = None,
    known_at: common.KnownAt = None,
    at: common.At = None,
    as_json: common.Json = False,
) -> None:
    """List parties with their state and how much they still need."""
    from console.parties.register import party_rows, register_of
    from ledger.roaming.party_documents import PARTY_ROLES
    from ledger.roaming.party_spans import STATES

    refuse_unless_one_of("--state", state, STATES)
    refuse_unless_one_of("--role", role.upper() if role else None, PARTY_ROLES)
    with common.ledger() as ledger:
        found = party_rows(
            register_of(ledger, known_at),
            instant=as_of or known_at or common.now(at),
            role=role,
            state=state,
            country=country,
        )
    party_views.show_list(found, as_json=as_json)


def diff(
    before: Annotated[
        str, typer.Argument(metavar="FILE|RECORD[#N]", help="A file, NL*XYZ#1 or xyz-bv#1.")
    ],
    after: Annotated[
        str | None, typer.Argument(metavar="[RECORD#N]", help="By default the newest.")
    ] = None,
    *,
    as_json: common.Json = False,
) -> None:
    """Show in which fields a file differs from the record, or a version from another one."""
    from console.parties.compared import compared

    with common.ledger() as ledger:
        found = compared(ledger, before, after)
    party_views.show_differences(found, as_json=as_json)


def complete(
    which: Annotated[
        list[str] | None, typer.Argument(metavar="[PARTY]...", help="By default all onboarding.")
    ] = None,
    *,
    as_of: options.AsItWas = None,
    at: common.At = None,
    as_json: common.Json = False,
) -> None:
    """Show what parties still need before they may trade; exit code 1 where anything is missing."""
    from console.parties.register import register_of
    from console.parties.shown import shown

    instant = as_of or common.now(at)
    with common.ledger() as ledger:
        register = register_of(ledger)
        keys = which or [
            key for key, row in sorted(register.parties.items()) if row.state == "onboarding"
        ]
        found = [shown(register, key, instant) for key in keys]
    if party_views.show_missing(found, as_json=as_json):
        raise typer.Exit(REFUSED)
