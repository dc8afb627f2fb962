"""`clearwatt consumer|projector|publisher|clock run`: the processes, and the clock by hand.

Each runs until SIGTERM or SIGINT, finishes what it has in hand and ends with 0. Logs go to
stderr, as JSON where that is no terminal.
"""

import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from threading import Event
from time import monotonic
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from console.cli import common
from console.cli.errors import REFUSED
from console.cli.logs import configure_logging

if TYPE_CHECKING:
    from types import FrameType

    from structlog.typing import FilteringBoundLogger

    from ledger.application.ledger import Ledger

CLOCK_SECONDS: Final = 30.0
_TELL_SECONDS: Final = 5.0

consumer = typer.Typer(no_args_is_help=True, help="Messages from Kafka into the ledger.")
projector = typer.Typer(no_args_is_help=True, help="Events of the log into the read models.")
publisher = typer.Typer(no_args_is_help=True, help="Events of the log to the outgoing topic.")
clock = typer.Typer(no_args_is_help=True, help="Time passing: periods, what is overdue.")


def register(app: typer.Typer) -> None:
    """Add the command groups of this module."""
    app.add_typer(consumer, name="consumer")
    app.add_typer(projector, name="projector")
    app.add_typer(publisher, name="publisher")
    app.add_typer(clock, name="clock")


@consumer.command("run")
def run_consumer(
    *,
    until_caught_up: common.UntilCaughtUp = False,
    at: common.At = None,
    as_json: common.Json = False,
) -> None:
    """Take messages of the incoming topics in, batch by batch."""
    from consumers.runner import ConsumerConfig, incoming_topics, run
    from schemas import open_registry

    settings = common.settings()
    with _process("consumer") as (log, stop):
        options = common.kafka_options()
        config = ConsumerConfig(
            topics=incoming_topics(options, settings.topic_prefix),
            group_id=settings.consumer_group,
            registry=open_registry(common.services().schema_registry),
            kafka_options=options,
            batch_size=settings.consumer_batch_size,
        )
        tell = _now_and_then(log, "messages taken in")
        summary = run(
            config,
            open_ledger=common.open_ledger,
            now=lambda: common.now(at),
            until_caught_up=until_caught_up,
            stop=stop,
            on_progress=lambda outcomes, waiting: tell(
                {**dict[Any, int](outcomes), "waiting": waiting}
            ),
        )
    common.show(
        summary,
        as_json=as_json,
        people=lambda: typer.echo(f"{summary.messages} messages taken in: {_listed(summary)}"),
    )
    if until_caught_up and not summary.caught_up and not stop.is_set():
        raise typer.Exit(REFUSED)


@projector.command("run")
def run_projector(
    *, until_caught_up: common.UntilCaughtUp = False, as_json: common.Json = False
) -> None:
    """Write what the log says into the read models."""
    from projections.runner import Projector

    with _process("projector") as (log, stop):
        tell = _now_and_then(log, "read models written")
        position = Projector(
            common.services().database_url,
            page_size=common.settings().projector_page_size,
            on_page=lambda reached: tell({"position": reached}),
            on_problem=log.warning,
        ).run(until_caught_up=until_caught_up, stop=stop)
    _show_position(position, as_json=as_json)


@publisher.command("run")
def run_publisher(
    *, until_caught_up: common.UntilCaughtUp = False, as_json: common.Json = False
) -> None:
    """Publish what the log says to settlement-events.v1."""
    from console.publisher.follow import run

    with _process("publisher") as (log, stop):
        tell = _now_and_then(log, "events published")
        position = run(
            common.settings(),
            common.services(),
            until_caught_up=until_caught_up,
            stop=stop,
            on_progress=lambda reached, count: tell({"position": reached, "messages": count}),
            on_problem=log.warning,
        )
    _show_position(position, as_json=as_json)


@clock.command("advance")
def advance(
    *,
    to: Annotated[
        datetime, typer.Option(parser=common.instant, metavar="INSTANT", help="What time it is.")
    ],
    as_json: common.Json = False,
) -> None:
    """Say once what time it is, and let what follows from it happen."""
    with common.ledger() as ledger:
        opened, raised = _what_time_brings(ledger, to)

    def people() -> None:
        typer.echo(f"It is {to.isoformat()}. Opened: {', '.join(opened) or '-'}")
        typer.echo(f"Raised: {_counted(raised)}")

    common.show({"now": to, "opened": opened, "raised": raised}, as_json=as_json, people=people)


@clock.command("run")
def run_clock(*, until_caught_up: common.UntilCaughtUp = False) -> None:
    """Say every 30 seconds what time it is; a database that is away is tried again."""
    from ledger.log.connection import LogUnreachable

    with _process("clock") as (log, stop):
        common.services()
        while not stop.is_set():
            try:
                now = common.now()
                with common.ledger() as ledger:
                    opened, raised = _what_time_brings(ledger, now)
                for period in opened:
                    log.info("settlement period opened", period=period)
                if any(raised.values()):
                    log.info("overdue", **_raised(raised))
            except LogUnreachable as error:
                log.warning(str(error))
            else:
                if until_caught_up:
                    break
            stop.wait(CLOCK_SECONDS)


def _what_time_brings(ledger: "Ledger", now: datetime) -> tuple[list[str], dict[str, int]]:
    """Open periods, raise what is overdue, escalate disputes that nobody answered; count it."""
    from ledger.application.dispute_desk import expire_disputes
    from ledger.application.registration import advance_time
    from ledger.application.watch import raise_overdue
    from projections.database import reading
    from projections.queries.dispute import unanswered_disputes

    opened = advance_time(ledger, now)
    raised = raise_overdue(ledger, now)._asdict()
    with reading(common.services().database_url) as connection:
        overdue = unanswered_disputes(connection, now)
    raised["disputes_escalated"] = len(expire_disputes(ledger, overdue, now=now))
    return opened, raised


@contextmanager
def _process(name: str) -> "Iterator[tuple[FilteringBoundLogger, Event]]":
    """Log as a process does, and set the event on SIGTERM and SIGINT."""
    import structlog

    configure_logging(common.settings().log_level)
    log: FilteringBoundLogger = structlog.get_logger(f"clearwatt.{name}")
    stop = Event()

    def ask_to_stop(number: int, frame: "FrameType | None") -> None:  # noqa: ARG001
        stop.set()

    before = {number: signal.signal(number, ask_to_stop) for number in _SIGNALS}
    log.info("started", process=name)
    try:
        yield log, stop
        log.info("ended", process=name)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT)


def _now_and_then(
    log: "FilteringBoundLogger", sentence: str
) -> Callable[[Mapping[str, object]], None]:
    """Return what logs progress at most every few seconds: thousands of batches say the same."""
    told_at = -_TELL_SECONDS

    def tell(facts: Mapping[str, object]) -> None:
        nonlocal told_at
        if monotonic() - told_at >= _TELL_SECONDS:
            told_at = monotonic()
            log.info(sentence, **facts)

    return tell


def _raised(counts: Mapping[str, int]) -> dict[str, int]:
    return {name: count for name, count in counts.items() if count}


def _counted(counts: Mapping[str, int]) -> str:
    said = (f"{count} {name.replace('_', ' ')}" for name, count in _raised(counts).items())
    return ", ".join(said) or "-"


def _listed(summary: Any) -> str:
    return ", ".join(f"{count} {outcome}" for outcome, count in summary.outcomes.items()) or "-"


def _show_position(position: int, *, as_json: bool) -> None:
    common.show(
        {"position": position},
        as_json=as_json,
        people=lambda: typer.echo(f"The log is followed to position {position}."),
    )
