"""What documents would change of what is agreed: clause by clause, from when, and for how much."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Final, NamedTuple

from console.agreements.differ import differences
from console.agreements.reader import AgreementDocument
from console.tariffs.differ import Difference
from ledger.application.ledger import Ledger
from ledger.application.store import Due, Touched
from ledger.roaming.agreement import Agreement
from ledger.roaming.terms import Terms
from ledger.values.instants import BEGINNING

MOST_COUNTED: Final = 1000
"""CDRs are counted up to here: more is «1000 or more»."""


class Comparison(NamedTuple):
    """A version beside the one it would replace, `against` (None: nothing is agreed then).

    `decided` counts CDRs from `valid_from` on that are decided or wait, up to MOST_COUNTED: they
    would be decided again.
    """

    agreement: str
    against: int | None
    valid_from: datetime
    valid_until: datetime | None
    decided: int
    differences: tuple[Difference, ...]


def compared(
    ledger: Ledger, documents: Iterable[AgreementDocument], *, now: datetime
) -> Iterator[Comparison]:
    """Yield what each version of a file would change; of what nobody agreed, all it says."""
    ledger.refresh()
    for document in documents:
        version, key = document.version, document.agreement
        agreement = ledger.facts.find(Agreement, key)
        before = agreement.version_valid_at(version.valid_from) if agreement else None
        due = Due(0, f"agreement:{key}", version.valid_from, Touched(BEGINNING, ""))
        is_past = version.valid_from < now
        yield Comparison(
            key,
            before.number if before else None,
            version.valid_from,
            version.valid_until,
            len(ledger.store.cdrs_touched_by(due, MOST_COUNTED)) if is_past else 0,
            differences(before.terms if before else Terms(), version.terms),
        )
