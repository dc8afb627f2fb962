"""Moving in from another platform: which ids the records had there, kept for ever.

The ids of a platform are mapped once; both of them find the record from then on.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final, Literal

import msgspec
from eventsourcing.domain import event

from ledger.values.aggregate import LedgerAggregate
from ledger.values.provenance import Provenance
from ledger.values.reasons import Reason, Refusal, Refused

MovedKind = Literal["party", "agreement", "location", "evse", "tariff"]
PAGE: Final = 500
"""How many ids one event names."""


class MovedId(msgspec.Struct, frozen=True, order=True):
    """A record's id on the platform it came from, and its key here."""

    kind: MovedKind
    old: str
    new: str


class MovedFile(msgspec.Struct, frozen=True):
    """A file that was imported: its name in the folder and the SHA-256 of its bytes."""

    name: str
    sha256: str


class MoveIn(LedgerAggregate):
    """What moved in from one platform; its key is the platform's name, in lower case."""

    KIND = "move_in"
    KEY_FIELD = "platform"

    plans: tuple[str, ...]
    ids: dict[tuple[MovedKind, str], str]

    def begin(self) -> None:
        self.plans = ()
        self.ids = {}

    def start(self, plan: str, files: tuple[MovedFile, ...], *, provenance: Provenance) -> None:
        """Note that a plan, named by its hash, is carried out; the same again changes nothing."""
        if plan not in self.plans:
            self._record_start(platform=self.key, plan=plan, files=files, provenance=provenance)

    def errors_of(self, stated: Iterable[MovedId]) -> Iterator[Refusal]:
        """Yield ALREADY_EXISTS for every id that leads to another record already."""
        for row in stated:
            known = self.ids.get((row.kind, row.old), row.new)
            if known != row.new:
                path = f"{row.kind}.{row.old}"
                yield Refusal(Reason.ALREADY_EXISTS, path, known, row.new)

    def keep(self, plan: str, stated: Sequence[MovedId], *, provenance: Provenance) -> int:
        """Record the ids that are new, and return how many. Refuses: what `errors_of` finds."""
        refusals = tuple(self.errors_of(stated))
        if refusals:
            raise Refused(*refusals)
        new = sorted({row for row in stated if (row.kind, row.old) not in self.ids})
        for start in range(0, len(new), PAGE):
            page = tuple(new[start : start + PAGE])
            self._record_ids(platform=self.key, plan=plan, ids=page, provenance=provenance)
        return len(new)

    @event("Started", topic="move_in.started.v1")
    def _record_start(
        self, platform: str, plan: str, files: tuple[MovedFile, ...], provenance: Provenance
    ) -> None:
        self.plans = (*self.plans, plan)

    @event("IdsMapped", topic="move_in.ids_mapped.v1")
    def _record_ids(
        self, platform: str, plan: str, ids: tuple[MovedId, ...], provenance: Provenance
    ) -> None:
        self.ids = self.ids | {(row.kind, row.old): row.new for row in ids}
