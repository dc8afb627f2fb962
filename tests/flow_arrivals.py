"""A month's facts and messages arrive, in any order; and what is decided in the end.

Read `flow_world` (what there is to arrive) first.
"""

from collections.abc import Iterable, Iterator
from random import Random
from typing import Any, Literal, NamedTuple

from ledger.application.commands import MessageCommand
from ledger.application.registration import register_actor
from ledger.books.accounts import account_of
from ledger.books.conformity import problems_of
from ledger.values.entries import Entry
from ledger.values.money import ZERO
from ledger.values.reasons import Refused
from tests.flow_world import MESSAGES, PAID, Month
from tests.ledger_cast import BY_ADMIN, RECORDED_AT, Fact
from tests.ledger_people import FIONA
from tests.ledger_world import World, booked_by
from tests.paying import paid_balances, standing


class Arrival(NamedTuple):
    """A message by its place, or a person by the place of the chain in which he is next."""

    kind: Literal["basic", "further", "message"]
    place: int


def in_time(month: Month) -> list[Arrival]:
    """Return everything once: people first, then the messages."""
    chains = list(enumerate(month.chains))
    basic = [Arrival("basic", place) for place, chain in chains for _ in chain.basic]
    further = [Arrival("further", place) for place, chain in chains for _ in chain.further]
    return [*basic, *further, *(Arrival("message", place) for place in range(len(MESSAGES)))]


def in_any_order(month: Month, chance: Random) -> list[Arrival]:
    """Return everything that arrives, in an order of chance, some of the messages again.

    What nothing can be decided without is mostly early, and all else that people do mostly late,
    so that it finds decisions to change.
    """
    spans = {
        "basic": (0.0, chance.choice((0.05, 0.05, 1.0))),
        "message": (0.0, 1.0),
        "further": chance.choice(((0.0, 1.0), (0.5, 1.5), (1.0, 2.0))),
    }
    messages = [row for row in in_time(month) if row.kind == "message"]
    arrivals = (*in_time(month), *chance.choices(messages, k=chance.randrange(12)))
    return [row for _, row in sorted((chance.uniform(*spans[row.kind]), row) for row in arrivals)]


WAITS = {"PARTY_UNKNOWN", "PAYEE_UNKNOWN", "ENTITY_UNKNOWN", "NOT_FOUND", "PARTY_NOT_ACTIVE",
         "ONBOARDING_INCOMPLETE"}  # fmt: skip
"""Why a person's command is refused until somebody else has done his part."""


def arrive(
    world: World,
    month: Month,
    arrivals: Iterable[Arrival],
    *,
    batch_size: int = 10,
    release_every: int = 5,
) -> None:
    """Let everything arrive in this order, and draw all consequences in the end.

    A person's command that is refused for want of another's is tried again after every other one.
    """
    register_actor(world.ledger, FIONA.actor, ("finance",), by=BY_ADMIN)
    come: list[list[Fact]] = [[] for _ in month.chains]
    to_come = [[*chain.basic, *chain.further] for chain in month.chains]
    batch: list[MessageCommand] = []

    def hand_over() -> None:
        if batch:
            world.consumer.send(*batch)
            batch.clear()

    for number, (kind, place) in enumerate(arrivals):
        if kind == "message":
            batch.append(MESSAGES[place])
        else:
            come[place].append(to_come[place].pop(0))
            while [chain for chain in come if chain and is_done(world, chain)]:
                pass
        if len(batch) >= batch_size:
            hand_over()
        if number % release_every == 0:
            world.ledger.release(recorded_at=RECORDED_AT, limit=100)
    hand_over()
    assert not any((*to_come, *come)), "everybody could do what he wanted in the end"
    world.settle()


def is_done(world: World, chain: list[Fact]) -> bool:
    """Carry out the first command of a chain, if what it needs is there by now."""
    try:
        chain[0](world.ledger)
    except Refused as refused:
        assert {row.reason.value for row in refused.refusals} <= WAITS, refused
        return False
    del chain[0]
    return True


def flow_state(world: World) -> dict[str, Any]:
    """Return what is decided: CDRs with every clause, payments, windows, and all balances."""
    state = world.decided_state()
    for key, told_of in state["cdrs"].items():
        seller, _, id = key.partition("/")
        decision = world.cdr(id, seller).decision
        if decision is not None and "legs" in told_of:
            told_of["clauses"] = [
                (leg.clause, leg.vat.place, leg.vat.tax_point, leg.converted, leg.fx,
                 [(row.payee, row.clause, row.exact, row.amount) for row in leg.split],
                 [(row.name, row.net) for row in leg.lines])
                for leg in decision.legs
            ]  # fmt: skip
            told_of["until"] = decision.approval, decision.objections_until
    windows = "SELECT cdr, pair, posted_period, until FROM log.objection_window ORDER BY cdr"
    return state | {
        "payments": {key: standing(world, key) for key in PAID},
        "paid": paid_balances(world),
        "windows": world.rows(windows),
    }


def entries_by_event(world: World) -> Iterator[list[Entry]]:
    """Yield the entries that each event booked, of CDRs and of payments, in order."""
    for event in world.events():
        entries = [entry for entry, _ in booked_by(event)]
        if event.TOPIC.startswith("payment."):
            decision = getattr(event, "decision", None)
            entries += decision.entries if decision is not None else ()
            entries += getattr(event, "reversal", ())
        if entries:
            yield entries


def assert_every_prefix_balances(world: World) -> None:
    """Each entry follows its rule and balances; with each event clearing is zero over all books."""
    number = 0
    for entries in entries_by_event(world):
        clearing = dict.fromkeys((entry.currency for entry in entries), ZERO)
        for entry in entries:
            assert problems_of(entry) == ()
            for row in entry.postings:
                if account_of(row.account).is_clearing:
                    clearing[entry.currency] += row.amount if row.side == "debit" else -row.amount
            number += 1
        assert not any(clearing.values()), (clearing, entries)
    assert number > 10
