"""`clearwatt payment list|show`: what drivers paid, beside what they owe."""

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from console.cli import common, options
from console.cli.choosing import record_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ledger.application.ledger import Ledger
    from projections.queries.payment import PaymentRow, PaymentStep

payment = typer.Typer(no_args_is_help=True, help="Payments of drivers, and the CDRs they pay.")

_DAY_H = 24


def register(app: typer.Typer) -> None:
    """Add the command group of this module."""
    app.add_typer(payment, name="payment")


@payment.command("list")
def list_payments(
    *,
    unmatched: Annotated[
        bool, typer.Option("--unmatched", help="Payments without CDR, charges without payment.")
    ] = False,
    differs: Annotated[
        bool, typer.Option("--differs", help="Where what was captured is not what is owed.")
    ] = False,
    party: Annotated[
        str | None, typer.Option(metavar="PARTY", help="CPO, collector or provider.")
    ] = None,
    cdr: Annotated[str | None, typer.Option(metavar="CDR", help="That pay one CDR.")] = None,
    due_after: Annotated[
        int | None,
        typer.Option(
            min=0, metavar="HOURS", help="A charge on the spot is paid by then; else as agreed."
        ),
    ] = None,
    as_of: common.AsOf = None,
    known_at: common.KnownAt = None,
    at: common.At = None,
    limit: options.Limit = 100,
    as_json: common.Json = False,
) -> None:
    """List payments beside the CDRs they pay, and charges on the spot that lack one.

    These should be paid within the hours that CPO and collector agreed for a CDR's delivery.
    """
    from console.payments import due_by_pair
    from projections.database import reading
    from projections.queries.payment import DIFFERING, UNMATCHED, payments

    wanted = (*(UNMATCHED if unmatched else ()), *(DIFFERING if differs else ()))
    now = known_at or common.now(at)
    with common.ledger() as ledger, reading(common.services().database_url) as connection:
        ledger.refresh()
        found = payments(
            connection,
            due_since=now - timedelta(hours=_DAY_H if due_after is None else due_after),
            due_by_pair=due_by_pair(ledger, now) if due_after is None else None,
            cdr=record_of(cdr) if cdr else None,
            party=party.upper() if party else None,
            findings=wanted or None,
            as_of=as_of,
            known_at=known_at,
            limit=limit,
        )
        rows = _looked_up(ledger, found)
    common.show(rows, as_json=as_json, people=lambda: _print_list(rows))


@payment.command("show")
def show(
    which: Annotated[str, typer.Argument(metavar="PAYMENT", help="CPO and id, as NL*XYZ/PAY-1.")],
    *,
    as_of: common.AsOf = None,
    known_at: common.KnownAt = None,
    at: common.At = None,
    as_json: common.Json = False,
) -> None:
    """Show a payment's events, what stands of them, and the CDR it pays."""
    from ledger.values.reasons import Reason, Refusal, Refused
    from projections.database import reading
    from projections.queries.payment import payment_steps, payments

    key = record_of(which)
    with common.ledger() as ledger, reading(common.services().database_url) as connection:
        ledger.refresh()
        steps = payment_steps(connection, key, known_at=known_at)
        found = payments(
            connection,
            due_since=known_at or common.now(at),
            payment=key,
            as_of=as_of,
            known_at=known_at,
        )
        rows = _looked_up(ledger, found)
    if not steps:
        raise Refused(Refusal(Reason.NOT_FOUND, "payment", actual=which))
    document = {"payments": rows, "steps": steps}

    def people() -> None:
        _print_list(rows)
        _print_steps(steps)

    common.show(document, as_json=as_json, people=people)


def _looked_up(ledger: "Ledger", found: "Sequence[PaymentRow]") -> list[dict[str, Any]]:
    """Return the rows with what the register says of who collected and provided."""
    from console.payments import findings_about_parties

    return [{**row._asdict(), "parties": findings_about_parties(ledger, row)} for row in found]


def _print_list(found: "Sequence[Mapping[str, Any]]") -> None:
    from console.payments import SENTENCES
    from projections.queries.payment import FINDINGS

    columns = ("payment", "stands", "held", "collector", "provider", "captured", "given back",
               "CDR", "by", "owed", "difference", "finding")  # fmt: skip
    rows = [
        (
            row["payment"],
            row["status"],
            row["held"] or None,
            row["collector"],
            row["provider"],
            common.money_cell(row["captured"], row["currency"]),
            common.money_cell(row["returned"] or None, row["currency"]),
            row["cdr"],
            row["by"],
            common.money_cell(row["gross"], row["currency"]),
            row["difference"] or None,
            ", ".join(_codes(row)) or None,
        )
        for row in found
    ]
    common.table("Payments", columns, rows)
    sentences = {**FINDINGS, **SENTENCES}
    for code in sorted({code for row in found for code in _codes(row)}):
        typer.echo(f"{code}: {sentences[code]}")


def _codes(row: "Mapping[str, Any]") -> list[str]:
    return [*([row["finding"]] if row["finding"] else []), *row["parties"]]


def _print_steps(steps: "Sequence[PaymentStep]") -> None:
    columns = ("event", "status", "state", "amount", "card fee", "chargeback fee", "occurred at",
               "posted on", "because", "why it waits")  # fmt: skip
    rows = [
        (
            row.sequence,
            row.status,
            row.state,
            common.money_cell(row.amount, row.currency),
            row.card_fee,
            row.chargeback_fee,
            row.occurred_at,
            row.posted_on,
            row.because,
            "; ".join(str(refusal) for refusal in row.refusals) or None,
        )
        for row in steps
    ]
    common.table("Events", columns, rows, folds="why it waits")
