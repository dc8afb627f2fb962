"""Whether every entry of the journal follows its posting rule."""

from typing import NamedTuple, cast

from ledger.books.conformity import problems_of_lines
from ledger.values.entries import Side
from projections.database import Connection, query


class Departure(NamedTuple):
    """Entries that depart from their rule in one way: how many, and the first one's position."""

    rule: str
    problem: str
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
    return found


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
