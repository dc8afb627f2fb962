"""Whom a recorded fact touches: asked for many facts at once, the answer is that for each."""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from random import Random

import psycopg
import pytest

from ledger.application.store import Due, Touched
from ledger.log import PostgresLog, install, log_of, open_ledger
from ledger.log.touched import FEW
from ledger.values.instants import BEGINNING, NEVER

START = datetime(2026, 10, 1, tzinfo=UTC)
FACTS = [f"session:NL*XYZ/s{number}" for number in range(12)]


@pytest.fixture
def log(database_url: str) -> Iterator[PostgresLog]:
    """A log in which facts touch nobody, one, some, and more than a few."""
    install(database_url)
    draw = Random(3)
    with closing(psycopg.connect(database_url, autocommit=True)) as owner, owner.cursor() as cursor:
        for number, fact in enumerate(FACTS):
            for row in range((0, 1, 3, FEW - 1, FEW, FEW + 5)[number % 6]):
                cdr = f"NL*XYZ/{draw.choice('aBz_é')}{row}"
                if draw.random() < 0.5:
                    cursor.execute("INSERT INTO log.waiting_for VALUES (%s, %s)", (fact, cdr))
                else:
                    at = START + timedelta(hours=draw.randrange(50))
                    row_ = (fact, at, cdr)
                    cursor.execute("INSERT INTO log.decided_on VALUES (%s, %s, %s)", row_)
    ledger = open_ledger(database_url, subject_key=b"a key that protects nobody")
    yield log_of(ledger)
    log_of(ledger).connection.close()


@pytest.mark.parametrize(
    "after",
    [
        Touched(BEGINNING, ""),
        Touched(START + timedelta(hours=20), "NL*XYZ/a2"),
        Touched(NEVER, "NL*XYZ/B1"),
    ],
    ids=["from the first", "within those decided", "within those held"],
)
def test_facts_asked_for_together_touch_whom_each_touches(log: PostgresLog, after: Touched) -> None:
    affected_from = START + timedelta(hours=5)
    due = [Due(id_, fact, affected_from, after) for id_, fact in enumerate(FACTS)]
    each = {row.id: log.cdrs_touched_by(row, 1000) for row in due}
    assert any(len(found) >= FEW for found in each.values()) or after.service_at > START
    few = log.few_touched_by(due)
    assert few == {id_: found for id_, found in each.items() if len(found) < FEW}


def test_no_facts_touch_nobody(log: PostgresLog) -> None:
    assert log.few_touched_by([]) == {}
