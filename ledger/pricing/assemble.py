"""Drafts with tax become the lines of the result, and its taxes by name."""

from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Final, NamedTuple

from ledger.pricing.amounts import Draft
from ledger.pricing.charge import PARKING_TIME, RESERVATION_TIME, TIME
from ledger.pricing.elements import Component
from ledger.pricing.limits import Amounts
from ledger.pricing.lines import TOTAL, LineKind, PricedLine, TaxSum
from ledger.pricing.segments import Segment
from ledger.values.money import SCALE_4, ZERO, share_out

_ONE: Final = Decimal(1)
_TWELVE_DIGITS: Final = Decimal("1E-12")
shortened: Final = Context(prec=20, rounding=ROUND_HALF_UP).plus
"""Cuts what need not end, as thirds of an hour do, to 20 significant digits to be recorded:
amounts are computed exactly and kept in a length that people and databases can hold."""
_NOTHING: Final = Decimal("1E-40")


class Taxed(NamedTuple):
    """Drafts, and of each its amount before tax and its tax."""

    drafts: list[Draft]
    nets: list[Decimal]
    taxes: list[Decimal | None]


def settled(amount: Decimal) -> Decimal:
    """Return a sum of thirds as what it is: 60 digits of them fall short of a whole one.

    >>> settled(Decimal("0." + "9" * 60)), settled(Decimal("0.1875"))
    (Decimal('1.000000000000'), Decimal('0.1875'))
    """
    rounded = amount.quantize(_TWELVE_DIGITS, ROUND_HALF_UP)
    return rounded if rounded != amount and abs(rounded - amount) < _NOTHING else amount


def lines_of(
    net: Decimal, taxed: Taxed, changes: list[tuple[LineKind, Amounts]]
) -> tuple[PricedLine, ...]:
    """Cut the rounded total into lines by largest remainder."""
    exact = [*taxed.nets, *[amounts.net for _, amounts in changes]] if changes else taxed.nets
    if not exact:
        return ()
    parts = _shares(net, exact)
    lines = list(map(_line, taxed.drafts, taxed.nets, taxed.taxes, parts))
    for (kind, change), part in zip(changes, parts[len(lines) :], strict=True):
        net_exact = shortened(change.net)
        tax_exact = None if change.tax is None else shortened(change.tax)
        lines.append(
            PricedLine(TOTAL, kind, _ONE, net_exact, net_exact, part, -1, -1, tax_exact=tax_exact)
        )
    return tuple(lines)


def _shares(net: Decimal, exact: list[Decimal]) -> list[Decimal]:
    """Round each exact amount to scale 4, up or down, such that they sum to the rounded total.

    Source: Hamilton's method: those nearest to the other side are rounded there, of equals the
    earlier up and the later down. A total that was rounded coarser is shared out in proportion.
    """
    nets = [amount.quantize(SCALE_4, ROUND_HALF_UP) for amount in exact]
    missing = int((net - sum(nets, ZERO)) / SCALE_4)
    if not missing:
        return nets
    if abs(missing) > len(exact):
        return share_out(net, exact) if sum(exact, ZERO) else [net, *[ZERO] * (len(exact) - 1)]
    over = [part - amount for part, amount in zip(nets, exact, strict=True)]
    order = sorted(range(len(exact)), key=over.__getitem__)
    step = SCALE_4 if missing > 0 else -SCALE_4
    for index in order[:missing] if missing > 0 else order[missing:]:
        nets[index] += step
    return nets


def _line(draft: Draft, net: Decimal, tax: Decimal | None, part: Decimal) -> PricedLine:
    component, segment = draft.component, draft.segment
    price, vat_percent, _, element, place, _ = component
    placed = not draft.whole
    stated = None
    if draft.seconds:
        net = shortened(net)
        tax = None if tax is None else shortened(tax)
        if placed and segment.part is None and draft.kind == "consumption":
            stated = _stated(draft, segment)
    elif net is not draft.amount:
        # Told from a price with tax in it, neither need end.
        net = shortened(net)
        tax = None if tax is None else shortened(tax)
    return PricedLine(
        draft.dimension,
        draft.kind,
        draft.quantity,
        price,
        net,
        part,
        element,
        place,
        segment.index if placed else None,
        vat_percent,
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


def tax_sums(
    sums: list[tuple[Component, Decimal, Decimal | None]], changes: list[tuple[LineKind, Amounts]]
) -> tuple[TaxSum, ...]:
    """Return the VAT by percentage, and what limits changed of it; none where unknown."""
    found: dict[Decimal | None, tuple[Decimal, Decimal]] = {}
    for component, net, tax in sums:
        if tax:
            known_net, known_tax = found.get(component.vat_percent, (ZERO, ZERO))
            found[component.vat_percent] = known_net + net, known_tax + tax
    for _, (net, tax) in changes:
        if tax:
            known_net, known_tax = found.get(None, (ZERO, ZERO))
            found[None] = known_net + net, known_tax + tax
    order = found if len(found) < 2 else sorted(found, key=lambda row: (row is None, row or ZERO))
    return tuple(
        [
            TaxSum(
                "VAT",
                percent,
                found[percent][0].quantize(SCALE_4, ROUND_HALF_UP),
                found[percent][1].quantize(SCALE_4, ROUND_HALF_UP),
            )
            for percent in order
        ]
    )
