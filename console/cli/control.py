"""`clearwatt verify` and `clearwatt rebuild`: is everything as it was recorded?"""

from typing import Annotated, Final, NamedTuple

import typer

from console.cli import common
from console.cli.errors import REFUSED
from console.cli.progress import progress


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(verify)
    app.command()(rebuild)


_SHOWN: Final = 3
"""How many departures from posting rules are told; all of them are counted."""


class Checked(NamedTuple):
    """One check: what was looked at, whether it holds, and what was seen."""

    check: str
    holds: bool
    seen: str


def verify(*, as_json: common.Json = False) -> None:
    """Check the log's hashes, the equation, the books, and that rebuilds give the same bytes.

    Ends with 1 where a check fails.
    """
    with progress("Verifying", total=4) as step:
        checks = [*_log_checks()]
        step(1)
        # Events that are not what was recorded may not even be readable.
        rest = (_equation_checks, _book_checks, _rebuild_checks)
        for look in rest if all(row.holds for row in checks) else (_nothing_else,):
            checks += look()
            step(1)
    document = {"holds": all(row.holds for row in checks), "checks": checks}

    def people() -> None:
        rows = [("ok" if row.holds else "FAILS", row.check, row.seen) for row in checks]
        common.table("", ("", "check", "seen"), rows)

    common.show(document, as_json=as_json, people=people)
    if not document["holds"]:
        raise typer.Exit(REFUSED)


def rebuild(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME]...", help="Read models; all by default.")
    ] = None,
    *,
    as_json: common.Json = False,
) -> None:
    """Rebuild read models from the log beside those in use, and swap them in."""
    from console.cli.errors import UsageError
    from projections.database import reading
    from projections.queries.position import log_head
    from projections.read_models import NAMES
    from projections.rebuild import rebuild as build

    chosen = tuple(names or NAMES)
    unknown = sorted(set(chosen) - set(NAMES))
    if unknown:
        raise UsageError("UNKNOWN_READ_MODEL", f"{', '.join(unknown)}; there are {NAMES}.")
    url = common.services().database_url
    with reading(url) as connection:
        head = log_head(connection)
    with progress("Rebuilding", total=head) as step:
        position = build(url, chosen, on_page=step.to)
    common.show(
        {"rebuilt": chosen, "position": position},
        as_json=as_json,
        people=lambda: typer.echo(f"Rebuilt {', '.join(chosen)} up to position {position}."),
    )


def _log_checks() -> list[Checked]:
    from ledger.log import log_of

    with common.ledger() as ledger:
        log = log_of(ledger)
        head = log.head()
        broken = log.broken_leaves()
        root = log.merkle_root(head.position).hex()
        closed = log.closed_roots()
        wrong = [
            period
            for period, position, stated in closed
            if log.merkle_root(position).hex() != stated
        ]
    seen = f"positions {broken} do not hash to their leaf" if broken else f"Merkle root {root}"
    return [
        Checked(f"log of {head.position} events, gap-free and unchanged", not broken, seen),
        Checked(
            f"roots recorded by {len(closed)} hard closes",
            not wrong,
            f"differ: {', '.join(wrong)}" if wrong else "the same again",
        ),
    ]


def _nothing_else() -> list[Checked]:
    return [Checked("everything else", False, "not looked at: it rests on the log")]


def _equation_checks() -> list[Checked]:
    from projections.database import reading
    from projections.queries.equation import equation

    _project()
    with reading(common.services().database_url) as connection:
        report = equation(connection)
    received = sum(row.received for row in report.senders)
    seen = "; ".join(report.problems) or f"{received} messages, each with one outcome"
    return [Checked("equation per topic, partition and sender", report.adds_up, seen)]


def _book_checks() -> list[Checked]:
    from projections.database import reading
    from projections.queries.balance import (
        balances_beside_postings,
        books_out_of_balance,
        incomplete_entries,
    )
    from projections.queries.control import control_accounts, control_blocks
    from projections.queries.posting_rules import departures

    with reading(common.services().database_url) as connection:
        excess = books_out_of_balance(connection)
        beside = balances_beside_postings(connection)
        incomplete = incomplete_entries(connection)
        departing = departures(connection)
        unexplained = control_blocks(control_accounts(connection))
    seen = "; ".join(
        f"{row.problem} ({row.entries} from {row.first_position})" for row in departing[:_SHOWN]
    )
    return [
        Checked("every book balances in every currency", not excess, f"{len(excess)} do not"),
        Checked("balances are the sums of postings", not beside, f"{len(beside)} are not"),
        Checked("every entry has its postings", not incomplete, f"{len(incomplete)} have not"),
        Checked(
            "every entry follows its posting rule",
            not departing,
            f"{len(departing)} do not{': ' + seen if seen else ''}",
        ),
        Checked(
            "control accounts are zero or itemised",
            not unexplained,
            " ".join(row.sentence for row in unexplained[:_SHOWN]) or "all of them",
        ),
    ]


def _rebuild_checks() -> list[Checked]:
    from projections.rebuild import verify as compare

    return [
        Checked(
            f"a rebuild of {row.name} gives the same bytes",
            row.is_same,
            f"{row.live_sha256[:16]}… at position {row.position}"
            if row.is_same
            else f"{row.live_sha256} against {row.rebuilt_sha256}",
        )
        for row in compare(common.services().database_url)
    ]


def _project() -> None:
    from projections.runner import Projector

    Projector(common.services().database_url).run(until_caught_up=True)
