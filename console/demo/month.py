"""A month of messages: facts first, then charges as they happen, with faults on some."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from random import Random
from typing import Final

from console.demo.cards import with_cards
from console.demo.charge import Charge, Context, parties_in
from console.demo.commands import with_commands
from console.demo.faults import with_faults
from console.demo.findings import findings_of
from console.demo.meter import METER, SIGNING_LOCATION, signed_by
from console.demo.on_the_spot import with_payment
from console.demo.plan import ACCEPTED, Expectation, Planned, in_order, planned
from console.demo.totals import control_totals
from console.demo.world import World
from console.imports.back_end import ChargeMessages
from console.imports.catalogue import Catalogue
from ledger.values.instants import local_date, month_after, start_of_month
from schemas import CdrV1

CALENDAR_ZONE: Final = "Europe/Amsterdam"
REVIEWED_AFTER: Final = timedelta(days=1, hours=9)
DECIDED_AFTER: Final = timedelta(days=3, hours=9)
CLOSES_AFTER: Final = timedelta(days=4, hours=8)
FACTS_BEFORE: Final = timedelta(days=2)
FAULTS_UNTIL: Final = timedelta(days=4)
"""How long before the month's end the last charge with a fault ends: what follows has room."""
ON_ITS_WAY: Final = timedelta(seconds=2)
LATE_TARIFF: Final = ("DE*RSL", "RSL-RAST")
LATE_TARIFF_BY: Final = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class MonthPlan:
    """Every message in publishing order, and when people look at the month.

    Exceptions are reviewed at `context.reviewed_at`, disputes decided at `decided_at`, the month's
    period closed at `context.closes_at`. `cases` are the charges with a fault, by its name. What a
    sender numbered and lost is not among the messages.
    """

    month: str
    begins_at: datetime
    decided_at: datetime
    context: Context
    messages: tuple[Planned, ...]
    cases: Mapping[str, tuple[Charge, ...]] = field(default_factory=dict)

    @property
    def closes_at(self) -> datetime:
        """When the month's period is closed."""
        return self.context.closes_at

    def between(self, begin: datetime | None, end: datetime | None) -> tuple[Planned, ...]:
        """Return what is sent from an instant until before another one."""
        return tuple(
            row
            for row in self.messages
            if (begin is None or row.sent_at >= begin) and (end is None or row.sent_at < end)
        )

    @property
    def before_close(self) -> tuple[Planned, ...]:
        """What is sent before the close."""
        return self.between(None, self.closes_at)

    @property
    def after_close(self) -> tuple[Planned, ...]:
        """What is sent after it."""
        return self.between(self.closes_at, None)

    @property
    def faults(self) -> tuple[Planned, ...]:
        """The messages that a fault changed or added."""
        return tuple(row for row in self.messages if row.fault)


def plan_month(
    world: World, charges: Iterable[ChargeMessages], *, seed: int, has_faults: bool = True
) -> MonthPlan:
    """Plan the publishing of charges in the world, with the faults drawn from `seed`.

    Charges of other months than the world's are published too, without faults.
    Refuses: ServiceError TOO_FEW_SESSIONS, where fewer charges than faults lie in the month.
    """
    opens_at = start_of_month(world.month, CALENDAR_ZONE)
    ends_at = start_of_month(month_after(world.month), CALENDAR_ZONE)
    reviewed_at, closes_at = ends_at + REVIEWED_AFTER, ends_at + CLOSES_AFTER
    context = Context(world, ends_at, reviewed_at, closes_at, world.set_apart)
    catalogue = world.catalogue
    groups = {party: row.token_groups for party, row in world.traffic.items()}
    sound = [_charge(world, catalogue, row) for row in with_cards(charges, groups)]
    first = min((row.messages[0].sent_at for row in sound), default=opens_at)
    begins_at = min(first, opens_at) - FACTS_BEFORE
    cases: Mapping[str, tuple[Charge, ...]] = {}
    if has_faults:
        eligible = [
            index
            for index, row in enumerate(sound)
            if row.cdr is not None
            and row.cdr.expect.outcome == "accepted"
            and _lies_within(row, opens_at, ends_at - FAULTS_UNTIL)
        ]
        draw = Random(f"faults/{seed}")
        sound, cases = with_faults(sound, eligible=eligible, context=context, draw=draw)
    facts = facts_of(world, begins_at, has_late_tariff=has_faults)
    messages = in_order([*facts, *(message for row in sound for message in row.messages)])
    if has_faults:
        draw = Random(f"totals/{seed}")
        totals = in_order(control_totals(messages, until=context.reviewed_at, draw=draw))
        messages = tuple(sorted((*messages, *totals), key=lambda row: row.sent_at))
    return MonthPlan(
        world.month,
        begins_at,
        ends_at + DECIDED_AFTER,
        context,
        tuple(row for row in messages if not row.is_lost),
        cases,
    )


