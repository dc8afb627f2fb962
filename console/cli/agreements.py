"""`clearwatt agreement check|import|submit|approve|reject|suspend|resume|show|list|diff`.

Agreements are documents; two people make one valid. All of it is read from the log itself. An
agreement is named `NL*XYZ>DE*EMP` (in quotes) or `NL*XYZ:DE*EMP`, a version of it with `#2`.
"""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from console.cli import agreement_views, common, options
from console.cli.document_errors import refuse_unless_one_of, show_errors
from console.cli.errors import REFUSED, UsageError

if TYPE_CHECKING:
    from console.agreements.reader import AgreementDocument
    from ledger.application.agreements import Waiting

agreement = typer.Typer(
    no_args_is_help=True, help="Agreements: documents that two people approve, and their life."
)

Key = Annotated[str, typer.Argument(metavar="AGREEMENT", help="Such as NL*XYZ:DE*EMP.")]
Source = Annotated[
    Path, typer.Argument(metavar="FILE|FOLDER", exists=True, help="Agreements in YAML.")
]


def register(app: typer.Typer) -> None:
    """Add the command group of this module."""
    app.add_typer(agreement, name="agreement")


@agreement.command("check")
def check(source: Source, *, as_json: common.Json = False) -> None:
    """Read documents and say everything that is wrong in them, by line; needs no service."""
    from console.agreements.files import errors_together

    documents = _documents(source, as_json=as_json)
    found = errors_together(documents)
    if found:
        show_errors(found, as_json=as_json)
        raise typer.Exit(REFUSED)
    agreement_views.show_checked(documents, as_json=as_json)


@agreement.command("import")
def import_agreements(
    source: Source,
    *,
    approve_as: Annotated[
        str | None, typer.Option(metavar="NAME", help="A second person, who approves them.")
    ] = None,
    dry_run: common.DryRun = False,
    actor: common.As = None,
    at: common.At = None,
    as_json: common.Json = False,
) -> None:
    """Submit the documents of a file or folder, all or none; with --approve-as they are agreed."""
    from ledger.application.agreements import approve_agreements, drafts_of

    waiting = _submit(source, dry_run=dry_run, actor=actor, at=at, as_json=as_json)
    is_agreed = approve_as is not None and not dry_run
    if is_agreed:
        by = common.acting(approve_as, at)
        with common.ledger() as ledger:
            approve_agreements(ledger, drafts_of(waiting), by=by)
    agreement_views.show_submitted(waiting, is_agreed=is_agreed, dry_run=dry_run, as_json=as_json)


@agreement.command("submit")
def submit(
    source: Source,
    *,
    dry_run: common.DryRun = False,
    actor: common.As = None,
    at: common.At = None,
    as_json: common.Json = False,
) -> None:
    """Propose documents, all or none: each is in force when another person approves it."""
    waiting = _submit(source, dry_run=dry_run, actor=actor, at=at, as_json=as_json)
    agreement_views.show_submitted(waiting, is_agreed=False, dry_run=dry_run, as_json=as_json)


@agreement.command("approve")
def approve(
    which: Key,
    *,
    draft: Annotated[
        list[int] | None, typer.Option(metavar="N", help="This one; by default all that wait.")
    ] = None,
    dry_run: common.DryRun = False,
    actor: common.As = None,
    at: common.At = None,
    as_json: common.Json = False,
) -> None:
    """Approve, as a second person of finance, what waits: what it changes is decided again."""
    from console.agreements.life import agreement_key
    from ledger.application.agreements import approve_agreement

    by, key = common.acting(actor, at), agreement_key(which)
    with common.ledger() as ledger:
        agreed = approve_agreement(ledger, key, drafts=draft or (), by=by, dry_run=dry_run)
    agreement_views.show_approved(key, agreed, dry_run=dry_run, as_json=as_json)


@agreement.command("reject")
def reject(
    which: Key,
    *,
    draft: Annotated[int, typer.Option(metavar="N", help="The draft.")],
    reason: options.Why,
    dry_run: common.DryRun = False,
    actor: common.As = None,
    at: common.At = None,
    as_json: common.Json = False,
) -> None:
    """Send a draft back to its author, or take one's own back."""
    from console.agreements.life import agreement_key
    from ledger.application.agreements import reject_agreement

    by, key = common.acting(actor, at), agreement_key(which)
    with common.ledger() as ledger:
        reject_agreement(ledger, key, draft, reason=reason, by=by, dry_run=dry_run)
    agreement_views.show_done(key, f"draft {draft} rejected", None, dry_run, as_json=as_json)


@agreement.command("suspend")
def suspend(
    which: Key,
    *,
    reason: options.Why,
    suspended_from: options.FromThenOn = None,
    dry_run: common.DryRun = False,
    actor: common.As = None,
    at: common.At = None,
    as_json: common.Json = False,
) -> None:
    """Hold charges that start from an instant on, until the agreement is resumed."""
    from console.agreements.life import agreement_key
    from ledger.application.agreements import suspend_agreement

    by, key = common.acting(actor, at), agreement_key(which)
    with common.ledger() as ledger:
        since = suspend_agreement(
            ledger, key, suspended_from=suspended_from, reason=reason, by=by, dry_run=dry_run
        )
    agreement_views.show_done(key, "suspended", since, dry_run, as_json=as_json)


