"""What is registered about a legal entity, and everything that can be wrong with it.

The document of an event grows by optional fields only: what was recorded before there was an
address or dated evidence reads as it was.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import date
from functools import partial
from typing import Literal, get_args

import msgspec

from ledger.roaming.bank_accounts import BankAccount, errors_of_accounts
from ledger.values.countries import alpha_2
from ledger.values.money import currency_of
from ledger.values.reasons import Reason, Refusal, Refused
from ledger.vat.numbers import checked_vat_number
from ledger.vat.parties import VatParty

Purpose = Literal["invoices", "reminders", "operations", "disputes", "technical", "legal"]
PURPOSES: tuple[Purpose, ...] = get_args(Purpose)


class Contact(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where to write about what, in which language (ISO 639-1).

    The log keeps it for ever: a mailbox of a function serves better than a person's.
    """

    name: str
    email: str
    purpose: Purpose
    language: str = "en"


class PostalAddress(msgspec.Struct, frozen=True):
    """An address as it stands on an invoice; `country` is alpha-2."""

    street: str
    postal_code: str
    city: str
    country: str


class Evidence(msgspec.Struct, frozen=True):
    """What proves something: a kind ("VIES", "USt 1 TH"), its reference, and when it was seen."""

    kind: str
    reference: str
    checked_on: date


class VatRegistration(msgspec.Struct, frozen=True, omit_defaults=True):
    """A VAT number in a country, for a span of days (`valid_until` excluded)."""

    country: str
    number: str
    valid_from: date
    valid_until: date | None = None
    evidence: Evidence | None = None

    def covers(self, day: date) -> bool:
        """True on the days of the registration."""
        return _covers(self, day)


class ResellerStatus(msgspec.Struct, frozen=True, omit_defaults=True):
    """Days on which evidence says that the entity buys electricity to sell it on.

    Source: Directive 2006/112/EC Article 38 (2), «taxable dealer»; half-open.
    """

    valid_from: date
    evidence: Evidence
    valid_until: date | None = None

    def covers(self, day: date) -> bool:
        """True on the days that the evidence is good for."""
        return _covers(self, day)


class Establishment(msgspec.Struct, frozen=True, omit_defaults=True):
    """A fixed establishment outside the seat's country, for a span of days (half-open).

    Source: Directive 2006/112/EC Articles 38 and 192a; Implementing Regulation 282/2011 Article 11.
    `is_supplied`: its evidence says that electricity is bought for it, so that a sale to the entity
    is placed there where the charger stands in its country.
    """

    country: str
    valid_from: date
    valid_until: date | None = None
    evidence: Evidence | None = None
    is_supplied: bool = False

    def covers(self, day: date) -> bool:
        """True on the days of the establishment."""
        return _covers(self, day)


