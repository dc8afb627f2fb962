"""People who act on CDRs in tests, of all roles, and what comes of what they do."""

from collections.abc import Iterable, Sequence

from ledger.application.acting import Effect
from ledger.application.commands import By
from ledger.application.registration import register_actor
from tests.ledger_cast import AGREEMENTS, BY_ADMIN, BY_FINANCE, CAST, RECORDED_AT, Fact
from tests.ledger_statements import cdr, session, tariff
from tests.ledger_world import World

FINN = BY_FINANCE
FIONA = By("fiona", "asserted", RECORDED_AT)
OLGA = By("olga", "asserted", RECORDED_AT)
OSCAR = By("oscar", "asserted", RECORDED_AT)
ADA = By("ada", "asserted", RECORDED_AT)
STRANGER = By("nobody", "asserted", RECORDED_AT)
PER_KWH = tariff(("ENERGY", "0.50", 1))
WHY = "agreed by mail of 3 November"
SALE = ("xyz-bv", "receivable:DE*EMP", "EUR")
"""The account that a sale of the CPO to its eMSP stands on."""
C1, C2, C3 = "NL*XYZ/c1", "NL*XYZ/c2", "NL*XYZ/c3"


def staffed_world(url: str, *facts: Fact) -> World:
    """Return a world of the cast with a tariff of 0.50 a kWh, and people of all roles."""
    world = World(url, *CAST, *(facts or AGREEMENTS))
    for by, role in ((OLGA, "operations"), (OSCAR, "operations"), (FIONA, "finance"),
                     (ADA, "auditor")):  # fmt: skip
        register_actor(world.ledger, by.actor, (role,), by=BY_ADMIN)
    world.send(PER_KWH)
    return world


def outcome(effects: Iterable[Effect]) -> list[tuple[str, str]]:
    """Return what became of each CDR, and its state."""
    return [(effect.outcome, effect.state) for effect in effects]


def refused_with(effects: Sequence[Effect]) -> list[str]:
    """Return the codes that a command was refused with, for every CDR."""
    assert {effect.outcome for effect in effects} == {"refused"}
    return [refusal.reason.value for effect in effects for refusal in effect.refusals]


def head(world: World) -> list[tuple[int]]:
    """Return how far the log has come."""
    return world.rows("SELECT position FROM log.head")


def held_for_its_price(world: World) -> None:
    """Send a CDR of 5.10 that the tariff prices at 5.00."""
    world.send(session("C1"), cdr("C1", "5.10"))
    assert world.reasons("C1") == ["CDR_TOTAL_COST_DIFFERS"]
