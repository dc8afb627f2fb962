"""All commands of `clearwatt`, one line per group, and how the process ends.

Exit codes: 0 done, 1 refused or a check failed, 2 usage, 3 a service is missing or unreachable.
"""

import sys

import typer

from console.cli import (
    accounts,
    agreements,
    api,
    bench,
    books,
    cdrs,
    checks,
    control,
    demo,
    disputes,
    exceptions,
    fx,
    launch,
    locations,
    move_in,
    parties,
    payments,
    periods,
    processes,
    publish,
    quality,
    services,
    sessions,
    split,
    suspense,
    tariffs,
    templates,
    vat,
)
from console.cli.errors import ending_of, help_asked_for, wants_traceback

app = typer.Typer(
    name="clearwatt",
    help="The settlement and clearing ledger of EV-charging roaming.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    add_completion=False,
)

services.register(app)
publish.register(app)
processes.register(app)
sessions.register(app)
tariffs.register(app)
templates.register(app)
move_in.register(app)
exceptions.register(app)
parties.register(app)
locations.register(app)
checks.register(app)
disputes.register(app)
payments.register(app)
agreements.register(app)
cdrs.register(app)
quality.register(app)
books.register(app)
accounts.register(app)
split.register(app)
suspense.register(app)
fx.register(app)
periods.register(app)
control.register(app)
launch.register(app)
api.register(app)
demo.register(app)
vat.register(app)
bench.register(app)


def main() -> None:
    """Run a command; whatever it raises ends as one sentence with a code, see `errors`."""
    try:
        sys.exit(app(standalone_mode=False))
    # Every error has to end as a sentence; a defect is named as one, and CLEARWATT_DEBUG shows it.
    except Exception as error:
        if wants_traceback():
            raise
        ending = ending_of(error)
        typer.echo(help_asked_for(error) or ending.line, err=True)
        sys.exit(ending.exit_code)
