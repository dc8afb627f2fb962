"""The public, wholesale and retail tariff of one connector, priced for one session and compared.

The public tariff is what a driver without a contract pays; wholesale is what the CPO asks of the
eMSP, retail what the eMSP asks of its driver. Each is priced with the session cut at its own
bounds. Whatever costs more than the public tariff is found: PRICE_ABOVE_PUBLIC.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Final, Literal, NamedTuple

from msgspec.structs import replace

from console.pricing.simulate import Session, periods_of
from ledger.application.facts import Facts
from ledger.pricing.charge import Charge
from ledger.pricing.price import price
from ledger.pricing.tariff import TariffVersion
from ledger.roaming.agreement import Agreement
from ledger.roaming.location import Location
from ledger.roaming.places import Evse
from ledger.roaming.public_price import AD_HOC_PAYMENT, public_of, tariff_keys_of
from ledger.roaming.tariff import Tariff
from ledger.roaming.terms import TariffTerms
from ledger.values.identifiers import pair_key, record_key
from ledger.values.money import EXACT
from ledger.values.reasons import Reason, Refusal, Refused

Use = Literal["public", "wholesale", "retail"]
Chosen = tuple[Tariff, TariffVersion]
_HUNDREDTH: Final = Decimal("0.01")


class Place(NamedTuple):
    """A connector and who buys there: keys as `NL*XYZ/loc1`, `DE*EMP`; ids as OCPI has them."""

    location: str
    evse_uid: str | None
    connector_id: str
    buyer: str


class Offer(NamedTuple):
    """What the session costs at one of the tariffs; `after_taxes` is None where it says no tax."""

    use: Use
    tariff: str
    number: int
    currency: str
    before_taxes: Decimal | None
    after_taxes: Decimal | None


class Margin(NamedTuple):
    """What is left between two tariffs: `sold` at one, `bought` at the other.

    `percent` is of the price it is sold at, 2 decimals; None where that is zero. Compared before
    taxes, or `after` them where a tariff hides what is before.
    """

    sold: Use
    bought: Use
    taxes: Literal["before", "after"]
    currency: str
    amount: Decimal
    percent: Decimal | None


class Compared(NamedTuple):
    """The offers of a connector, the margins between them, and what was found."""

    place: Place
    agreement: str
    time_zone: str
    offers: tuple[Offer, ...]
    margins: tuple[Margin, ...]
    findings: tuple[Refusal, ...]


def compare(facts: Facts, place: Place, session: Session) -> Compared:
    """Price a session at the tariffs of a connector and compare.

    Refuses: NOT_FOUND (location, EVSE, connector), AGREEMENT_MISSING, TARIFF_MISSING (the
    connector has none at all) and what pricing refuses.
    """
    instant = session.started_at
    location = facts.find(Location, place.location)
    stands = location.version_valid_at(instant) if location is not None else None
    if stands is None:
        raise Refused(Refusal(Reason.NOT_FOUND, "location", actual=place.location))
    place = _completed(place, stands.statement.evses)
    session = replace(session, time_zone=session.time_zone or stands.statement.time_zone or None)
    pair = pair_key(place.location.partition("/")[0], place.buyer)
    agreement = facts.find(Agreement, pair)
    agreed = agreement.version_valid_at(instant) if agreement is not None else None
    if agreed is None:
        raise Refused(Refusal(Reason.AGREEMENT_MISSING, pair))
    chosen = _chosen(facts, location, place, agreed.terms.tariffs, instant)
    offers = tuple(_offer(use, found, session) for use, found in chosen)
    if not offers:
        raise Refused(Refusal(Reason.TARIFF_MISSING, f"{place.location} {place.connector_id}"))
    margins = tuple(_margins({row.use: row for row in offers}))
    return Compared(
        place,
        f"{pair}#{agreed.number}",
        session.zone,
        offers,
        margins,
        tuple(_findings(margins)),
    )


def _completed(place: Place, evses: Iterable[Evse]) -> Place:
    """Return the place with its EVSE. Refuses: NOT_FOUND; INVALID_DOCUMENT where several have it.

    The id of a connector is unique within its EVSE only.
    """
    having = [
        evse.uid
        for evse in evses
        if place.evse_uid is None or evse.uid.lower() == place.evse_uid.lower()
        for connector in evse.connectors
        if connector.id.lower() == place.connector_id.lower()
    ]
    named = "/".join(part for part in (place.evse_uid, place.connector_id) if part)
    if not having:
        raise Refused(Refusal(Reason.NOT_FOUND, "connector", actual=named))
    if len(having) > 1:
        several = " or ".join(f"{uid}/{place.connector_id}" for uid in having)
        raise Refused(Refusal(Reason.INVALID_DOCUMENT, "connector", several, named))
    return place._replace(evse_uid=having[0])


def _chosen(
    facts: Facts,
    location: Location | None,
    place: Place,
    terms: TariffTerms,
    instant: datetime,
) -> Iterator[tuple[Use, Chosen]]:
    """Yield which version is public, which is wholesale and which is retail, where there is one.

    Where the agreement names no wholesale tariff, it is the connector's first that has a type and
    is not for ad-hoc payment, else its public one.
    """

    def find(key: str) -> Tariff | None:
        return facts.find(Tariff, key)

    seller = place.location.partition("/")[0]
    connector = {"evse_uid": place.evse_uid or "", "connector_id": place.connector_id}
    keys = tariff_keys_of(location, **connector, instant=instant)
    public = public_of(find, keys, instant=instant)
    if public is not None:
        yield "public", public
    if terms.wholesale:
        wholesale = _valid(find(record_key(seller, terms.wholesale)), instant)
    else:
        found = [_valid(find(key), instant) for key in keys]
        wholesale = next((row for row in found if row and _is_for_contracts(row)), public)
    if wholesale is not None:
        yield "wholesale", wholesale
    if terms.retail:
        retail = _valid(find(record_key(place.buyer, terms.retail)), instant)
        if retail is not None:
            yield "retail", retail


def _valid(tariff: Tariff | None, instant: datetime) -> Chosen | None:
    version = tariff.version_valid_at(instant) if tariff is not None else None
    return None if tariff is None or version is None else (tariff, version)


def _is_for_contracts(chosen: Chosen) -> bool:
    return chosen[1].statement.type not in (None, AD_HOC_PAYMENT)


def _offer(use: Use, chosen: Chosen, session: Session) -> Offer:
    tariff, version = chosen
    statement = version.statement
    charge = Charge(
        session.started_at, session.ended_at, session.zone, periods_of(session, statement)
    )
    cost = price(charge, statement).total_cost
    named = tariff.key, version.number, statement.currency
    return Offer(use, *named, cost.before_taxes, cost.after_taxes)


def _margins(offers: dict[Use, Offer]) -> Iterator[Margin]:
    """Yield what is left between the tariffs that there are, in one currency and before or after
    taxes alike: what a driver saves against the public price, and what the eMSP keeps.
    """
    pairs: tuple[tuple[Use, Use], ...] = (
        ("public", "wholesale"),
        ("public", "retail"),
        ("retail", "wholesale"),
    )
    for sold, bought in pairs:
        if sold in offers and bought in offers:
            margin = _margin(offers[sold], offers[bought])
            if margin is not None:
                yield margin


def _margin(sold: Offer, bought: Offer) -> Margin | None:
    if sold.currency != bought.currency:
        return None
    taxes: Literal["before", "after"] = "before"
    high, low = sold.before_taxes, bought.before_taxes
    if high is None or low is None:
        taxes, high, low = "after", sold.after_taxes, bought.after_taxes
    if high is None or low is None:
        return None
    amount = EXACT.subtract(high, low)
    percent = None
    if high:
        exact = EXACT.divide(EXACT.multiply(amount, Decimal(100)), high)
        percent = exact.quantize(_HUNDREDTH, ROUND_HALF_UP, context=EXACT)
    return Margin(sold.use, bought.use, taxes, sold.currency, amount, percent)


def _findings(margins: Iterable[Margin]) -> Iterator[Refusal]:
    """Yield PRICE_ABOVE_PUBLIC for whatever costs more than the public tariff."""
    for margin in margins:
        if margin.sold == "public" and margin.amount < 0:
            yield Refusal(
                Reason.PRICE_ABOVE_PUBLIC,
                margin.bought,
                f"at most the public price {margin.taxes} taxes",
                f"{-margin.amount} {margin.currency} above it",
            )
