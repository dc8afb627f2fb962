"""Parties, the actors of OCPI: what they do, which legal entity they belong to, and since when.

A party is a shared fact: every decision about a CDR depends on the parties between which it is
sold. Read `party_documents` and `party_spans` (states and memberships) first.
"""

from collections.abc import Iterator
from datetime import datetime

import msgspec
from eventsourcing.domain import event

from ledger.roaming.party_documents import PartyDocument, errors_of_key, errors_of_party
from ledger.roaming.party_spans import (
    Membership,
    PartyState,
    StateSpan,
    entity_at,
    joined,
    refuse_a_wrong_move,
    state_at,
)
from ledger.roaming.party_statements import PartyStatement
from ledger.values.aggregate import LedgerAggregate
from ledger.values.instants import BEGINNING
from ledger.values.provenance import Provenance
from ledger.values.reasons import Reason, Refusal, Refused


class Stated(msgspec.Struct, frozen=True):
    """The party's own message that an event took over: its `last_updated`, and its hash."""

    last_updated: datetime
    content_sha256: str


class Party(LedgerAggregate):
    """An OCPI party, `NL*XYZ`, in its roles, belonging to a legal entity.

    `versions` counts the documents that were recorded; `stated` is the last message of its own.
    """

    KIND = "party"
    KEY_FIELD = "party"
    IS_SHARED_FACT = True

    document: PartyDocument
    memberships: tuple[Membership, ...]
    states: tuple[StateSpan, ...]
    versions: int
    stated: Stated | None
    conflicting: frozenset[str]

    def begin(self) -> None:
        self.memberships = ()
        self.states = ()
        self.versions = 0
        self.stated = None
        self.conflicting = frozenset()

    @property
    def state(self) -> PartyState:
        """The state it was brought into last, whenever that one begins."""
        return self.states[-1].state

    def state_at(self, instant: datetime) -> StateSpan:
        """Return the state in force at an instant."""
        return state_at(self.states, instant)

    def entity_at(self, instant: datetime) -> str | None:
        """Return the entity it belongs to at an instant; None before its first."""
        return entity_at(self.memberships, instant)

    @property
    def entities(self) -> tuple[str, ...]:
        """Every entity it belongs to at any time, in order."""
        return tuple(dict.fromkeys(row.entity for row in self.memberships))

    def refusals_of(self, document: PartyDocument) -> tuple[Refusal, ...]:
        """Return everything that is wrong with a document, each by its path.

        WRONG_IDENTIFIER, INVALID_DOCUMENT, MISSING_FIELD, NAMED_TWICE, and ALREADY_EXISTS for
        another entity without an instant: which book a past charge belongs to must not change
        with the present.
        """
        return tuple(self._errors_of(document))

    def _errors_of(self, document: PartyDocument) -> Iterator[Refusal]:
        yield from errors_of_key(self.key, "party")
        yield from errors_of_party(document)
        if self.versions and document.entity_from is None:
            was = self.memberships[-1].entity
            if document.entity != was:
                yield Refusal(Reason.ALREADY_EXISTS, "entity", was, document.entity)

    def memberships_with(self, document: PartyDocument) -> tuple[Membership, ...]:
        """Return the memberships that a document would leave."""
        return joined(self.memberships, document.entity, document.entity_from)

    def register(
        self,
        document: PartyDocument,
        *,
        begins_as: PartyState = "active",
        stated: Stated | None = None,
        is_correction: bool = False,
        provenance: Provenance,
    ) -> None:
        """Record what a document says anew; a new party begins in the state `begins_as`.

        A document that says no `entity_from` leaves the recorded one. Refuses: what `refusals_of`
        finds, all of it. That no recorded decision changes, but for a correction, asks the
        application.
        """
        refusals = self.refusals_of(document)
        if refusals:
            raise Refused(*refusals)
        if self.versions and document.entity_from is None:
            document = msgspec.structs.replace(document, entity_from=self.document.entity_from)
        if self.versions and document == self.document and stated is None:
            return
        self._record_registration(
            party=self.key,
            document=document,
            provenance=provenance,
            begins_as="active" if self.versions else begins_as,
            stated=stated,
            is_correction=is_correction,
        )

    @event("Registered", topic="party.registered.v1")
    def _record_registration(
        self,
        party: str,
        document: PartyDocument,
        provenance: Provenance,
        begins_as: PartyState = "active",
        stated: Stated | None = None,
        is_correction: bool = False,
    ) -> None:
        self.memberships = joined(self.memberships, document.entity, document.entity_from)
        self.document = document
        self.versions += 1
        if not self.states:
            self.states = (StateSpan(begins_as, BEGINNING),)
        if stated is not None:
            self.stated = stated

    def hold_conflict(
        self, statement: PartyStatement, *, content_sha256: str, provenance: Provenance
    ) -> None:
        """Record that a message of the same `last_updated` says something else."""
        self._record_conflict(
            party=self.key,
            statement=statement,
            content_sha256=content_sha256,
            provenance=provenance,
        )

    @event("ConflictHeld", topic="party.conflict_held.v1")
    def _record_conflict(
        self,
        party: str,
        statement: PartyStatement,
        content_sha256: str,
        provenance: Provenance,
    ) -> None:
        self.conflicting = self.conflicting | {content_sha256}

    def activate(self, *, valid_from: datetime, reason: str, provenance: Provenance) -> None:
        """Let it trade from an instant on. Refuses: WRONG_STATE, VALIDITY_OVERLAPS.

        That it is complete is for `onboarding` to say, which knows its entity too.
        """
        refuse_a_wrong_move(self.states, "active", valid_from)
        self._record_activation(
            party=self.key, valid_from=valid_from, reason=reason, provenance=provenance
        )

    @event("Activated", topic="party.activated.v1")
    def _record_activation(
        self, party: str, valid_from: datetime, reason: str, provenance: Provenance
    ) -> None:
        self.states = (*self.states, StateSpan("active", valid_from, reason))

    def suspend(self, *, valid_from: datetime, reason: str, provenance: Provenance) -> None:
        """Hold what it trades from an instant on. Refuses: WRONG_STATE, VALIDITY_OVERLAPS,
        REASON_MISSING.
        """
        self._refuse_to_stop("suspended", valid_from, reason)
        self._record_suspension(
            party=self.key, valid_from=valid_from, reason=reason, provenance=provenance
        )

    @event("Suspended", topic="party.suspended.v1")
    def _record_suspension(
        self, party: str, valid_from: datetime, reason: str, provenance: Provenance
    ) -> None:
        self.states = (*self.states, StateSpan("suspended", valid_from, reason))

    def leave(self, *, valid_from: datetime, reason: str, provenance: Provenance) -> None:
        """End its trade for good from an instant on. Refuses as `suspend` does."""
        self._refuse_to_stop("left", valid_from, reason)
        self._record_leaving(
            party=self.key, valid_from=valid_from, reason=reason, provenance=provenance
        )

    @event("Left", topic="party.left.v1")
    def _record_leaving(
        self, party: str, valid_from: datetime, reason: str, provenance: Provenance
    ) -> None:
        self.states = (*self.states, StateSpan("left", valid_from, reason))

    def _refuse_to_stop(self, to: PartyState, valid_from: datetime, reason: str) -> None:
        if not reason.strip():
            raise Refused(Refusal(Reason.REASON_MISSING, "reason"))
        refuse_a_wrong_move(self.states, to, valid_from)

    def may_be_spoken_for_by(self, sender: str) -> bool:
        """True where a sender may publish in this party's name."""
        return sender == self.key or sender in self.document.senders
