"""The demo: a month of charging goes the whole way, from Kafka to a closed settlement period.

Time is simulated: messages carry the times at which they would have been sent, and everything is
recorded at the time the month had reached by then. Nothing else differs from production.
"""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple, Protocol

from console.close_preview import Place, Preview, preview
from console.closing import close
from console.demo.balanced import Balanced, balanced
from console.demo.control import controlled, planned_standings, standings
from console.demo.counted import Controlled
from console.demo.desk import Desk, act, with_rejects
from console.demo.launching import Launched, end_phases, open_launches
from console.demo.misprint import affected, correct_rates, with_misprint
from console.demo.month import CALENDAR_ZONE, MonthPlan
from console.demo.outcome import Compared, compared, telling_cdr
from console.demo.people import AT_DECISION, AT_REVIEW
from console.demo.plan import Planned
from console.demo.publishing import publish_planned
from console.demo.taxed import Taxed, taxed
from console.demo.world import World, register_world
from consumers.runner import ConsumerConfig, incoming_topics
from consumers.runner import run as run_consumer
from ledger.application.commands import By
from ledger.application.ledger import Ledger
from ledger.application.registration import advance_time
from ledger.application.watch import raise_overdue
from ledger.log import log_of
from ledger.values.instants import local_date, month_of
from projections.database import reading
from projections.queries.equation import EquationReport, equation
from projections.queries.exception import ExceptionCount, exception_counts
from projections.queries.period import periods
from projections.queries.position import log_head
from projections.runner import Projector
from schemas import open_registry

AFTER_THE_LAST = timedelta(minutes=1)


class Step(Protocol):
    """Moves a progress bar."""

    def __call__(self, done: int = 1) -> None: ...
    def to(self, reached: int) -> None: ...


Progress = Callable[[str, int], AbstractContextManager[Step]]


@dataclass(frozen=True)
class Stage:
    """Where the demo runs, and how it shows what it does."""

    place: Place
    registry_url: str | None
    consumer_group: str
    open_ledger: Callable[[], Ledger]
    progress: Progress
    say: Callable[[str], object]


class Result(NamedTuple):
    """What the demo has to show at its end; `telling_cdr` is worth an explanation.

    `corrected_cdr` was decided again at a rate of exchange that was corrected late.
    """

    month: str
    messages: int
    closed: Preview
    equation: EquationReport
    exceptions: list[ExceptionCount]
    compared: list[Compared]
    standings: list[Controlled]
    controlled: list[Controlled]
    taxed: list[Taxed]
    books: list[Balanced]
    launches: list[Launched]
    telling_cdr: str | None
    corrected_cdr: str | None

    @property
    def is_met(self) -> bool:
        """True where everything adds up, and everything became what it had to."""
        became = all(row.is_met for row in self.compared)
        counted = all(row.is_met for row in (*self.standings, *self.controlled))
        taxed = all(row.is_met for row in self.taxed)
        balanced = all(row.is_met for row in self.books)
        launched = all(row.is_met for row in self.launches)
        return self.equation.adds_up and became and counted and taxed and balanced and launched


