"""A VAT return as a report: boxes, lists, what is not due yet, control, a section after the other.

For people each section is a table of its own; in a file they are one.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from itertools import groupby
from typing import Final

from console.reports.render import table_of, text_of
from console.reports.report import Column, Report, Row, columns, facts
from console.reports.vat_fill import Filled, filled, not_taken, rounded_by_form
from console.reports.vat_forms import GENERIC, form_of
from console.reports.vat_lines import TREATMENTS, Line
from console.reports.vat_return import LISTS, VatReturn
from ledger.values.instants import last_day
from ledger.values.money import EXACT, minor_unit
from ledger.vat.currencies import tax_currency
from projections.queries.vat_return import NotDue

COLUMNS: Final[tuple[Column, ...]] = columns(
    "section",
    "item",
    "meaning",
    "number::VAT number",
    "tax_period",
    "first_reported:text:first reported in",
    "currency",
    "base:money",
    "tax:money",
    "exact:money:before rounding",
    "amount:money:to declare",
    "in_return:money",
    "in_books:money",
    "difference:money",
)
"""One table for all sections, so that it can be a file; where people read, each is a table."""

_AMOUNT: Final = [column.key for column in COLUMNS].index("amount") - 1


def report_of(returned: VatReturn) -> Report:
    """Return a VAT return as one report, a section after the other."""
    form = returned.form
    notes = [f"Form: {form.source}"]
    if not form.verified:
        notes.append("This form is not verified: treatments and rates are shown as they are.")
    if form.rounding_source and form.verified:
        notes.append(f"Rounding: {form.rounding_source}")
        notes.extend(_form_rounding(returned))
    notes.extend(
        f"{title}: {meaning}."
        for title, treatments, meaning in LISTS
        if any(line.treatment in treatments for line in returned.lines)
    )
    notes.append(_reconciliation(returned))
    return Report(
        title=f"VAT return {returned.country} {returned.period}, {returned.book}",
        facts=facts(
            book=returned.book,
            country=returned.country,
            VAT_number=", ".join(returned.own_numbers) or None,
            tax_period=returned.period,
            form=form.form if form.verified else GENERIC.form,
            currency=returned.currency,
            as_of=returned.as_of,
            known_at=returned.known_at,
        ),
        columns=COLUMNS,
        rows=[*rows_of(returned)],
        notes=tuple(notes),
    )


def rows_of(returned: VatReturn) -> Iterator[Row]:
    """Yield the rows of a return, section by section."""
    yield from _boxes(returned)
    for title, treatments, _ in LISTS:
        listed = [line for line in returned.lines if line.treatment in treatments]
        yield from _list(title, listed, returned.names)
    yield from _not_due(returned.accrued)
    for row in returned.control:
        amounts = row.in_return, row.in_books, row.difference
        yield _row("Control", row.accounts, row.meaning, currency=row.currency, compared=amounts)


def _boxes(returned: VatReturn) -> Iterator[Row]:
    """Yield the boxes of the period, how they came to be, and the corrections of earlier ones."""
    period = returned.period
    own = [line for line in returned.lines if line.tax_period == period]
    yield from _filled(returned, f"Boxes of {period}", own, period)
    months = sorted({line.accounting_month for line in own})
    if months not in ([], [period]):
        for month in months:
            part = [line for line in own if line.accounting_month == month]
            title = f"Of it first reported in {month}"
            yield from _filled(returned, title, part, period, month)
    earlier = sorted({line.tax_period for line in returned.lines} - {period})
    for corrected in earlier:
        part = [line for line in returned.lines if line.tax_period == corrected]
        title = f"Correction of {corrected}, first reported in {period}"
        yield from _filled(returned, title, part, corrected, period)


def _filled(
    returned: VatReturn, section: str, lines: Sequence[Line], period: str, month: str = ""
) -> Iterator[Row]:
    form = form_of(returned.country, period)
    currency = tax_currency(returned.country, last_day(period))
    declared = [line for line in lines if line.currency == currency]
    if form.verified and form.boxes:
        for box in filled(form, declared, currency):
            yield _box_row(section, box, period, month, currency)
        rest = not_taken(form, declared)
        yield from _generic(f"{section}: on no box of the form", rest, month)
    else:
        yield from _generic(section, declared, month)
    other = [line for line in lines if line.currency != currency]
    yield from _generic(f"{section}: no rate into {currency} was recorded", other, month)


def _box_row(section: str, box: Filled, period: str, month: str, currency: str) -> Row:
    exact = None if box.exact is None else _cents(box.exact, currency)
    is_rounded = exact is not None and exact != box.amount
    return _row(
        section,
        box.box,
        box.title,
        tax_period=period,
        first_reported=month,
        currency=currency,
        exact=exact if is_rounded else None,
        amount=box.amount,
    )


def _generic(section: str, lines: Iterable[Line], month: str) -> Iterator[Row]:
    """Yield the sums of each treatment and rate, as they are."""
    found = list(lines)
    keys = {
        (line.treatment, line.percent, line.tax_class, line.tax_period, line.currency)
        for line in found
    }
    order = [*TREATMENTS]
    for key in sorted(keys, key=lambda key: (order.index(key[0]), *key[1:])):
        treatment, percent, tax_class, tax_period, currency = key
        part = [
            line
            for line in found
            if (line.treatment, line.percent, line.tax_class, line.tax_period, line.currency) == key
        ]
        rate = f"{percent.normalize():f} %"
        yield _row(
            section,
            treatment,
            " ".join(filter(None, (TREATMENTS[treatment], rate, tax_class))),
            tax_period=tax_period,
            first_reported=month,
            currency=currency,
            base=_cents(sum((line.base for line in part), Decimal(0)), currency),
            tax=_cents(sum((line.tax + line.self_assessed for line in part), Decimal(0)), currency),
        )


def _list(section: str, lines: Sequence[Line], names: Mapping[str, str]) -> Iterator[Row]:
    """Yield a list by the counterparty's VAT number: its sums per tax period."""
    keys = {
        (line.number, line.counterparty, line.place, line.tax_period, line.accounting_month,
         line.currency)
        for line in lines
    }  # fmt: skip
    for number, counterparty, place, tax_period, month, currency in sorted(keys):
        part = [
            line
            for line in lines
            if (line.number, line.counterparty, line.place, line.tax_period,
                line.accounting_month, line.currency)
            == (number, counterparty, place, tax_period, month, currency)
        ]  # fmt: skip
        tax = sum((line.tax + line.self_assessed for line in part), Decimal(0))
        yield _row(
            section,
            counterparty,
            ", ".join(filter(None, (names.get(counterparty, ""), f"placed in {place}"))),
            number=number,
            tax_period=tax_period,
            first_reported="" if month == tax_period else month,
            currency=currency,
            base=_cents(sum((line.base for line in part), Decimal(0)), currency),
            tax=_cents(tax, currency) if tax else None,
        )


