"""`clearwatt session import-ocpp`: a log of OCPP messages becomes sessions and drafted CDRs."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from console.cli import common, options
from console.cli.draft_cdr import Publish, send_all
from console.cli.errors import REFUSED

if TYPE_CHECKING:
    from console.drafting.sending import Drafted
    from console.imports.catalogue import Catalogue
    from console.imports.ocpp.mapping import OcppMapping
    from console.imports.ocpp.run import ImportedOcpp

MappingFile = Annotated[
    Path,
    typer.Option(
        "--mapping", metavar="FILE", exists=True, dir_okay=False, help="Plugs, tokens, vendor."
    ),
]


def register(group: typer.Typer) -> None:
    """Add the command of this module to `clearwatt session`."""
    group.command("import-ocpp")(import_log)


def import_log(
    file: options.File,
    *,
    mapping: MappingFile,
    with_facts: options.WithFacts = True,
    publish: Publish = True,
    at: common.At = None,
    as_json: common.Json = False,
) -> None:
    """Publish OCPP 1.6 and 2.0.1 transactions as sessions, each with a CDR drafted from it.

    FILE is JSON Lines. Locations and tariffs are the mapping's, else the ledger's. Every line is
    used, counted or reported; ends with 1 where something was reported.
    """
    from console.imports.ocpp.mapping import load_ocpp_mapping

    known = load_ocpp_mapping(mapping)
    catalogue = _catalogue(known)
    found = _imported(file, known, catalogue)
    facts: tuple[Drafted, ...] = ()
    if with_facts and catalogue is not None:
        facts = (*catalogue.locations, *catalogue.tariffs)
    messages = (*facts, *(message for row in found.rows for message in row.messages))
    if publish and messages:
        send_all(messages, at=common.now(at))
    document = {
        "published": len(messages) if publish else 0,
        "messages": len(messages),
        "transactions": [
            {
                "charge_point": row.charge_point,
                "transaction": row.transaction,
                "line": row.line,
                "session": row.updates[-1].model_dump(mode="json", exclude_none=True),
                "cdr": row.cdr.model_dump(mode="json", exclude_none=True) if row.cdr else None,
            }
            for row in found.rows
        ],
        "still_open": found.still_open,
        "repeated": found.repeated,
        "ignored": found.ignored,
        "problems": found.problems,
    }
    common.show(document, as_json=as_json, people=lambda: _tell(found, len(messages), publish))
    if found.problems:
        raise typer.Exit(REFUSED)


def _catalogue(mapping: "OcppMapping") -> "Catalogue | None":
    """Return the documents that the mapping names, None where it names none."""
    from console.drafting.files import read_catalogue

    if not mapping.locations and not mapping.tariffs:
        return None
    return read_catalogue(mapping.locations, mapping.tariffs)


def _imported(file: Path, mapping: "OcppMapping", catalogue: "Catalogue | None") -> "ImportedOcpp":
    from console.imports.ocpp.run import import_ocpp

    if catalogue is not None:
        from console.drafting.files import FileRegister

        return import_ocpp(file, mapping, FileRegister(catalogue))
    from console.drafting.facts import FactsRegister

    with common.ledger() as ledger:
        ledger.refresh()
        return import_ocpp(file, mapping, FactsRegister(ledger.facts))


def _tell(found: "ImportedOcpp", messages: int, publish: bool) -> None:
    verb = "published" if publish else "would be published"
    cdrs = sum(row.cdr is not None for row in found.rows)
    typer.echo(
        f"{len(found.rows)} transactions, {cdrs} CDRs, {messages} messages {verb};"
        f" {found.still_open} still open."
    )
    ignored = ", ".join(f"{count} {action}" for action, count in sorted(found.ignored.items()))
    if found.repeated or ignored:
        typer.echo(f"{found.repeated} messages sent again; not used: {ignored or 'none'}.")
    if found.problems:
        common.table("Problems", ("line", "code", "at", "got"), found.problems)
