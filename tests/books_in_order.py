"""What must be true of all books whatever came in, computed from the log beside the read models."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from functools import partial
from typing import Any

from console.reports.vat_return import vat_return
from ledger.application.acceptance import replay_differences, rounding_differences
from ledger.application.rehearsal import view_of
from ledger.books.accounts import account_of
from ledger.books.due_groups import GroupDue
from ledger.books.invoice_groups import InvoiceGroup, tax_on
from ledger.roaming.cdr import Cdr
from ledger.roaming.legs import Leg
from ledger.roaming.session import Session
from ledger.values.entries import Entry
from ledger.values.instants import month_after
from ledger.values.money import ZERO, minor_unit
from projections.database import reading
from projections.queries.balance import (
    balances,
    balances_beside_postings,
    books_out_of_balance,
    incomplete_entries,
)
from projections.queries.control import control_accounts, control_blocks
from projections.queries.period import party_positions
from projections.queries.posting_rules import departures
from projections.runner import Projector
from tests.conforming import departures_in, entries_in
from tests.disputing import stored
from tests.ledger_world import World

Key = tuple[str, str, str]
"""(book, account, currency)"""
Sums = dict[Key, tuple[Decimal, Decimal]]
"""Debits less credits, in the currency and in the book's."""

ACCRUED = """
    SELECT posted_period, entry.book, account, entry.currency,
           sum(CASE side WHEN 'debit' THEN amount ELSE -amount END),
           sum(CASE side WHEN 'debit' THEN book_amount ELSE -book_amount END)
    FROM journal.entry JOIN journal.posting USING (position, number)
    WHERE account ~ '^(revenue|cost):[a-z]+$|:accrued$' AND account <> 'cost:chargeback'
    GROUP BY 1, 2, 3, 4"""
NO_TAX = ("AE", "O")


def assert_in_order(world: World, closed: Sequence[str] = ()) -> None:
    """All books are in order; `closed` are the months that are closed for good."""
    Projector(world.url, page_size=13).run(until_caught_up=True)
    events = list(world.events())
    assert departures_in(events) == []
    assert_each_event_is_in_order(events)
    assert_sales_are_taxed_as_they_say(events)
    recorded = sums_of(entry for event in events for entry in entries_of(event))
    assert_books_balance(recorded)
    projected = projected_sums(world)
    assert projected == recorded, "the journal has what the log says"
    with reading(world.url) as connection:
        assert books_out_of_balance(connection) == []
        assert balances_beside_postings(connection) == []
        assert incomplete_entries(connection) == []
        assert departures(connection) == []
    assert_rounding_is_explained(events, recorded)
    assert_revaluations_cancel(events, recorded)
    for month in closed:
        assert_month_is_closed(world, month)
        assert_returns_agree(world, month, recorded)
    assert_positions_are_in_cents(world, closed)
    assert_worth_of_the_month_end(world, events, closed)
    assert_decided_as_it_would_be_now(world, events)


# --- the log ------------------------------------------------------------------------------------


def entries_of(event: Any) -> Iterator[Entry]:
    """Yield every entry that an event books."""
    for part in vars(event).values():
        yield from (entry for entry, _ in entries_in(part))


def sums_of(entries: Iterable[Entry]) -> Sums:
    """Return what entries come to per book, account and currency, without what is zero."""
    sums: defaultdict[Key, list[Decimal]] = defaultdict(lambda: [ZERO, ZERO])
    for entry in entries:
        for row in entry.postings:
            held = sums[entry.book, row.account, entry.currency]
            sign = 1 if row.side == "debit" else -1
            held[0] += sign * row.amount
            held[1] += sign * row.book_amount
    return {key: (held[0], held[1]) for key, held in sums.items() if any(held)}


def projected_sums(world: World) -> Sums:
    """Return the same as the read model has it."""
    with reading(world.url) as connection:
        return {
            (row.book, row.account, row.currency): (row.balance, row.book_balance)
            for row in balances(connection)
            if row.balance or row.book_balance
        }