def _not_due(accrued: Iterable[NotDue]) -> Iterator[Row]:
    for row in accrued:
        taxed = f"{row.place} {row.category} {row.percent.normalize():f} %"
        yield _row(
            "Not yet due",
            row.buyer if row.side == "sold" else row.seller,
            " ".join(filter(None, (row.side, taxed, row.supply, row.tax_class))),
            tax_period=row.tax_period,
            currency=row.currency,
            base=row.net,
            tax=row.tax,
        )


def _form_rounding(returned: VatReturn) -> Iterator[str]:
    """Yield by how much the form's rounding departs from the tax of the books."""
    own = [
        line
        for line in returned.lines
        if line.tax_period == returned.period and line.currency == returned.currency
    ]
    more = _cents(rounded_by_form(returned.form, own, returned.currency), returned.currency)
    if more:
        said = f"{abs(more)} {returned.currency} {'more' if more > 0 else 'less'}"
        yield f"By the form's rounding {said} are declared than owed."


def _reconciliation(returned: VatReturn) -> str:
    if not returned.control:
        return "Control: no tax, on either side."
    wrong = [row for row in returned.control if row.difference]
    if not wrong:
        return f"Control: the tax agrees with the accounts vat:{returned.country}:* of the book."
    said = ", ".join(f"{row.accounts} {row.difference} {row.currency}" for row in wrong)
    return f"Control: DIFFERS from the book's accounts: {said}."


def _cents(amount: Decimal, currency: str) -> Decimal:
    """Write an amount that is in the minor unit already with its digits."""
    return amount.quantize(minor_unit(currency), ROUND_HALF_UP, context=EXACT)


def _row(
    section: str,
    item: str,
    meaning: str,
    *,
    number: str = "",
    tax_period: str = "",
    first_reported: str = "",
    currency: str = "",
    base: Decimal | None = None,
    tax: Decimal | None = None,
    exact: Decimal | None = None,
    amount: Decimal | None = None,
    compared: tuple[Decimal | None, Decimal | None, Decimal | None] = (None, None, None),
) -> Row:
    return (
        section,
        item,
        meaning,
        number,
        tax_period,
        first_reported,
        currency,
        base,
        tax,
        exact,
        amount,
        *compared,
    )


def tables_of(returned: VatReturn, *, width: int | None) -> Iterator[str]:
    """Yield a return as people read it: a table per section, the boxes that say something."""
    report = report_of(returned)
    yield f"{report.title}\n"
    yield from (f"{name}: {text_of(value)}\n" for name, value in report.facts)
    for title, rows in groupby(report.rows, key=lambda row: row[0]):
        section = [tuple(row[1:]) for row in rows]
        last = section[-1]
        said = [row for row in section if row[_AMOUNT] != 0 or row is last]
        yield "\n"
        yield from table_of(
            Report(title=str(title), columns=report.columns[1:], rows=said), width=width
        )
    yield "\n"
    yield from (f"{note}\n" for note in report.notes)


def as_one(returns: Sequence[VatReturn], period: str) -> Report:
    """Return several returns as one report: which book and country stand in each row."""
    reports = [report_of(returned) for returned in returns]
    if len(reports) == 1:
        return reports[0]
    both = list(zip(returns, reports, strict=True))
    return Report(
        title=f"VAT returns {period}",
        facts=facts(tax_period=period),
        columns=(*columns("book", "country"), *COLUMNS),
        rows=[(of.book, of.country, *row) for of, report in both for row in report.rows],
        notes=tuple(f"{of.book} {of.country}: {_reconciliation(of)}" for of in returns),
    )
