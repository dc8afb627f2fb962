"""A ledger to try commands on: each sees what the ones before it would record, and none is."""

from collections.abc import Callable, Sequence
from datetime import datetime

from ledger.application.facts import View
from ledger.application.ledger import Ledger
from ledger.application.store import Writes
from ledger.values.aggregate import LedgerAggregate, recording_at


class Rehearsal(Ledger):
    """What a row of commands would do to a ledger; `view` is what they have left by now.

    Commands about shared facts only: what they would change of CDRs is not tried.
    """

    def __init__(self, of: Ledger) -> None:
        super().__init__(of.store, of.recorder, loads_all=False)
        of.refresh()
        self.facts = of.facts
        self.view = View(self.facts)

    def command(
        self, decide: Callable[[View, Writes], Sequence[LedgerAggregate]], *, recorded_at: datetime
    ) -> None:
        """Decide a person's command on what the earlier ones left; record nothing."""
        with recording_at(recorded_at):
            decide(self.view, Writes(recorded_at, decided_at_counter=self.facts.counter))


def view_of(ledger: Ledger) -> View:
    """Return the facts as a command would see them now."""
    if isinstance(ledger, Rehearsal):
        return ledger.view
    ledger.refresh()
    return View(ledger.facts)