def run(stage: Stage, world: World, plan: MonthPlan) -> Result:
    """Play the month: register, publish, take in, review, decide, close, and what comes after."""
    ledger = stage.open_ledger()
    try:
        stage.say("Registering actors, legal entities, parties, exchange rates and agreements …")
        register_world(ledger, with_misprint(world), at=plan.begins_at)
        reviewed_at, closes_at = plan.context.reviewed_at, plan.closes_at
        open_launches(Desk(ledger, plan.begins_at), plan)
        _pass_time(ledger, plan.begins_at, reviewed_at)
        # Where a charger stands is known before anybody charges there, however slow the machine is.
        known_at = plan.begins_at + AFTER_THE_LAST
        _play(stage, plan.between(None, known_at), at=known_at, what="what everybody knows")
        _play(stage, plan.between(known_at, reviewed_at), at=reviewed_at, what="until the review")
        _let_time_pass_to(ledger, reviewed_at)
        stage.say("Correcting a rate of exchange that was taken over wrongly …")
        correct_rates(Desk(ledger, reviewed_at), world)
        stage.say("Reviewing what waits: released, corrected, excluded, asked for, disputed …")
        act(Desk(ledger, reviewed_at), AT_REVIEW, plan.cases)
        answers = with_rejects(ledger, plan.between(reviewed_at, closes_at))
        _play(stage, answers, at=plan.decided_at, what="until the close")
        act(Desk(ledger, plan.decided_at), AT_DECISION, plan.cases)
        _let_time_pass_to(ledger, closes_at)
        finance = [name for name, roles in world.actors.items() if "finance" in roles]
        by = By(finance[0], "asserted", closes_at)
        for period in _to_close(stage, f"ALL/{plan.month}"):
            stage.say(f"Closing {period} …")
            close(ledger, stage.place, period, by=by, say=stage.say)
        stage.say("Ending the phases of launches: tested, judged, signed, decided …")
        launched = end_phases(ledger, stage.place.database_url, plan, at=closes_at)
        if plan.after_close:
            ends_at = plan.after_close[-1].sent_at + AFTER_THE_LAST
            _pass_time(ledger, closes_at, ends_at)
            _play(stage, plan.after_close, at=ends_at, what="after the close")
            _let_time_pass_to(ledger, ends_at)
        return _result(stage, ledger, plan, launched)
    finally:
        log_of(ledger).connection.close()


def _to_close(stage: Stage, last: str) -> list[str]:
    """Return what is closed up to a period, from the first one with CDRs: books close in order."""
    Projector(stage.place.database_url).run(until_caught_up=True)
    with reading(stage.place.database_url) as connection:
        found = [row for row in periods(connection) if row.period <= last]
    first = min((row.period for row in found if row.cdrs), default=last)
    return sorted(row.period for row in found if row.period >= first)


def _let_time_pass_to(ledger: Ledger, now: datetime) -> None:
    """Let the clock say what time it is, and raise what is overdue."""
    advance_time(ledger, now, time_zone=CALENDAR_ZONE)
    raise_overdue(ledger, now)


def _pass_time(ledger: Ledger, begins_at: datetime, until: datetime) -> None:
    """Let the clock open every settlement period up to an instant."""
    now = begins_at
    opened = ""
    while now <= until:
        month = month_of(local_date(now, CALENDAR_ZONE))
        if month != opened:
            advance_time(ledger, now, time_zone=CALENDAR_ZONE)
            opened = month
        now += timedelta(days=1)
    advance_time(ledger, until, time_zone=CALENDAR_ZONE)


def _play(stage: Stage, messages: tuple[Planned, ...], *, at: datetime, what: str) -> None:
    """Publish messages, take them in and project them."""
    options, prefix = stage.place.kafka_options, stage.place.topic_prefix
    with stage.progress(f"Publishing, {what}", len(messages)) as step:
        publish_planned(
            messages,
            options=options,
            prefix=prefix,
            registry_url=stage.registry_url,
            on_sent=step,
        )
    with stage.progress("Taking in", len(messages)) as step:
        config = ConsumerConfig(
            topics=incoming_topics(options, prefix),
            group_id=stage.consumer_group,
            registry=open_registry(stage.registry_url),
            kafka_options=options,
        )

        def taken(outcomes: Mapping[Any, int], _: int) -> None:
            step.to(sum(outcomes.values()))

        run_consumer(
            config,
            open_ledger=stage.open_ledger,
            now=lambda: at,
            until_caught_up=True,
            on_progress=taken,
        )
    with reading(stage.place.database_url) as connection:
        head = log_head(connection)
    with stage.progress("Projecting", head) as step:
        Projector(stage.place.database_url, on_page=step.to).run(until_caught_up=True)


def _result(stage: Stage, ledger: Ledger, plan: MonthPlan, launched: list[Launched]) -> Result:
    closed = preview(ledger, stage.place, f"ALL/{plan.month}")
    with reading(stage.place.database_url) as connection:
        return Result(
            plan.month,
            len(plan.messages),
            closed,
            equation(connection),
            exception_counts(connection),
            compared(connection, plan, prefix=stage.place.topic_prefix),
            standings(connection, plan),
            controlled(connection, plan),
            taxed(connection, plan),
            balanced(connection, plan.month),
            launched,
            telling_cdr(connection, f"ALL/{plan.month}"),
            min(affected(plan, planned_standings(plan)), default=None),
        )
