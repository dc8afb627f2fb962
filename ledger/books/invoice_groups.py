"""Invoice groups: what one invoice line would bill, and what is accrued for it.

Everything of one seller and buyer, in one currency, taxed in one way in one month. Tax is rounded
once per group, as an invoice does it; a group that comes to less than nothing is a credit.
"""

from collections.abc import Iterable
from decimal import ROUND_DOWN, Decimal
from hashlib import sha256

import msgspec

from ledger.books.accounts import Accrual, accrual_of
from ledger.roaming.legs import DRIVER
from ledger.values.money import EXACT, SCALE_4, ZERO, minor_unit, money, round_to_minor_unit
from ledger.values.reasons import InvariantBroken

_HUNDRED = Decimal(100)


class InvoiceGroup(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """Who sells what to whom, taxed how, in whose books.

    `place`, `category`, `percent`, `rule`, `tax_class`, `supply` and the numbers are those of the
    VAT decision, `tax_period` is the month of its tax point. At `buyer_percent` the buyer accounts
    for the tax. A driver has no book; `for_driver`: the buyer only collects what its driver owes.

    Source: EN 16931, BG-23: one VAT breakdown per category and rate; O shares no invoice with
    others (BR-O-11).
    """

    seller: str
    buyer: str
    currency: str
    place: str
    category: str
    percent: Decimal
    tax_period: str
    rule: str
    seller_book: str
    buyer_book: str = ""
    buyer_percent: Decimal | None = None
    tax_class: str = ""
    supply: str = ""
    seller_number: str = ""
    buyer_number: str = ""
    for_driver: bool = False

    @property
    def name(self) -> str:
        """The group in words, as the journal has it.

        >>> InvoiceGroup("NL*XYZ", "DE*EMP", "EUR", "DE", "S", Decimal("19"), "2026-10",
        ...     "seller_in_place", "xyz-bv", "emp-gmbh", tax_class="parking").name
        'invoice group 2026-10 DE S 19 % parking'
        """
        taxed = f"{self.place} {self.category} {self.percent.normalize():f} %"
        words = (self.supply, self.tax_class, "for drivers" if self.for_driver else "")
        return " ".join(("invoice group", self.tax_period, taxed, *filter(None, words)))

    @property
    def is_sold_to_driver(self) -> bool:
        """True where the buyer is a person who pays on the spot, and has no book."""
        return self.buyer == DRIVER


class AccruedLine(msgspec.Struct, frozen=True, gc=False):
    """What a group stands with on an account: debits less credits, in both currencies, scale 4."""

    book: str
    account: str
    amount: Decimal
    book_amount: Decimal

    @property
    def is_net(self) -> bool:
        """True for revenue, cost and what a markup added; the rest is tax."""
        return self._accrual.is_net

    @property
    def is_sellers(self) -> bool:
        """True where a seller books it: revenue, what a markup added, tax on sales."""
        return self._accrual.is_sellers

    @property
    def _accrual(self) -> Accrual:
        accrual = accrual_of(self.account)
        if accrual is None:
            raise InvariantBroken(f"{self.account} holds nothing that is accrued")
        return accrual


class GroupAccrued(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A group with what a settlement period booked of it on the accrual accounts.

    `agreement_versions` are those under which that was sold, by agreement and number.
    """

    group: InvoiceGroup
    lines: tuple[AccruedLine, ...]
    agreement_versions: tuple[str, ...] = ()


def versions_in_order(agreement_versions: Iterable[str]) -> tuple[str, ...]:
    """Return versions of agreements once each, by agreement and number.

    >>> versions_in_order(["NL*XYZ>DE*EMP#10", "NL*XYZ>DE*EMP#9", "NL*XYZ>DE*EMP#9"])
    ('NL*XYZ>DE*EMP#9', 'NL*XYZ>DE*EMP#10')
    """
    parts = {version.rpartition("#") for version in agreement_versions}
    found = sorted((agreement, int(number)) for agreement, _, number in parts)
    return tuple(f"{agreement}#{number}" for agreement, number in found)


class Accruals(msgspec.Struct, frozen=True, gc=False):
    """Everything that falls due at the close of a settlement period, as the read model has it."""

    groups: tuple[GroupAccrued, ...] = ()

    @property
    def sha256(self) -> str:
        """Return the hash of the figures, which the event names."""
        return sha256(msgspec.json.encode(self)).hexdigest()


def taxable(accrued: Decimal, currency: str) -> Decimal:
    """Return what of an accrued net is invoiced: the minor unit, half up on the amount.

    The opposite of an amount rounds to the opposite. Scale 4.

    >>> taxable(Decimal("100.0050"), "EUR"), taxable(Decimal("-100.0050"), "EUR")
    (Decimal('100.0100'), Decimal('-100.0100'))
    """
    rounded = round_to_minor_unit(money(accrued, currency)).amount
    return rounded.quantize(SCALE_4, context=EXACT) or ZERO.quantize(SCALE_4)


def tax_on(base: Decimal, percent: Decimal, currency: str) -> Decimal:
    """Return the tax of a group: its taxable amount times the rate, rounded once.

    Source: EN 16931, BR-CO-17.

    >>> tax_on(Decimal("100.0100"), Decimal("19"), "EUR")
    Decimal('19.0000')
    """
    return taxable(EXACT.divide(EXACT.multiply(base, percent), _HUNDRED), currency)


def in_minor_units(amounts: Iterable[Decimal], total: Decimal, currency: str) -> list[Decimal]:
    """Round amounts to the minor unit so that they sum to `total`, by largest remainder.

    `total` is their sum, rounded. Each is rounded up or down by less than one unit, whatever their
    signs; ties go to the earlier one, and the opposite amounts give the exact opposite. Scale 4.

    >>> parts = in_minor_units(map(Decimal, ("1.005", "1.005", "-1.004")), Decimal("1.01"), "EUR")
    >>> [str(part) for part in parts]
    ['1.0100', '1.0000', '-1.0000']
    """
    found, unit = list(amounts), minor_unit(currency)
    first = next((amount for amount in (total, *found) if amount), ZERO)
    sign = -1 if first < 0 else 1
    whole = [_floor(amount * sign, unit) for amount in found]
    missing = int((total * sign - sum(whole, ZERO)) / unit)
    step = -1 if missing < 0 else 1
    rests = sorted(range(len(found)), key=lambda place: (whole[place] - found[place] * sign) * step)
    for place in rests[: abs(missing)]:
        whole[place] += unit * step
    return [(part * sign).quantize(SCALE_4, context=EXACT) + ZERO for part in whole]


def _floor(amount: Decimal, unit: Decimal) -> Decimal:
    down = amount.quantize(unit, ROUND_DOWN, context=EXACT)
    return down - unit if down > amount else down
