"""How `clearwatt party` prints what it found and did."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import typer

from console.cli import common

if TYPE_CHECKING:
    from console.parties.compared import Difference
    from console.parties.done import DocumentsDone, StateDone
    from console.parties.register import PartyRow
    from console.parties.shown import PartyShown, Step


def show_done(done: "DocumentsDone", *, as_json: bool) -> None:
    """Print which records say something new."""

    def people() -> None:
        title = "Nothing was recorded: a trial" if done.dry_run else ""
        common.table(title, ("record", "outcome"), done.records)

    common.show(done, as_json=as_json, people=people)


def show_state(done: "StateDone", *, as_json: bool) -> None:
    """Print the state that a party was brought into."""
    would = "would be" if done.dry_run else "is"
    since = done.valid_from.isoformat().replace("+00:00", "Z")

    def people() -> None:
        typer.echo(f"{done.party} {would} {done.state} from {since}.")

    common.show(done, as_json=as_json, people=people)


def show_list(found: "Sequence[PartyRow]", *, as_json: bool) -> None:
    """Print parties in a table."""

    def people() -> None:
        columns = ("party", "name", "roles", "state", "since", "entity", "country", "missing")
        rows = [
            (
                *(row.party, row.name, ", ".join(row.roles), row.state, _since(row.since)),
                *(row.entity, row.country, row.missing or ""),
                "proposed" if row.proposed_accounts else "",
            )
            for row in found
        ]
        common.table("Parties", (*columns, "accounts"), rows)

    common.show(list(found), as_json=as_json, people=people)


def show_party(found: "PartyShown", steps: "Sequence[Step] | None", *, as_json: bool) -> None:
    """Print a party, and its history where that was asked for."""

    def people() -> None:
        _print_head(found)
        _print_entity(found)
        _print_accounts(found)
        _print_missing([found])
        if steps is not None:
            columns = ("record", "event", "version", "by", "at", "recorded at", "says")
            rows = [
                (
                    *(row.record, row.event, row.number, row.actor),
                    *(row.occurred_at, row.recorded_at, row.says),
                )
                for row in steps
            ]
            common.table("History", columns, rows, folds="says")

    from console.parties.done import with_history

    common.show(with_history(found, steps), as_json=as_json, people=people)


def _print_head(found: "PartyShown") -> None:
    document = found.document
    kind = f" ({document.demand_kind})" if document.demand_kind else ""
    typer.echo(f"{found.party}  {document.name}  {', '.join(document.roles)}{kind}")
    if document.senders:
        typer.echo(f"spoken for by {', '.join(document.senders)}")
    rows = [(row.state, _since(row.valid_from), row.reason) for row in found.states]
    common.table(f"State: {found.state.state}", ("state", "from", "because"), rows)
    entities = [(row.entity, _since(row.valid_from)) for row in found.memberships]
    common.table("Belongs to", ("entity", "from"), entities)
    contacts = [(row.purpose, row.name, row.email, row.language) for row in document.contacts]
    if contacts:
        common.table("Contacts", ("for", "name", "mail", "language"), contacts)


def _since(instant: datetime) -> datetime | str:
    """Return the instant from which on something holds, or that it always did."""
    from ledger.values.instants import BEGINNING

    return "the beginning" if instant == BEGINNING else instant


def _print_entity(found: "PartyShown") -> None:
    entity = found.entity_document
    if entity is None:
        return
    typer.echo(f"{found.entity}  {entity.name}  {entity.country}  book in {entity.currency}")
    if entity.address is not None:
        at = entity.address
        typer.echo(f"{at.street}, {at.postal_code} {at.city}, {at.country}")
    rows: list[tuple[object, ...]] = [
        (f"VAT {row.country}", row.number, row.valid_from, row.valid_until, _proof(row.evidence))
        for row in entity.vat_registrations
    ]
    if entity.dealer_since is not None:
        rows.append(("reseller", "", entity.dealer_since, None, ""))
    rows.extend(
        ("reseller", "", row.valid_from, row.valid_until, _proof(row.evidence))
        for row in entity.reseller
    )
    columns = ("registration", "number", "from", "until", "evidence")
    common.table("Tax", columns, rows)


def _print_accounts(found: "PartyShown") -> None:
    columns = ("account", "IBAN", "BIC", "holder", "currency", "from")
    if found.bank_accounts:
        common.table("Bank accounts", columns, [_account(row) for row in found.bank_accounts])
    if found.proposal is not None:
        by = found.proposal.provenance
        title = f"Proposal {found.proposal.number} by {by.actor}, not in force"
        common.table(title, columns, [_account(row) for row in found.proposal.accounts])


def _account(row: object) -> tuple[object, ...]:
    return tuple(
        getattr(row, name) for name in ("id", "iban", "bic", "holder", "currency", "valid_from")
    )


def _proof(evidence: object) -> str:
    if evidence is None:
        return ""
    kind, reference = getattr(evidence, "kind", ""), getattr(evidence, "reference", "")
    return f"{kind} {reference}, seen on {getattr(evidence, 'checked_on', '')}"


def show_missing(found: "Sequence[PartyShown]", *, as_json: bool) -> bool:
    """Print what parties still need; return whether that is anything."""
    rows = [
        {
            "party": row.party,
            "state": row.state.state,
            "is_complete": not (row.missing or row.expired),
            "missing": row.missing,
            "expired": row.expired,
        }
        for row in found
    ]
    common.show(rows, as_json=as_json, people=lambda: _print_missing(found))
    return any(row.missing or row.expired for row in found)


def _print_missing(found: "Sequence[PartyShown]") -> None:
    rows: list[tuple[object, ...]] = []
    for row in found:
        rows += [(row.party, one.path, ", ".join(one.roles), one.why) for one in row.missing]
        rows += [(row.party, one.path, "", str(one)) for one in row.expired]
    if rows:
        common.table("Missing", ("party", "field", "for", "why"), rows, folds="why")
    else:
        typer.echo("Nothing is missing.")


def show_differences(found: "Sequence[Difference]", *, as_json: bool) -> None:
    """Print the fields that differ, as they were and as they are."""

    def people() -> None:
        for row in found:
            typer.echo(f"{row.record} {row.path}".rstrip())
            typer.echo(f"  - {row.before}")
            typer.echo(f"  + {row.after}")
        if not found:
            typer.echo("They say the same.")

    common.show(list(found), as_json=as_json, people=people)
