"""`clearwatt up`, `down`, `status`, `doctor`: PostgreSQL, Kafka, topics and tables."""

from typing import TYPE_CHECKING, Any, NamedTuple

import typer

from console.cli import common
from console.cli.errors import REFUSED, UNREACHABLE

if TYPE_CHECKING:
    from console.publisher.topics import Topic
    from console.services import ServiceStatus
    from consumers.runner import Lag
    from projections.queries.position import Position


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    for command in (up, down, status, doctor):
        app.command()(command)


def up(*, as_json: common.Json = False) -> None:
    """Start what does not run, create topics and tables; doing it again changes nothing."""
    from console import services
    from console.settings import without_password

    running = common.services()
    document = {
        "services": services.status(common.settings()),
        "database": without_password(running.database_url),
        "kafka": running.kafka_bootstrap_servers,
        "schema_registry": running.schema_registry,
    }

    def people() -> None:
        typer.echo(f"PostgreSQL {document['database']}")
        typer.echo(f"Kafka {running.kafka_bootstrap_servers}, topics and tables are there.")

    common.show(document, as_json=as_json, people=people)


def down(*, as_json: common.Json = False) -> None:
    """Stop the embedded services; their data stays. Servers given by URL are left alone."""
    from console import services

    stopped: list[str] = []
    services.down(common.settings(), progress=stopped.append)
    document = {"stopped": stopped}

    def people() -> None:
        typer.echo("\n".join(stopped) or "Nothing of ours was running.")

    common.show(document, as_json=as_json, people=people)


def status(*, as_json: common.Json = False) -> None:
    """Show services, topics, and how far consumer and projector are; starts nothing.

    Ends with 3 where a service is not up.
    """
    report = _report()

    def people() -> None:
        services = [
            (row.name, row.state, row.address, row.version, row.pid, row.detail)
            for row in report.services
        ]
        common.table(
            "Services", ("service", "state", "address", "version", "pid", "detail"), services
        )
        if report.topics:
            typer.echo()
            common.table("Topics", ("topic", "partitions"), report.topics_with_partitions())
        if report.lag:
            typer.echo()
            common.table("Consumer, as the projector knows it", _LAG_COLUMNS, report.lag_rows())
        if report.read_models:
            typer.echo()
            names = ("read model", "position", "log", "behind")
            common.table("Projector", names, [row[:4] for row in report.read_models])
        for sentence in report.notes:
            typer.echo(sentence)

    common.show(report, as_json=as_json, people=people)
    if not report.is_up:
        raise typer.Exit(UNREACHABLE)


def doctor(*, as_json: common.Json = False) -> None:
    """Check this machine and its settings, and say what to do; changes nothing."""
    from console import services

    checks = services.doctor(common.settings())

    def people() -> None:
        rows = [
            (row.result, row.name, "" if row.result == "ok" else row.code, row.sentence, row.remedy)
            for row in checks
        ]
        common.table("", ("", "check", "code", "finding", "what to do"), rows)

    common.show({"checks": checks}, as_json=as_json, people=people)
    if any(check.result == "fail" for check in checks):
        raise typer.Exit(REFUSED)


_LAG_COLUMNS = ("topic", "messages", "waiting", "oldest waiting")


class Report(NamedTuple):
    """What `status` says; `notes` are sentences about what could not be found out."""

    is_up: bool
    services: "list[ServiceStatus]"
    topics: "list[Topic]"
    lag: "list[Lag]"
    read_models: "list[Position]"
    notes: list[str]

    def topics_with_partitions(self) -> list[tuple[str, str]]:
        """Return a row per topic."""
        return [(row.name, str(row.partitions) if row.partitions else "-") for row in self.topics]

    def lag_rows(self) -> list[tuple[str, int, int, str]]:
        """Return a row per topic, its partitions summed up."""
        rows = []
        for topic in dict.fromkeys(row.topic for row in self.lag):
            places = [row for row in self.lag if row.topic == topic]
            waiting_since = [row.first_unconsumed_at for row in places if row.first_unconsumed_at]
            oldest = min(waiting_since).isoformat() if waiting_since else ""
            end, waiting = sum(row.end for row in places), sum(row.messages for row in places)
            rows.append((topic, end, waiting, oldest))
        return rows


def _report() -> Report:
    from console import services
    from console.publisher.topics import describe

    settings = common.settings()
    found = services.status(settings)
    if any(row.state != "up" for row in found):
        return Report(False, found, [], [], [], ["Run `clearwatt up`, or ask `clearwatt doctor`."])
    # What is up is not started again: this only says where it is.
    running = services.ensure_up(settings)
    options = settings.kafka_client_options(running.kafka_bootstrap_servers)
    topics = list(describe(options, settings.topic_prefix))
    missing = [row.name for row in topics if not row.partitions]
    if missing:
        notes = [f"TOPIC_MISSING: {', '.join(missing)}; run `clearwatt up`."]
        return Report(True, found, topics, [], [], notes)
    return _with_progress(Report(True, found, topics, [], [], []), options, running.database_url)


def _with_progress(report: Report, options: dict[str, Any], database_url: str) -> Report:
    from consumers.runner import incoming_topics, lag
    from projections.database import TableMissing, reading
    from projections.queries.equation import equation
    from projections.queries.position import positions

    try:
        with reading(database_url) as connection:
            read_models = positions(connection)
            partitions = equation(connection).partitions
    except TableMissing:
        return report._replace(notes=["TABLES_MISSING: run `clearwatt up`."])
    consumed = {(row.topic, row.partition): row.next_offset for row in partitions}
    topics = incoming_topics(options, common.settings().topic_prefix)
    return report._replace(lag=lag(options, topics, consumed), read_models=read_models)
