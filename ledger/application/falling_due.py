"""What falls due of a period: its accruals by invoice group, less what fell due before.

Conversions, also into a third currency in which the tax is declared, are those of the last day of
the month in which the group is taxed (Directive 2006/112/EC Art. 64 and 91 (2): supplies that go
on are chargeable with their statement of account).
"""

from decimal import Decimal

import msgspec

from ledger.application.facts import View
from ledger.application.ledger import Ledger
from ledger.books.due_groups import (
    GROUPS_PER_EVENT,
    Fallen,
    GroupDue,
    InTaxCurrency,
    Invoiced,
    invoiced,
)
from ledger.books.falling_due import declared_in_book, entries_due, sums_due
from ledger.books.invoice_groups import (
    Accruals,
    GroupAccrued,
    InvoiceGroup,
    taxable,
    versions_in_order,
)
from ledger.fx.convert import FxDecision
from ledger.roaming.entity import LegalEntity
from ledger.roaming.entity_documents import EntityDocument
from ledger.settlement.period import SettlementPeriod
from ledger.values.instants import last_day
from ledger.values.money import EXACT, round_to_scale_4
from ledger.values.reasons import Reason, Refusal, Refused
from ledger.vat.currencies import tax_currency

_TAXED = ("S", "E", "Z")
"""Categories of which the seller itself declares the tax, in the country of supply."""


def groups_due(view: View, period: SettlementPeriod, accruals: Accruals) -> tuple[GroupDue, ...]:
    """Return what a period's groups have due beyond what fell due before, in a fixed order.

    Refuses: ENTITY_UNKNOWN, FX_RATE_MISSING.
    """
    named = {row.group for row in accruals.groups}
    # What the read model has no more of is due no more.
    gone = (GroupAccrued(group, ()) for group in period.fell_due if group not in named)
    groups = sorted((*accruals.groups, *gone), key=lambda row: msgspec.json.encode(row.group))
    found: list[GroupDue] = []
    for row in groups:
        due = _due(view, period, row, len(found) % GROUPS_PER_EVENT)
        if due is not None:
            found.append(due)
    return tuple(found)


def pending_falling_due(ledger: Ledger, period: str, accruals: Accruals) -> tuple[GroupDue, ...]:
    """Return what would fall due now. Refuses what `groups_due` refuses."""
    ledger.refresh()
    view = View(ledger.facts)
    found = view.find(SettlementPeriod, period)
    return groups_due(view, found, accruals) if found is not None else ()


def _due(
    view: View, period: SettlementPeriod, accrued: GroupAccrued, index: int
) -> GroupDue | None:
    """Return what of a group falls due, None where nothing does."""
    group, used = accrued.group, dict[str, FxDecision]()

    def currency_of(book: str) -> str:
        return _entity(view, book).currency

    def convert(amount: Decimal, currency: str, into: str) -> Decimal:
        if currency == into or not amount:
            return amount
        used[into] = _rate(view, group, into)
        return round_to_scale_4(EXACT.multiply(amount, used[into].rate))

    figures = invoiced(accrued) if accrued.lines else Invoiced()
    sums = sums_due(accrued, figures, currency_of=currency_of, convert=convert)
    before = period.fell_due.get(group, Fallen())
    entries = entries_due(group, index, sums, before.sums, currency_of=currency_of)
    if not entries:
        return None
    missing = figures.less(before.invoiced)
    return GroupDue(
        group=group,
        name=group.name,
        net=missing.net,
        tax=missing.tax,
        accrued_net=missing.accrued_net,
        accrued_tax=missing.accrued_tax,
        entries=entries,
        seller_country=_entity(view, group.seller_book).country,
        self_assessed=missing.self_assessed,
        buyer_country=_entity(view, group.buyer_book).country if group.buyer_book else "",
        seller_declares=_declares(
            *(view, group, group.seller_book, _seller_declares_to(view, group)),
            *(missing.net, missing.tax),
            in_book=declared_in_book(accrued, sums, before),
        ),
        buyer_declares=_declares(
            *(view, group, group.buyer_book, group.place),
            *(missing.net, missing.self_assessed or missing.tax),
        ),
        fx=tuple(used[into] for into in sorted(used)),
        agreement_versions=versions_in_order(
            (*accrued.agreement_versions, *before.agreement_versions)
        ),
    )


def _seller_declares_to(view: View, group: InvoiceGroup) -> str:
    if group.category in _TAXED:
        return group.place
    return _entity(view, group.seller_book).country


def _declares(
    view: View,
    group: InvoiceGroup,
    book: str,
    country: str,
    net: Decimal,
    tax: Decimal,
    in_book: InTaxCurrency | None = None,
) -> InTaxCurrency | None:
    """Return what a side declares in a country's money; None where the entries tell it."""
    declared = tax_currency(country, last_day(group.tax_period))
    if not book or declared == group.currency:
        return None
    if declared == _entity(view, book).currency:
        return in_book
    fx = _rate(view, group, declared)
    return InTaxCurrency(
        taxable(EXACT.multiply(net, fx.rate), declared),
        taxable(EXACT.multiply(tax, fx.rate), declared),
        fx,
    )


def _rate(view: View, group: InvoiceGroup, into: str) -> FxDecision:
    day = last_day(group.tax_period)
    return view.fx(from_currency=group.currency, to_currency=into, rate_on=day)


def _entity(view: View, book: str) -> EntityDocument:
    found = view.find(LegalEntity, book)
    if found is None:
        raise Refused(Refusal(Reason.ENTITY_UNKNOWN, "book", actual=book))
    return found.document
