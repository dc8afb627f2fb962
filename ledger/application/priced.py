"""The price of a CDR: which tariff versions, what they give, beside what was stated and shown.

A pure function of statement, session, terms and facts. What differs without holding the CDR is a
finding, recorded among the decision's warnings.
"""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import NamedTuple

import msgspec

from ledger.application.choosing import Chosen, numbered, valid_version, with_tariffs
from ledger.application.facts import View
from ledger.pricing.charge import Charge
from ledger.pricing.compare import Compared, StatedTotals, compare
from ledger.pricing.lines import Priced
from ledger.pricing.parking import parking_by
from ledger.pricing.price import price, total_price
from ledger.pricing.stated import at_stated_total
from ledger.pricing.tariff import TariffVersion
from ledger.roaming.charged import charge_of
from ledger.roaming.checks.fields import MOST_MONEY
from ledger.roaming.legs import Comparison, PublicPrice, Shown, TariffUse
from ledger.roaming.location import Location
from ledger.roaming.public_price import public_of, tariff_keys_of
from ledger.roaming.release import Release
from ledger.roaming.session import Session
from ledger.roaming.shown import differences_from_shown, shown_of
from ledger.roaming.statements import CdrStatement, parties_of
from ledger.roaming.tariff import Tariff
from ledger.roaming.terms import Terms, pricing_terms_of
from ledger.values.identifiers import record_key
from ledger.values.reasons import Reason, Refusal, Refused


class RetailPrice(NamedTuple):
    """What the buyer's own tariff asks of its driver; with tax in it where it does not name it."""

    priced: Priced
    tariff: TariffUse
    includes_tax: bool


class CdrPrice(NamedTuple):
    """What a CDR costs, on which tariffs, and how that compares.

    The first of its comparisons that concerns the total holds a CDR where it differs; the others
    are parts of it, or the buyer's tax. With `includes_tax` the price is with tax in it.
    """

    priced: Priced
    tariffs: tuple[TariffUse, ...]
    comparisons: tuple[Comparison, ...]
    shown: Shown | None
    public: PublicPrice | None
    warnings: tuple[Refusal, ...]
    includes_tax: bool = False
    retail: RetailPrice | None = None


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
    charge, chosen = with_tariffs(parking.charge, cdr, terms, seller, view, depends_on)
    priced = _priced(charge, chosen, terms)
    includes_tax = priced.total_cost.before_taxes is None
    comparisons = compare(priced, _stated(cdr), terms.tolerances)
    released = frozenset(release.codes) if release is not None else frozenset()
    holds_by = f"total_cost.{'after' if includes_tax else 'before'}_taxes"
    _refuse_another_total(cdr, chosen[0].version, comparisons, priced.net, released, holds_by)
    if release is not None and release.price == "stated":
        priced = at_stated_total(priced, cdr.total_cost)
    shown = shown_of(cdr, session.latest if session else None)
    public = _public_price(cdr, charge, location, terms, chosen[0], view, depends_on)
    warnings = [*_differences(cdr, comparisons, holds_by)]
    if parking.differs:
        by_rule, stated = f"{parking.by_rule_h} h by {terms.parking_starts}", parking.stated_h
        path = "total_parking_time"
        warnings.append(Refusal(Reason.PARKING_TIME_DIFFERS, path, by_rule, f"{stated} h"))
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
        includes_tax,
        _retail_price(cdr, parking.charge, terms, view, depends_on),
    )


def _priced(charge: Charge, chosen: Sequence[Chosen], terms: Terms) -> Priced:
    """Price the charge by the versions chosen. Refuses: TARIFF_NOT_SUPPORTED.

    Tax can be taken out of a price only where a driver pays it.
    """
    statements = [row.version.statement for row in chosen]
    if terms.tariffs.version_at == "charging_period":
        statements = [numbered(row.version) for row in chosen]
    priced = price(charge, statements, pricing_terms_of(terms))
    to_driver = terms.flow == "ad_hoc" or terms.vat.model == "AGENT"
    if priced.total_cost.before_taxes is None and not to_driver:
        raise Refused(Refusal(Reason.TARIFF_NOT_SUPPORTED, "tax_included", "a VAT rate", "YES"))
    return priced


def _retail_price(
    cdr: CdrStatement, charge: Charge, terms: Terms, view: View, depends_on: list[str]
) -> RetailPrice | None:
    """Price the charge by the buyer's retail tariff, in that one's currency.

    Refuses: TARIFF_MISSING.
    """
    if terms.tariffs.retail is None or terms.flow == "ad_hoc":
        return None
    key = record_key(parties_of(cdr)[1], terms.tariffs.retail)
    chosen = valid_version(key, cdr.start_date_time, None, view, depends_on)
    statement = chosen.version.statement
    periods = tuple(
        msgspec.structs.replace(period, tariff_id=statement.id) for period in charge.periods
    )
    # How a tariff states tax goes by its own publisher's version of OCPI, not by the CPO's.
    charge = msgspec.structs.replace(charge, periods=periods, ocpi_version=statement.ocpi_version)
    priced = price(charge, [statement], pricing_terms_of(terms))
    return RetailPrice(priced, chosen.use, priced.total_cost.before_taxes is None)


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
    holds_by: str,
) -> None:
    """Refuses: NUMBER_OUT_OF_RANGE, CDR_TOTAL_COST_DIFFERS."""
    if abs(computed) > MOST_MONEY:
        raise Refused(
            Refusal(Reason.NUMBER_OUT_OF_RANGE, "tariff", f"at most {MOST_MONEY}", str(computed))
        )
    for row in rows:
        if row.field != holds_by or row.agrees:
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


def _differences(cdr: CdrStatement, rows: tuple[Compared, ...], holds_by: str) -> Iterator[Refusal]:
    """Yield the parts that differ although the total agrees."""
    for row in rows:
        if row.agrees:
            continue
        if row.field == holds_by:  # released: else it would have held the CDR
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
    if found is None or found[0].key == used.key:
        return None
    public = Chosen(found[0].key, found[1], instant, found[0].versions)
    if public.version.statement.currency != cdr.currency:
        return None
    total = total_price(charge, public.version.statement, pricing_terms_of(terms))
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
