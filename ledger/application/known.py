"""The shared facts as they were known: those that were recorded by an instant.

Read again from the log, with nothing of it kept: for people who ask, not for decisions.
"""

from datetime import datetime

from ledger.application.facts import Facts
from ledger.application.ledger import Ledger
from ledger.application.mapper import topics_of
from ledger.values.aggregate import LedgerAggregate


def facts_known(ledger: Ledger, *kinds: type[LedgerAggregate], known_at: datetime | None) -> Facts:
    """Return the facts of some kinds, or all, as recorded by an instant; None: by now."""
    if known_at is None:
        ledger.refresh()
        return ledger.facts
    facts = Facts(ledger.event_mapper)
    topics = [topic for kind in kinds for topic in topics_of(kind)]
    recorded = ledger.store.shared_facts_after(0, only=topics)
    facts.follow((row for row in recorded if row.recorded_at <= known_at), counter=0)
    return facts
