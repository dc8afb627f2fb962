"""A plan is tried, carried out by one person, and approved by another.

What people have to agree on waits for the second one: bank accounts, agreements, opening balances.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Decimal
from hashlib import sha256
from typing import Final, NamedTuple
from uuid import uuid5

from console.imports.opening.ocpi import Outgoing
from console.imports.opening.plan import Plan
from console.imports.opening.steps import FIRST_PERSON, SECOND_PERSON
from console.publisher.files import MESSAGE_IDS
from console.publisher.producer import Producer, check_size
from ledger.application.commands import By
from ledger.application.facts import View
from ledger.application.ledger import Ledger
from ledger.application.permissions import SYSTEM
from ledger.application.rehearsal import Rehearsal
from ledger.books.opening import OPENING
from ledger.roaming.party import Party
from ledger.settlement.opening import BookOpening, Opening
from ledger.values.entries import Entry, Side
from ledger.values.money import ZERO
from ledger.values.reasons import Reason, Refusal, Refused
from schemas import FileRegistry, SchemaError, encode, topic_name

_FILES: Final = FileRegistry()
_UNKNOWN: Final = frozenset({Reason.PARTY_UNKNOWN, Reason.PAYEE_UNKNOWN, Reason.ENTITY_UNKNOWN})


class BookTotal(NamedTuple):
    """What a book is opened with in one currency, at scale 4, without `equity:opening`.

    `equity` is what that account takes to balance it, debits positive; `book_…` is the same in the
    book's currency.
    """

    book: str
    currency: str
    accounts: int
    debit: Decimal
    credit: Decimal
    equity: Decimal
    book_currency: str
    book_debit: Decimal
    book_credit: Decimal


class Rehearsed(NamedTuple):
    """What a plan comes to: records per kind, totals per book and currency, and what is wrong."""

    counts: dict[str, int]
    totals: tuple[BookTotal, ...]
    refusals: tuple[Refusal, ...]


def rehearse(ledger: Ledger, plan: Plan, *, by: By) -> Rehearsed:
    """Try a plan and its approval, and record nothing; one wrong step hides no other."""
    tried, second = Rehearsal(ledger), By(SYSTEM, "system", by.at)
    refused: list[Refusal] = []
    for step in FIRST_PERSON:
        refused += _refused_by(step, tried, plan, by)
    for approval in SECOND_PERSON if not refused else ():
        refused += _refused_by(approval, tried, plan, second)
    refused += _errors_of_messages(tried.view, plan.messages)
    found = tuple(row for row in dict.fromkeys(refused) if not _is_told(plan, row))
    totals = tuple(row for book in plan.books for row in _totals(tried.view, book))
    return Rehearsed(_counts(plan), totals, found)


def carry_out(
    ledger: Ledger, plan: Plan, *, send: Callable[[Outgoing], object], by: By
) -> Rehearsed:
    """Record a plan, submit what takes a second person, send tariffs and locations.

    Refuses: everything that is wrong, before anything is recorded.
    """
    rehearsed = rehearse(ledger, plan, by=by)
    if rehearsed.refusals:
        raise Refused(*rehearsed.refusals)
    for step in FIRST_PERSON:
        step(ledger, plan, by)
    for message in plan.messages:
        send(message)
    return rehearsed


def approve(ledger: Ledger, plan: Plan, *, by: By) -> list[str]:
    """Approve what another person submitted of a plan; return what was approved, in words.

    Bank accounts first, with which parties are complete and trade from the cut-over on; then
    agreements, then opening balances. Refuses: SECOND_PERSON_REQUIRED, and what each refuses.
    """
    return [done for step in SECOND_PERSON for done in step(ledger, plan, by)]


def sent_to(producer: Producer, message: Outgoing, *, by: By) -> None:
    """Publish a tariff or a location; the same object again is the same message."""
    content = message.message.model_dump_json().encode()
    named = uuid5(MESSAGE_IDS, f"{message.kind} {message.party} {sha256(content).hexdigest()}")
    producer.publish(
        message.kind,
        message.message,
        timestamp=by.at,
        message_id=str(named),
        sent_at=by.at,
    )


def _refused_by(
    step: Callable[[Ledger, Plan, By], Iterable[str] | None], tried: Ledger, plan: Plan, by: By
) -> Sequence[Refusal]:
    try:
        tuple(step(tried, plan, by) or ())
    except Refused as refused:
        return refused.refusals
    return ()


def _is_told(plan: Plan, refusal: Refusal) -> bool:
    """True where a record is unknown because of what is wrong in its own document here."""
    documents = plan.parties.documents
    stated = {*documents.entities, *documents.parties, *plan.parties.unreadable}
    return refusal.reason in _UNKNOWN and refusal.actual in stated


def _errors_of_messages(view: View, messages: Sequence[Outgoing]) -> Iterator[Refusal]:
    """Yield what would not be taken: a party that nobody knows, a message too large."""
    for row in messages:
        if view.find(Party, row.party) is None:
            yield Refusal(Reason.PARTY_UNKNOWN, row.place, actual=row.party)
        try:
            topic = topic_name("", row.kind)
            check_size(encode(row.message, topic=topic, registry=_FILES))
        except SchemaError as error:
            yield Refusal(Reason.WRONG_FORMAT, row.place, actual=str(error))


def _counts(plan: Plan) -> dict[str, int]:
    kinds = [row.kind for row in plan.messages]
    return {
        "entities": len(plan.parties.documents.entities),
        "parties": len(plan.parties.documents.parties),
        "agreements": len({row.agreement for row in plan.agreements}),
        "sites": len(plan.sites),
        "tariffs": kinds.count("tariff"),
        "locations": kinds.count("location"),
        "ids": len(plan.ids.moved),
        "books": len(plan.books),
    }


def _totals(view: View, book: str) -> Iterator[BookTotal]:
    found = view.find(BookOpening, book)
    opening: Opening | None = (found.opening or found.draft) if found is not None else None
    for entry in opening.entries if opening is not None else ():
        debit, credit = _sum(entry, "debit"), _sum(entry, "credit")
        own = (_sum(entry, "debit", in_book=True), _sum(entry, "credit", in_book=True))
        accounts = len({row.account for row in entry.postings} - {OPENING})
        totals = (accounts, debit, credit, credit - debit)
        yield BookTotal(book, entry.currency, *totals, entry.book_currency, *own)


def _sum(entry: Entry, side: Side, *, in_book: bool = False) -> Decimal:
    stated = [row for row in entry.postings if row.side == side and row.account != OPENING]
    return sum((row.book_amount if in_book else row.amount for row in stated), ZERO)
