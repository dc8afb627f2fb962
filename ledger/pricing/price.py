"""Price a charge with its tariff, or with each period's.

The rule in five steps, each a module: `segments` finds the component that is active at the start
of each charging period, `cutting` the bounds inside a period, `amounts` multiplies and rounds to
whole steps, `taxes` tells tax from price, `totals` holds to limits, rounds and sums.

`price` sets the exact decimal context once for all of them, so they may use operators: a method
of the context costs twice as much as the arithmetic.
"""

from collections.abc import Sequence
from decimal import localcontext
from zoneinfo import ZoneInfo

from ledger.pricing.amounts import drafts_of
from ledger.pricing.charge import ENERGY, FLAT, PARKING_TIME, TIME, Charge
from ledger.pricing.compiled import CompiledTariff, compiled
from ledger.pricing.cutting import cut, ends_in_its_place, may_straddle
from ledger.pricing.lines import Cost, Priced, PricingWarning, WarningCode
from ledger.pricing.segments import Segment, segments_of, zone_needed
from ledger.pricing.steps import billed_quantity
from ledger.pricing.tariff import TariffStatement
from ledger.pricing.terms import DEFAULT_TERMS, PricingTerms
from ledger.pricing.totals import net_of, result_of, total_cost_of
from ledger.values.money import EXACT
from ledger.values.reasons import Reason, Refusal, Refused

__all__ = ["ENERGY", "FLAT", "PARKING_TIME", "TIME", "billed_quantity", "price", "total_price"]


def price(
    charge: Charge,
    tariff: TariffStatement | Sequence[TariffStatement],
    terms: PricingTerms = DEFAULT_TERMS,
) -> Priced:
    """Return what the charge costs, line by line, in the tariff's currency.

    One tariff prices every period, whatever id the periods name; of several, each period's is
    the one it names. Source: OCPI 2.3.0, mod_tariffs and mod_cdrs; 2.1.1 and 2.2.1 by the same
    rules (2.1.1 has no VAT). Refuses: TARIFF_MISSING, CURRENCY_DIFFERS, TIME_ZONE_UNKNOWN and
    what `compile_tariff` refuses.
    """
    with localcontext(EXACT):
        return _priced(charge, tariff, terms)


def total_price(
    charge: Charge, tariff: TariffStatement, terms: PricingTerms = DEFAULT_TERMS
) -> Cost:
    """Return the `total_cost` of `price`, in half its time; refuses what that refuses.

    For a price that is only compared: what the charge would cost in public.
    """
    with localcontext(EXACT):
        tariffs, segments, zone, _ = _segmented(charge, [tariff])
        pieces = _cut_where_needed(segments, zone) if terms.cut_periods else None
        drafts = drafts_of(pieces or segments, terms.step_size)
        return total_cost_of(charge, tariffs, terms, drafts)


def _segmented(
    charge: Charge, statements: Sequence[TariffStatement]
) -> tuple[list[CompiledTariff], list[Segment], ZoneInfo | None, list[PricingWarning]]:
    tariffs = [compiled(statement) for statement in statements]
    _refuse_unless_one_currency(tariffs)
    warnings = [
        PricingWarning(WarningCode.STEP_SIZE_IGNORED, path)
        for row in tariffs
        for path in row.steps_of_zero
    ]
    zone = zone_needed(charge, tariffs)
    return tariffs, segments_of(charge, tariffs, zone, warnings), zone, warnings


def _priced(
    charge: Charge, tariff: TariffStatement | Sequence[TariffStatement], terms: PricingTerms
) -> Priced:
    statements = [tariff] if isinstance(tariff, TariffStatement) else tariff
    tariffs, segments, zone, warnings = _segmented(charge, statements)
    pieces = _cut_where_needed(segments, zone)
    if pieces is not None:
        if terms.cut_periods:
            segments = pieces
        else:
            warnings += _straddles(charge, tariffs, terms, pieces)
    drafts = drafts_of(segments, terms.step_size)
    if not drafts:
        warnings.append(PricingWarning(WarningCode.NOTHING_PRICED, "elements"))
    return result_of(charge, tariffs, terms, segments, drafts, warnings)


def _refuse_unless_one_currency(tariffs: list[CompiledTariff]) -> None:
    if not tariffs:
        raise Refused(Refusal(Reason.TARIFF_MISSING, "tariffs"))
    for number, tariff in enumerate(tariffs):
        if tariff.currency != tariffs[0].currency:
            path = f"tariffs[{number}].currency"
            raise Refused(
                Refusal(Reason.CURRENCY_DIFFERS, path, tariffs[0].currency, tariff.currency)
            )


def _cut_where_needed(segments: list[Segment], zone: ZoneInfo | None) -> list[Segment] | None:
    """Return the segments cut at bounds where components change; None where none does."""
    followers = [*segments[1:], None]
    straddling = [
        not ends_in_its_place(segment, follower, zone) and may_straddle(segment, zone)
        for segment, follower in zip(segments, followers, strict=True)
    ]
    if True not in straddling:
        return None
    used = any(not segment.is_only_reserved for segment in segments)
    pieces: list[Segment] = []
    for segment, may in zip(segments, straddling, strict=True):
        pieces.extend(cut(segment, zone, used=used) if may else (segment,))
    return pieces if len(pieces) > len(segments) else None


def _straddles(
    charge: Charge, tariffs: list[CompiledTariff], terms: PricingTerms, pieces: list[Segment]
) -> list[PricingWarning]:
    """Return a warning per period that straddles a bound, with what the charge costs when cut."""
    cut_total = net_of(charge, tariffs, terms, drafts_of(pieces, terms.step_size))
    places = dict.fromkeys(piece.index for piece in pieces if piece.part is not None)
    return [
        PricingWarning(
            WarningCode.PERIOD_STRADDLES_RESTRICTION, f"charging_periods[{index}]", cut_total
        )
        for index in places
    ]
