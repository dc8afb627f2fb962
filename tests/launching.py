"""A partnership that launches, for its tests: plan, people, charges, and evidence that is made up
only where a test is about the judgement of it.
"""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from ledger.application.commands import By
from ledger.application.control_commands import TellCommandResult
from ledger.application.launches import open_launch
from ledger.application.ledger import Ledger
from ledger.application.registration import register_actor
from ledger.roaming.launch_criteria import ExitRule
from ledger.roaming.launch_figures import ConnectorFigures, LaunchFigures, ReadAt
from ledger.roaming.launch_plan import Caps, LaunchPlan, PhasePlan, Scope
from ledger.roaming.remote_commands import CommandResultStatement
from tests.ledger_cast import AGREEMENTS, BY_ADMIN, CAST, CPO, EMSP, Fact
from tests.ledger_statements import location, october, session, tariff
from tests.ledger_world import World

PAIR = f"{CPO}>{EMSP}"
OPENED_AT = october(1)
EASY = (ExitRule("matched_percent", Decimal(90), 1),)
NARROW = Scope(locations=("LOC1",), token_types=("RFID",), tariffs=("T1",))
WIDER = Scope(locations=("LOC1", "LOC2"))
PEOPLE = {"olga": "operations", "sue": "support", "finn": "finance"}


def phases(*, caps: Caps = Caps(), exit_rules: tuple[ExitRule, ...] = EASY) -> LaunchPlan:  # noqa: B008
    """Return a plan: one site, then two, then the seller's all, with caps in the first phase."""
    return LaunchPlan(
        (
            PhasePlan(1, NARROW, caps, exit=exit_rules),
            PhasePlan(2, WIDER, exit=exit_rules),
            PhasePlan(3, exit=exit_rules),
            PhasePlan(4, exit=exit_rules),
        )
    )


def by(name: str, at: datetime) -> By:
    """Return a person who asks at an instant."""
    return By(name, "asserted", at)


def employ(ledger: Ledger) -> None:
    """Register the people of a launch."""
    for name, role in PEOPLE.items():
        register_actor(ledger, name, (role,), by=BY_ADMIN)


def opened(plan: LaunchPlan, at: datetime = OPENED_AT) -> Fact:
    """Return the opening of the launch, at the first of October."""
    return lambda ledger: open_launch(ledger, PAIR, plan, by=by("olga", at)) and None


def launching_world(url: str, plan: LaunchPlan | None, *facts: Fact) -> World:
    """Return a world in which the pair trades: two sites, one tariff, and where there is a plan,
    a launch since the first of October.
    """
    world = World(url, *CAST, *(facts or AGREEMENTS), employ)
    world.send(
        tariff(("ENERGY", "0.50", 1)),
        location("LOC1", "Europe/Amsterdam"),
        location("LOC2", "Europe/Amsterdam"),
    )
    if plan is not None:
        world.learn(opened(plan))
    return world


def charge(id: str, **more: Any) -> tuple[Any, ...]:
    """Return a session and its CDR of 5.00 EUR, as the partner sends them."""
    from tests.ledger_statements import cdr

    at = more.get("at") or october(10)
    where = more.get("location", "LOC1")
    return session(id, at=at, location=where), cdr(id, "5.00", **more)


def figures(since: datetime = OPENED_AT, **more: Any) -> LaunchFigures:
    """Return figures without a fault, of 10 CDRs."""
    sound: dict[str, Any] = {
        "since": since,
        "cdrs": 10,
        "matched": 10,
        "price_differences": 0,
        "late": 0,
        "exceptions_raised": 0,
        "exceptions_resolved": 0,
        "resolve_median_s": None,
        "resolve_p90_s": None,
        "unknown_origin": 0,
        "disputes": 0,
        "disputes_open": 0,
        "disputed_cdrs": 0,
        "connectors": (ConnectorFigures("IEC_62196_T2", 20, 20),),
    }
    return LaunchFigures(**(sound | more))


def read_at(position: int = 100) -> ReadAt:
    """Return where figures were read."""
    return ReadAt("launch", position, "a" * 64)


def command_result(
    id: str, result: str = "ACCEPTED", *, at: datetime | None = None, **more: Any
) -> TellCommandResult:
    """Return what became of a remote command."""
    country, party_id = CPO.split("*")
    asked = at or october(10)
    said: dict[str, Any] = {
        "command": "START_SESSION",
        "sent_by": EMSP,
        "requested_at": asked,
        "last_updated": asked + timedelta(seconds=5),
        "location_id": "LOC1",
    }
    return TellCommandResult(
        CommandResultStatement(country, party_id, id, result=result, **(said | more))
    )
