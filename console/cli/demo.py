"""`clearwatt demo`: a month of charging from Kafka to a closed settlement period."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from console.cli import common
from console.cli.errors import REFUSED

if TYPE_CHECKING:
    from console.demo.run import Result, Stage
    from projections.queries.equation import OutcomeRow


def register(app: typer.Typer) -> None:
    """Add the command of this module."""
    app.command()(demo)


def demo(
    *,
    sessions: Annotated[
        Path | None,
        typer.Option(
            "--sessions",
            metavar="FILE",
            exists=True,
            dir_okay=False,
            help="A table of real sessions, in the columns of the example mapping.",
        ),
    ] = None,
    month: Annotated[
        str, typer.Option(parser=common.month, metavar="MONTH", help="The month to play.")
    ] = "2026-10",
    count: Annotated[
        int, typer.Option("--count", min=200, help="How many sessions to generate.")
    ] = 2000,
    seed: Annotated[int, typer.Option(help="Draws sessions, drivers and faults.")] = 20261001,
    as_json: common.Json = False,
) -> None:
    """Play a month of charging, with faults in it, and close it; a second run starts clean.

    Ends with 1 where something became of a message, or of a CDR, that was not expected. A database
    that holds records which no demo made is left alone.
    """
    from console.demo.run import run
    from console.demo.sources import generated_demo, imported_demo

    # Planned before anything is erased: a table that cannot be read changes nothing.
    chosen = (
        generated_demo(month=month, sessions=count, seed=seed)
        if sessions is None
        else imported_demo(sessions, seed=seed)
    )
    _start_clean()
    result = run(_stage(), chosen.world, chosen.plan)
    _publish_events()
    common.show(result, as_json=as_json, people=lambda: _print(result))
    if not result.is_met:
        raise typer.Exit(REFUSED)


def _stage() -> "Stage":
    """Return where the demo runs: here, with the services of this process."""
    from console.cli.periods import place
    from console.cli.progress import progress
    from console.demo.run import Stage

    return Stage(
        place=place(),
        registry_url=common.services().schema_registry,
        consumer_group=common.settings().consumer_group,
        open_ledger=common.open_ledger,
        progress=lambda title, total: progress(title, total=total),
        say=lambda sentence: typer.echo(sentence, err=True),
    )


def _publish_events() -> None:
    """Let the publisher follow the log to its end, as it would do all along."""
    from console.publisher.follow import run

    published = 0

    def told(_: int, count: int) -> None:
        nonlocal published
        published += count

    run(common.settings(), common.services(), until_caught_up=True, on_progress=told)
    typer.echo(f"The publisher sent {published} settlement events.", err=True)


def _start_clean() -> None:
    """Erase what an earlier demo left, and only that."""
    from console.publisher.topics import create_topics, delete_topics
    from console.services import ensure_up
    from ledger.log.connection import dedicate_to_demo, erase_demo
    from projections.read_models import NAMES

    settings = common.settings()
    running = ensure_up(settings, progress=lambda sentence: typer.echo(sentence, err=True))
    if erase_demo(running.database_url, read_models=(*NAMES, "projection")):
        options = settings.kafka_client_options(running.kafka_bootstrap_servers)
        delete_topics(options, settings.topic_prefix)
        create_topics(
            options,
            settings.topic_prefix,
            settings.partitions,
            timestamp_type=settings.kafka_timestamp_type,
        )
    dedicate_to_demo(common.services().database_url)


def _print(result: "Result") -> None:
    from console.cli.period_views import print_positions

    _print_equation(result)
    print_positions(result.closed.positions)
    waiting = [row for row in result.exceptions if row.open]
    typer.echo()
    common.table(
        "What waits, and why", ("what", "reason", "currency", "waiting", "stated net"), waiting
    )
    met = [
        ("yes" if row.is_met else "NO", row.topic, row.outcome, row.code, row.expected, row.seen)
        for row in result.compared
    ]
    typer.echo()
    common.table(
        "What every message had to become: as expected?",
        ("", "topic", "outcome", "code", "expected", "seen"),
        met,
    )
    _print_control(result)
    figures = result.closed.figures
    typer.echo(
        f"\n{result.closed.period} is {result.closed.state} with {figures.cdr_count} CDRs,"
        f" {figures.held_count} held; {result.messages} messages in all.\n\nLook further:"
    )
    for command, purpose in _look_further(result):
        typer.echo(f"  {command:<48}  {purpose}")


def _print_control(result: "Result") -> None:
    for title, counted in (
        (f"Standings of {result.closed.period}", result.standings),
        ("What control did", result.controlled),
    ):
        rows = [("yes" if row.is_met else "NO", *row) for row in counted]
        typer.echo()
        common.table(title, ("", "what", "expected", "seen"), rows)

    typer.echo()
    common.table(
        "How sales are taxed, and a CDR to explain it by",
        ("", "sale", "rule", "place", "VAT", "expected", "seen", "CDR"),
        [("yes" if row.is_met else "NO", *row) for row in result.taxed],
        folds="sale",
    )
    _print_books(result)
    typer.echo()
    common.table(
        "Launches, at the end of their phase",
        ("", "pair", "phase", "decision", "not met by the evidence"),
        [
            (
                "yes" if row.is_met else "NO",
                row.pair,
                row.phase,
                "expand" if row.is_expanded else "refused",
                ", ".join(row.failed).replace("_", " "),
            )
            for row in result.launches
        ],
        folds="not met by the evidence",
    )


def _print_books(result: "Result") -> None:
    month = result.closed.period.partition("/")[2]
    columns = ("", "book", "currency", "accounts", "debit", "credit", "control", "zero", "itemised")
    rows = [
        (
            "yes" if row.is_met else "NO",
            *(row.book, row.book_currency, row.accounts, row.debit, row.credit),
            *(row.at_zero + row.itemised + row.unexplained, row.at_zero, row.itemised),
        )
        for row in result.books
    ]
    typer.echo()
    common.table(f"Trial balances of {month}, and the control accounts in them", columns, rows)


def _print_equation(result: "Result") -> None:
    prefix = common.settings().topic_prefix
    rows = [
        (
            row.topic.removeprefix(prefix),
            row.sender,
            row.received,
            *row[4:],
            "yes" if row.adds_up else "NO",
        )
        for row in _per_sender(result)
    ]
    columns = (
        *("topic", "sender", "received", "accepted", "superseded"),
        *("duplicate", "held", "unreadable", "adds up"),
    )
    common.table("The equation: every message has exactly one outcome", columns, rows)


def _look_further(result: "Result") -> list[tuple[str, str]]:
    """Return commands to go on with, and what each shows."""
    period, cdr = result.closed.period, result.telling_cdr
    explain = [(f"clearwatt cdr explain '{cdr}'", "why one CDR cost that")] if cdr else []
    if result.corrected_cdr:
        command = f"clearwatt journal list --cdr '{result.corrected_cdr}'"
        explain.append((command, "one decided again at a corrected rate"))
    return [
        (f"clearwatt period show {period}", "the close, step by step"),
        (f"clearwatt cdr list --period {period}", "the CDRs in it"),
        *explain,
        *_of_the_partners(result),
        ("clearwatt exception list", "what waits on a fact or a person"),
        ("clearwatt dispute list", "what is disputed, and until when"),
        ("clearwatt quality show", "how good what each partner sends is"),
        ("clearwatt journal list --limit 5", "entries of the books"),
        (f"clearwatt trial-balance --month {result.month}", "every account of every book"),
        (f"clearwatt vat return --all --period {result.month}", "what each declares, by box"),
        ("clearwatt verify", "hashes, equation, books, rebuilds"),
        ("clearwatt status, clearwatt down", "the services stay up until then"),
    ]


def _of_the_partners(result: "Result") -> list[tuple[str, str]]:
    """Return commands about who shares, who pays on the spot, who goes live."""
    gates = [
        (f"clearwatt launch show '{row.pair}'", "what a launch was let expand on")
        if row.is_expanded
        else (f"clearwatt launch gate '{row.pair}'", "why another one was not")
        for row in result.launches
    ]
    return [
        (f"clearwatt split list --period {result.closed.period}", "what each clause gave to whom"),
        ("clearwatt payment list --differs", "card payments that are not what is owed"),
        *gates,
    ]


def _per_sender(result: "Result") -> "list[OutcomeRow]":
    """Sum the equation's partitions up."""
    from projections.queries.equation import OutcomeRow

    sums: dict[tuple[str, str], list[int]] = {}
    for row in result.equation.senders:
        kept = sums.setdefault((row.topic, row.sender), [0] * 6)
        for place, count in enumerate(row[3:]):
            kept[place] += count
    return [OutcomeRow(topic, -1, sender, *kept) for (topic, sender), kept in sums.items()]
