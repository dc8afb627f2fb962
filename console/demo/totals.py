"""Control totals: what senders say they sent on a topic in a day, counted from the plan.

Some days of each sender of CDRs agree. One does not, by itself: a message of that day got lost
on its way, and the sender counted it.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from random import Random
from typing import Final, NamedTuple

from console.demo.plan import Planned, planned
from schemas import CdrV1, ControlTotalsV1, SessionV1
from schemas.control_parts import StatedAmount
from schemas.topics import TOPIC_OF_KIND

DAYS_OF_EACH: Final = 2
_TOLD_AFTER: Final = timedelta(minutes=30)
_DAY: Final = timedelta(days=1)


class _Day(NamedTuple):
    sender: str
    kind: str
    day: date


def control_totals(
    messages: Sequence[Planned], *, until: datetime, draw: Random
) -> tuple[Planned, ...]:
    """Return the totals of numbered messages, lost ones included: of some days, and of each day
    on which one got lost. All are told before `until`.
    """
    by_day: dict[_Day, list[Planned]] = {}
    last_day = (until - 2 * _DAY).date()
    for row in messages:
        if row.sent_at.date() < last_day:
            by_day.setdefault(_Day(row.sender, row.kind, row.sent_at.date()), []).append(row)
    lost = sorted(day for day, rows in by_day.items() if any(row.is_lost for row in rows))
    chosen = [*lost, *_days_to_tell(by_day, draw)]
    return tuple(_told(day, by_day[day]) for day in sorted(chosen))


def _days_to_tell(by_day: dict[_Day, list[Planned]], draw: Random) -> Iterator[_Day]:
    """Yield days on which everything a sender sent could be read: else nobody could compare."""
    sound: dict[str, list[_Day]] = {}
    for day, rows in sorted(by_day.items()):
        if day.kind == "cdr" and not any(row.expect.outcome == "unreadable" for row in rows):
            sound.setdefault(day.sender, []).append(day)
    for days in sound.values():
        yield from draw.sample(days, min(DAYS_OF_EACH, len(days)))


def _told(day: _Day, rows: Sequence[Planned]) -> Planned:
    """Return a day's totals; what was sent again under its number counts once."""
    once = {row.sequence: row for row in reversed(rows)}
    figures = [_figures(row) for row in once.values()]
    currencies = sorted({currency for _, currency, amount in figures if amount is not None})
    country_code, _, party_id = day.sender.partition("*")
    told_at = datetime.combine(day.day, time(), UTC) + _DAY + _TOLD_AFTER
    totals = ControlTotalsV1.model_validate(
        {
            "country_code": country_code,
            "party_id": party_id,
            "topic": TOPIC_OF_KIND[day.kind],
            "day": day.day,
            "messages": len(once),
            "first_sequence": min(once),
            "last_sequence": max(once),
            "energy_kwh": sum((kwh for kwh, _, _ in figures), Decimal(0)),
            "amounts": tuple(
                StatedAmount(
                    currency=currency,
                    before_taxes=sum(
                        (
                            amount
                            for _, of, amount in figures
                            if amount is not None and of == currency
                        ),
                        Decimal(0),
                    ),
                )
                for currency in currencies
            ),
            "last_updated": told_at,
        }
    )
    return planned("control-totals", totals, sender=day.sender, sent_at=told_at)


def _figures(message: Planned) -> tuple[Decimal, str, Decimal | None]:
    """Return energy in kWh, currency, and amount before taxes, where one is stated."""
    value = message.value
    if isinstance(value, CdrV1):
        return value.total_energy, value.currency, value.total_cost.before_taxes
    if isinstance(value, SessionV1):
        cost = value.total_cost
        return value.kwh, value.currency, cost.before_taxes if cost else None
    return Decimal(0), "", None
