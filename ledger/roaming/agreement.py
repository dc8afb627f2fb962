"""Agreements: versioned terms between a seller and a buyer, agreed by two people."""

from datetime import datetime
from fractions import Fraction

import msgspec
from eventsourcing.domain import event

from ledger.roaming.terms import Fee, Refunds, SplitShare, Terms
from ledger.values.aggregate import LedgerAggregate
from ledger.values.identifiers import record_key
from ledger.values.instants import zone_of
from ledger.values.money import currency_of
from ledger.values.provenance import Provenance
from ledger.values.reasons import Reason, Refusal, Refused


class AgreementVersion(msgspec.Struct, frozen=True):
    """One version of an agreement: half-open validity and the whole terms."""

    number: int
    valid_from: datetime
    valid_until: datetime | None
    terms: Terms

    def covers(self, instant: datetime) -> bool:
        """True within the half-open validity."""
        return self.valid_from <= instant and (
            self.valid_until is None or instant < self.valid_until
        )


class Agreement(LedgerAggregate):
    """What `seller` and `buyer` agreed; its key is `NL*XYZ>DE*EMP`."""

    KIND = "agreement"
    KEY_FIELD = "agreement"
    IS_SHARED_FACT = True

    versions: tuple[AgreementVersion, ...]

    def begin(self) -> None:
        self.versions = ()

    @property
    def seller(self) -> str:
        """The party that sells under this agreement."""
        return self.key.split(">")[0]

    @property
    def buyer(self) -> str:
        """The party that buys under this agreement."""
        return self.key.split(">")[1]

    @property
    def parties(self) -> frozenset[str]:
        """Seller, buyer and every payee that any version names."""
        payees = {fee.payee for row in self.versions for fee in row.terms.fees}
        payees |= {share.payee for row in self.versions for share in row.terms.split.shares}
        return frozenset({self.seller, self.buyer, *payees})

    @property
    def shared_locations(self) -> frozenset[str]:
        """Keys of the locations whose sales any version shares, or shared before."""
        places = {place for row in self.versions for place in row.terms.split.locations}
        return frozenset(record_key(self.buyer, place) for place in places)

    def agree(
        self,
        terms: Terms,
        *,
        valid_from: datetime,
        valid_until: datetime | None,
        author: str,
        approver: str,
        provenance: Provenance,
    ) -> None:
        """Record a version, written by one person and approved by another.

        A version ends where the next begins. Refuses: SECOND_PERSON_REQUIRED, INVALID_DOCUMENT,
        SPLIT_NOT_WHOLE, VALIDITY_OVERLAPS, UNKNOWN_CURRENCY; all errors at once.
        """
        refusals = [*_errors_of(terms)]
        if author == approver:
            refusals.append(Refusal(Reason.SECOND_PERSON_REQUIRED, "approver", actual=approver))
        if valid_until is not None and valid_until <= valid_from:
            refusals.append(Refusal(Reason.INVALID_DOCUMENT, "valid_until", "after valid_from"))
        same = [row for row in self.versions if row.valid_from == valid_from]
        if same and same[-1].terms == terms and same[-1].valid_until == valid_until:
            return
        if same:
            refusals.append(
                Refusal(Reason.VALIDITY_OVERLAPS, "valid_from", actual=valid_from.isoformat())
            )
        if refusals:
            raise Refused(*refusals)
        self._record_version(
            agreement=self.key,
            version=AgreementVersion(len(self.versions) + 1, valid_from, valid_until, terms),
            author=author,
            approver=approver,
            provenance=provenance,
        )

    @event("Agreed", topic="agreement.agreed.v3")
    def _record_version(
        self,
        agreement: str,
        version: AgreementVersion,
        author: str,
        approver: str,
        provenance: Provenance,
    ) -> None:
        self.versions = (*self.versions, version)

    def version_valid_at(self, instant: datetime) -> AgreementVersion | None:
        """Return the version in force: of those that cover the instant, the one that began last."""
        covering = [version for version in self.versions if version.covers(instant)]
        return max(covering, key=lambda version: version.valid_from, default=None)


def fraction_of(text: str) -> Fraction:
    """Read an exact rational: "3/20" or "0.15". Refuses: INVALID_DOCUMENT.

    >>> fraction_of("3/20") == fraction_of("0.15")
    True
    """
    try:
        return Fraction(text)
    except (ValueError, ZeroDivisionError):
        raise Refused(Refusal(Reason.INVALID_DOCUMENT, "rate", "3/20", text)) from None


def _errors_of(terms: Terms) -> list[Refusal]:
    refusals: list[Refusal] = []
    for index, fee in enumerate(terms.fees):
        refusals.extend(_errors_of_fee(fee, f"terms.fees[{index}]"))
    refusals.extend(_errors_of_shares(terms.split.shares))
    refusals.extend(_errors_of_refunds(terms.refunds))
    try:
        zone_of(terms.calendar.time_zone)
    except Refused as refused:
        refusals.extend(refused.refusals)
    return refusals


def _errors_of_fee(fee: Fee, path: str) -> list[Refusal]:
    if fee.basis == "net":
        if fee.rate is None or fee.amount is not None:
            return [Refusal(Reason.INVALID_DOCUMENT, path, "a rate and no amount")]
        return _errors_of_rate(fee.rate, f"{path}.rate")
    if fee.amount is None or fee.currency is None or fee.rate is not None:
        return [Refusal(Reason.INVALID_DOCUMENT, path, "an amount, a currency and no rate")]
    try:
        currency_of(fee.currency)
    except Refused as refused:
        return list(refused.refusals)
    if fee.amount < 0:
        return [Refusal(Reason.INVALID_DOCUMENT, f"{path}.amount", "0 or more", str(fee.amount))]
    return []


def _errors_of_refunds(refunds: Refunds) -> list[Refusal]:
    if (refunds.rule == "partial") != (refunds.part is not None):
        return [Refusal(Reason.INVALID_DOCUMENT, "terms.refunds.part", "where refunds are partial")]
    return _errors_of_rate(refunds.part, "terms.refunds.part") if refunds.part else []


def _errors_of_rate(rate: str, path: str) -> list[Refusal]:
    try:
        fraction = fraction_of(rate)
    except Refused as refused:
        return list(refused.refusals)
    if not 0 <= fraction <= 1:
        return [Refusal(Reason.INVALID_DOCUMENT, path, "between 0 and 1", rate)]
    return []


def _errors_of_shares(shares: tuple[SplitShare, ...]) -> list[Refusal]:
    """Shares sum to exactly one, or exactly one payee takes what remains."""
    if not shares:
        return []
    refusals: list[Refusal] = []
    total = Fraction(0)
    for index, share in enumerate(shares):
        path = f"terms.split.shares[{index}]"
        if share.remaining == (share.rate is not None):
            refusals.append(Refusal(Reason.INVALID_DOCUMENT, path, "a rate or remaining"))
        elif share.rate is not None:
            errors = _errors_of_rate(share.rate, f"{path}.rate")
            refusals.extend(errors)
            total += fraction_of(share.rate) if not errors else 0
    takers = sum(share.remaining for share in shares)
    if takers > 1 or (takers == 0 and total != 1) or total > 1:
        refusals.append(
            Refusal(Reason.SPLIT_NOT_WHOLE, "terms.split.shares", "1 or one remaining", str(total))
        )
    return refusals
