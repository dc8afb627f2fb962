"""How sales were shared, which fees were charged on them, and what a true-up decides on."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple, cast

import msgspec

from ledger.settlement.period import Checkpoint
from ledger.settlement.true_up import (
    Clause,
    ClauseFigures,
    ClauseKind,
    ClauseUse,
    SalesVolume,
    TieredCharge,
)
from ledger.settlement.volume import Volume
from projections.database import Connection, query, rows


class SplitRow(NamedTuple):
    """One step of a split, one fee, or what a true-up adds to a clause.

    A reversal has a negated amount and names its event. Only a step has a basis and a rate.
    """

    position: int
    number: int
    cdr: str | None
    kind: str
    leg: int
    place: int
    reverses_position: int | None
    payee: str
    payer: str
    name: str
    clause: str
    agreement_version: str
    basis_kind: str | None
    basis: Decimal | None
    rate: str | None
    fixed: str | None
    bound: str | None
    exact: str
    amount: Decimal
    is_remaining: bool
    currency: str
    posted_period: str
    recorded_at: datetime


class SplitSum(NamedTuple):
    """What a payee gets under a clause of a period's sales, reversals taken off, before tax.

    `amount` is what the CDRs booked and what true-ups added.
    """

    posted_period: str
    payee: str
    payer: str
    agreement_version: str
    clause: str
    currency: str
    cdrs: int
    booked: Decimal
    trued_up: Decimal
    amount: Decimal


class _UseRow(NamedTuple):
    """A part of a clause's use: the numerators of all exact amounts with one denominator."""

    agreement_version: str
    clause: str
    sold: str
    payee: str
    payer: str
    currency: str
    charger_country: str
    denominator: str
    numerator: Decimal
    booked: Decimal


class _ChargeRow(NamedTuple):
    agreement_version: str
    clause: str
    sold: str
    payee: str
    payer: str
    currency: str
    charger_country: str
    rest_version: str | None
    rest_clause: str | None
    rest_sold: str
    rest_payee: str | None
    sale_currency: str
    basis: Decimal
    gross: Decimal
    net: Decimal
    energy_kwh: Decimal
    times: int


class _VolumeRow(NamedTuple):
    agreement: str
    currency: str
    cdrs: int
    energy_kwh: Decimal
    net: Decimal


def split_steps(
    connection: Connection,
    *,
    cdr: str | None = None,
    payee: str | None = None,
    period: str | None = None,
    agreement_version: str | None = None,
    kind: str | None = None,
    locations: list[str] | None = None,
    limit: int | None = None,
) -> list[SplitRow]:
    """Return rows in the order they were recorded; `kind` is step, fee or true_up.

    Of `locations`, keys such as `NL*XYZ/loc1`, there is what CDRs booked: a true-up has no place.
    """
    return rows(
        connection,
        "split_list",
        SplitRow,
        cdr=cdr,
        payee=payee,
        period=period,
        agreement_version=agreement_version,
        kind=kind,
        locations=locations,
        limit=limit,
    )


def split_sums(
    connection: Connection,
    *,
    period: str | None = None,
    payee: str | None = None,
    agreement_version: str | None = None,
    locations: list[str] | None = None,
    book: str | None = None,
    as_of: date | None = None,
    known_at: datetime | None = None,
) -> list[SplitSum]:
    """Return the sums per period, payee, payer, clause of an agreement's version, and currency.

    Of `locations`, they are what CDRs booked: a true-up has no place. Of a `book`, what its
    entity gets or gives.
    """
    filters = {"period": period, "payee": payee, "agreement_version": agreement_version}
    known = {"book": book, "as_of": as_of, "known_at": known_at}
    return rows(connection, "split_sums", SplitSum, **filters, locations=locations, **known)


def clause_uses(connection: Connection, period: str) -> tuple[ClauseUse, ...]:
    """Return what a period's CDRs came to under each clause, exactly and as booked."""
    exact: defaultdict[Clause, Fraction] = defaultdict(Fraction)
    booked: defaultdict[Clause, Decimal] = defaultdict(Decimal)
    for row in rows(connection, "split_clause_uses", _UseRow, period=period):
        clause = _clause(row)
        exact[clause] += Fraction(row.numerator) / Fraction(row.denominator)
        booked[clause] += row.booked
    return tuple(ClauseUse(clause, str(exact[clause]), booked[clause]) for clause in sorted(exact))


def clause_figures(
    connection: Connection,
    period: str,
    uses: tuple[ClauseUse, ...],
    *,
    tiered: Iterable[tuple[str, str]],
    agreements: Iterable[str],
) -> ClauseFigures:
    """Return the figures a true-up decides on.

    Besides the uses of all clauses: the charges under the `tiered` clauses (agreement version and
    clause), and what was sold under `agreements` whose monthly fees depend on it.
    """
    named, sold_under = list(tiered), list(agreements)
    charges: list[_ChargeRow] = []
    sales: list[_VolumeRow] = []
    if named:
        connection.execute(query("split_work_in_memory"))
        versions, clauses = zip(*named, strict=True)
        of = {"period": period, "versions": list(versions), "clauses": list(clauses)}
        charges = rows(connection, "split_tiered_charges", _ChargeRow, **of)
    if sold_under:
        of = {"period": period, "agreements": sold_under}
        sales = rows(connection, "split_sales_volumes", _VolumeRow, **of)
    return ClauseFigures(
        uses,
        tuple(sorted(map(_charge, charges), key=msgspec.json.encode)),
        tuple(
            SalesVolume(row.agreement, row.currency, Volume(row.cdrs, row.energy_kwh, row.net))
            for row in sorted(sales)
        ),
    )


def clause_checkpoint(connection: Connection, figures: ClauseFigures) -> Checkpoint:
    """Return the read model's position with the hash of figures read on the same connection."""
    found = connection.execute(query("positions"), {"names": ["split"]}).fetchall()
    return Checkpoint("split", found[0][1], figures.sha256)


def _clause(row: _UseRow | _ChargeRow) -> Clause:
    return Clause(
        row.agreement_version,
        row.clause,
        cast("ClauseKind", row.sold),
        row.payee,
        row.payer,
        row.currency,
        row.charger_country,
    )


def _charge(row: _ChargeRow) -> TieredCharge:
    rest = None
    if row.rest_version is not None:
        rest = Clause(
            row.rest_version,
            row.rest_clause or "",
            cast("ClauseKind", row.rest_sold),
            row.rest_payee or "",
            row.payer,
            row.sale_currency,
            row.charger_country,
        )
    return TieredCharge(
        clause=_clause(row),
        rest=rest,
        sale_currency=row.sale_currency,
        basis=row.basis,
        gross=row.gross,
        net=row.net,
        energy_kwh=row.energy_kwh,
        count=row.times,
    )
