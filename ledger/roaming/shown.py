"""The price the driver was shown, beside the one that is billed.

Source: AFIR (EU) 2023/1804, art. 5: prices are shown before a session starts. OCPI has no field
for what was shown; a message says it in its `clearwatt` record.
"""

from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal

from ledger.pricing.charge import ENERGY
from ledger.pricing.lines import Priced
from ledger.pricing.tariff import Extension, TariffStatement
from ledger.roaming.legs import Shown
from ledger.roaming.statements import CdrStatement, SessionStatement
from ledger.values.money import EXACT
from ledger.values.reasons import Reason, Refusal

_CENT = Decimal("0.01")
_PERCENT = Decimal(100)


def shown_of(cdr: CdrStatement, session: SessionStatement | None) -> Shown | None:
    """Return the price shown: as the session tells, which is nearer to it, else as the CDR."""
    sources: tuple[tuple[Literal["session", "cdr"], Extension | None], ...] = (
        ("session", session.clearwatt if session is not None else None),
        ("cdr", cdr.clearwatt),
    )
    for source, extension in sources:
        displayed = extension.displayed if extension is not None else None
        if displayed is not None:
            return Shown(displayed.price, source, displayed.version, displayed.by, displayed.at)
    return None


def differences_from_shown(
    shown: Shown | None, priced: Priced, tariff: TariffStatement
) -> Iterator[Refusal]:
    """Yield DISPLAYED_PRICE_DIFFERS where no billed price is the one shown, to the cent.

    A display shows a price per kWh or in all, before or after tax, and a message does not say
    which: it agrees with any of them. DISPLAYED_VERSION_DIFFERS: the version shown, where the
    tariff version that prices carries a label, is another.
    """
    if shown is None:
        return
    billed = [*_prices_billed(priced)]
    if _to_the_cent(shown.price) not in {_to_the_cent(amount) for amount in billed}:
        named = ", ".join(dict.fromkeys(str(amount.normalize()) for amount in billed)) or "nothing"
        yield Refusal(
            Reason.DISPLAYED_PRICE_DIFFERS,
            "displayed.price",
            f"{shown.price} {priced.currency} shown",
            f"{named} billed",
        )
    label = _label_of(tariff.clearwatt)
    if shown.version is not None and label is not None and shown.version != label:
        yield Refusal(
            Reason.DISPLAYED_VERSION_DIFFERS, "displayed.version", f"{shown.version} shown", label
        )


def _prices_billed(priced: Priced) -> Iterator[Decimal]:
    for line in priced.lines:
        if line.dimension == ENERGY and line.kind == "consumption":
            yield line.unit_price
            if line.stated_vat_percent is not None:
                percent = EXACT.add(_PERCENT, line.stated_vat_percent)
                yield EXACT.divide(EXACT.multiply(line.unit_price, percent), _PERCENT)
    total = priced.total_cost
    if total.before_taxes is not None:
        yield total.before_taxes
    if total.after_taxes is not None:
        yield total.after_taxes


def _to_the_cent(amount: Decimal) -> Decimal:
    return amount.quantize(_CENT, ROUND_HALF_UP)


def _label_of(extension: Extension | None) -> str | None:
    return extension.tariff_version if extension is not None else None
