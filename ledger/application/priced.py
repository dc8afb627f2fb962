"""The price of a CDR: which tariff versions, what they give, beside what was stated and shown.

A pure function of statement, session, terms and facts. What differs without holding the CDR is a
finding, recorded among the decision's warnings.
"""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

import msgspec

from ledger.application.facts import View
from ledger.pricing.charge import Charge
from ledger.pricing.compare import Compared, StatedTotals, compare
from ledger.pricing.lines import Priced
from ledger.pricing.parking import parking_by
from ledger.pricing.price import price
from ledger.pricing.stated import at_stated_total
from ledger.pricing.tariff import TariffStatement, TariffVersion
from ledger.roaming.charged import charge_of
from ledger.roaming.checks.fields import MOST_MONEY
from ledger.roaming.legs import Comparison, PublicPrice, Shown, TariffUse
from ledger.roaming.location import Location
from ledger.roaming.public_price import public_of, tariff_keys_of
from ledger.roaming.release import Release
from ledger.roaming.session import Session
from ledger.roaming.shown import differences_from_shown, shown_of
from ledger.roaming.statements import CdrStatement
from ledger.roaming.tariff import Tariff
from ledger.roaming.terms import Terms, pricing_terms_of
from ledger.values.identifiers import record_key
from ledger.values.reasons import Reason, Refusal, Refused

_HOLDS = "total_cost.before_taxes"
"""The field whose difference holds a CDR; the others are parts of it, or the buyer's tax."""


class Chosen(NamedTuple):
    """A tariff version that prices a CDR, or one of its periods."""

    tariff: Tariff
    version: TariffVersion
    instant: datetime

    @property
    def use(self) -> TariffUse:
        """What the event records: the version by its hash, and all that were valid then."""
        return TariffUse(
            self.tariff.key,
            self.version.number,
            self.version.content_sha256,
            tuple(row.number for row in self.tariff.versions if row.covers(self.instant)),
        )


class CdrPrice(NamedTuple):
    """What a CDR costs, on which tariffs, and how that compares."""

    priced: Priced
    tariffs: tuple[TariffUse, ...]
    comparisons: tuple[Comparison, ...]
    shown: Shown | None
    public: PublicPrice | None
    warnings: tuple[Refusal, ...]


def price_of(
    cdr: CdrStatement,
    *,
    seller: str,
    terms: Terms,
    time_zone: str,
    location: Location | None,
    session: Session | None,
    release: Release | None,
    view: View,
    depends_on: list[str],
) -> CdrPrice:
    """Price a CDR by its agreement; what a person released is a finding, and holds no more.

    Refuses: TARIFF_NOT_NAMED, TARIFF_MISSING, TARIFF_NOT_SUPPORTED, CURRENCY_DIFFERS,
    NUMBER_OUT_OF_RANGE, CDR_TOTAL_COST_DIFFERS, PRICE_ABOVE_PUBLIC (where the agreement caps).
    """
    parking = parking_by(terms.parking_starts, charge_of(cdr, time_zone))
    charge, chosen = _with_tariffs(parking.charge, cdr, terms, seller, view, depends_on)
    statements = [row.version.statement for row in chosen]
    if terms.tariffs.version_at == "charging_period":
        statements = [_numbered(row.version) for row in chosen]
    priced = price(charge, statements, pricing_terms_of(terms))
    if priced.total_cost.before_taxes is None:
        raise Refused(Refusal(Reason.TARIFF_NOT_SUPPORTED, "tax_included", "a VAT rate", "YES"))
    comparisons = compare(priced, _stated(cdr), terms.tolerances)
    released = frozenset(release.codes) if release is not None else frozenset()
    _refuse_another_total(cdr, chosen[0].version, comparisons, priced.net, released)
    if release is not None and release.price == "stated":
        priced = at_stated_total(priced, cdr.total_cost)
    shown = shown_of(cdr, session.latest if session else None)
    public = _public_price(cdr, charge, location, terms, chosen[0], view, depends_on)
    warnings = [*_differences(cdr, comparisons)]
    if parking.differs:
        warnings.append(
            Refusal(
                Reason.PARKING_TIME_DIFFERS,
                "total_parking_time",
                f"{parking.by_rule_h} h by {terms.parking_starts}",
                f"{parking.stated_h} h",
            )
        )
    warnings.extend(differences_from_shown(shown, priced, chosen[0].version.statement))
    holds = terms.tariffs.price_cap == "public"
    holds = holds and Reason.PRICE_ABOVE_PUBLIC.value not in released
    warnings.extend(_above_public(public, priced, holds=holds))
    return CdrPrice(
        priced,
        tuple(row.use for row in chosen),
        tuple(_recorded(row) for row in comparisons),
        shown,
        public,
        tuple(warnings),
    )


def _with_tariffs(
    charge: Charge,
    cdr: CdrStatement,
    terms: Terms,
    seller: str,
    view: View,
    depends_on: list[str],
) -> tuple[Charge, list[Chosen]]:
    """Return the versions that price the CDR, the main one first, and the charge naming them.

    One tariff unless the periods name several; its version is the one valid when the session
    started, or at each period's start where the agreement says so.
    """
    default = cdr.tariffs[0].id if cdr.tariffs else terms.tariffs.wholesale
    named = [period.tariff_id for period in charge.periods]
    if not any(named):
        named = [default] * len(named)
    if not any(named):
        raise Refused(Refusal(Reason.TARIFF_NOT_NAMED, "tariffs"))
    by_period = terms.tariffs.version_at == "charging_period"
    found: dict[tuple[str, int], Chosen] = {}
    periods = []
    for period, tariff_id in zip(charge.periods, named, strict=True):
        priced_by = None
        if tariff_id:
            instant = period.started_at if by_period else cdr.start_date_time
            row = _chosen(record_key(seller, tariff_id), instant, cdr, view, depends_on)
            found.setdefault((row.tariff.key, row.version.number), row)
            priced_by = _numbered(row.version).id if by_period else row.version.statement.id
        periods.append(msgspec.structs.replace(period, tariff_id=priced_by))
    if len(found) == 1 and all(named) and not by_period:
        return charge, list(found.values())
    return msgspec.structs.replace(charge, periods=tuple(periods)), list(found.values())


