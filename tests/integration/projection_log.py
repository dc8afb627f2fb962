"""A log for the tests of the projections, written as the recorder does, and what follows it."""

from collections.abc import Iterable
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import msgspec
import psycopg
from projection_events import START, accept, cdr_of, command, parties

from ledger.settlement.accounting import AccountingPeriod, TrialBalance
from ledger.values.aggregate import LedgerAggregate, recording_at
from projections.database import connect
from projections.runner import Projector
from projections.schema import migrate

SCHEMA = Path(__file__).parents[2] / "ledger" / "log" / "schema.sql"


class RecordedLog:
    """Writes `log.stored_event` with gap-free positions."""

    def __init__(self, url: str) -> None:
        self.connection = psycopg.connect(url, autocommit=True)
        self.position = 0

    def create(self) -> "RecordedLog":
        """Create the log's schema in an empty database."""
        self.connection.execute(SCHEMA.read_text())
        return self

    def record(self, aggregates: Iterable[LedgerAggregate]) -> int:
        """Insert what the aggregates recorded since the last call; return the last position."""
        rows = "COPY log.stored_event FROM STDIN"
        with self.connection.cursor() as cursor, cursor.copy(rows) as copy:
            for aggregate in aggregates:
                for happened in aggregate.collect_events():
                    self.position += 1
                    fields = dict(happened.__dict__)
                    originator = fields.pop("originator_id"), fields.pop("originator_version")
                    state = msgspec.json.encode(fields)
                    recorded_at, topic = happened.timestamp, type(happened).TOPIC
                    copy.write_row(
                        [self.position, *originator, topic, state, recorded_at, b"", False]
                    )
        self.connection.execute("NOTIFY clearwatt_log")
        return self.position


def closed(book, month):
    """Return a month of a book that is hard closed."""
    period = AccountingPeriod.blank(f"{book}/{month}")
    figures = TrialBalance(Decimal("12.1000"), Decimal("12.1000"), 3, "ab" * 32)
    period.close(trial_balance=figures, provenance=command())
    return period


def one_cdr_and_a_closed_month(url):
    """Project one CDR, and a closed month of the CPO's book, into an empty database."""
    log = RecordedLog(url).create()
    migrate(url)
    with recording_at(START):
        log.record([*parties(), accept(cdr_of(1), 1), closed("xyz-bv", "2026-09")])
    Projector(url).run(until_caught_up=True)
    return url


class World:
    """A log with its projections: `record` writes events and projects them, page by small page."""

    def __init__(self, url, page_size=1000):
        self.url = url
        self.log = RecordedLog(url).create()
        self.page_size = page_size
        self.now = START
        migrate(url)
        with recording_at(START):
            self.record(*parties())

    def at(self):
        self.now += timedelta(minutes=1)
        return recording_at(self.now)

    def record(self, *aggregates):
        position = self.log.record(aggregates)
        Projector(self.url, page_size=self.page_size).run(until_caught_up=True)
        return position

    def ask(self, question, *args, **filters):
        with connect(self.url) as connection:
            return question(connection, *args, **filters)
