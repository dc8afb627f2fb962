"""What a version of an agreement must not be beside everything else that is registered.

Asked once for a command, however many versions it is about: calendars and payments of all
agreements are gone through the first time, and what a command adds is added.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from ledger.application.facts import View
from ledger.application.party_states import refuse_expired_registrations
from ledger.roaming.agreement import Agreement
from ledger.roaming.agreement_version import AgreementVersion
from ledger.roaming.party import Party
from ledger.values.identifiers import checked_party
from ledger.values.reasons import Reason, Refusal, Refused


class Payment(NamedTuple):
    """Who pays whom a part of a sale, at which locations (None: wherever it sells)."""

    payer: str
    payee: str
    locations: frozenset[str] | None
    agreement: str
    version: AgreementVersion
    path: str


class AgreementRegister:
    """All agreements as a command sees them."""

    def __init__(self, view: View) -> None:
        self._view = view
        self._zones: dict[str, str] = {}
        self._payments: dict[str, list[Payment]] = {}
        for row in view.periods.values():
            self._zones.setdefault(row.key.partition("/")[0], row.time_zone)
        for agreement in view.each_of(Agreement):
            for version in agreement.versions:
                self.add(agreement.key, version)

    def add(self, key: str, version: AgreementVersion) -> None:
        """Know a version from now on."""
        calendar = version.terms.calendar
        self._zones.setdefault(calendar.group, calendar.time_zone)
        for payment in _payments_of(key, version):
            self._payments.setdefault(payment.payer, []).append(payment)

    def errors_of(
        self, key: str, version: AgreementVersion, *, at: datetime, is_approval: bool
    ) -> list[Refusal]:
        """Return what is wrong with a version beside the others; on approval, parties must trade.

        Codes: WRONG_IDENTIFIER, PARTY_UNKNOWN, PAYEE_UNKNOWN, PARTY_NOT_ACTIVE,
        REGISTRATION_EXPIRED, AGREEMENT_CIRCULAR, TIME_ZONE_DIFFERS.
        """
        found = [*self._errors_of_parties(key, version, at, is_approval=is_approval)]
        if is_approval and not found:
            found.extend(self._expired(key, version, at))
        found.extend(errors_of_flow(key, version))
        found.extend(self._circles(key, version))
        calendar = version.terms.calendar
        zone = self._zones.get(calendar.group, calendar.time_zone)
        if zone != calendar.time_zone:
            found.append(
                Refusal(
                    Reason.TIME_ZONE_DIFFERS,
                    "calendar.time_zone",
                    f"{zone}, that of the group {calendar.group}",
                    calendar.time_zone,
                )
            )
        return found

    def _errors_of_parties(
        self, key: str, version: AgreementVersion, at: datetime, *, is_approval: bool
    ) -> Iterator[Refusal]:
        seller, buyer = key.split(">")
        named = {"parties.seller": seller, "parties.buyer": buyer}
        named |= {f"{path}.payee": payee for path, payee in version.payees.items()}
        in_force_at = max(at, version.valid_from)
        for path, party in named.items():
            try:
                spelled = checked_party(party)
            except Refused:
                yield Refusal(Reason.WRONG_IDENTIFIER, path, "NL*XYZ", party)
                continue
            known = self._view.find(Party, spelled)
            if spelled != party:
                yield Refusal(Reason.WRONG_IDENTIFIER, path, spelled, party)
            elif known is None:
                is_payee = not path.startswith("parties.")
                code = Reason.PAYEE_UNKNOWN if is_payee else Reason.PARTY_UNKNOWN
                yield Refusal(code, path, "a registered party", party)
            elif is_approval and (state := known.state_at(in_force_at).state) != "active":
                yield Refusal(Reason.PARTY_NOT_ACTIVE, path, f"{party} active", state)

    def _expired(self, key: str, version: AgreementVersion, at: datetime) -> tuple[Refusal, ...]:
        """Return whose VAT registration has run out when the version comes into force."""
        in_force_at = max(version.valid_from, at)
        if version.valid_until is not None:
            in_force_at = min(in_force_at, version.valid_until)
        named = dict.fromkeys((*key.split(">"), *version.payees.values()))
        try:
            refuse_expired_registrations(self._view, named, in_force_at.date())
        except Refused as refused:
            return refused.refusals
        return ()

    def _circles(self, key: str, version: AgreementVersion) -> Iterator[Refusal]:
        """Follow what each payee passes on at the same locations in the same time."""
        for payment in _payments_of(key, version):
            way = self._way_back(payment)
            if way:
                circle = " > ".join((payment.payer, *way))
                yield Refusal(Reason.AGREEMENT_CIRCULAR, payment.path, "an end", circle)

    def _way_back(self, first: Payment) -> list[str]:
        """Return the parties from the payee back to the payer; none where no way leads back."""
        seen: set[str] = set()
        ways: list[list[Payment]] = [[first]]
        while ways:
            way = ways.pop()
            if way[-1].payee == first.payer:
                return [row.payee for row in way]
            if way[-1].payee in seen:
                continue
            seen.add(way[-1].payee)
            further = self._payments.get(way[-1].payee, ())
            ways.extend([*way, row] for row in further if _meet(first, row))
        return []


def errors_of_flow(key: str, version: AgreementVersion) -> Iterator[Refusal]:
    """Say where somebody would pay themselves: AGREEMENT_CIRCULAR."""
    seller, buyer = key.split(">")
    if seller == buyer and version.terms.flow != "ad_hoc":
        yield Refusal(Reason.AGREEMENT_CIRCULAR, "parties.buyer", f"another than {seller}", buyer)
    for place, fee in enumerate(version.terms.fees):
        payer = seller if fee.payer == "seller" else buyer
        if fee.payee == payer:
            yield Refusal(
                Reason.AGREEMENT_CIRCULAR, f"fees[{place}].payee", f"another than {payer}", payer
            )


def _payments_of(key: str, version: AgreementVersion) -> Iterator[Payment]:
    """Yield who pays whom by the steps of a split; what the payer keeps is no payment."""
    seller, buyer = key.split(">")
    terms = version.terms
    payer = seller if terms.flow == "roaming" else buyer
    everywhere = None if terms.flow != "share" else frozenset(terms.split.locations)
    for place, step in enumerate(terms.split.steps):
        if step.payee == payer:
            continue
        where = frozenset(step.audience.locations) or everywhere
        named = None if where is None else frozenset(row.lower() for row in where)
        yield Payment(payer, step.payee, named, key, version, f"split.steps[{place}].payee")


def _meet(first: Payment, other: Payment) -> bool:
    """True where two payments have a location and an instant in common; not of one agreement."""
    if first.agreement == other.agreement:
        return False
    at_same_place = (
        first.locations is None
        or other.locations is None
        or not first.locations.isdisjoint(other.locations)
    )
    until = first.version.valid_until
    return at_same_place and other.version.overlaps(first.version.valid_from, until)
