"""Drivers without a contract: who pays at the charger, and what the platform tells of the payment.

A terminal has an amount authorised before the charge, and captures what it costs after it, with
tax, in whole cents. The draw of one session does not depend on any other.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from typing import Any, Final, NamedTuple

from console.demo.charge import Charge, cdr_of
from console.demo.plan import Planned, planned
from console.demo.world import OnTheSpot, World
from console.imports.back_end import GUEST
from console.imports.catalogue import Catalogue, Plug
from ledger.values.money import Money, round_to_minor_unit
from schemas import PaymentV1
from schemas.parts import CdrToken

HELD_READY: Final = Decimal("80.00")
"""What is authorised at least, in the tariff's currency."""
_TOLD_AFTER: Final = timedelta(seconds=5)
_CAPTURED_AFTER: Final = timedelta(minutes=2)


class Guest(NamedTuple):
    """A driver who pays on the spot: its token, and the plug at its public tariff."""

    token: CdrToken
    plug: Plug


def guest_at(
    world: World, catalogue: Catalogue, plug: Plug, started_at: datetime, name: str
) -> Guest | None:
    """Return the guest of a charge drawn by its name, where one can pay at the plug; else None."""
    found = world.traffic[plug.party].on_the_spot
    if found is None or plug.cdr_location.id not in found.locations:
        return None
    digest = sha256(f"guest/{name}".encode()).hexdigest().upper()
    if int(digest[:8], 16) % 100 >= found.percent:
        return None
    public = catalogue.public_offer_at(plug.party, plug.cdr_location, started_at)
    if public is None or public.tariff.type != "AD_HOC_PAYMENT":
        return None
    country_code, _, party_id = found.platform.partition("*")
    token = CdrToken(
        country_code=country_code,
        party_id=party_id,
        uid=f"GUEST-{digest[8:24]}",
        type=GUEST,
        contract_id=f"{country_code}-{party_id}-G{digest[8:16]}",
    )
    return Guest(token, replace(plug, tariff_id=public.tariff.id))


def with_payment(charge: Charge, world: World) -> Charge:
    """Return the charge with the messages of its payment, where it is paid on the spot."""
    if not is_on_the_spot(charge):
        return charge
    cdr = cdr_of(charge)
    collected = world.traffic[f"{cdr.country_code}*{cdr.party_id}"].on_the_spot
    if collected is None:
        raise TypeError("nobody collects on the spot at this CPO")
    return charge._replace(extras=tuple(_payment(charge, collected)))


def is_on_the_spot(charge: Charge) -> bool:
    """True where the driver pays at the charger."""
    return charge.cdr is not None and cdr_of(charge).cdr_token.type == GUEST


def gross_of(charge: Charge) -> Decimal:
    """Return what the driver pays: the CDR's total with tax, in whole cents."""
    cdr = cdr_of(charge)
    if cdr.total_cost.after_taxes is None:
        raise TypeError("a charge that is paid on the spot states its total with tax")
    return round_to_minor_unit(Money(cdr.total_cost.after_taxes, cdr.currency)).amount


def another_event(message: Planned, after: timedelta, **fields: Any) -> Planned:
    """Return a message about the same payment, told later."""
    if not isinstance(message.value, PaymentV1):
        raise TypeError("this message is about no payment")
    at = message.value.occurred_at + after
    told = {"occurred_at": at, "last_updated": at, **fields}
    return planned(
        "payment",
        message.value.model_copy(update=told),
        sender=message.sender,
        sent_at=message.sent_at + after,
    )


def _payment(charge: Charge, collected: OnTheSpot) -> Iterator[Planned]:
    cdr, gross = cdr_of(charge), gross_of(charge)
    authorised = PaymentV1(
        country_code=cdr.country_code,
        party_id=cdr.party_id,
        id=f"PAY-{cdr.session_id}",
        sequence=1,
        status="AUTHORISED",
        collector=collected.platform,
        provider=collected.provider,
        amount=max(HELD_READY, gross),
        currency=cdr.currency,
        session_id=cdr.session_id,
        authorization_reference=cdr.authorization_reference,
        occurred_at=cdr.start_date_time,
        last_updated=cdr.start_date_time,
    )
    first = planned(
        "payment",
        authorised,
        sender=collected.platform,
        sent_at=cdr.start_date_time + _TOLD_AFTER,
    )
    yield first
    lasted = cdr.end_date_time - cdr.start_date_time
    yield another_event(
        first,
        lasted + _CAPTURED_AFTER,
        sequence=2,
        status="CAPTURED",
        amount=gross,
        cdr_id=cdr.id,
    )
