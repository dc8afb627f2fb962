"""Which accepted CDRs take a place of a launch's day, inside one attempt.

Rows are counted for pairs that launch, or agreed caps; they commit with the events, and under the
writer lock it is checked that nobody else took a place of the same day meanwhile.
"""

from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple

from ledger.application.facts import View
from ledger.application.store import LaunchPlace, PlacesSeen, Writes
from ledger.roaming.launch import Launch
from ledger.roaming.launch_scope import DayUse, is_counted
from ledger.roaming.legs import Decision
from ledger.roaming.statements import CdrStatement, parties_of
from ledger.values.identifiers import pair_key
from ledger.values.money import EXACT, ZERO
from ledger.values.reasons import Refused

Day = tuple[str, date]


class _Row(NamedTuple):
    net: Decimal
    currency: str


def launch_days(view: View, stated: Iterable[CdrStatement]) -> list[Day]:
    """Return the days of pairs that a batch's CDRs may take a place of.

    The day is one at the charger, whose zone is not known yet: both its neighbours count.
    """
    days: set[Day] = set()
    for cdr in stated:
        try:
            seller, buyer = parties_of(cdr)
        except Refused:
            continue  # its own handling refuses it, with its code
        if _is_counted(view, cdr, seller, buyer):
            ended_on = cdr.end_date_time.date()
            pair = pair_key(seller, buyer)
            days.update((pair, ended_on + timedelta(days=off)) for off in (-1, 0, 1))
    return sorted(days)


def _is_counted(view: View, cdr: CdrStatement, seller: str, buyer: str) -> bool:
    launch = view.find(Launch, pair_key(seller, buyer))
    terms = view.terms_between(seller, buyer, cdr.start_date_time).launch
    return is_counted(launch, terms)


class LaunchPlaces:
    """The places of days that a batch may touch, as stored and as the batch changes them."""

    def __init__(self, writes: Writes) -> None:
        self._writes = writes
        self._rows: dict[Day, dict[str, _Row]] = {}

    def add(self, days: Iterable[Day], stored: Iterable[LaunchPlace]) -> None:
        """Make known what the log holds of days; what it held is compared when it is written."""
        asked = [day for day in days if day not in self._rows]
        for day in asked:
            self._rows[day] = {}
        for row in stored:
            if (row.pair, row.service_on) in asked:
                self._rows[row.pair, row.service_on][row.cdr] = _Row(row.net, row.currency)
        for pair, service_on in asked:
            held = self._rows[pair, service_on].values()
            total = sum((row.net for row in held), ZERO)
            self._writes.places_seen.append(PlacesSeen(pair, service_on, len(held), total))

    def use_of(self, pair: str, service_on: date) -> DayUse:
        """Return what accepted CDRs take of a day."""
        rows = self._rows.get((pair, service_on), {})
        net: dict[str, Decimal] = {}
        for row in rows.values():
            net[row.currency] = EXACT.add(net.get(row.currency, ZERO), row.net)
        return DayUse(len(rows), net)

    def take(self, cdr: str, decision: Decision) -> None:
        """Let an accepted CDR take its place, where its pair's days are counted."""
        day = _day_of(decision)
        if day not in self._rows:
            return
        sale = decision.legs[0]
        self._rows[day][cdr] = _Row(sale.net, sale.currency)
        self._writes.launch_places[cdr] = LaunchPlace(*day, cdr, sale.net, sale.currency)

    def give_back(self, cdr: str, decision: Decision) -> Day | None:
        """Give a CDR's place back; return the day it frees, None where it had no place."""
        day = _day_of(decision)
        if self._rows.get(day, {}).pop(cdr, None) is None:
            return None
        self._writes.launch_places[cdr] = None
        return day


def _day_of(decision: Decision) -> Day:
    return pair_key(decision.seller, decision.buyer), decision.booking.service_on