@agreement.command("resume")
def resume(
    which: Key,
    *,
    resumed_from: options.FromThenOn = None,
    dry_run: common.DryRun = False,
    actor: common.As = None,
    at: common.At = None,
    as_json: common.Json = False,
) -> None:
    """Settle again what starts from an instant on; one that is over releases what was held."""
    from console.agreements.life import agreement_key
    from ledger.application.agreements import resume_agreement

    by, key = common.acting(actor, at), agreement_key(which)
    with common.ledger() as ledger:
        since = resume_agreement(ledger, key, resumed_from=resumed_from, by=by, dry_run=dry_run)
    agreement_views.show_done(key, "resumed", since, dry_run, as_json=as_json)


@agreement.command("show")
def show(
    which: Key,
    *,
    whole: Annotated[
        bool, typer.Option("--whole", help="With every term that is the default, explained.")
    ] = False,
    history: Annotated[bool, typer.Option("--history", help="And who did what.")] = False,
    as_of: options.AsItWas = None,
    known_at: common.KnownAt = None,
    at: common.At = None,
    as_json: common.Json = False,
) -> None:
    """Show an agreement: its document, who wrote and approved it, its versions, what waits."""
    from console.agreements.life import agreement_key, shown

    instant = as_of or known_at or common.now(at)
    with common.ledger() as ledger:
        found = shown(ledger, agreement_key(which), instant, known_at=known_at, whole=whole)
    common.show(
        found,
        as_json=as_json,
        people=lambda: agreement_views.print_agreement(found, with_steps=history),
    )


@agreement.command("list")
def list_agreements(
    *,
    party: Annotated[
        str | None, typer.Option(metavar="PARTY", help="As seller, buyer or payee.")
    ] = None,
    state: Annotated[str | None, typer.Option(help="in force, suspended, draft …")] = None,
    as_of: options.AsItWas = None,
    known_at: common.KnownAt = None,
    at: common.At = None,
    as_json: common.Json = False,
) -> None:
    """List agreements with their state and what waits for a second person."""
    from console.agreements.life import STATES, listed
    from ledger.values.identifiers import checked_party

    refuse_unless_one_of("--state", state, STATES)
    with common.ledger() as ledger:
        found = list(
            listed(
                ledger,
                as_of or known_at or common.now(at),
                party=checked_party(party) if party else None,
                state=state,
                known_at=known_at,
            )
        )
    common.show(found, as_json=as_json, people=lambda: agreement_views.print_list(found))


@agreement.command("diff")
def diff(
    before: Annotated[
        str, typer.Argument(metavar="FILE|AGREEMENT#N", help="A file, or NL*XYZ:DE*EMP#1.")
    ],
    after: Annotated[
        str | None, typer.Argument(metavar="[AGREEMENT#N]", help="The version to compare with.")
    ] = None,
    *,
    at: common.At = None,
    as_json: common.Json = False,
) -> None:
    """Show clause by clause what a file would change, and from when; or compare two versions."""
    from console.agreements.comparison import compared
    from console.agreements.differ import differences
    from console.agreements.life import version_of

    if after is None and not Path(before).exists():
        raise UsageError("VERSION_MISSING", "Name a file, or two versions such as NL*XYZ:DE*EMP#1.")
    if after is None:
        documents = _documents(Path(before), as_json=as_json)
        with common.ledger() as ledger:
            found = list(compared(ledger, documents, now=common.now(at)))
        agreement_views.show_comparisons(found, as_json=as_json)
        return
    with common.ledger() as ledger:
        was, is_ = version_of(ledger, before), version_of(ledger, after)
    rows = differences(was.terms, is_.terms)
    common.show(rows, as_json=as_json, people=lambda: agreement_views.print_differences(rows))


def _documents(source: Path, *, as_json: bool) -> "tuple[AgreementDocument, ...]":
    """Return the documents of a file or folder; what is wrong in them ends the command."""
    from console.agreements.files import read_agreement_files

    reading = read_agreement_files(source)
    if reading.refusals:
        show_errors(reading.refusals, as_json=as_json)
        raise typer.Exit(REFUSED)
    return reading.documents


def _submit(
    source: Path, *, dry_run: bool, actor: str | None, at: datetime | None, as_json: bool
) -> "list[Waiting]":
    from console.agreements.done import submit_documents
    from ledger.values.reasons import Refused

    by, documents = common.acting(actor, at), _documents(source, as_json=as_json)
    try:
        with common.ledger() as ledger:
            return submit_documents(ledger, documents, by=by, dry_run=dry_run)
    except Refused as refused:
        show_errors(refused.refusals, as_json=as_json)
        raise typer.Exit(REFUSED) from None
