"""A transaction as its messages tell it, whichever version of OCPP they speak."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from console.imports.ocpp.problems import Problem
from console.imports.ocpp.samples import Power, Reading, Samples, SignedText


class State(NamedTuple):
    """What the connector did from an instant on, in OCPP's words."""

    at: datetime
    state: str


@dataclass
class Transaction:
    """One transaction. `place` is `connector` (1.6) or `evse/connector`; meter figures are Wh.

    `meter_start_wh` and `meter_stop_wh` are 1.6's own figures; 2.0.1 has only samples.
    """

    charge_point: str
    place: str
    line: int
    started_at: datetime
    id: str | None = None
    id_token: str | None = None
    authorized_at: datetime | None = None
    is_refused: bool = False
    is_remote: bool = False
    ended_at: datetime | None = None
    stop_reason: str | None = None
    meter_start_wh: Decimal | None = None
    meter_stop_wh: Decimal | None = None
    firmware_version: str | None = None
    readings: list[Reading] = field(default_factory=list)
    powers: list[Power] = field(default_factory=list)
    signed: list[SignedText] = field(default_factory=list)
    states: list[State] = field(default_factory=list)
    last_line: int = 0

    def add(self, samples: Samples) -> tuple[Problem, ...]:
        """Take over samples; return what is wrong in them."""
        self.readings.extend(samples.readings)
        self.powers.extend(samples.powers)
        self.signed.extend(samples.signed)
        return samples.problems


@dataclass
class Assembled:
    """What a log's messages come to: transactions in their order, problems, and counts.

    `repeated` counts messages that a charge point sent again, `ignored` those of each action
    that says nothing about a transaction.
    """

    transactions: list[Transaction] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    repeated: int = 0
    ignored: dict[str, int] = field(default_factory=dict)

    def ignore(self, action: str) -> None:
        """Count a message that says nothing about a transaction."""
        self.ignored[action] = self.ignored.get(action, 0) + 1
