"""The desk at which people act: who does what about which charges, at simulated times.

Everything goes through the commands of the application, in the names of registered actors. Above
the agreement's four-eyes amount one of them proposes, and another one does the same.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, NamedTuple

from console.demo.charge import Charge, cdr_in, key_of
from console.demo.plan import Expectation, Planned
from ledger.application.acting import Effect
from ledger.application.commands import By
from ledger.application.ledger import Ledger
from ledger.roaming.cdr import Cdr
from ledger.values.reasons import InvariantBroken
from schemas.parts import Clearwatt

OPERATIONS: Final = "olga"
FINANCE: Final = ("finn", "fiona")
SUPPORT: Final = "sana"


@dataclass(frozen=True, slots=True)
class Desk:
    """Where people work: the ledger, and what time it is."""

    ledger: Ledger
    at: datetime

    def by(self, name: str) -> By:
        """Return an actor, now."""
        return By(name, "asserted", self.at)

    def twice(
        self,
        command: Callable[..., Effect | list[Effect]],
        *,
        first: str = OPERATIONS,
        second: str = FINANCE[1],
    ) -> None:
        """Let one person give a command on a CDR, and where that takes two, another one, too.

        Raises InvariantBroken where it is not done then: the plan knows what can be.
        """
        effect = _only(command(by=self.by(first)))
        if effect.outcome == "proposed":
            effect = _only(command(by=self.by(second)))
        if effect.outcome != "done":
            raise InvariantBroken(f"{effect.cdr}: {effect.outcome}, {effect.refusals}")


def _only(effects: Effect | list[Effect]) -> Effect:
    return effects[0] if isinstance(effects, list) else effects


class Deed(NamedTuple):
    """What people do about the charges of a fault.

    `becomes`: what its held message is then; `standing`: how the CDR stands in its period; both
    None where nothing changes. `events`: what is recorded of it, by topic, for all of its charges;
    `is_guarded`: each charge above the four-eyes amount is proposed first.
    """

    fault: str
    sentence: str
    act: Callable[[Desk, Sequence[Charge]], object]
    becomes: Expectation | None = None
    standing: str | None = None
    events: tuple[str, ...] = ()
    is_guarded: bool = False


def act(desk: Desk, deeds: Sequence[Deed], cases: Mapping[str, tuple[Charge, ...]]) -> None:
    """Do the deeds about the charges of their faults, where the month has any."""
    for deed in deeds:
        if charges := cases.get(deed.fault):
            deed.act(desk, charges)


def held_in(charge: Charge) -> Planned | None:
    """Return the message of a charge that waits for somebody."""
    return next((row for row in charge.messages if row.expect.outcome == "held"), None)


def held_of(charge: Charge) -> Planned:
    """Return the message of a charge that waits; a fault without one is not for this deed."""
    held = held_in(charge)
    if held is None:
        raise TypeError("nothing of this charge waits")
    return held


def held_key(charge: Charge) -> str:
    """Return the key of the CDR that waits."""
    return key_of(cdr_in(held_of(charge)))


def with_rejects(ledger: Ledger, messages: Sequence[Planned]) -> tuple[Planned, ...]:
    """Return the messages, those that answer a reject with its id, as the CPO received it."""
    return tuple(
        row if row.answers is None else _citing(row, _reject_of(ledger, row.answers))
        for row in messages
    )


def _reject_of(ledger: Ledger, key: str) -> str:
    cdr = Cdr.blank(key)
    for stored in ledger.store.events_of([cdr.id]).get(cdr.id, ()):
        ledger.event_mapper.to_domain_event(stored).mutate(cdr)
    if cdr.reject is None:
        raise InvariantBroken(f"nobody asked for {key} again")
    return cdr.reject.reject_id


def _citing(message: Planned, reject_id: str) -> Planned:
    cdr = cdr_in(message)
    own = (cdr.clearwatt or Clearwatt()).model_copy(update={"reject_id": reject_id})
    return replace(message, value=cdr.model_copy(update={"clearwatt": own}))
