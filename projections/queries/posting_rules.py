"""Whether every entry of the journal follows its posting rule."""

from collections.abc import Sequence
from typing import NamedTuple, cast

from ledger.books.conformity import problems_of_lines, problems_of_names
from ledger.books.posting_rules import BY_ID
from ledger.values.entries import Side
from projections.database import Connection, query, rows


class Departure(NamedTuple):
    """Entries that depart from their rule in one way: how many, and the first one's position."""

    rule: str
    problem: str
    entries: int
    first_position: int


class _Named(NamedTuple):
    """What entries of a rule name, how many do, and the position of the first."""

    rule: str
    agreement_version: str
    service_period: str
    posted_period: str
    entries: int
    first_position: int


def departures(connection: Connection) -> list[Departure]:
    """Return in which ways entries depart from the posting rules; none where all follow them.

    An entry that takes back another, or books a negative sale, has its rule's sides swapped: all
    of them, or none.
    """
    found = []
    for rule, seller, buyer, lines, entries, first in connection.execute(
        query("shapes_of_entries")
    ):
        problems = _problems(rule, seller, buyer, lines)
        found += [Departure(rule, problem, entries, first) for problem in problems]
    return found + _misnamed(rows(connection, "names_of_entries", _Named))


def _problems(rule: str, seller: str, buyer: str, lines: list[str]) -> tuple[str, ...]:
    postings = []
    for line in lines:
        side, _, account = line.partition(" ")
        postings.append((cast("Side", side), account))
    known = {"seller": seller, "buyer": buyer}
    straight = problems_of_lines(rule, postings, swapped=False, known=known)
    return straight and min(
        straight, problems_of_lines(rule, postings, swapped=True, known=known), key=len
    )


def _misnamed(named: Sequence[_Named]) -> list[Departure]:
    """Return the entries that do not name what their rule says.

    Where the ledger names agreement versions only since later, a period whose first entry is older
    than that may have some without one.
    """
    since = min(
        (row.first_position for row in named if _came_later(row.rule) and row.agreement_version),
        default=None,
    )
    found = []
    for row in named:
        agreement: str | None = row.agreement_version
        if not agreement and _came_later(row.rule):
            is_older = since is None or row.first_position < since
            agreement = None if is_older else agreement
        periods = row.service_period, row.posted_period
        problems = problems_of_names(row.rule, agreement=agreement, periods=periods)
        found += [Departure(row.rule, it, row.entries, row.first_position) for it in problems]
    return found


def _came_later(rule: str) -> bool:
    return rule in BY_ID and BY_ID[rule].names.agreement.came_later
