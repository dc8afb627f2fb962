"""Arguments and options that several commands have: of books and reports, of records, of a charge.

What most commands have, such as `--json` and `--as`, is in `common`, sites are in `site_filter`.
"""

from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Final

import typer

from console.cli import common
from console.cli.quantities import quantity

FORMATS: Final = ("table", "json", "csv", "xlsx")

Format = Annotated[
    str | None,
    typer.Option(
        "--format",
        metavar="FORMAT",
        help=f"One of {', '.join(FORMATS)}; by default as the output file is named, else a table.",
    ),
]
Output = Annotated[
    Path | None,
    typer.Option("--output", metavar="FILE", dir_okay=False, help="Write it to a file."),
]
Chart = Annotated[
    str | None,
    typer.Option(
        "--chart",
        metavar="NAME|FILE",
        help="With numbers and names of a chart: datev-skr03, …, or a file of one's own.",
    ),
]
Limit = Annotated[int, typer.Option(min=1, help="At most so many.")]

Book = Annotated[str | None, typer.Option(metavar="BOOK", help="Of one legal entity's book.")]
Account = Annotated[str | None, typer.Option(metavar="ACCOUNT", help="Of one account.")]
Rule = Annotated[
    str | None, typer.Option(metavar="RULE", help="By one rule, such as charging_sold.")
]
Month = Annotated[
    str | None, typer.Option(parser=common.month, metavar="MONTH", help="Such as 2026-10.")
]
PostedIn = Annotated[str | None, typer.Option(metavar="PERIOD", help="Posted in it.")]
PostedFrom = Annotated[
    date | None,
    typer.Option("--from", parser=common.day, metavar="DATE", help="Posted on it or later."),
]
PostedUntil = Annotated[
    date | None,
    typer.Option("--until", parser=common.day, metavar="DATE", help="Posted before it."),
]

Agreement = Annotated[
    str | None, typer.Option(metavar="KEY[#N]", help="Under an agreement, or one version.")
]
AgreementVersion = Annotated[
    str | None, typer.Option(metavar="KEY#N", help="Under one agreement's version.")
]
Payee = Annotated[str | None, typer.Option(metavar="PARTY", help="Of one payee.")]
Cpo = Annotated[str | None, typer.Option(metavar="PARTY", help="Of one CPO.")]
DeclaredTo = Annotated[
    str | None, typer.Option(metavar="CC", help="The country that it is declared to, such as DE.")
]

AsItWas = Annotated[
    datetime | None,
    typer.Option(
        "--as-of", parser=common.instant, metavar="DATE|INSTANT", help="As it was then; now."
    ),
]
FromThenOn = Annotated[
    datetime | None,
    typer.Option("--from", parser=common.instant, metavar="INSTANT", help="From then on; now."),
]
Why = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why; it is recorded.")]

CdrId = Annotated[str, typer.Argument(metavar="CDR", help="Party and id, such as NL*XYZ/CDR-0001.")]
File = Annotated[Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False)]
Documents = Annotated[
    Path, typer.Argument(metavar="FILE|FOLDER", exists=True, help="YAML or JSON documents.")
]
PartyOf211 = Annotated[
    str | None,
    typer.Option("--party", metavar="PARTY", help="The CPO of a 2.1.1 file, which names none."),
]
WithFacts = Annotated[bool, typer.Option(help="Publish the mapping's locations and tariffs first.")]
Picture = Annotated[
    Path | None, typer.Option(metavar="FILE", dir_okay=False, help="Draw it as an SVG file.")
]

Kwh = Annotated[Decimal, typer.Option(parser=quantity, metavar="KWH", help="Energy charged.")]
Minutes = Annotated[int, typer.Option(min=1, help="How long it charges.")]
Start = Annotated[
    datetime, typer.Option(parser=common.instant, metavar="INSTANT", help="When it starts.")
]
ParkingMinutes = Annotated[int, typer.Option(min=0, help="How long it stays connected afterwards.")]
