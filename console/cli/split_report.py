"""`clearwatt split report`: who got what by which clause."""

from console.cli import common, options, reports


def report(
    *,
    period: options.PostedIn = None,
    payee: options.Payee = None,
    agreement: options.AgreementVersion = None,
    book: options.Book = None,
    as_of: common.AsOf = None,
    known_at: common.KnownAt = None,
    format: options.Format = None,
    output: options.Output = None,
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
