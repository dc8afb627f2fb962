"""The sequence numbers and day sums of a batch's messages.

A sender counts its messages on a topic. The same number with the same bytes is a repeat and goes
its normal way, where the record's own key makes it a duplicate; with other bytes it is refused.
A sender that numbers is counted once a number; one that does not, once a content.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC
from decimal import Decimal
from functools import lru_cache
from hashlib import sha256
from typing import Final

from ledger.application.commands import AcceptCdr, Received, UpdateSession
from ledger.application.sender_rows import DaySum, Number, Numbered, SenderDay, SenderWrites
from ledger.values.identifiers import checked_party
from ledger.values.money import EXACT
from ledger.values.outcomes import Outcome
from ledger.values.provenance import Source
from ledger.values.reasons import Reason, Refusal, Refused

COUNTED_TOPICS: Final = (
    "locations.v1",
    "tariff-versions.v1",
    "sessions.v1",
    "cdrs.v1",
    "dispute-commands.v1",
    "control-totals.v1",
    "command-results.v1",
    "parties.v1",
    "payments.v1",
)


def numbers_in(messages: Iterable[Received]) -> list[Number]:
    """Return the numbers that a batch's messages have."""
    return [number for message in messages if (number := number_of(message.source)) is not None]


def number_of(source: Source) -> Number | None:
    """Return a message's number; None where nobody signed it or its sender does not count.

    >>> number_of(Source("clearwatt.cdrs.v1", 0, 7, "NL*XYZ", sequence=12))
    Number(sender='NL*XYZ', topic='cdrs.v1', number=12)
    """
    if source.sequence is None or not _is_party(source.sender):
        return None
    return Number(source.sender, counted_topic(source.topic), source.sequence)


@lru_cache(maxsize=1024)
def counted_topic(name: str) -> str:
    """Return a topic's name without its installation's prefix.

    >>> counted_topic("clearwatt.cdrs.v1")
    'cdrs.v1'
    """
    return next((topic for topic in COUNTED_TOPICS if name.endswith(topic)), name)


@lru_cache(maxsize=65536)
def _is_party(sender: str) -> bool:
    try:
        return checked_party(sender) == sender
    except Refused:
        return False


class Numbering:
    """The numbers of one attempt at a batch; `known` are those recorded before."""

    def __init__(self, known: Mapping[Number, bytes], writes: SenderWrites) -> None:
        self._known = dict(known)
        self._writes = writes

    def refusal_of(self, message: Received) -> Refusal | None:
        """Return SEQUENCE_ALTERED where the number was another message's."""
        number = number_of(message.source)
        known = self._known.get(number) if number is not None else None
        if known is None or known == _content_sha256(message):
            return None
        return Refusal(
            Reason.SEQUENCE_ALTERED, "cw-sequence", known.hex(), f"{message.source.sequence}"
        )

    def count(self, message: Received, outcome: Outcome, *, is_replay: bool = False) -> None:
        """Note a message's number, and add it to its sender's day.

        A message that is fed again was counted when it came; if it is read only now, what it says
        is added now.
        """
        source = message.source
        if not _is_party(source.sender):
            return
        number = number_of(source)
        if number is None:
            is_new = not is_replay and outcome != "duplicate"
            is_own = outcome != "duplicate"
        else:
            known, content = self._known.get(number), _content_sha256(message)
            is_new, is_own = known is None, known is None or known == content
            if is_new:
                self._known[number] = content
                self._writes.numbered.append(Numbered(*number, content, message.received_at))
        says = is_own and (is_new or is_replay) and outcome != "unreadable"
        if is_new or says:
            self._add(message, number, is_new=is_new, says=says)

    def _add(self, message: Received, number: Number | None, *, is_new: bool, says: bool) -> None:
        source = message.source
        day = (source.sent_at or message.received_at).astimezone(UTC).date()
        key = SenderDay(source.sender, counted_topic(source.topic), day)
        total = self._writes.days.get(key)
        if total is None:
            total = self._writes.days[key] = DaySum()
        if is_new:
            total.messages += 1
            if number is not None:
                first, last = total.first_number, total.last_number
                total.first_number = number.number if first is None else min(first, number.number)
                total.last_number = number.number if last is None else max(last, number.number)
        if says:
            _add_figures(message, total)


def _add_figures(message: Received, total: DaySum) -> None:
    command = message.command
    if isinstance(command, AcceptCdr):
        statement = command.statement
        total.energy_kwh = EXACT.add(total.energy_kwh, statement.total_energy)
        _add_amount(total, statement.currency, statement.total_cost.before_taxes)
    elif isinstance(command, UpdateSession):
        session = command.statement
        total.energy_kwh = EXACT.add(total.energy_kwh, session.kwh)
        if session.total_cost is not None:
            _add_amount(total, session.currency, session.total_cost.before_taxes)


def _add_amount(total: DaySum, currency: str, amount: Decimal) -> None:
    total.amounts[currency] = EXACT.add(total.amounts.get(currency, Decimal(0)), amount)


def _content_sha256(message: Received) -> bytes:
    value = message.raw.value if message.raw is not None else None
    return sha256(value or b"").digest()
