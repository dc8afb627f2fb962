"""`clearwatt cdr credit|adjust|credit-documents`: give money back, and say so in OCPI."""

from decimal import Decimal
from typing import Annotated

import typer

from console.cli import common, options
from console.cli.choosing import amount as exact
from console.cli.choosing import record_of
from console.cli.document_errors import refuse_unless_one_of
from console.cli.effects import show_effects

Why = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why: it is recorded.")]


def register(cdr: typer.Typer) -> None:
    """Add the commands of this module to the group."""
    cdr.command("credit")(credit)
    cdr.command("adjust")(adjust)
    cdr.command("credit-documents")(credit_documents)


def credit(
    which: options.CdrId,
    *,
    reason: Why = "",
    dry_run: common.DryRun = False,
    actor: common.As = None,
    at: common.At = None,
    as_json: common.Json = False,
) -> None:
    """Credit a CDR in full: what was booked for it is reversed to the last digit."""
    from ledger.application.control import credit_cdr

    by = common.acting(actor, at)
    with common.ledger() as ledger:
        effect = credit_cdr(ledger, record_of(which), reason=reason, by=by, dry_run=dry_run)
    show_effects([effect], dry_run=dry_run, as_json=as_json)


def adjust(
    which: options.CdrId,
    *,
    amount: Annotated[
        Decimal,
        typer.Option(
            parser=exact, metavar="AMOUNT", help="What is given back, tax included, as the CDR's."
        ),
    ],
    to: Annotated[
        str, typer.Option(metavar="buyer|driver", help="Who gets it: the eMSP, or its driver.")
    ] = "buyer",
    reason: Why = "",
    dry_run: common.DryRun = False,
    actor: common.As = None,
    at: common.At = None,
    as_json: common.Json = False,
) -> None:
    """Give back a part of a CDR, gross, in its currency: OCPI itself credits in full only.

    To the driver the eMSP gives back a part of its own retail sale; the CPO is paid as before.
    """
    from ledger.application.control import adjust_cdr
    from ledger.application.driver_refunds import refund_driver

    refuse_unless_one_of("--to", to, ("buyer", "driver"))
    by, key = common.acting(actor, at), record_of(which)
    give = refund_driver if to == "driver" else adjust_cdr
    with common.ledger() as ledger:
        effect = give(ledger, key, amount=amount, reason=reason, by=by, dry_run=dry_run)
    show_effects([effect], dry_run=dry_run, as_json=as_json)


def credit_documents(
    which: options.CdrId, *, actor: common.As = None, at: common.At = None
) -> None:
    """Print what a credit or an adjustment is in OCPI, as JSON: a credit CDR for the whole, and
    where a part was given back the CDR that takes the original's place.

    It needs an actor with the role operations or finance: it shows personal data.
    """
    from console.drafting.credits import outward_documents
    from ledger.application.facts import View
    from ledger.application.permissions import require_role

    by = common.acting(actor, at)
    with common.ledger() as ledger:
        ledger.refresh()
        require_role(View(ledger.facts), by, "operations", "finance")
        sent = outward_documents(ledger, record_of(which), at=by.at)
    for document in (sent.credit, sent.replacing):
        if document is not None:
            typer.echo(document.model_dump_json(exclude_none=True))
