"""`clearwatt party import|submit|approve|reject|activate|suspend|leave`; `party_reads` has more.

Parties and the legal entities behind them. A party is named `NL*XYZ`, an entity by the id of its
book; where an entity is meant, its party will do.
"""

from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from console.cli import common, options, party_reads, party_views
from console.cli.document_errors import show_errors
from console.cli.errors import REFUSED

if TYPE_CHECKING:
    from collections.abc import Callable

    from ledger.application.commands import By

party = typer.Typer(
    no_args_is_help=True, help="Parties, their legal entities, and whether they may trade."
)

EntityOrParty = Annotated[
    str, typer.Argument(metavar="ENTITY|PARTY", help="Such as xyz-bv; or a party of it.")
]
Number = Annotated[int | None, typer.Option("--number", help="Of the proposal that was looked at.")]
Correction = Annotated[
    bool, typer.Option("--correction", help="Recorded decisions may change by it.")
]


def register(app: typer.Typer) -> None:
    """Add the command group of this module."""
    party_reads.register(party)
    app.add_typer(party, name="party")


@party.command("import")
def import_parties(
    source: options.Documents,
    *,
    correction: Correction = False,
    dry_run: common.DryRun = False,
    actor: common.As = None,
    at: common.At = None,
    as_json: common.Json = False,
) -> None:
    """Record documents of parties and entities, all or none; a new party is onboarded first.

    Other bank accounts are proposed with it: they wait for a second person.
    """
    from console.imports.parties import read_parties
    from console.parties.done import record_documents
    from ledger.values.reasons import Refused

    by, read = common.acting(actor, at), read_parties(source)
    try:
        with common.ledger() as ledger:
            done = record_documents(ledger, read, is_correction=correction, by=by, dry_run=dry_run)
    except Refused as refused:
        show_errors(refused.refusals, as_json=as_json)
        raise typer.Exit(REFUSED) from None
    party_views.show_done(done, as_json=as_json)


@party.command("submit")
def submit(
    source: options.Documents,
    *,
    dry_run: common.DryRun = False,
    actor: common.As = None,
    at: common.At = None,
    as_json: common.Json = False,
) -> None:
    """Propose the bank accounts that documents state, and nothing else of them."""
    from console.imports.parties import read_parties
    from console.parties.done import propose_read_accounts
    from ledger.values.reasons import Refused

    by, read = common.acting(actor, at), read_parties(source)
    try:
        with common.ledger() as ledger:
            done = propose_read_accounts(ledger, read, by=by, dry_run=dry_run)
    except Refused as refused:
        show_errors(refused.refusals, as_json=as_json)
        raise typer.Exit(REFUSED) from None
    party_views.show_done(done, as_json=as_json)


@party.command("approve")
def approve(
    which: EntityOrParty,
    *,
    number: Number = None,
    dry_run: common.DryRun = False,
    actor: common.As = None,
    at: common.At = None,
    as_json: common.Json = False,
) -> None:
    """Put proposed bank accounts in force, as another person than who proposed them."""
    from console.parties.done import documents_done
    from console.parties.register import register_of
    from ledger.application.parties import approve_accounts

    by = common.acting(actor, at)
    with common.ledger() as ledger:
        key = register_of(ledger).entity(which).key
        approve_accounts(ledger, key, number=number, by=by, dry_run=dry_run)
    party_views.show_done(documents_done([key], [key], dry_run=dry_run), as_json=as_json)


@party.command("reject")
def reject(
    which: EntityOrParty,
    *,
    reason: options.Why,
    number: Number = None,
    dry_run: common.DryRun = False,
    actor: common.As = None,
    at: common.At = None,
    as_json: common.Json = False,
) -> None:
    """Drop proposed bank accounts; those in force stay."""
    from console.parties.done import documents_done
    from console.parties.register import register_of
    from ledger.application.parties import reject_accounts

    by = common.acting(actor, at)
    with common.ledger() as ledger:
        key = register_of(ledger).entity(which).key
        reject_accounts(ledger, key, reason=reason, number=number, by=by, dry_run=dry_run)
    party_views.show_done(documents_done([key], [key], dry_run=dry_run), as_json=as_json)


@party.command("activate")
def activate(
    which: party_reads.Key,
    *,
    valid_from: options.FromThenOn = None,
    reason: options.Why = "",
    dry_run: common.DryRun = False,
    actor: common.As = None,
    at: common.At = None,
    as_json: common.Json = False,
) -> None:
    """Let a party trade: refused while something is missing, all of it at once."""
    from ledger.application.party_states import activate_party
    from ledger.values.reasons import Refused

    by = common.acting(actor, at)
    try:
        with common.ledger() as ledger:
            activate_party(
                ledger, which, valid_from=valid_from, reason=reason, by=by, dry_run=dry_run
            )
    except Refused as refused:
        if len(refused.refusals) == 1:
            raise
        show_errors(refused.refusals, as_json=as_json)
        raise typer.Exit(REFUSED) from None
    _show_state(which, "active", valid_from, by, dry_run=dry_run, as_json=as_json)


@party.command("suspend")
def suspend(
    which: party_reads.Key,
    *,
    reason: options.Why,
    valid_from: options.FromThenOn = None,
    correction: Correction = False,
    dry_run: common.DryRun = False,
    actor: common.As = None,
    at: common.At = None,
    as_json: common.Json = False,
) -> None:
    """Hold what starts from an instant on, until the party is activated again."""
    from ledger.application.party_states import suspend_party

    change = partial(suspend_party, reason=reason, is_correction=correction)
    by = common.acting(actor, at)
    _stop(change, which, "suspended", valid_from, by, dry_run=dry_run, as_json=as_json)


@party.command("leave")
def leave(
    which: party_reads.Key,
    *,
    reason: options.Why,
    valid_from: options.FromThenOn = None,
    correction: Correction = False,
    dry_run: common.DryRun = False,
    actor: common.As = None,
    at: common.At = None,
    as_json: common.Json = False,
) -> None:
    """End a party's trade for good; what started before stays as it is."""
    from ledger.application.party_states import leave_party

    change = partial(leave_party, reason=reason, is_correction=correction)
    by = common.acting(actor, at)
    _stop(change, which, "left", valid_from, by, dry_run=dry_run, as_json=as_json)


def _stop(
    change: "Callable[..., object]",
    which: str,
    state: str,
    valid_from: datetime | None,
    by: "By",
    *,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Let a party trade no more, for now or for good, and show it."""
    with common.ledger() as ledger:
        change(ledger, which, valid_from=valid_from, by=by, dry_run=dry_run)
    _show_state(which, state, valid_from, by, dry_run=dry_run, as_json=as_json)


def _show_state(
    which: str, state: str, valid_from: datetime | None, by: "By", *, dry_run: bool, as_json: bool
) -> None:
    from console.parties.done import StateDone
    from ledger.values.identifiers import checked_party

    done = StateDone(dry_run, checked_party(which), state, valid_from or by.at)
    party_views.show_state(done, as_json=as_json)