def _lies_within(charge: Charge, opens_at: datetime, ends_at: datetime) -> bool:
    cdr = charge.cdr.value if charge.cdr else None
    return (
        isinstance(cdr, CdrV1) and opens_at <= cdr.start_date_time and cdr.end_date_time < ends_at
    )


def facts_of(
    world: World, begins_at: datetime, *, has_late_tariff: bool = False
) -> Sequence[Planned]:
    """Return locations and tariff versions: known from the start, or sent when they were made."""
    messages = [
        planned(
            "location",
            row,
            sender=_sender(world, f"{row.country_code}*{row.party_id}"),
            sent_at=max(begins_at, row.last_updated),
        )
        for row in world.locations
    ]
    for tariff in world.tariffs:
        party = f"{tariff.country_code}*{tariff.party_id}"
        sent_at = max(begins_at, tariff.last_updated)
        message = planned("tariff", tariff, sender=_sender(world, party), sent_at=sent_at)
        valid_from = tariff.start_date_time or tariff.last_updated
        if has_late_tariff and (party, tariff.id) == LATE_TARIFF and valid_from > begins_at:
            late_at = valid_from + LATE_TARIFF_BY
            message = replace(message, sent_at=late_at, fault="late_tariff_version")
        messages.append(message)
    return messages


def _sender(world: World, party: str) -> str:
    """Return who publishes a CPO's facts; one without traffic speaks for itself."""
    return world.traffic[party].sender if party in world.traffic else party


def _charge(world: World, catalogue: Catalogue, messages: ChargeMessages) -> Charge:
    cdr = messages.cdr
    if cdr.cdr_location.id == SIGNING_LOCATION:
        cdr = cdr.model_copy(update={"signed_data": signed_by(METER, cdr)})
    sender = _sender(world, f"{cdr.country_code}*{cdr.party_id}")
    updates = tuple(
        planned("session", row, sender=sender, sent_at=row.last_updated + ON_ITS_WAY)
        for row in messages.updates
    )
    charge = Charge(
        updates,
        planned(
            "cdr",
            cdr,
            sender=sender,
            sent_at=messages.cdr_sent_at + ON_ITS_WAY,
            expect=expectation_of(cdr, world, catalogue),
        ),
    )
    return with_commands(with_payment(charge, world), world)


def expectation_of(cdr: CdrV1, world: World, catalogue: Catalogue) -> Expectation:
    """Return what becomes of a sound CDR: held without an agreement or a rate, else accepted."""
    seller, buyer = parties_in(cdr)
    agreement = world.agreement_at(seller, buyer, cdr.start_date_time)
    if agreement is None:
        return Expectation("held", "AGREEMENT_MISSING")
    involved = {seller, buyer, *(fee.payee for fee in agreement.terms.fees)}
    currencies = {cdr.currency, *(world.currency_of(party) for party in involved)}
    day = local_date(cdr.end_date_time, cdr.time_zone or CALENDAR_ZONE)
    if len(currencies) > 1:
        for history in world.rates:
            if history.currency in currencies and not history.last_published_before_or_on(day):
                return Expectation("held", "FX_RATE_MISSING")
    return replace(ACCEPTED, findings=findings_of(cdr, catalogue))
