"""What commands do to parties and entities, and the documents that say so.

The command line and the HTTP API both come through here.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

from console.imports.parties import Read
from ledger.application.commands import By
from ledger.application.ledger import Ledger
from ledger.application.parties import propose_accounts, register_documents
from ledger.values.reasons import Refused


class RecordDone(NamedTuple):
    """A party or an entity, and whether its document said something new."""

    record: str
    outcome: str


class DocumentsDone(NamedTuple):
    """What became of each document."""

    dry_run: bool
    records: tuple[RecordDone, ...]


class StateDone(NamedTuple):
    """A party, and the state it was brought into from an instant on."""

    dry_run: bool
    party: str
    state: str
    valid_from: datetime


def record_documents(
    ledger: Ledger, read: Read, *, is_correction: bool, by: By, dry_run: bool
) -> DocumentsDone:
    """Record documents, all or none. Refuses everything wrong with them, also while reading."""
    changed: tuple[str, ...] = ()
    found = read.refusals
    try:
        changed = register_documents(
            ledger,
            read.documents,
            is_correction=is_correction,
            by=by,
            dry_run=dry_run or bool(read.refusals),
        )
    except Refused as refused:
        found = read.with_found(refused.refusals)
    if found:
        raise Refused(*found)
    return documents_done(
        (*read.documents.entities, *read.documents.parties), changed, dry_run=dry_run
    )


def propose_read_accounts(ledger: Ledger, read: Read, *, by: By, dry_run: bool) -> DocumentsDone:
    """Propose the bank accounts that documents state, and nothing else of them."""
    if read.refusals:
        raise Refused(*read.refusals)
    accounts = {
        key: row.bank_accounts
        for key, row in read.documents.entities.items()
        if row.bank_accounts is not None
    }
    changed = propose_accounts(ledger, accounts, by=by, dry_run=dry_run)
    return documents_done(accounts, changed, dry_run=dry_run)


def documents_done(named: Iterable[str], changed: Iterable[str], *, dry_run: bool) -> DocumentsDone:
    """Return which records say something new.

    >>> documents_done(["xyz-bv"], [], dry_run=True).records
    (RecordDone(record='xyz-bv', outcome='unchanged'),)
    """
    new = set(changed)
    rows = (RecordDone(key, "recorded" if key in new else "unchanged") for key in named)
    return DocumentsDone(dry_run, tuple(rows))


def with_history(shown: Any, steps: Iterable[object] | None) -> dict[str, Any]:
    """Return what is shown of a party, with what was recorded of it where that was asked for."""
    document: dict[str, Any] = shown._asdict()
    return document if steps is None else {**document, "history": list(steps)}
