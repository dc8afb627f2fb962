"""Drafts with tax become the lines of the result, and its taxes by name."""

from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from ledger.pricing.amounts import Draft
from ledger.pricing.charge import PARKING_TIME, RESERVATION_TIME, TIME
from ledger.pricing.limits import Amounts
from ledger.pricing.lines import TOTAL, LineKind, PricedLine, TaxSum
from ledger.pricing.segments import Segment
from ledger.values.money import SCALE_4, ZERO, share_out

_ONE: Final = Decimal(1)

Taxed = tuple[Draft, Decimal, Decimal | None]
"""A draft, its amount before tax, its tax."""


def lines_of(
    net: Decimal, taxed: list[Taxed], changes: list[tuple[LineKind, Amounts]]
) -> tuple[PricedLine, ...]:
    """Cut the rounded total into lines by largest remainder."""
    exact = [*(row[1] for row in taxed), *(amounts.net for _, amounts in changes)]
    if not exact:
        return ()
    nets = [amount.quantize(SCALE_4, ROUND_HALF_UP) for amount in exact]
    if sum(nets, ZERO) != net:
        nets = _shares(net, exact)
    lines = [_line(row, part) for row, part in zip(taxed, nets, strict=False)]
    for (kind, amounts), part in zip(changes, nets[len(taxed) :], strict=True):
        lines.append(
            PricedLine(
                TOTAL, kind, _ONE, amounts.net, amounts.net, part, -1, -1, tax_exact=amounts.tax
            )
        )
    return tuple(lines)


def _shares(net: Decimal, exact: list[Decimal]) -> list[Decimal]:
    """Share out by weight; where weights cancel out to nothing, as they are rounded."""
    if sum(exact, ZERO) and all(amount >= 0 for amount in exact):
        return share_out(net, exact)
    nets = [amount.quantize(SCALE_4, ROUND_HALF_UP) for amount in exact]
    largest = max(range(len(exact)), key=lambda index: abs(exact[index]))
    nets[largest] += net - sum(nets, ZERO)
    return nets


def _line(taxed: Taxed, part: Decimal) -> PricedLine:
    draft, net, tax = taxed
    component, segment = draft.component, draft.segment
    placed = not draft.whole
    stated = None
    if draft.seconds and placed and segment.part is None and draft.kind == "consumption":
        stated = _stated(draft, segment)
    return PricedLine(
        draft.dimension,
        draft.kind,
        draft.quantity,
        component.price,
        net,
        part,
        component.element,
        component.component,
        segment.index if placed else None,
        component.vat_percent,
        tax,
        stated,
        segment.part if placed else None,
        segment.tariff_number,
        draft.reservation,
    )


def _stated(draft: Draft, segment: Segment) -> Decimal | None:
    """Return the partner's hours where they are not those that are priced."""
    if draft.dimension == TIME:
        hours = segment.period.time_h
    elif draft.dimension == PARKING_TIME:
        hours = segment.period.parking_time_h
    elif draft.dimension == RESERVATION_TIME:
        hours = segment.period.reservation_time_h
    else:
        return None
    return None if hours == draft.quantity else hours


def tax_sums(taxed: list[Taxed], changes: list[tuple[LineKind, Amounts]]) -> tuple[TaxSum, ...]:
    """Return the VAT by percentage, and what limits changed of it; none where unknown."""
    sums: dict[Decimal | None, tuple[Decimal, Decimal]] = {}
    for draft, net, tax in taxed:
        if tax:
            percent = draft.component.vat_percent
            known = sums.get(percent)
            sums[percent] = (known[0] + net, known[1] + tax) if known else (net, tax)
    for _, change in changes:
        if change.tax:
            known = sums.get(None, (ZERO, ZERO))
            sums[None] = known[0] + change.net, known[1] + change.tax
    order = sorted(sums, key=lambda percent: (percent is None, percent or ZERO))
    return tuple(
        [
            TaxSum(
                "VAT",
                percent,
                sums[percent][0].quantize(SCALE_4, ROUND_HALF_UP),
                sums[percent][1].quantize(SCALE_4, ROUND_HALF_UP),
            )
            for percent in order
        ]
    )
