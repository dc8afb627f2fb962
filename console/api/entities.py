"""`/v1/entities`: the legal entities behind parties, and their bank accounts."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from console.api.calls import Call
from console.api.inputs import DOCUMENT, Fields, Instant, Said, Text, Trialled
from console.api.parties import (
    Approval,
    Import,
    Rejection,
    approve_accounts_of,
    propose,
    record,
    reject_accounts_of,
)
from console.parties.entities import entity_rows, entity_shown
from console.parties.register import register_of

router = APIRouter(prefix="/v1/entities", tags=["entities"])


class Shown(Fields):
    """As it was known at an instant; now by default."""

    known_at: Instant | None = None


class Wanted(Shown):
    """Which entities are listed."""

    country: Text | None = None


@router.post("", openapi_extra=DOCUMENT)
async def import_entities(call: Call, said: Said, query: Annotated[Import, Query()]) -> Response:
    """Record documents of entities and parties, all or none; other bank accounts are proposed."""
    return await record(call, said, query)


@router.post("/submit", openapi_extra=DOCUMENT)
async def submit(call: Call, said: Said, query: Trialled) -> Response:
    """Propose the bank accounts that documents state, and nothing else of them."""
    return await propose(call, said, query)


@router.get("")
async def list_entities(call: Call, query: Annotated[Wanted, Query()]) -> Response:
    """List legal entities with the parties that belong to them."""
    return await call.read(
        lambda ledger: entity_rows(register_of(ledger, query.known_at), country=query.country)
    )


@router.get("/{entity}")
async def show(call: Call, entity: str, query: Annotated[Shown, Query()]) -> Response:
    """Show an entity: its document, its bank accounts, what waits for approval."""
    return await call.read(lambda ledger: entity_shown(register_of(ledger, query.known_at), entity))


@router.post("/{entity}/approve")
async def approve(call: Call, entity: str, said: Approval, query: Trialled) -> Response:
    """Put proposed bank accounts in force, as another person than who proposed them."""
    return await approve_accounts_of(call, entity, said, query)


@router.post("/{entity}/reject")
async def reject(call: Call, entity: str, said: Rejection, query: Trialled) -> Response:
    """Drop proposed bank accounts; those in force stay."""
    return await reject_accounts_of(call, entity, said, query)
