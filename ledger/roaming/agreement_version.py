"""A version of an agreement, the draft it was, and the spans in which an agreement rests."""

from datetime import datetime

import msgspec

from ledger.roaming.terms import Terms
from ledger.values.identifiers import record_key


class TemplateUse(msgspec.Struct, frozen=True, gc=False):
    """The template an agreement was made from, and what was put into its holes, by name."""

    name: str
    parameters: tuple[tuple[str, str], ...] = ()


class AgreementVersion(msgspec.Struct, frozen=True, omit_defaults=True):
    """One version of an agreement: half-open validity and the whole terms.

    `number` is 0 while nobody has approved it. `correction` says why it replaces what was agreed
    before for a time that began already; `gap_intended` that a time without terms before or after
    it is meant.
    """

    number: int
    valid_from: datetime
    valid_until: datetime | None
    terms: Terms
    template: TemplateUse | None = None
    correction: str = ""
    gap_intended: bool = False

    def covers(self, instant: datetime) -> bool:
        """True within the half-open validity."""
        return self.valid_from <= instant and (
            self.valid_until is None or instant < self.valid_until
        )

    def overlaps(self, since: datetime, until: datetime | None) -> bool:
        """True where the validity has an instant in common with the half-open span.

        >>> from datetime import UTC
        >>> may, june, july = (datetime(2026, month, 1, tzinfo=UTC) for month in (5, 6, 7))
        >>> AgreementVersion(1, may, june, Terms()).overlaps(june, july)
        False
        """
        begins_before = until is None or self.valid_from < until
        return begins_before and (self.valid_until is None or since < self.valid_until)

    @property
    def payees(self) -> dict[str, str]:
        """Whom the clauses pay: the path of each fee and step, and its payee."""
        fees = {f"fees[{place}]": fee.payee for place, fee in enumerate(self.terms.fees)}
        steps = self.terms.split.steps
        return fees | {f"split.steps[{place}]": step.payee for place, step in enumerate(steps)}

    def shared_locations(self, of: str) -> frozenset[str]:
        """Return the keys of the locations whose sales a share agreement shares, of a CPO."""
        if self.terms.flow != "share":
            return frozenset()
        return frozenset(record_key(of, place) for place in self.terms.split.locations)


class Draft(msgspec.Struct, frozen=True):
    """A version that one person wrote and another one may approve."""

    number: int
    version: AgreementVersion
    document_sha256: str
    author: str


class Suspension(msgspec.Struct, frozen=True):
    """A span in which nothing is settled under an agreement; half-open, open while it lasts."""

    suspended_from: datetime
    reason: str
    resumed_from: datetime | None = None

    def covers(self, instant: datetime) -> bool:
        """True for what starts in the suspension."""
        return self.suspended_from <= instant and (
            self.resumed_from is None or instant < self.resumed_from
        )
