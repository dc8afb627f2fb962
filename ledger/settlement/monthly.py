"""Monthly fees: owed once in a settlement period, at its close, with or without charges."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from fractions import Fraction

from ledger.roaming.agreement import Agreement
from ledger.roaming.agreement_version import AgreementVersion
from ledger.roaming.clauses import Fee, clause_name
from ledger.settlement.true_up import Clause, Owed, SalesVolume, rounded
from ledger.settlement.volume import Volume, flat_price
from ledger.values.money import ZERO

_NO_SALES = Volume(0, ZERO, ZERO)


def version_for(
    agreement: Agreement, begins_at: datetime, ends_at: datetime
) -> AgreementVersion | None:
    """Return the version whose monthly fees a period owes: the last one in force in it."""
    covering = [row for row in agreement.versions if row.overlaps(begins_at, ends_at)]
    return max(covering, key=lambda row: (row.valid_from, row.number), default=None)


def monthly_fees(
    agreements: Iterable[Agreement],
    *,
    group: str,
    begins_at: datetime,
    ends_at: datetime,
    sales: Iterable[SalesVolume],
    before: Mapping[Clause, Decimal],
) -> list[Owed]:
    """Return the monthly fees of a period of the calendar `group`, in the order of the clauses.

    A fee with tiers is priced by what the agreement sold in the fee's currency.
    """
    sold = {(row.agreement, row.currency): row.volume for row in sales}
    found = []
    for agreement in agreements:
        version = version_for(agreement, begins_at, ends_at)
        if version is None or version.terms.calendar.group != group:
            continue
        for place, fee in _monthly(version):
            payer = agreement.seller if fee.payer == "seller" else agreement.buyer
            if payer == fee.payee:
                continue
            volume = sold.get((agreement.key, fee.currency or ""), _NO_SALES)
            clause = Clause(
                agreement_version=f"{agreement.key}#{version.number}",
                clause=clause_name("fees", place, fee.name),
                kind="fee",
                payee=fee.payee,
                payer=payer,
                currency=fee.currency or "",
                charger_country=payer[:2],
            )
            exact = Fraction(_price(fee, volume))
            owed = rounded(exact, clause.currency, version.terms.rounding)
            past = before.get(clause, ZERO)
            found.append(Owed(clause, exact, owed, ZERO, past, volume if fee.tiers else None))
    return sorted(found, key=lambda row: row.clause)


def tiered_monthly(agreements: Iterable[Agreement]) -> list[str]:
    """Return the keys of the agreements whose monthly fees depend on what was sold."""
    return [
        agreement.key
        for agreement in agreements
        if any(fee.tiers for version in agreement.versions for _, fee in _monthly(version))
    ]


def _monthly(version: AgreementVersion) -> Iterator[tuple[int, Fee]]:
    for place, fee in enumerate(version.terms.fees):
        if fee.basis == "per_month":
            yield place, fee


def _price(fee: Fee, volume: Volume) -> Decimal:
    if fee.tiers is not None:
        return flat_price(fee.tiers, volume.by(fee.tiers.by))
    return fee.amount or ZERO
