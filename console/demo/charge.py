"""The messages of a charge, and what a fault is: a pure function of them.

Each charge suffers at most one. What has to become of a message is said for the ledger alone;
what people do about it then is in `people`.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from console.demo.plan import Expectation, Planned
from console.demo.world import World
from ledger.values.identifiers import record_key
from schemas import CdrV1, SessionV1

DELIVERED_LATE: Final = "DELIVERED_LATE"


class Charge(NamedTuple):
    """The messages of a charge: its session's updates, its CDR, and what a fault adds."""

    updates: tuple[Planned, ...]
    cdr: Planned | None
    extras: tuple[Planned, ...] = ()

    @property
    def messages(self) -> tuple[Planned, ...]:
        """All of them, in no particular order."""
        return (*self.updates, *((self.cdr,) if self.cdr else ()), *self.extras)


@dataclass(frozen=True, slots=True)
class Context:
    """The world, and when the month ends, is reviewed by people, and is closed.

    `set_apart` are the pairs that the world sets apart.
    """

    world: World
    ends_at: datetime
    reviewed_at: datetime
    closes_at: datetime
    set_apart: frozenset[tuple[str, str]]


class Fault(NamedTuple):
    """A kind of fault, or of charge that people have something to do about.

    `times`: how many charges suffer it; `fits`: which ones can, all of them by default. `pair`:
    seller and buyer of those that can; by default no pair that the world sets apart. `events`: what
    control records of each, by topic; `standing`: how the CDR stands in its period because of it,
    where it is not valid; `fails`: the criteria of a launch that are not met because of it.
    """

    name: str
    sentence: str
    times: int
    apply: Callable[[Charge, Context], Charge]
    fits: Callable[[Charge, Context], bool] = lambda charge, context: True  # noqa: ARG005
    events: tuple[str, ...] = ()
    standing: str | None = None
    pair: tuple[str, str] | None = None
    fails: tuple[str, ...] = ()

    def can_befall(self, charge: Charge, context: Context) -> bool:
        """True where a charge can suffer it."""
        own = pair_of(charge)
        if own != self.pair and (self.pair is not None or own in context.set_apart):
            return False
        return self.fits(charge, context)


def sent_cdr(charge: Charge) -> Planned:
    """Return the message with the charge's CDR."""
    if charge.cdr is None:
        raise TypeError("a fault is put on a sound charge")
    return charge.cdr


def cdr_of(charge: Charge) -> CdrV1:
    """Return the charge's CDR as a model."""
    return cdr_in(sent_cdr(charge))


def cdr_in(message: Planned) -> CdrV1:
    """Return a message's CDR as a model."""
    if not isinstance(message.value, CdrV1):
        raise TypeError("no CDR is in this message")
    return message.value


def completed_of(charge: Charge) -> SessionV1:
    """Return the session's last update as a model."""
    value = charge.updates[-1].value
    if not isinstance(value, SessionV1):
        raise TypeError("a fault is put on a sound charge")
    return value


def key_of(cdr: CdrV1) -> str:
    """Return the key that the ledger knows a CDR by."""
    return record_key(f"{cdr.country_code}*{cdr.party_id}", cdr.id)


def pair_of(charge: Charge) -> tuple[str, str]:
    """Return who sells and who buys."""
    return parties_in(cdr_of(charge))


def parties_in(cdr: CdrV1) -> tuple[str, str]:
    """Return a CDR's seller and buyer."""
    token = cdr.cdr_token
    return f"{cdr.country_code}*{cdr.party_id}", f"{token.country_code}*{token.party_id}"


def with_cdr(charge: Charge, expect: Expectation, **fields: Any) -> Charge:
    """Return the charge with other fields in its CDR, and what must become of that.

    Where it must be held, what would be found about the sound one is what is found once it is let
    go.
    """
    sound = sent_cdr(charge)
    if expect.outcome == "held":
        expect = replace(expect, findings=sound.expect.findings)
    other = cdr_of(charge).model_copy(update=fields)
    return charge._replace(cdr=replace(sound, value=other, expect=expect))


def another_cdr(
    charge: Charge, suffix: str, after: timedelta, expect: Expectation, **fields: Any
) -> Planned:
    """Return a message with the CDR again, under another id and with other fields, sent later."""
    cdr, sent = cdr_of(charge), sent_cdr(charge)
    other = {"id": f"{cdr.id}{suffix}", "last_updated": cdr.last_updated + after, **fields}
    return replace(
        sent,
        value=cdr.model_copy(update=other),
        sent_at=sent.sent_at + after,
        expect=expect,
    )


def finding(charge: Charge, code: str) -> Expectation:
    """Return what must become of the charge's CDR where a check notes something besides."""
    expect = sent_cdr(charge).expect
    return replace(expect, findings=(code, *expect.findings))
