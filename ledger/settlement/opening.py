"""The opening of a book: its balances on the day it moved in, submitted and approved by two people.

    submitted -> imported -> reversal proposed -> reversed -> submitted ...

What is imported is never edited: a wrong opening is reversed, and another one imported.
"""

from datetime import date

import msgspec
from eventsourcing.domain import event

from ledger.books.entries import reversal_of
from ledger.values.aggregate import LedgerAggregate
from ledger.values.entries import Entry
from ledger.values.provenance import Provenance
from ledger.values.reasons import Reason, Refusal, Refused


class Opening(msgspec.Struct, frozen=True):
    """A book's balances on a day, as entries, and the file they come from (hash of its bytes)."""

    posted_on: date
    entries: tuple[Entry, ...]
    source: str
    source_sha256: str

    @property
    def accounting_month(self) -> str:
        """The month in which it is booked, such as 2026-09."""
        return self.posted_on.isoformat()[:7]


class BookOpening(LedgerAggregate):
    """The opening of one book; its key is the book's, `xyz-bv`.

    `draft` waits for a second person, `opening` is imported; `reversal_by` proposed to reverse it.
    """

    KIND = "opening"
    KEY_FIELD = "book"
    IS_SHARED_FACT = True

    draft: Opening | None
    author: str
    opening: Opening | None
    reversal_by: str

    def begin(self) -> None:
        self.draft = self.opening = None
        self.author = self.reversal_by = ""

    def submit(self, opening: Opening, *, provenance: Provenance) -> bool:
        """Propose an opening in place of any that waits; False where it says nothing new.

        Refuses: OPENING_EXISTS where another one is imported.
        """
        if self.opening is not None:
            self._refuse_another(opening, self.opening)
            return False
        if opening == self.draft:
            return False
        self._record_submission(book=self.key, opening=opening, provenance=provenance)
        return True

    def approve(self, *, visible_to: tuple[str, ...], provenance: Provenance) -> Opening:
        """Book what another person submitted. Refuses: NOT_FOUND, SECOND_PERSON_REQUIRED."""
        if self.draft is None:
            raise Refused(Refusal(Reason.NOT_FOUND, "opening", "one that waits", self.key))
        if self.author == provenance.actor:
            raise Refused(
                Refusal(Reason.SECOND_PERSON_REQUIRED, "as", f"not {self.author}", self.author)
            )
        draft = self.draft
        self._record_import(
            book=self.key,
            opening=draft,
            author=self.author,
            visible_to=visible_to,
            provenance=provenance,
        )
        return draft

    def reverse(
        self,
        *,
        posted_on: date,
        reason: str,
        visible_to: tuple[str, ...],
        provenance: Provenance,
    ) -> bool:
        """Take the opening back: the first person proposes it (False), another one does it (True).

        Refuses: NOT_FOUND, REASON_MISSING, SECOND_PERSON_REQUIRED.
        """
        if not reason.strip():
            raise Refused(Refusal(Reason.REASON_MISSING, "reason"))
        if self.opening is None:
            raise Refused(Refusal(Reason.NOT_FOUND, "opening", "one that is imported", self.key))
        if not self.reversal_by:
            self._record_proposal(book=self.key, reason=reason, provenance=provenance)
            return False
        if self.reversal_by == provenance.actor:
            by = self.reversal_by
            raise Refused(Refusal(Reason.SECOND_PERSON_REQUIRED, "as", f"not {by}", by))
        self._record_reversal(
            book=self.key,
            reversal=tuple(reversal_of(entry) for entry in self.opening.entries),
            posted_on=posted_on,
            reason=reason,
            author=self.reversal_by,
            visible_to=visible_to,
            provenance=provenance,
        )
        return True

    def _refuse_another(self, stated: Opening, known: Opening) -> None:
        if stated != known:
            was = f"{known.source} of {known.posted_on}, {known.source_sha256}"
            now = f"{stated.source} of {stated.posted_on}, {stated.source_sha256}"
            raise Refused(Refusal(Reason.OPENING_EXISTS, self.key, was, now))

    @event("Submitted", topic="opening.submitted.v1")
    def _record_submission(self, book: str, opening: Opening, provenance: Provenance) -> None:
        self.draft, self.author = opening, provenance.actor

    @event("Imported", topic="opening.imported.v1")
    def _record_import(
        self,
        book: str,
        opening: Opening,
        author: str,
        visible_to: tuple[str, ...],
        provenance: Provenance,
    ) -> None:
        self.opening, self.draft, self.author = opening, None, ""

    @event("ReversalProposed", topic="opening.reversal_proposed.v1")
    def _record_proposal(self, book: str, reason: str, provenance: Provenance) -> None:
        self.reversal_by = provenance.actor

    @event("Reversed", topic="opening.reversed.v1")
    def _record_reversal(
        self,
        book: str,
        reversal: tuple[Entry, ...],
        posted_on: date,
        reason: str,
        author: str,
        visible_to: tuple[str, ...],
        provenance: Provenance,
    ) -> None:
        self.opening, self.reversal_by = None, ""