class EntityDocument(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is registered about a legal entity, the owner of a book in `currency`.

    `dealer_since` says that it resells without an end and without evidence; `reseller` says it
    with both. Its seat is in `country`; `establishments` are elsewhere. `bank_accounts`: None says
    nothing about them, an empty list that there are none.
    """

    name: str
    country: str
    currency: str
    vat_registrations: tuple[VatRegistration, ...] = ()
    dealer_since: date | None = None
    address: PostalAddress | None = None
    company_number: str | None = None
    reseller: tuple[ResellerStatus, ...] = ()
    invoice_contacts: tuple[Contact, ...] = ()
    bank_accounts: tuple[BankAccount, ...] | None = None
    establishments: tuple[Establishment, ...] = ()

    def resells_on(self, day: date) -> bool:
        """True where evidence says so for the day."""
        since = self.dealer_since
        return (since is not None and since <= day) or any(row.covers(day) for row in self.reseller)

    def expired_on(self, day: date) -> tuple[tuple[int, VatRegistration], ...]:
        """Return, with its place, the last registration of each country that has run out by then.

        A country without any registration has none that could expire.
        """
        valid = {row.country for row in self.vat_registrations if row.covers(day)}
        ended: dict[str, tuple[int, VatRegistration]] = {}
        for place, row in enumerate(self.vat_registrations):
            if row.country not in valid and row.valid_until is not None and row.valid_until <= day:
                known = ended.get(row.country)
                if known is None or (known[1].valid_until or day) <= row.valid_until:
                    ended[row.country] = (place, row)
        return tuple(ended[country] for country in sorted(ended))


def vat_party_of(document: EntityDocument, day: date) -> VatParty:
    """Return what the VAT decision needs to know of an entity on a day.

    Where several registrations of a country are in force, the latest counts. What proves the seat
    is the evidence of the registration there, else that of reselling.
    """
    registered = sorted(
        (row for row in document.vat_registrations if row.covers(day)),
        key=lambda row: row.valid_from,
    )
    numbers = {row.country: row.number for row in registered}
    at_home = [row for row in registered if row.country == document.country]
    resells = max(
        (row for row in document.reseller if row.covers(day)),
        key=lambda row: row.valid_from,
        default=None,
    )
    elsewhere = [row for row in document.establishments if row.covers(day)]
    dealer_evidence = _named(resells.evidence) if resells is not None else ""
    seat_evidence = _named(at_home[-1].evidence) if at_home else ""
    return VatParty(
        established_in=document.country,
        kind="dealer" if document.resells_on(day) else "business",
        numbers=tuple(numbers.items()),
        establishments=tuple(row.country for row in elsewhere),
        supplied_at=tuple(row.country for row in elsewhere if row.is_supplied),
        dealer_evidence=dealer_evidence,
        seat_evidence=seat_evidence or dealer_evidence,
    )


def _named(evidence: Evidence | None) -> str:
    return f"{evidence.kind} {evidence.reference}" if evidence is not None else ""


Span = VatRegistration | ResellerStatus | Establishment


def _covers(span: Span, day: date) -> bool:
    return span.valid_from <= day and (span.valid_until is None or day < span.valid_until)


def errors_of_entity(document: EntityDocument) -> tuple[Refusal, ...]:
    """Return everything that is wrong with a document, each by its path.

    UNKNOWN_CURRENCY, COUNTRY_UNKNOWN, VAT_NUMBER_INVALID, INVALID_DOCUMENT (an end before its
    beginning, an address of mail), MISSING_FIELD, and what `errors_of_accounts` says.
    """
    return tuple(_errors_of(document))


def _errors_of(document: EntityDocument) -> Iterator[Refusal]:
    yield from errors_of_texts("", {"name": document.name})
    yield from _refused("currency", currency_of, document.currency)
    yield from _refused("country", alpha_2, document.country)
    address = document.address
    if address is not None:
        yield from errors_of_texts("address.", msgspec.structs.asdict(address))
        yield from _refused("address.country", alpha_2, address.country)
    for place, row in enumerate(document.vat_registrations):
        path = f"vat_registrations[{place}]"
        check = partial(checked_vat_number, row.country)
        yield from _refused(f"{path}.country", alpha_2, row.country)
        yield from _refused(f"{path}.number", check, row.number)
        yield from _errors_of_span(row, path)
    for place, status in enumerate(document.reseller):
        yield from _errors_of_span(status, f"reseller[{place}]")
    for place, branch in enumerate(document.establishments):
        path = f"establishments[{place}]"
        yield from _refused(f"{path}.country", alpha_2, branch.country)
        if branch.country == document.country:
            at = f"{path}.country"
            yield Refusal(Reason.INVALID_DOCUMENT, at, "not the seat's", branch.country)
        if branch.is_supplied and branch.evidence is None:
            yield Refusal(Reason.MISSING_FIELD, f"{path}.evidence")
        yield from _errors_of_span(branch, path)
    yield from errors_of_contacts(document.invoice_contacts, "invoice_contacts")
    yield from errors_of_accounts(document.bank_accounts or ())


def _refused(path: str, check: Callable[[str], object], text: str) -> Iterator[Refusal]:
    """Yield what a check refuses, at the path where the text stands."""
    try:
        check(text)
    except Refused as refused:
        yield from (msgspec.structs.replace(row, path=path) for row in refused.refusals)


def _errors_of_span(span: Span, path: str) -> Iterator[Refusal]:
    if span.valid_until is not None and span.valid_until <= span.valid_from:
        found = span.valid_until.isoformat()
        yield Refusal(Reason.INVALID_DOCUMENT, f"{path}.valid_until", "after valid_from", found)
    if span.evidence is not None:
        texts = {"kind": span.evidence.kind, "reference": span.evidence.reference}
        yield from errors_of_texts(f"{path}.evidence.", texts)


def errors_of_contacts(contacts: Iterable[Contact], path: str) -> Iterator[Refusal]:
    """Yield what is wrong with contacts: MISSING_FIELD, INVALID_DOCUMENT (email, language)."""
    for place, row in enumerate(contacts):
        at = f"{path}[{place}]"
        yield from errors_of_texts(f"{at}.", {"name": row.name})
        user, _, host = row.email.partition("@")
        if not user or "." not in host or "@" in host or not row.email.isprintable():
            yield Refusal(Reason.INVALID_DOCUMENT, f"{at}.email", "name@host.tld", row.email)
        if len(row.language) != 2 or not row.language.isalpha():
            yield Refusal(Reason.INVALID_DOCUMENT, f"{at}.language", "ISO 639-1", row.language)


def errors_of_texts(path: str, texts: dict[str, str]) -> Iterator[Refusal]:
    """Yield MISSING_FIELD for each text that says nothing."""
    for name, text in texts.items():
        if not text.strip():
            yield Refusal(Reason.MISSING_FIELD, f"{path}{name}")
