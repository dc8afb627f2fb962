"""What stands around a CDR when it is decided: its signed data, its session, others in its way."""

from collections.abc import Callable, Iterable
from datetime import date
from typing import NamedTuple

from ledger.evidence.signed_data import SignedEvidence
from ledger.roaming.launch_scope import DayUse
from ledger.roaming.occupation import Taken, TakenOf
from ledger.roaming.release import Release
from ledger.roaming.session import Session


def _nobody(resource: str) -> Iterable[Taken]:  # noqa: ARG001
    return ()


class Circumstances(NamedTuple):
    """What is known beside the statement and the shared facts.

    `session` is the one the CDR names; `nearby` are unbilled sessions at its charger, loaded where
    it names none; `nearby_keys` name all of them. `taken` tells who takes a resource, `use_of`
    what others take of a launch's day: None where the CDR has its place already.
    """

    session: Session | None = None
    nearby: tuple[Session, ...] = ()
    nearby_keys: tuple[str, ...] = ()
    evidence: SignedEvidence | None = None
    release: Release | None = None
    taken: TakenOf = _nobody
    use_of: Callable[[str, date], DayUse] | None = None
