"""`/v1/locations`: the register's documents of sites, beside what OCPI says of them.

A location is `NL*XYZ/LOC1` in an address too: the party, a slash, OCPI's id.
"""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query
from pydantic import Field
from starlette.responses import Response

from console.api.calls import Call, Caller
from console.api.inputs import (
    DOCUMENT,
    Content,
    Instant,
    Moment,
    Reasoned,
    Said,
    Text,
    Trial,
    Trialled,
    parsed_body,
    read_with,
    refuse_unless_one_of,
)
from console.imports.sites import location_key, sites_in
from console.sites.done import SitesDone, record_sites
from console.sites.listed import Filter, listed
from console.sites.shown import shown
from ledger.application.commands import By
from ledger.application.facts import View
from ledger.application.ledger import Ledger
from ledger.application.sites import StatedSite, approve_site, reject_site, suspend_site
from ledger.roaming.site_documents import ACCESS_CLASSES, SITE_KINDS
from ledger.roaming.site_version import Suspension
from ledger.values.identifiers import checked_party
from ledger.values.reasons import Refusal

router = APIRouter(prefix="/v1/locations", tags=["locations"])


class Wanted(Moment):
    """Which locations are listed; `party` is CPO, owner, operator or host."""

    party: Text | None = None
    country: Text | None = None
    kind: Text | None = None
    access: Text | None = None
    host: Text | None = None
    group: Text | None = None


class Pause(Reasoned):
    """From when on, until when where that is known, and why."""

    valid_from: Instant = Field(alias="from")
    valid_until: Instant | None = Field(default=None, alias="until")


def _key(party: str, location: Annotated[str, Path(min_length=1)]) -> str:
    return location_key(f"{party}/{location}")


Key = Annotated[str, Depends(_key)]


def read_documents(content: Content) -> tuple[list[StatedSite], list[Refusal]]:
    """Return the documents of a body, and what is wrong in others."""
    return sites_in(parsed_body(content))


async def _register(call: Caller, said: Content, query: Trial, *, submit: bool) -> Response:
    stated, refusals = await read_with(read_documents, said)
    return await call.write(
        lambda ledger, by: record_sites(
            ledger, stated, refusals, submit=submit, by=by, dry_run=query.dry_run
        )
    )


@router.post("", openapi_extra=DOCUMENT)
async def import_locations(call: Call, said: Said, query: Trialled) -> Response:
    """Record documents of sites, all or none; a change of operator waits for a second person."""
    return await _register(call, said, query, submit=False)


@router.post("/submit", openapi_extra=DOCUMENT)
async def submit(call: Call, said: Said, query: Trialled) -> Response:
    """Propose documents of sites: each is recorded when another person approves it."""
    return await _register(call, said, query, submit=True)


@router.get("")
async def list_locations(call: Call, query: Annotated[Wanted, Query()]) -> Response:
    """List the locations that OCPI or the register has."""
    refuse_unless_one_of("kind", query.kind, SITE_KINDS)
    refuse_unless_one_of("access", query.access, ACCESS_CLASSES)
    wanted = Filter(
        checked_party(query.party) if query.party else None,
        query.country,
        query.kind,
        query.access,
        checked_party(query.host) if query.host else None,
        query.group,
    )
    instant = query.as_of or call.by.at
    return await call.read(lambda ledger: list(listed(View(ledger.facts), wanted, instant)))


@router.get("/{party}/{location:path}")
async def show(call: Call, key: Key, query: Annotated[Moment, Query()]) -> Response:
    """Show a location: OCPI's versions, the register's, EVSEs, meters, and all its names."""
    instant = query.as_of or call.by.at
    return await call.read(lambda ledger: shown(View(ledger.facts), key, instant))


@router.post("/{party}/{location:path}/approve")
async def approve(call: Call, key: Key, query: Trialled) -> Response:
    """Approve, as a second person, what is proposed of a location: a document or a remap."""

    def work(ledger: Ledger, by: By) -> object:
        done = approve_site(ledger, key, by=by, dry_run=query.dry_run)
        return SitesDone(query.dry_run, (done,))

    return await call.write(work)


@router.post("/{party}/{location:path}/reject")
async def reject(call: Call, key: Key, said: Reasoned, query: Trialled) -> Response:
    """Drop what is proposed of a location."""

    def work(ledger: Ledger, by: By) -> object:
        done = reject_site(ledger, key, reason=said.reason, by=by, dry_run=query.dry_run)
        return SitesDone(query.dry_run, (done,))

    return await call.write(work)


@router.post("/{party}/{location:path}/suspend")
async def suspend(call: Call, key: Key, said: Pause, query: Trialled) -> Response:
    """Let nothing be charged at a location for a time; what is, is held.

    Said again with the same beginning and an end, it ends then.
    """
    wanted = Suspension(said.valid_from, said.reason, said.valid_until)

    def work(ledger: Ledger, by: By) -> object:
        done = suspend_site(ledger, key, wanted, by=by, dry_run=query.dry_run)
        return SitesDone(query.dry_run, (done,))

    return await call.write(work)