def assert_each_event_is_in_order(events: Iterable[Any]) -> None:
    """Scale 4, no negative amount, and over all books clearing is zero with every event."""
    for event in events:
        clearing: defaultdict[str, Decimal] = defaultdict(Decimal)
        for entry in entries_of(event):
            for row in entry.postings:
                assert row.amount >= 0, (event.TOPIC, entry)
                assert row.book_amount >= 0, (event.TOPIC, entry)
                scales = row.amount.as_tuple().exponent, row.book_amount.as_tuple().exponent
                assert scales == (-4, -4), (event.TOPIC, entry)
                if entry.currency == entry.book_currency and not entry.rule.startswith("fx_"):
                    assert row.amount == row.book_amount, (event.TOPIC, entry)
                if account_of(row.account).is_clearing:
                    clearing[entry.currency] += row.amount if row.side == "debit" else -row.amount
        assert not any(clearing.values()), (event.TOPIC, dict(clearing))


def assert_books_balance(sums: Sums) -> None:
    """Per book and currency, and per book in its own, debits are credits; clearing is zero."""
    per_book: defaultdict[tuple[str, str], Decimal] = defaultdict(Decimal)
    in_book: defaultdict[str, Decimal] = defaultdict(Decimal)
    clearing: defaultdict[str, Decimal] = defaultdict(Decimal)
    for (book, account, currency), (amount, book_amount) in sums.items():
        per_book[book, currency] += amount
        in_book[book] += book_amount
        if account_of(account).is_clearing:
            clearing[currency] += amount
    assert not any(per_book.values()), dict(per_book)
    assert not any(in_book.values()), dict(in_book)
    assert not any(clearing.values()), dict(clearing)


def assert_sales_are_taxed_as_they_say(events: Iterable[Any]) -> None:
    """AE and O carry no tax; all else carries its percentage, to the last digit."""
    for leg in (leg for event in events for leg in legs_of(event)):
        parts = [(part.net, part.vat) for part in leg.parts]
        taxed = [(leg.net - sum((net for net, _ in parts), ZERO), leg.vat), *parts]
        assert leg.gross == leg.net + sum((vat.vat for _, vat in taxed), ZERO), leg
        for net, vat in taxed:
            if vat.category in NO_TAX:
                assert (vat.percent, vat.vat) == (0, 0), leg
            assert vat.category != "AE" or vat.buyer_percent is not None, leg
            # A price with tax in it is cut at scale 4: the digit may fall either way.
            assert abs(vat.vat - net * vat.percent / 100) <= Decimal("0.0001"), leg


def assert_decided_as_it_would_be_now(world: World, events: Iterable[Any]) -> None:
    """What is recorded of an accepted CDR is what its inputs give, and adds up."""
    view = view_of(world.ledger)
    for key in sorted({row.cdr for row in events if row.TOPIC == "cdr.accepted.v1"}):
        found = stored(world, Cdr, key)
        if found.state == "accepted":
            assert list(replay_differences(found, partial(stored, world, Session), view)) == []
            assert list(rounding_differences(found)) == []


def legs_of(event: Any) -> Iterator[Leg]:
    """Yield the sales that an event decides."""
    yield from getattr(getattr(event, "decision", None), "legs", ())
    for row in getattr(event, "adjustments", ()):
        yield row.leg


# --- invoice groups -----------------------------------------------------------------------------


def fell_due(events: Iterable[Any]) -> dict[tuple[str, InvoiceGroup], list[GroupDue]]:
    """Return what fell due, by period and group."""
    found: defaultdict[tuple[str, InvoiceGroup], list[GroupDue]] = defaultdict(list)
    for event in events:
        if event.TOPIC == "settlement_period.fell_due.v1":
            for due in event.groups:
                found[event.period, due.group].append(due)
    return found


