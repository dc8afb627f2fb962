"""`clearwatt split report`: who got what by which clause."""

from typing import Annotated

import typer

from console.cli import common, reports


def report(
    *,
    period: Annotated[str | None, typer.Option(metavar="PERIOD", help="Posted in it.")] = None,
    payee: Annotated[str | None, typer.Option(metavar="PARTY", help="Of one payee.")] = None,
    agreement: Annotated[
        str | None, typer.Option(metavar="KEY#N", help="Under one agreement's version.")
    ] = None,
    book: reports.Book = None,
    as_of: common.AsOf = None,
    known_at: common.KnownAt = None,
    format: reports.Format = None,
    output: reports.Output = None,
    as_json: common.Json = False,
) -> None:
    """Sum up what each clause gave to whom, and what each payee got in all.

    Of one book, what its legal entity gets or gives.
    """
    from console.reports.shares import share_report
    from projections.queries.split import split_sums

    with reports.books(book) as connection:
        found = split_sums(
            connection,
            period=period,
            payee=payee.upper() if payee else None,
            agreement_version=agreement,
            book=book,
            as_of=as_of,
            known_at=known_at,
        )
        said = reports.rests_on(
            connection, period=period, book=book, as_of=as_of, known_at=known_at
        )
    reports.show(share_report(found, said), format, output, as_json=as_json)
