"""What tax decisions rest on and will end: registrations, evidence, options, agreed rates.

What is followed by another of its kind has not ended: only the last end of each counts.
"""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import Final, Literal, NamedTuple

from ledger.roaming.agreement import Agreement
from ledger.roaming.entity_documents import EntityDocument
from ledger.vat.options import ResaleOption

EndingKind = Literal["vat_registration", "reseller", "establishment", "resale_option", "override"]

NOTICES: Final = (60, 14)
"""Days before an end on which it is announced: long enough to renew a registration, then again."""
FORGOTTEN_AFTER: Final = timedelta(days=60)
"""How long after its end something is announced as ended: then nobody means to renew it."""


class Ending(NamedTuple):
    """Something that ends: `ends_on` is the first day on which it is no more.

    `key` is its own among all endings, `subject` whose it is, `what` says it in words.
    """

    key: str
    kind: EndingKind
    subject: str
    what: str
    ends_on: date

    def notice_on(self, day: date) -> int | None:
        """Return of which of the NOTICES it is time: the least; None of none.

        >>> ending = Ending("option/DE", "resale_option", "DE", "an option", date(2027, 1, 1))
        >>> [ending.notice_on(date(2026, 11, day)) for day in (1, 2)]
        [None, 60]
        >>> ending.notice_on(date(2026, 12, 18)), ending.notice_on(date(2027, 3, 2))
        (14, None)
        """
        if day >= self.ends_on + FORGOTTEN_AFTER:
            return None
        left = (self.ends_on - day).days
        return min((days for days in NOTICES if left <= days), default=None)


class _Span(NamedTuple):
    name: str
    valid_until: date | None


def _last_ends(spans: Iterable[_Span]) -> Iterator[tuple[str, date]]:
    """Yield each name whose spans all have an end, with the last of them."""
    ends: dict[str, date | None] = {}
    for name, until in spans:
        known = ends.get(name, until)
        ends[name] = None if known is None or until is None else max(known, until)
    for name, until in ends.items():
        if until is not None:
            yield name, until


def endings_of_entity(entity: str, document: EntityDocument) -> Iterator[Ending]:
    """Yield what ends of an entity: registrations and establishments by country, reselling."""
    registrations = (_Span(row.country, row.valid_until) for row in document.vat_registrations)
    for country, until in _last_ends(registrations):
        what = f"VAT registration of {entity} in {country}"
        yield Ending(f"{entity}/vat/{country}", "vat_registration", entity, what, until)
    branches = (_Span(row.country, row.valid_until) for row in document.establishments)
    for country, until in _last_ends(branches):
        what = f"establishment of {entity} in {country}"
        yield Ending(f"{entity}/establishment/{country}", "establishment", entity, what, until)
    if document.dealer_since is None:
        for _, until in _last_ends(_Span("", row.valid_until) for row in document.reseller):
            what = f"evidence that {entity} resells"
            yield Ending(f"{entity}/reseller", "reseller", entity, what, until)


def endings_of_options(
    options: Iterable[ResaleOption], dealers_in: frozenset[str]
) -> Iterator[Ending]:
    """Yield the options of countries in which somebody resells."""
    ends = _last_ends(_Span(row.country, row.valid_until) for row in options)
    for country, until in ends:
        if country in dealers_in:
            what = f"option by which resellers in {country} account for the tax of each other"
            yield Ending(f"option/{country}", "resale_option", country, what, until)


def endings_of_agreement(agreement: Agreement) -> Iterator[Ending]:
    """Yield the agreed rates that end, by country and tax class, of its latest version."""
    if not agreement.versions:
        return
    overrides = agreement.versions[-1].terms.vat.overrides
    spans = (_Span(f"{row.country}/{row.tax_class}", row.valid_until) for row in overrides)
    for name, until in _last_ends(spans):
        country, _, tax_class = name.partition("/")
        what = f"rate agreed for {tax_class} in {country} between {agreement.key}"
        key = f"{agreement.key}/override/{name}"
        yield Ending(key, "override", agreement.key, what, until)