def assert_rounding_is_explained(events: Iterable[Any], sums: Sums) -> None:
    """Tax is computed on each group's base; groups say what stands as rounding and as VAT due."""
    told: defaultdict[Key, Decimal] = defaultdict(Decimal)
    for (_, group), rows in fell_due(events).items():
        net, tax = sum((row.net for row in rows), ZERO), sum((row.tax for row in rows), ZERO)
        assessed = sum((row.self_assessed for row in rows), ZERO)
        assert net % minor_unit(group.currency) == 0, group
        assert tax == tax_on(net, group.percent, group.currency), group
        if group.buyer_percent is not None and group.buyer_book:
            assert assessed == tax_on(net, group.buyer_percent, group.currency), group
        else:
            assert assessed == 0, group
        if group.category in NO_TAX:
            assert (group.percent, tax) == (0, 0), group
        rest_net = sum(row.accrued_net for row in rows) - net
        rest_tax = sum(row.accrued_tax for row in rows) - tax
        vat, currency = f"vat:{group.place}", group.currency
        told[group.seller_book, f"{vat}:output:due", currency] -= tax
        if group.is_sold_to_driver:
            told[group.seller_book, "rounding:accrual", currency] -= rest_net
            told[group.seller_book, "rounding:vat", currency] -= rest_tax
        elif group.for_driver:
            told[group.buyer_book, "rounding:accrual", currency] -= rest_net + rest_tax
        else:
            told[group.buyer_book, f"{vat}:input:due", currency] += tax + assessed
            told[group.buyer_book, f"{vat}:self_assessed:due", currency] -= assessed
    is_told = {key: (amount, sums.get(key, (ZERO,))[0]) for key, amount in told.items()}
    assert {key: both for key, both in is_told.items() if both[0] != both[1]} == {}
    assert [key for key in sums if is_of_groups(key[1]) and sums[key][0] and not told[key]] == []


def is_of_groups(account: str) -> bool:
    """True where nothing but a group that fell due books."""
    return account.startswith("rounding:") or account.endswith(":due")


# --- currencies ---------------------------------------------------------------------------------


def assert_revaluations_cancel(events: Iterable[Any], sums: Sums) -> None:
    """What is revalued is taken back per account and currency; in the end nothing is left."""
    for event in events:
        if event.TOPIC != "accounting_period.revalued.v1":
            continue
        assert not any(row.amount for entry in entries_of(event) for row in entry.postings)
        revaluation = [row for row in event.entries if row.rule == "fx_revalued"]
        assert sums_of([*revaluation, *event.reversal]) == {}
        assert event.booking.accounting_month < event.reversal_booking.accounting_month
    assert [key for key in sums if key[1] == "fx:unrealised"] == []


def assert_worth_of_the_month_end(
    world: World, events: Iterable[Any], closed: Sequence[str]
) -> None:
    """At a closed month's end each account in another currency is worth what its rate says."""
    last = {
        (event.book, event.month): event.items
        for event in events
        if event.TOPIC == "accounting_period.revalued.v1" and event.month in closed
    }
    for (book, month), items in last.items():
        with reading(world.url) as connection:
            held = {
                (row.account, row.currency): (row.balance, row.book_balance)
                for row in balances(connection, book=book, before=month_after(month))
            }
        for item in items:
            found = held[item.account, item.currency]
            assert found == (item.amount, item.worth), (book, month, item)


# --- a closed month -----------------------------------------------------------------------------


def assert_month_is_closed(world: World, month: str) -> None:
    """Nothing of it is left accrued, and every control account is zero or itemised."""
    left = [row for row in world.rows(ACCRUED) if row[0].endswith(month) and (row[4] or row[5])]
    assert left == []
    with reading(world.url) as connection:
        controls = control_accounts(connection, month)
        assert control_blocks(controls) == []
        for row in controls:
            if row.control == "accrual":
                assert (row.balance, row.book_balance) == (0, 0), row


def assert_returns_agree(world: World, month: str, sums: Sums) -> None:
    """Each book's VAT return to each country is about what stands on its tax accounts."""
    taxed = {(book, account.split(":")[1]) for book, account, _ in sums if account[:4] == "vat:"}
    with reading(world.url) as connection:
        for book, country in sorted(taxed):
            found = vat_return(connection, book=book, country=country, period=month)
            assert found.agrees, (book, country, month, found.control)


def assert_positions_are_in_cents(world: World, closed: Sequence[str]) -> None:
    """Where nothing was ever disputed, parties owe each other whole cents."""
    if any(event.TOPIC.startswith("dispute.") for event in world.events()):
        return
    with reading(world.url) as connection:
        for (period,) in connection.execute(b"SELECT DISTINCT period FROM period.clearing"):
            if period.partition("/")[2] in closed:
                for row in party_positions(connection, period):
                    assert row.net_position % minor_unit(row.currency) == 0, (period, row)
