"""Which tariff versions price a CDR, and under which ids its periods name them."""

from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

import msgspec

from ledger.application.facts import View
from ledger.application.hashing import hash_of
from ledger.pricing.charge import Charge
from ledger.pricing.tariff import TariffStatement, TariffVersion
from ledger.roaming.legs import TariffUse
from ledger.roaming.statements import CdrStatement
from ledger.roaming.tariff import Tariff
from ledger.roaming.terms import Terms
from ledger.values.identifiers import record_key
from ledger.values.reasons import Reason, Refusal, Refused


class Chosen(NamedTuple):
    """A tariff version that prices a CDR, or one of its periods.

    `known` are the versions of the tariff; the one a CDR brings along itself has number 0.
    """

    key: str
    version: TariffVersion
    instant: datetime
    known: tuple[TariffVersion, ...] = ()

    @property
    def use(self) -> TariffUse:
        """What the event records: the version by its hash, and all that were valid then."""
        return TariffUse(
            self.key,
            self.version.number,
            self.version.content_sha256,
            tuple(row.number for row in self.known if row.covers(self.instant)),
        )


def with_tariffs(
    charge: Charge,
    cdr: CdrStatement,
    terms: Terms,
    seller: str,
    view: View,
    depends_on: list[str],
) -> tuple[Charge, list[Chosen]]:
    """Return the versions that price the CDR, the main one first, and the charge naming them.

    One tariff unless the periods name several; its version is the one valid when the session
    started, or at each period's start where the agreement says so.
    """
    default = cdr.tariffs[0].id if cdr.tariffs else terms.tariffs.wholesale
    named = [period.tariff_id for period in charge.periods]
    if not any(named):
        named = [default] * len(named)
    if not any(named):
        raise Refused(Refusal(Reason.TARIFF_NOT_NAMED, "tariffs"))
    by_period = terms.tariffs.version_at == "charging_period"
    found: dict[tuple[str, int], Chosen] = {}
    priced_by: list[str | None] = []
    for period, tariff_id in zip(charge.periods, named, strict=True):
        if not tariff_id:
            priced_by.append(None)
            continue
        instant = period.started_at if by_period else cdr.start_date_time
        row = _found(seller, tariff_id, instant, cdr, terms, view, depends_on)
        found.setdefault((row.key, row.version.number), row)
        priced_by.append(numbered(row.version).id if by_period else row.version.statement.id)
    if len(found) == 1 and all(named) and not by_period:
        return charge, list(found.values())
    periods = tuple(
        msgspec.structs.replace(period, tariff_id=tariff_id)
        for period, tariff_id in zip(charge.periods, priced_by, strict=True)
    )
    return msgspec.structs.replace(charge, periods=periods), list(found.values())


@lru_cache(maxsize=4096)
def _numbered_id(tariff_id: str, number: int) -> str:
    return f"{tariff_id}#{number}"


def numbered(version: TariffVersion) -> TariffStatement:
    """Return a version under an id of its own, so that two of one tariff can price one charge."""
    statement = version.statement
    return msgspec.structs.replace(statement, id=_numbered_id(statement.id, version.number))


def _found(
    seller: str,
    tariff_id: str,
    instant: datetime,
    cdr: CdrStatement,
    terms: Terms,
    view: View,
    depends_on: list[str],
) -> Chosen:
    """Return the version by the order of truth: the ledger's, or the one the CDR brings along.

    Refuses: TARIFF_MISSING, CURRENCY_DIFFERS; the last source's refusal where none has it.
    """
    key = record_key(seller, tariff_id)
    missing = Refused(Refusal(Reason.TARIFF_MISSING, key))
    for source in terms.truth.tariff:
        try:
            if source == "ledger":
                return valid_version(key, instant, cdr.currency, view, depends_on)
            return _brought_along(key, tariff_id, instant, cdr)
        except Refused as refused:
            missing = refused
    raise missing


def valid_version(
    key: str, instant: datetime, currency: str | None, view: View, depends_on: list[str]
) -> Chosen:
    """Return the version valid at an instant. Refuses: TARIFF_MISSING, CURRENCY_DIFFERS."""
    depends_on.append(f"tariff:{key}")
    tariff = view.find(Tariff, key)
    version = tariff.version_valid_at(instant) if tariff else None
    if tariff is None or version is None:
        raise Refused(
            Refusal(Reason.TARIFF_MISSING, key, f"a version valid at {instant.isoformat()}")
        )
    _refuse_another_currency(version, currency)
    return Chosen(key, version, instant, tariff.versions)


def _brought_along(key: str, tariff_id: str, instant: datetime, cdr: CdrStatement) -> Chosen:
    """Return the tariff inside the CDR. Refuses: TARIFF_MISSING, CURRENCY_DIFFERS."""
    for statement in cdr.tariffs:
        if statement.id.lower() == tariff_id.lower():
            version = TariffVersion(0, hash_of(statement), cdr.last_updated, statement)
            _refuse_another_currency(version, cdr.currency)
            return Chosen(key, version, instant)
    raise Refused(Refusal(Reason.TARIFF_MISSING, key, "a tariff inside the CDR"))


def _refuse_another_currency(version: TariffVersion, currency: str | None) -> None:
    stated = version.statement.currency
    if currency is not None and stated != currency:
        raise Refused(Refusal(Reason.CURRENCY_DIFFERS, "currency", stated, currency))
