"""`clearwatt dispute open|answer|withdraw|uphold|dismiss|list|show`: what a party contests.

Whoever acts does so in a party's name: `--as` is the person, `--party` the party.
"""

from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from console.cli import common, options
from console.cli.dispute_views import print_done, print_list
from console.cli.errors import UsageError
from console.cli.quantities import quantity

if TYPE_CHECKING:
    from ledger.roaming.control_statements import CdrReference, Evidence

dispute = typer.Typer(no_args_is_help=True, help="Disputes about CDRs, and their money.")

Key = Annotated[str, typer.Argument(metavar="DISPUTE", help="CPO and id, such as NL*XYZ/D-1.")]
Text = Annotated[str, typer.Option("--text", metavar="TEXT", help="Why: both parties read it.")]
Files = Annotated[
    list[Path] | None,
    typer.Option("--evidence", metavar="FILE", exists=True, dir_okay=False, help="Its hash."),
]
Amount = Annotated[
    Decimal | None,
    typer.Option(parser=quantity, metavar="AMOUNT", help="Before tax; all of it by default."),
]


def register(app: typer.Typer) -> None:
    """Add the command group of this module."""
    app.add_typer(dispute, name="dispute")


@dispute.command("open")
def open_dispute(
    cdrs: Annotated[list[str], typer.Argument(metavar="CDR...", help="Such as NL*XYZ/C-1.")],
    *,
    party: Annotated[str, typer.Option(metavar="PARTY", help="Seller or buyer of the CDRs.")],
    reason: Annotated[str, typer.Option(metavar="CODE", help="Such as PRICE, ENERGY, OTHER.")],
    text: Text,
    amount: Amount = None,
    currency: Annotated[str | None, typer.Option(help="Of the amount.")] = None,
    evidence: Files = None,
    named: Annotated[
        str | None, typer.Option("--id", metavar="ID", help="Unique among the CPO's disputes.")
    ] = None,
    dry_run: common.DryRun = False,
    actor: common.As = None,
    at: common.At = None,
    as_json: common.Json = False,
) -> None:
    """Dispute CDRs of one CPO that one party bought: their money leaves netting."""
    from ledger.application.dispute_desk import speak
    from ledger.roaming.control_statements import DisputeStatement, StatedAmount
    from ledger.values.identifiers import checked_party

    if (amount is None) != (currency is None):
        raise UsageError(
            "CURRENCY_MISSING", "An amount has a currency: --amount 4.20 --currency EUR"
        )
    named_cdrs = tuple(_reference(cdr) for cdr in cdrs)
    by = common.acting(actor, at)
    statement = DisputeStatement(
        named_cdrs[0].country_code,
        named_cdrs[0].party_id,
        command_id="",
        dispute_id=named or _id_of(party, reason, cdrs),
        action="OPEN",
        by=checked_party(party),
        last_updated=by.at,
        cdrs=named_cdrs,
        reason_code=reason.upper(),
        disputed=None if amount is None else StatedAmount(str(currency).upper(), amount),
        text=text,
        evidence=_files(evidence),
    )
    with common.ledger() as ledger:
        done = speak(ledger, statement, by=by, dry_run=dry_run)
    print_done(done, as_json=as_json, dry_run=dry_run)


@dispute.command("answer")
def answer(
    which: Key,
    *,
    text: Text,
    evidence: Files = None,
    dry_run: common.DryRun = False,
    actor: common.As = None,
    at: common.At = None,
    as_json: common.Json = False,
) -> None:
    """Answer a dispute in the name of the party that it is against."""
    from ledger.application.dispute_desk import reply

    by, files = common.acting(actor, at), _files(evidence)
    with common.ledger() as ledger:
        done = reply(
            ledger, _key(which), "ANSWER", text=text, evidence=files, by=by, dry_run=dry_run
        )
    print_done(done, as_json=as_json, dry_run=dry_run)


@dispute.command("withdraw")
def withdraw(
    which: Key,
    *,
    text: Text,
    dry_run: common.DryRun = False,
    actor: common.As = None,
    at: common.At = None,
    as_json: common.Json = False,
) -> None:
    """Take a dispute back in the name of the party that opened it."""
    from ledger.application.dispute_desk import reply

    by = common.acting(actor, at)
    with common.ledger() as ledger:
        done = reply(ledger, _key(which), "WITHDRAW", text=text, by=by, dry_run=dry_run)
    print_done(done, as_json=as_json, dry_run=dry_run)