@lru_cache(maxsize=4096)
def _numbered_id(tariff_id: str, number: int) -> str:
    return f"{tariff_id}#{number}"


def _numbered(version: TariffVersion) -> TariffStatement:
    """Return a version under an id of its own, so that two of one tariff can price one charge."""
    statement = version.statement
    return msgspec.structs.replace(statement, id=_numbered_id(statement.id, version.number))


def _chosen(
    key: str, instant: datetime, cdr: CdrStatement, view: View, depends_on: list[str]
) -> Chosen:
    """Return the version valid at an instant. Refuses: TARIFF_MISSING, CURRENCY_DIFFERS."""
    depends_on.append(f"tariff:{key}")
    tariff = view.find(Tariff, key)
    version = tariff.version_valid_at(instant) if tariff else None
    if tariff is None or version is None:
        raise Refused(
            Refusal(Reason.TARIFF_MISSING, key, f"a version valid at {instant.isoformat()}")
        )
    if version.statement.currency != cdr.currency:
        raise Refused(
            Refusal(Reason.CURRENCY_DIFFERS, "currency", version.statement.currency, cdr.currency)
        )
    return Chosen(tariff, version, instant)


def _stated(cdr: CdrStatement) -> StatedTotals:
    return StatedTotals(
        total_cost=cdr.total_cost,
        total_energy=cdr.total_energy,
        total_time=cdr.total_time,
        total_parking_time=cdr.total_parking_time,
        total_energy_cost=cdr.total_energy_cost,
        total_time_cost=cdr.total_time_cost,
        total_parking_cost=cdr.total_parking_cost,
        total_fixed_cost=cdr.total_fixed_cost,
        total_reservation_cost=cdr.total_reservation_cost,
    )


def _refuse_another_total(
    cdr: CdrStatement,
    version: TariffVersion,
    rows: tuple[Compared, ...],
    computed: Decimal,
    released: frozenset[str],
) -> None:
    """Refuses: NUMBER_OUT_OF_RANGE, CDR_TOTAL_COST_DIFFERS."""
    if abs(computed) > MOST_MONEY:
        raise Refused(
            Refusal(Reason.NUMBER_OUT_OF_RANGE, "tariff", f"at most {MOST_MONEY}", str(computed))
        )
    for row in rows:
        if row.field != _HOLDS or row.agrees:
            continue
        if Reason.CDR_TOTAL_COST_DIFFERS.value not in released:
            raise Refused(
                Refusal(
                    Reason.CDR_TOTAL_COST_DIFFERS,
                    row.field,
                    f"{row.computed} {cdr.currency} by {version.statement.id}#{version.number}",
                    f"{row.stated} {cdr.currency}",
                )
            )


def _differences(cdr: CdrStatement, rows: tuple[Compared, ...]) -> Iterator[Refusal]:
    """Yield the parts that differ although the total agrees."""
    for row in rows:
        if row.agrees:
            continue
        if row.field == _HOLDS:  # released: else it would have held the CDR
            reason, unit = Reason.CDR_TOTAL_COST_DIFFERS, cdr.currency
        elif "_cost" in row.field:
            reason, unit = Reason.CDR_COST_PART_DIFFERS, cdr.currency
        elif row.field == "total_energy":
            reason, unit = Reason.CDR_ENERGY_DIFFERS, "kWh"
        else:
            reason, unit = Reason.CDR_TIME_DIFFERS, "h"
        yield Refusal(reason, row.field, f"{row.computed} {unit}", f"{row.stated} {unit}")


def _public_price(
    cdr: CdrStatement,
    charge: Charge,
    location: Location | None,
    terms: Terms,
    used: Chosen,
    view: View,
    depends_on: list[str],
) -> PublicPrice | None:
    """Price the charge by the connector's public tariff, where that is another and known."""
    place, instant = cdr.cdr_location, cdr.start_date_time
    keys = tariff_keys_of(
        location, evse_uid=place.evse_uid, connector_id=place.connector_id, instant=instant
    )
    depends_on.extend(f"tariff:{key}" for key in keys)
    found = public_of(lambda key: view.find(Tariff, key), keys, instant=instant)
    if found is None or found[0].key == used.tariff.key:
        return None
    public = Chosen(found[0], found[1], instant)
    if public.version.statement.currency != cdr.currency:
        return None
    total = price(charge, public.version.statement, pricing_terms_of(terms)).total_cost
    return PublicPrice(public.use, total.before_taxes) if total.before_taxes is not None else None


def _above_public(public: PublicPrice | None, priced: Priced, *, holds: bool) -> Iterator[Refusal]:
    """Yield a finding where the sale costs more than in public. Refuses: PRICE_ABOVE_PUBLIC."""
    if public is None or priced.net <= public.net:
        return
    use = public.tariff
    finding = Refusal(
        Reason.PRICE_ABOVE_PUBLIC,
        "total_cost.before_taxes",
        f"at most {public.net} {priced.currency} by {use.tariff}#{use.number}",
        f"{priced.net} {priced.currency}",
    )
    if holds:
        raise Refused(finding)
    yield finding


def _recorded(row: Compared) -> Comparison:
    bound = row.tolerance
    return Comparison(row.field, row.stated, row.computed, bound.absolute, bound.relative)
