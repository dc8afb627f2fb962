"""The whole import: a log and its mapping become messages and a report of every line."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from console.drafting.cdr import draft_cdr
from console.drafting.register import Register
from console.imports.ocpp.lines import Answer, Call, read_lines
from console.imports.ocpp.mapping import OcppMapping
from console.imports.ocpp.meter import metered
from console.imports.ocpp.problems import Problem, Unusable
from console.imports.ocpp.session import updates_of
from console.imports.ocpp.signed import signed_data_of
from console.imports.ocpp.transaction import Assembled, Transaction
from console.imports.ocpp.v16 import Reader16
from console.imports.ocpp.v201 import Reader201
from ledger.values.reasons import Refused
from schemas import CdrV1, SessionV1


class ImportedTransaction(NamedTuple):
    """A transaction's messages; `cdr` is None where it goes on, is invalid or was refused."""

    charge_point: str
    transaction: str
    line: int
    updates: tuple[SessionV1, ...]
    cdr: CdrV1 | None

    @property
    def messages(self) -> tuple[SessionV1 | CdrV1, ...]:
        """The updates, oldest first, then the CDR."""
        return self.updates if self.cdr is None else (*self.updates, self.cdr)


@dataclass(frozen=True, slots=True)
class ImportedOcpp:
    """What an import publishes, by start, and every line it does not use.

    `repeated` counts messages sent again, `ignored` those of each action that says nothing about
    a transaction.
    """

    rows: tuple[ImportedTransaction, ...]
    problems: tuple[Problem, ...]
    repeated: int
    ignored: dict[str, int]

    @property
    def still_open(self) -> int:
        """How many transactions had not ended when the log did."""
        return sum(row.updates[-1].status == "ACTIVE" for row in self.rows)


def import_ocpp(path: Path, mapping: OcppMapping, register: Register) -> ImportedOcpp:
    """Read a log and make its messages. Every line is used, counted, or a problem.

    A session of which no CDR can be drafted is published without one, and its problem has the
    ledger's code. Raises: OSError.
    """
    found = _assembled(path, mapping)
    rows: list[ImportedTransaction] = []
    problems = list(found.problems)
    for transaction in sorted(found.transactions, key=lambda row: (row.started_at, row.line)):
        try:
            rows.append(_row(transaction, mapping, register, problems))
        except Unusable as unusable:
            problems.append(unusable.on(transaction.line))
    return ImportedOcpp(tuple(rows), tuple(sorted(problems)), found.repeated, found.ignored)


def _assembled(path: Path, mapping: OcppMapping) -> Assembled:
    """Return the transactions of a log, of charge points of both versions."""
    found = Assembled()
    readers = (Reader16(mapping, found), Reader201(mapping, found))
    waiting: dict[tuple[str, str], Call] = {}
    for message in read_lines(path, mapping):
        if isinstance(message, Problem):
            found.problems.append(message)
            continue
        try:
            _take(message, readers, waiting, found)
        except Unusable as unusable:
            found.problems.append(unusable.on(message.line))
    for reader in readers:
        reader.finish()
    return found


def _take(
    message: Call | Answer,
    readers: tuple[Reader16, Reader201],
    waiting: dict[tuple[str, str], Call],
    found: Assembled,
) -> None:
    key = (message.charge_point, message.unique_id)
    if isinstance(message, Answer):
        call = waiting.pop(key, None)
        for reader in readers:
            if call is not None and call.action in reader.actions:
                reader.answered(call, message)
        return
    for reader in readers:
        if message.action in reader.actions:
            waiting[key] = message
            reader.actions[message.action](message)
            return
    found.ignore(message.action)


def _row(
    transaction: Transaction, mapping: OcppMapping, register: Register, problems: list[Problem]
) -> ImportedTransaction:
    meter = metered(transaction, mapping)
    updates = updates_of(transaction, meter, mapping, register)
    problems.extend(meter.problems)
    cdr: CdrV1 | None = None
    if updates[-1].status == "COMPLETED":
        signed, unreadable = signed_data_of(transaction.signed, mapping)
        problems.extend(unreadable)
        try:
            cdr = draft_cdr(updates[-1], register, signed_data=signed)
        except Refused as refused:
            problems.extend(_refusals(transaction, refused))
    elif updates[-1].status == "INVALID":
        problems.append(Problem(transaction.line, "NOT_AUTHORIZED", "", str(transaction.id_token)))
    if cdr is not None:
        completed = updates[-1].model_copy(update={"total_cost": cdr.total_cost})
        updates = (*updates[:-1], completed)
    return ImportedTransaction(
        transaction.charge_point, str(transaction.id), transaction.line, updates, cdr
    )


def _refusals(transaction: Transaction, refused: Refused) -> Iterator[Problem]:
    for refusal in refused.refusals:
        yield Problem(transaction.line, refusal.reason.value, refusal.path, refusal.actual)
