"""The clock announces what tax decisions rest on before it ends, and withdraws what is renewed."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import NamedTuple

from ledger.application.facts import View
from ledger.application.ledger import Ledger
from ledger.application.permissions import SYSTEM
from ledger.application.store import Writes
from ledger.roaming.agreement import Agreement
from ledger.roaming.endings import (
    Ending,
    endings_of_agreement,
    endings_of_entity,
    endings_of_options,
)
from ledger.roaming.entity import LegalEntity
from ledger.roaming.expiry import Because, Expiry
from ledger.values.aggregate import LedgerAggregate
from ledger.values.provenance import Provenance
from ledger.vat.options import RESALE_OPTIONS


class Announced(NamedTuple):
    """How many ends were announced, and how many announcements were withdrawn."""

    announced: int
    withdrawn: int


class Alert(NamedTuple):
    """An end that is near on a day; `announced` says whether the clock has announced it."""

    ending: Ending
    days_left: int
    announced: bool


def announce_expiries(ledger: Ledger, now: datetime) -> Announced:
    """Announce ends that are near at `now`, each once per notice; withdraw what is renewed.

    Days are those of UTC. Doing it again changes nothing. Raises: LogUnreachable.
    """
    day, provenance = now.date(), Provenance(SYSTEM, "system", now, now)
    said: list[Announced] = []

    def decide(view: View, writes: Writes) -> list[LedgerAggregate]:  # noqa: ARG001
        endings = {row.key: row for row in _endings(view, day)}
        announced = withdrawn = 0
        for ending in endings.values():
            notice, known = ending.notice_on(day), view.find(Expiry, ending.key)
            if notice is not None and (known is None or not known.is_said(ending, notice)):
                expiry = view.edit(Expiry, ending.key)
                expiry.announce(ending, notice_days=notice, provenance=provenance)
                announced += 1
        for known in view.all_of(Expiry):
            if known.ends_on is None:
                continue
            stands = endings.get(known.key)
            is_renewed = stands is None or stands.ends_on != known.ends_on
            if stands is None or stands.notice_on(day) is None:
                because: Because = "renewed" if is_renewed else "ended"
                view.edit(Expiry, known.key).withdraw(because, provenance=provenance)
                withdrawn += 1
        said[:] = [Announced(announced, withdrawn)]
        return []

    ledger.command(decide, recorded_at=now)
    return said[0]


def alerts_on(ledger: Ledger, day: date) -> list[Alert]:
    """Return what ends near a day, the nearest first."""
    ledger.refresh()
    view = View(ledger.facts)
    found = []
    for ending in _endings(view, day):
        if ending.notice_on(day) is not None:
            known = view.find(Expiry, ending.key)
            is_announced = known is not None and known.ends_on == ending.ends_on
            found.append(Alert(ending, (ending.ends_on - day).days, is_announced))
    return sorted(found, key=lambda row: (row.days_left, row.ending.key))


def _endings(view: View, day: date) -> Iterator[Ending]:
    dealers_in: set[str] = set()
    for entity in view.each_of(LegalEntity):
        if entity.versions:
            yield from endings_of_entity(entity.key, entity.document)
            if entity.document.resells_on(day):
                dealers_in.add(entity.document.country)
    yield from endings_of_options(RESALE_OPTIONS, frozenset(dealers_in))
    for agreement in view.each_of(Agreement):
        yield from endings_of_agreement(agreement)
