"""Disputes for tests: what parties say, what is booked, and a world with charges to dispute."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from msgspec.structs import replace

from ledger.application.commands import By
from ledger.application.dispute_desk import Disputed, booked_by, speak
from ledger.application.registration import register_actor
from ledger.books.accounts import account_of
from ledger.roaming.control_statements import (
    CdrReference,
    DisputeStatement,
    Evidence,
    StatedAmount,
)
from ledger.settlement.contested import ContestedCdr
from ledger.settlement.dispute import Dispute
from ledger.values.entries import Entry
from tests.ledger_cast import (
    AGREEMENTS,
    BY_ADMIN,
    CAST,
    CPO,
    ENTITIES,
    FRENCH_EMSP,
    RECORDED_AT,
    entity,
    rates,
)
from tests.ledger_statements import cdr, session, tariff
from tests.ledger_world import World

OLGA = By("olga", "asserted", RECORDED_AT)
FINN = By("finn", "asserted", RECORDED_AT)
FIONA = By("fiona", "asserted", RECORDED_AT)
LATER = RECORDED_AT + timedelta(hours=73)
"""After the time to answer, 72 hours, is over."""
NO_DEALER = replace(ENTITIES["mob-sas"], dealer_since=None)
"""Somebody who uses the electricity itself is taxed where the charger stands."""
INVOICE = Evidence("readings.pdf", "e" * 64)


def at(by: By, instant: datetime) -> By:
    """Return the same actor at another instant."""
    return By(by.actor, by.proof, instant)


def disputed_world(url: str, *ids: str, agreements: Iterable[Any] = AGREEMENTS) -> World:
    """Return a world whose French eMSP bought charges of 5.00 before and 6.05 after tax each."""
    world = World(url, *CAST, *agreements, rates(), entity("mob-sas", NO_DEALER))
    for name, role in (("olga", "operations"), ("fiona", "finance"), ("ada", "auditor")):
        register_actor(world.ledger, name, (role,), by=BY_ADMIN)
    world.send(tariff(("ENERGY", "0.50", 1)))
    for number, id in enumerate(ids):
        start = RECORDED_AT - timedelta(days=20, hours=2 * number)
        uid = f"04A1B2{number:02d}"
        told = session(id, by=FRENCH_EMSP, at=start)
        world.send(
            told, cdr(id, "5.00", by=FRENCH_EMSP, at=start, uid=told.statement.cdr_token.uid)
        )
        assert world.cdr(id).state == "accepted", (uid, world.reasons(id))
    return world


def said(
    action: str,
    by: str,
    *ids: str,
    id: str = "D-1",
    amount: str | None = None,
    currency: str = "EUR",
    reason: str | None = "PRICE",
    text: str | None = "the meter says otherwise",
    of: str = CPO,
    command_id: str = "c-1",
    evidence: tuple[Evidence, ...] = (),
    updated: datetime = RECORDED_AT,
) -> DisputeStatement:
    """Return what a party says of a dispute about CDRs of a CPO."""
    country, party_id = of.split("*")
    return DisputeStatement(
        country,
        party_id,
        command_id,
        id,
        action,
        by,
        updated,
        cdrs=tuple(CdrReference(*of.split("*"), cdr) for cdr in ids),
        reason_code=reason if action == "OPEN" else None,
        disputed=StatedAmount(currency, Decimal(amount)) if amount else None,
        text=text,
        evidence=evidence,
    )


def opened(world: World, *ids: str, by: By = OLGA, **more: Any) -> Disputed:
    """Open a dispute for the buyer."""
    return speak(world.ledger, said("OPEN", FRENCH_EMSP, *ids, **more), by=by)


def answered(world: World, *, by: By = OLGA, **more: Any) -> Disputed:
    """Answer a dispute for the seller."""
    return speak(world.ledger, said("ANSWER", CPO, **more), by=by)


def stored(world: World, kind: type[Any], key: str) -> Any:
    """Return an aggregate as recorded."""
    found = kind.blank(key)
    for row in world.ledger.store.events_of([found.id]).get(found.id, ()):
        world.ledger.event_mapper.to_domain_event(row).mutate(found)
    return found


def dispute(world: World, id: str = "D-1") -> Dispute:
    """Return a dispute as recorded."""
    return stored(world, Dispute, f"{CPO}/{id.lower()}")


def is_disputed(world: World, id: str) -> bool:
    """Return the flag of a CDR."""
    found: ContestedCdr = stored(world, ContestedCdr, f"{CPO}/{id.lower()}")
    return found.is_disputed


def booked(world: World) -> list[Entry]:
    """Return every entry that was ever booked, in order."""
    return [entry for event in world.events() for entry in booked_by(event)]


def balances(entries: Iterable[Entry]) -> dict[tuple[str, str, str], tuple[Decimal, Decimal]]:
    """Return what accounts other than empty ones hold: (book, account, currency) to both sums."""
    sums: defaultdict[tuple[str, str, str], list[Decimal]] = defaultdict(
        lambda: [Decimal(0), Decimal(0)]
    )
    for entry in entries:
        for posting in entry.postings:
            sign = 1 if posting.side == "debit" else -1
            held = sums[entry.book, posting.account, entry.currency]
            held[0] += sign * posting.amount
            held[1] += sign * posting.book_amount
    return {key: (held[0], held[1]) for key, held in sorted(sums.items()) if any(held)}


def clearing(entries: Iterable[Entry]) -> Decimal:
    """Return the sum over all books of the clearing accounts, disputed ones too: always zero."""
    return sum(
        (
            posting.amount if posting.side == "debit" else -posting.amount
            for entry in entries
            for posting in entry.postings
            if account_of(posting.account).is_clearing
        ),
        Decimal(0),
    )


def out_of_balance(entries: Iterable[Entry]) -> list[Entry]:
    """Return the entries that do not balance in both currencies: there should be none."""
    return [
        entry
        for entry in entries
        if sum(
            (1 if row.side == "debit" else -1) * (row.amount + row.book_amount)
            for row in entry.postings
        )
    ]
