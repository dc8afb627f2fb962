"""How agreements are printed for people."""

import os
import sys
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final

import typer

from console.cli import common

if TYPE_CHECKING:
    from console.agreements.comparison import Comparison
    from console.agreements.life import AgreementRow, AgreementShown, SignedVersion
    from console.agreements.reader import AgreementDocument
    from console.tariffs.differ import Difference
    from ledger.application.agreements import Waiting
    from ledger.roaming.agreement_version import AgreementVersion

TIMELINE: Final = 40
"""Columns of the picture of validities."""


def show_checked(documents: "Sequence[AgreementDocument]", *, as_json: bool) -> None:
    """Say what was read."""
    rows = [
        {
            "agreement": row.agreement,
            "valid_from": row.version.valid_from,
            "valid_until": row.version.valid_until,
            "place": row.beginning,
        }
        for row in documents
    ]
    columns = ("agreement", "valid from", "valid until", "place")
    common.show(
        {"agreements": rows},
        as_json=as_json,
        people=lambda: common.table("All is well", columns, [tuple(row.values()) for row in rows]),
    )


def show_submitted(
    waiting: "Sequence[Waiting]", *, is_agreed: bool, dry_run: bool, as_json: bool
) -> None:
    """Print what became of each version of a file."""
    from console.agreements.done import submitted

    document = submitted(waiting, is_agreed=is_agreed, dry_run=dry_run)

    def people() -> None:
        columns = ("agreement", "valid from", "outcome", "draft")
        common.table("Nothing was recorded" if dry_run else "", columns, document.agreements)
        if any(row.outcome == "waits" for row in document.agreements) and not dry_run:
            typer.echo("What waits is in force when another person approves it.")

    common.show(document, as_json=as_json, people=people)


def show_approved(
    key: str, agreed: "Sequence[AgreementVersion]", *, dry_run: bool, as_json: bool
) -> None:
    """Print which versions are in force from when."""
    from console.agreements.done import approved

    document = approved(key, agreed, dry_run=dry_run)
    title = f"{key} {'would be' if dry_run else 'is'} agreed"
    columns = ("version", "valid from", "valid until", "correction")
    people = lambda: common.table(title, columns, document.agreed)  # noqa: E731
    common.show(document, as_json=as_json, people=people)


def show_done(
    key: str, outcome: str, since: datetime | None, dry_run: bool, *, as_json: bool
) -> None:
    """Say in a sentence what was done."""
    from console.agreements.done import done

    document = done(key, outcome, since, dry_run=dry_run)
    when = f" from {since.isoformat().replace('+00:00', 'Z')}" if since else ""
    verb = "would be" if dry_run else "is"
    common.show(
        document,
        as_json=as_json,
        people=lambda: typer.echo(f"{key}: {outcome if not since else f'{verb} {outcome}'}{when}."),
    )


def print_agreement(found: "AgreementShown", *, with_steps: bool) -> None:
    """Print an agreement: its state, its document, its versions with who signed, what waits."""
    version = f", version {found.version}" if found.version else ""
    typer.echo(f"{found.agreement}: {found.state}{version}\n")
    parties = [
        (row.party, row.in_the_agreement, row.name, ", ".join(row.roles)) for row in found.parties
    ]
    common.table("", ("party", "here", "name", "roles"), parties)
    typer.echo()
    if found.text:
        _print_document(found.text)
    _section(
        "Departs from its template",
        ("term", "template", "agreed", "allowed"),
        [tuple(row) for row in found.departures],
    )
    _print_versions(found.versions)
    waiting = [
        (
            row.number,
            row.author,
            row.version.valid_from,
            row.version.valid_until,
            row.version.correction,
        )
        for row in found.drafts
    ]
    columns = ("draft", "written by", "valid from", "valid until", "correction")
    _section("Waits for a second person", columns, waiting)
    rested = [(row.suspended_from, row.resumed_from, row.reason) for row in found.suspensions]
    _section("Suspended", ("from", "until", "because"), rested)
    if with_steps:
        steps = [tuple(row) for row in found.steps]
        _section("History", ("recorded at", "event", "by", "about", "because"), steps)


def _print_document(text: str) -> None:
    """Print the document in colour where a person looks, else as it is: it can be read again."""
    if not sys.stdout.isatty():
        typer.echo(text)
        return
    from rich.console import Console
    from rich.syntax import Syntax

    width = None if "COLUMNS" not in os.environ else int(os.environ["COLUMNS"])
    Console(width=width).print(Syntax(text, "yaml", background_color="default", word_wrap=True))


def _print_versions(versions: "Sequence[SignedVersion]") -> None:
    rows = [
        (
            f"#{row.number}",
            bar,
            row.valid_from,
            row.valid_until,
            row.state,
            row.author,
            row.approver,
            row.approved_at,
            row.correction,
        )
        for row, bar in zip(versions, timeline(versions), strict=True)
    ]
    columns = (
        *("version", "validity", "from", "until", "state"),
        *("written by", "approved by", "approved at", "correction"),
    )
    _section("Versions", columns, rows)


def timeline(versions: "Sequence[SignedVersion]") -> list[str]:
    """Return one bar a version over the time from the first beginning to the last; open ends go on.

    >>> from console.agreements.life import SignedVersion
    >>> day = lambda number: datetime(2026, 1, number)
    >>> signed = ("past", "anna", "finn", day(1), "", "")
    >>> spans = ((day(1), day(21)), (day(21), None))
    >>> timeline([SignedVersion(number, *span, *signed) for number, span in enumerate(spans)])[1]
    '                            ━━━━━━━━━━━▶'
    """
    if not versions:
        return []
    ends = [row.valid_until or row.valid_from for row in versions]
    first, last = min(row.valid_from for row in versions), max(ends)
    open_part = 0.7 if any(row.valid_until is None for row in versions) else 1
    whole = (last - first).total_seconds() or 1

    def place(instant: datetime) -> int:
        return int((instant - first).total_seconds() / whole * TIMELINE * open_part)

    bars = []
    for row in versions:
        begins = place(row.valid_from)
        until = place(row.valid_until) if row.valid_until else TIMELINE
        tip = "━" if row.valid_until else "▶"
        bars.append(" " * begins + "━" * max(0, until - begins - 1) + tip)
    return bars


def print_list(rows: "Sequence[AgreementRow]") -> None:
    """Print agreements as a table."""
    columns = (
        *("agreement", "state", "version", "flow", "valid from", "valid until"),
        *("template", "versions", "drafts"),
    )
    common.table("Agreements", columns, [tuple(row) for row in rows])


def show_comparisons(found: "Sequence[Comparison]", *, as_json: bool) -> None:
    """Print what each version of a file would change."""

    def people() -> None:
        for row in found:
            against = f"version {row.against}" if row.against else "no agreement"
            since = row.valid_from.isoformat().replace("+00:00", "Z")
            until = f" until {row.valid_until}" if row.valid_until else ""
            typer.echo(f"{row.agreement} from {since}{until}, where there is {against}:")
            print_differences(row.differences)
            if row.decided:
                typer.echo(f"CDRs since then that would be decided again: {row.decided}.")

    common.show(list(found), as_json=as_json, people=people)


def print_differences(rows: "Sequence[Difference]") -> None:
    """Print clauses before and after."""
    if not rows:
        typer.echo("No clause differs.")
        return
    common.table("", ("clause", "before", "after"), [tuple(row) for row in rows])


def _section(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    if rows:
        typer.echo()
        common.table(title, columns, rows)
