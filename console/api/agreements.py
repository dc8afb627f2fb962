"""`/v1/agreements`: documents that two people approve, and their life.

An agreement is named `NL*XYZ:DE*EMP` in an address, as on the command line.
"""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field
from starlette.responses import Response

from console.agreements.done import approved, done, submit_documents, submitted
from console.agreements.life import STATES, agreement_key, listed, shown
from console.agreements.reader import AgreementDocument, read_agreements
from console.api.calls import Call
from console.api.inputs import (
    DOCUMENT,
    Content,
    Fields,
    Instant,
    KnownMoment,
    Moment,
    Reasoned,
    Said,
    Text,
    Trialled,
    read_with,
    refuse_unless_one_of,
    yaml_of,
)
from console.api.problems import BODY
from ledger.application.agreements import (
    approve_agreement,
    reject_agreement,
    resume_agreement,
    suspend_agreement,
)
from ledger.application.commands import By
from ledger.application.ledger import Ledger
from ledger.values.identifiers import checked_party

router = APIRouter(prefix="/v1/agreements", tags=["agreements"])


class Wanted(Moment):
    """Which agreements are listed; `party` is seller, buyer or payee."""

    party: Text | None = None
    state: Text | None = None


class Shown(KnownMoment):
    """With `whole`: also every term that is the default."""

    whole: bool = False


class Approval(Fields):
    """Which drafts are approved; by default all that wait."""

    drafts: tuple[int, ...] = ()


class Rejection(Reasoned):
    """Which draft is sent back, and why."""

    draft: int


class Suspension(Reasoned):
    """From when on, now by default, and why."""

    suspended_from: Instant | None = Field(default=None, alias="from")


class Resumption(Fields):
    """From when on, now by default."""

    resumed_from: Instant | None = Field(default=None, alias="from")


def read_documents(content: Content) -> tuple[AgreementDocument, ...]:
    """Return the documents of a body. Refuses everything that is wrong in them."""
    return read_agreements(yaml_of(content), BODY).approved_of()


@router.post("", openapi_extra=DOCUMENT)
@router.post("/submit", openapi_extra=DOCUMENT)
async def submit(call: Call, said: Said, query: Trialled) -> Response:
    """Propose documents, all or none: each is in force when another person approves it."""
    documents = await read_with(read_documents, said)

    def work(ledger: Ledger, by: By) -> object:
        waiting = submit_documents(ledger, documents, by=by, dry_run=query.dry_run)
        return submitted(waiting, is_agreed=False, dry_run=query.dry_run)

    return await call.write(work)


@router.get("")
async def list_agreements(call: Call, query: Annotated[Wanted, Query()]) -> Response:
    """List agreements with their state and what waits for a second person."""
    refuse_unless_one_of("state", query.state, STATES)
    party = checked_party(query.party) if query.party else None
    instant = query.as_of or call.by.at
    return await call.read(
        lambda ledger: list(listed(ledger, instant, party=party, state=query.state))
    )


@router.get("/{agreement}")
async def show(call: Call, agreement: str, query: Annotated[Shown, Query()]) -> Response:
    """Show an agreement: its document, who wrote and approved it, its versions, what waits."""
    key, instant = agreement_key(agreement), query.as_of or query.known_at or call.by.at
    return await call.read(
        lambda ledger: shown(ledger, key, instant, known_at=query.known_at, whole=query.whole)
    )


@router.post("/{agreement}/approve")
async def approve(call: Call, agreement: str, said: Approval, query: Trialled) -> Response:
    """Approve, as a second person of finance, what waits: what it changes is decided again."""
    key = agreement_key(agreement)

    def work(ledger: Ledger, by: By) -> object:
        agreed = approve_agreement(ledger, key, drafts=said.drafts, by=by, dry_run=query.dry_run)
        return approved(key, agreed, dry_run=query.dry_run)

    return await call.write(work)


@router.post("/{agreement}/reject")
async def reject(call: Call, agreement: str, said: Rejection, query: Trialled) -> Response:
    """Send a draft back to its author, or take one's own back."""
    key = agreement_key(agreement)

    def work(ledger: Ledger, by: By) -> object:
        reject_agreement(ledger, key, said.draft, reason=said.reason, by=by, dry_run=query.dry_run)
        return done(key, f"draft {said.draft} rejected", None, dry_run=query.dry_run)

    return await call.write(work)


@router.post("/{agreement}/suspend")
async def suspend(call: Call, agreement: str, said: Suspension, query: Trialled) -> Response:
    """Hold charges that start from an instant on, until the agreement is resumed."""
    key = agreement_key(agreement)

    def work(ledger: Ledger, by: By) -> object:
        since = suspend_agreement(
            ledger,
            key,
            suspended_from=said.suspended_from,
            reason=said.reason,
            by=by,
            dry_run=query.dry_run,
        )
        return done(key, "suspended", since, dry_run=query.dry_run)

    return await call.write(work)


@router.post("/{agreement}/resume")
async def resume(call: Call, agreement: str, said: Resumption, query: Trialled) -> Response:
    """Settle again what starts from an instant on; one that is over releases what was held."""
    key = agreement_key(agreement)

    def work(ledger: Ledger, by: By) -> object:
        since = resume_agreement(
            ledger, key, resumed_from=said.resumed_from, by=by, dry_run=query.dry_run
        )
        return done(key, "resumed", since, dry_run=query.dry_run)

    return await call.write(work)
