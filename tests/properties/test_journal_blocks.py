"""Whatever a page holds, what it adds to balances is the sum of its postings, block by block."""

from collections import defaultdict
from decimal import Decimal
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from projections.event_base import Event
from projections.event_parts import Booking, Entry, Posting
from projections.journal_rows import BLOCK_SIZE, Rows
from projections.pages import Recorded

AMOUNTS = st.integers(0, 10**12).map(lambda units: f"{Decimal(units).scaleb(-4):.4f}")
POSTINGS = st.builds(
    Posting,
    account=st.sampled_from(["receivable:NL*XYZ", "revenue:charging", "odd\taccount\\"]),
    side=st.sampled_from(["debit", "credit"]),
    amount=AMOUNTS,
    book_amount=AMOUNTS,
)
BOOKED = st.tuples(
    st.integers(1, 3 * BLOCK_SIZE),
    st.builds(
        Entry,
        book=st.sampled_from(["xyz-bv", "emp-gmbh"]),
        book_currency=st.just("EUR"),
        currency=st.sampled_from(["EUR", "CHF"]),
        rule=st.just("charging_sold"),
        leg=st.just(0),
        postings=st.lists(POSTINGS, min_size=2, max_size=4),
    ),
    st.builds(
        Booking,
        service_on=st.just("2026-10-05"),
        service_period=st.just("ALL/2026-10"),
        posted_on=st.sampled_from(["2026-10-05", "2026-11-01"]),
        posted_period=st.just("ALL/2026-10"),
        accounting_month=st.sampled_from(["2026-10", "2026-11"]),
    ),
)
COLUMNS = ("debit", "credit", "book_debit", "book_credit")


def rows_of(booked):
    rows = Rows()
    for position, entry, booking in booked:
        instant = f"2026-10-05 08:00:00.{position:06}+00:00"
        topic, cdr = "cdr.accepted.v1", UUID(int=position)
        recorded = Recorded(position, topic, cdr, 1, instant, Event())
        rows.add(recorded, 1, entry, booking, "leg", "{}", "tail")
    return rows


def added_up(booked):
    """Add up in decimals, posting by posting."""
    found = defaultdict(lambda: dict.fromkeys(COLUMNS, Decimal("0.0000")))
    for position, entry, booking in booked:
        for posting in entry.postings:
            key = (
                entry.book,
                posting.account,
                entry.currency,
                booking.posted_on,
                booking.accounting_month,
                position // BLOCK_SIZE,
                entry.book_currency,
            )
            found[key][posting.side] += Decimal(posting.amount)
            found[key][f"book_{posting.side}"] += Decimal(posting.book_amount)
    return {key: tuple(sums.values()) for key, sums in found.items()}


@given(st.lists(BOOKED, max_size=12))
def test_what_a_page_adds_is_the_sum_of_its_postings(booked):
    rows = rows_of(booked)
    found = [(tuple(row[:-4]), tuple(row[-4:])) for row in rows.balances()]
    assert dict(found) == added_up(booked)
    assert len(dict(found)) == len(found)
    assert {block for block, _ in rows.recorded} == {row[0] // BLOCK_SIZE for row in booked}
    assert len(rows.entries) == len(booked)
    assert len(rows.postings) == sum(len(entry.postings) for _, entry, _ in booked)


@given(st.lists(BOOKED, max_size=12), st.integers(0, 12))
def test_pages_add_the_same_wherever_the_log_is_cut(booked, cut):
    parts = defaultdict(lambda: [Decimal("0.0000")] * 4)
    for part in (booked[:cut], booked[cut:]):
        for row in rows_of(part).balances():
            parts[tuple(row[:-4])] = [
                sums + more for sums, more in zip(parts[tuple(row[:-4])], row[-4:], strict=True)
            ]
    assert {key: tuple(sums) for key, sums in parts.items()} == added_up(booked)


@given(st.lists(BOOKED, max_size=12), st.randoms())
def test_balances_are_always_written_in_one_order(booked, random):
    shuffled = random.sample(booked, len(booked))
    assert [*rows_of(shuffled).balances()] == [*rows_of(booked).balances()]