@dispute.command("uphold")
def uphold(
    which: Key,
    *,
    text: Text,
    amount: Amount = None,
    dry_run: common.DryRun = False,
    actor: common.As = None,
    at: common.At = None,
    as_json: common.Json = False,
) -> None:
    """Decide for the party that opened it: CDRs are credited, or a part is given back."""
    from ledger.application.dispute_desk import uphold_dispute

    by = common.acting(actor, at)
    with common.ledger() as ledger:
        done = uphold_dispute(ledger, _key(which), text=text, amount=amount, by=by, dry_run=dry_run)
    print_done(done, as_json=as_json, dry_run=dry_run)


@dispute.command("dismiss")
def dismiss(
    which: Key,
    *,
    text: Text,
    dry_run: common.DryRun = False,
    actor: common.As = None,
    at: common.At = None,
    as_json: common.Json = False,
) -> None:
    """Decide against the party that opened it: what left netting comes back."""
    from ledger.application.dispute_desk import dismiss_dispute

    by = common.acting(actor, at)
    with common.ledger() as ledger:
        done = dismiss_dispute(ledger, _key(which), text=text, by=by, dry_run=dry_run)
    print_done(done, as_json=as_json, dry_run=dry_run)


@dispute.command("list")
def list_disputes(
    *,
    state: Annotated[str | None, typer.Option(help="A state or an outcome.")] = None,
    party: Annotated[str | None, typer.Option(metavar="PARTY", help="Of one party.")] = None,
    reason: Annotated[str | None, typer.Option(metavar="CODE", help="With this reason.")] = None,
    cdr: Annotated[str | None, typer.Option(metavar="CDR", help="About one CDR.")] = None,
    overdue: Annotated[bool, typer.Option("--overdue", help="Whose deadline is over.")] = False,
    known_at: common.KnownAt = None,
    at: common.At = None,
    limit: options.Limit = 100,
    as_json: common.Json = False,
) -> None:
    """List disputes in the order they were opened."""
    from projections.database import reading
    from projections.queries.dispute import disputes

    with reading(common.services().database_url) as connection:
        found = disputes(
            connection,
            state=state,
            party=party,
            reason=reason,
            cdr=_key(cdr) if cdr else None,
            overdue_at=(known_at or common.now(at)) if overdue else None,
            known_at=known_at,
            limit=limit,
        )
    common.show(found, as_json=as_json, people=lambda: print_list(found))


@dispute.command("show")
def show(which: Key, *, known_at: common.KnownAt = None, as_json: common.Json = False) -> None:
    """Show a dispute's life: who said what, and what it keeps of which CDR."""
    from ledger.values.reasons import Reason, Refusal, Refused
    from projections.database import reading
    from projections.queries.dispute import dispute as find
    from projections.queries.dispute import dispute_cdrs, dispute_steps

    key = _key(which)
    with reading(common.services().database_url) as connection:
        found = find(connection, key, known_at=known_at)
        steps = dispute_steps(connection, key, known_at=known_at)
        cdrs = dispute_cdrs(connection, key, known_at=known_at)
    if found is None:
        raise Refused(Refusal(Reason.NOT_FOUND, "dispute", actual=which))
    document = {"dispute": found, "steps": steps, "cdrs": cdrs}

    def people() -> None:
        print_list([found])
        columns = ("position", "event", "by", "actor", "said", "recorded at")
        rows = [
            (row.position, row.event, row.said_by, row.actor, row.said, row.recorded_at)
            for row in steps
        ]
        common.table("Steps", columns, rows, folds="said")
        common.table("CDRs", ("CDR", "gross", "disputed"), [tuple(row) for row in cdrs])

    common.show(document, as_json=as_json, people=people)


def _key(which: str) -> str:
    """Return a key as the ledger writes it.

    >>> _key("nl*xyz/D-1")
    'NL*XYZ/d-1'
    """
    party, slash, record = which.partition("/")
    return f"{party.upper()}{slash}{record.lower()}"


def _reference(cdr: str) -> "CdrReference":
    """Return which CDR is meant. Refuses: WRONG_IDENTIFIER."""
    from ledger.roaming.control_statements import CdrReference
    from ledger.values.identifiers import checked_party

    party, _, record = cdr.partition("/")
    country_code, party_id = checked_party(party).split("*")
    return CdrReference(country_code, party_id, record)


def _id_of(party: str, reason: str, cdrs: list[str]) -> str:
    """Return the name of a dispute that nobody named: the same for the same again.

    >>> _id_of("DE*EMP", "PRICE", ["NL*XYZ/C-1"])
    'D-cc5ef10eea'
    """
    said = "\n".join((party, reason, *cdrs)).lower()
    return f"D-{sha256(said.encode()).hexdigest()[:10]}"


def _files(paths: list[Path] | None) -> "tuple[Evidence, ...]":
    from ledger.roaming.control_statements import Evidence

    return tuple(Evidence(path.name, sha256(path.read_bytes()).hexdigest()) for path in paths or ())
