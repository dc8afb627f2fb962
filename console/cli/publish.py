"""`clearwatt publish TOPIC FILE`: OCPI JSON, JSON Lines or an Avro container to a topic."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from console.cli import common
from console.cli.errors import REFUSED

if TYPE_CHECKING:
    from console.publisher.files import Published
    from console.publisher.producer import Producer

File = Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True)]
Version = Annotated[
    str | None,
    typer.Option("--ocpi-version", help="2.1.1, 2.2.1 or 2.3.0; else the object itself shows it."),
]
Party = Annotated[
    str | None,
    typer.Option(metavar="NL*XYZ", help="The CPO of 2.1.1 objects, which name none."),
]
TimeZone = Annotated[
    str | None,
    typer.Option("--time-zone", metavar="ZONE", help="IANA zone where the object states none."),
]
Sender = Annotated[
    str | None,
    typer.Option(metavar="NL*XYZ", help="Who sends; else the party of each message."),
]
FirstSequence = Annotated[
    int | None,
    typer.Option(
        "--first-sequence", min=1, metavar="N", help="Count the sender's messages from N on."
    ),
]
Raw = Annotated[bool, typer.Option("--raw", help="Send the file's bytes as one message, as is.")]
Key = Annotated[
    str | None, typer.Option(metavar="NL*XYZ", help="The key, with --raw; else the message's own.")
]
KeepOriginal = Annotated[
    bool, typer.Option("--keep-original", help="Carry the partner's own JSON along.")
]


def register(app: typer.Typer) -> None:
    """Add the command of this module."""
    app.command()(publish)


def publish(
    topic: Annotated[str, typer.Argument(help="cdrs, cdrs.v1 or the full name.")],
    file: File,
    *,
    raw: Raw = False,
    key: Key = None,
    sender: Sender = None,
    first_sequence: FirstSequence = None,
    ocpi_version: Version = None,
    party: Party = None,
    time_zone: TimeZone = None,
    keep_original: KeepOriginal = False,
    dry_run: common.DryRun = False,
    at: common.At = None,
    as_json: common.Json = False,
) -> None:
    """Publish a file's messages. A bad record is reported, and those behind it are sent."""
    from console.publisher.files import Reading, Stamp, kind_of, publish_bytes, publish_file
    from schemas import topic_name

    prefix = common.settings().topic_prefix
    kind = kind_of(topic, prefix)
    name = topic_name(prefix, kind)
    stamp = Stamp(sender, common.now(at), first_sequence)
    reading = Reading(ocpi_version, party, time_zone, keep_original)
    if key is not None and not raw:
        raise typer.BadParameter("the key of a message is its party; --key goes with --raw")
    with nullcontext(None) if dry_run else producer() as sends, _progress() as on_record:
        if raw:
            own_key = key.encode() if key else None
            done = publish_bytes(sends, file, topic=name, key=own_key, stamp=stamp)
        else:
            done = publish_file(
                sends,
                kind,
                file,
                topic=name,
                reading=reading,
                stamp=stamp,
                on_record=on_record,
            )
    common.show(done, as_json=as_json, people=lambda: _tell(done, dry_run=dry_run))
    if done.refused:
        raise typer.Exit(REFUSED)


@contextmanager
def producer() -> "Iterator[Producer]":
    """Open a producer on the running broker, with this installation's prefix and registry."""
    from console.publisher.producer import Producer
    from schemas import open_registry

    running = common.services()
    registry = open_registry(running.schema_registry)
    prefix = common.settings().topic_prefix
    with Producer(common.kafka_options(), prefix=prefix, registry=registry) as opened:
        yield opened


@contextmanager
def _progress() -> Iterator[Callable[[int], object]]:
    """Count records on a terminal; a file's number of records is known at its end only."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.completed:,} records"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("")
        yield lambda number: progress.update(task, completed=number)


def _tell(done: "Published", *, dry_run: bool) -> None:
    for row in done.refused:
        typer.echo(f"{row.place}: {row.code}: {row.sentence}", err=True)
    verb = "would be sent to" if dry_run else "sent to"
    refused = f", {len(done.refused)} refused" if done.refused else ""
    typer.echo(f"{done.sent} messages {verb} {done.topic}{refused}")
