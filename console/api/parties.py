"""`/v1/parties`: documents of parties and entities, a party's accounts and its states."""

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field
from starlette.responses import Response

from console.api.calls import Call, Caller
from console.api.inputs import (
    DOCUMENT,
    Content,
    Fields,
    Instant,
    KnownMoment,
    Reasoned,
    Said,
    Text,
    Trial,
    Trialled,
    parsed_body,
    read_with,
    refuse_unless_one_of,
)
from console.imports.parties import Read, parties_in
from console.parties.done import (
    StateDone,
    documents_done,
    propose_read_accounts,
    record_documents,
    with_history,
)
from console.parties.register import party_rows, register_of
from console.parties.shown import history_of, shown
from ledger.application.commands import By
from ledger.application.ledger import Ledger
from ledger.application.parties import approve_accounts, reject_accounts
from ledger.application.party_states import activate_party, leave_party, suspend_party
from ledger.roaming.party_documents import PARTY_ROLES
from ledger.roaming.party_spans import STATES
from ledger.values.identifiers import checked_party

router = APIRouter(prefix="/v1/parties", tags=["parties"])


class Import(Trial):
    """With `correction`, recorded decisions may change by it."""

    correction: bool = False


class Wanted(KnownMoment):
    """Which parties are listed; `country` is that of their entity."""

    role: Text | None = None
    state: Text | None = None
    country: Text | None = None


class Shown(KnownMoment):
    """With `history`: and who recorded what."""

    history: bool = False


class Approval(Fields):
    """The number of the proposal that was looked at; by default the one that waits."""

    number: int | None = None


class Rejection(Reasoned):
    """Why which proposal is dropped; by default the one that waits."""

    number: int | None = None


class Beginning(Fields):
    """From when on, now by default."""

    valid_from: Instant | None = Field(default=None, alias="from")
    reason: Text = ""


class Ending(Reasoned):
    """From when on (now by default), and whether recorded decisions may change by it."""

    valid_from: Instant | None = Field(default=None, alias="from")
    correction: bool = False


def read_documents(content: Content) -> Read:
    """Return the documents of a body, with what is wrong in them."""
    return parties_in(parsed_body(content))


async def record(call: Caller, said: Content, query: Import) -> Response:
    """Record the documents of a body."""
    read = await read_with(read_documents, said)
    return await call.write(
        lambda ledger, by: record_documents(
            ledger, read, is_correction=query.correction, by=by, dry_run=query.dry_run
        )
    )


async def propose(call: Caller, said: Content, query: Trial) -> Response:
    """Propose the bank accounts of a body."""
    read = await read_with(read_documents, said)
    return await call.write(
        lambda ledger, by: propose_read_accounts(ledger, read, by=by, dry_run=query.dry_run)
    )


async def approve_accounts_of(call: Caller, which: str, said: Approval, query: Trial) -> Response:
    """Put the proposed bank accounts of an entity, or of a party's entity, in force."""

    def work(ledger: Ledger, by: By) -> object:
        key = register_of(ledger).entity(which).key
        approve_accounts(ledger, key, number=said.number, by=by, dry_run=query.dry_run)
        return documents_done([key], [key], dry_run=query.dry_run)

    return await call.write(work)


async def reject_accounts_of(call: Caller, which: str, said: Rejection, query: Trial) -> Response:
    """Drop the proposed bank accounts of an entity, or of a party's entity."""

    def work(ledger: Ledger, by: By) -> object:
        key = register_of(ledger).entity(which).key
        number, reason = said.number, said.reason
        reject_accounts(ledger, key, reason=reason, number=number, by=by, dry_run=query.dry_run)
        return documents_done([key], [key], dry_run=query.dry_run)

    return await call.write(work)


@router.post("", openapi_extra=DOCUMENT)
async def import_parties(call: Call, said: Said, query: Annotated[Import, Query()]) -> Response:
    """Record documents of parties and entities, all or none; other bank accounts are proposed."""
    return await record(call, said, query)


@router.post("/submit", openapi_extra=DOCUMENT)
async def submit(call: Call, said: Said, query: Trialled) -> Response:
    """Propose the bank accounts that documents state, and nothing else of them."""
    return await propose(call, said, query)


@router.get("")
async def list_parties(call: Call, query: Annotated[Wanted, Query()]) -> Response:
    """List parties with their state and how much they still need."""
    refuse_unless_one_of("role", query.role.upper() if query.role else None, PARTY_ROLES)
    refuse_unless_one_of("state", query.state, STATES)
    return await call.read(
        lambda ledger: party_rows(
            register_of(ledger, query.known_at),
            instant=query.as_of or query.known_at or call.by.at,
            role=query.role,
            state=query.state,
            country=query.country,
        )
    )


@router.get("/{party}")
async def show(call: Call, party: str, query: Annotated[Shown, Query()]) -> Response:
    """Show a party: its documents, its state, what is missing, what waits for approval."""

    def work(ledger: Ledger) -> object:
        register = register_of(ledger, query.known_at)
        found = shown(register, party, query.as_of or query.known_at or call.by.at)
        steps = history_of(ledger, register.party(party), query.known_at) if query.history else None
        return with_history(found, steps)

    return await call.read(work)


@router.post("/{party}/approve")
async def approve(call: Call, party: str, said: Approval, query: Trialled) -> Response:
    """Put proposed bank accounts in force, as another person than who proposed them."""
    return await approve_accounts_of(call, party, said, query)


@router.post("/{party}/reject")
async def reject(call: Call, party: str, said: Rejection, query: Trialled) -> Response:
    """Drop proposed bank accounts; those in force stay."""
    return await reject_accounts_of(call, party, said, query)


@router.post("/{party}/activate")
async def activate(call: Call, party: str, said: Beginning, query: Trialled) -> Response:
    """Let a party trade: refused while something is missing, all of it at once."""

    def work(ledger: Ledger, by: By) -> object:
        activate_party(
            ledger,
            party,
            valid_from=said.valid_from,
            reason=said.reason,
            by=by,
            dry_run=query.dry_run,
        )
        return _state(by, party, "active", said, query)

    return await call.write(work)


@router.post("/{party}/suspend")
async def suspend(call: Call, party: str, said: Ending, query: Trialled) -> Response:
    """Hold what starts from an instant on, until the party is activated again."""
    return await _end(call, suspend_party, party, "suspended", said, query)


@router.post("/{party}/leave")
async def leave(call: Call, party: str, said: Ending, query: Trialled) -> Response:
    """End a party's trade for good; what started before stays as it is."""
    return await _end(call, leave_party, party, "left", said, query)


async def _end(
    call: Caller, end: Callable[..., None], party: str, state: str, said: Ending, query: Trial
) -> Response:
    def work(ledger: Ledger, by: By) -> object:
        end(
            ledger,
            party,
            valid_from=said.valid_from,
            reason=said.reason,
            is_correction=said.correction,
            by=by,
            dry_run=query.dry_run,
        )
        return _state(by, party, state, said, query)

    return await call.write(work)


def _state(by: By, party: str, state: str, said: Beginning | Ending, query: Trial) -> StateDone:
    return StateDone(query.dry_run, checked_party(party), state, said.valid_from or by.at)
