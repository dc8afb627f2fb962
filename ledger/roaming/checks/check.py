"""What a check is: its published number and code, its severity, and whose work it makes."""

from collections.abc import Callable, Iterator
from enum import StrEnum
from typing import Literal, NamedTuple

from ledger.roaming.checks.candidate import Candidate
from ledger.values.reasons import SENTENCES, Reason, Refusal

Owner = Literal["operations", "platform", "finance"]
Origin = Literal["charger", "backend", "partner", "ourselves", "unknown"]
Rule = Callable[[Candidate], Iterator[Refusal]]


class Severity(StrEnum):
    """What a finding does to its record."""

    FATAL = "FATAL"
    """Refuses the record: only another one can take its place."""
    SEVERE = "SEVERE"
    """Holds the record until a fact arrives or a person decides."""
    WARNING = "WARNING"
    """Is noted; the record goes on."""


class Check(NamedTuple):
    """One entry of the catalogue. Numbers are published: never reused, never renumbered.

    `rule` is None where the finding comes from deciding itself (price, tax, agreement).
    `is_releasable`: a person may accept the record all the same, with a reason; where it is
    not, something is missing without which nothing can be booked. `within` names the part of the
    agreement that sets the tolerance or switches the check.
    """

    number: int
    code: Reason
    severity: Severity
    owner: Owner
    origin: Origin
    example: str
    fix: str
    rule: Rule | None = None
    is_releasable: bool = True
    within: str = ""

    @property
    def sentence(self) -> str:
        """What is wrong when it fires."""
        return SENTENCES[self.code]
