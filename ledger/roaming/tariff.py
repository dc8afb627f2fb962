"""A tariff with every version that a partner published, or that was made and published here.

A partner's version is received, then acknowledged; pricing does not wait for that. A version of a
party that governs its tariffs here is made by one person, approved by another and published. Both
kinds count their numbers together, and `versions` holds those that are or were in force.
"""

from datetime import datetime

from eventsourcing.domain import event
from msgspec.structs import replace

from ledger.pricing.tariff import TariffStatement, TariffVersion, version_valid_at
from ledger.roaming.own_version import (
    OwnCommand,
    OwnState,
    OwnVersion,
    refuse_clashes,
    refuse_errors,
    refuse_the_first_person,
    refuse_wrong_state,
)
from ledger.values.aggregate import LedgerAggregate
from ledger.values.outcomes import Outcome
from ledger.values.provenance import Provenance
from ledger.values.reasons import Reason, Refusal, Refused


class Tariff(LedgerAggregate):
    """A tariff with its versions; key `NL*XYZ/t1`."""

    KIND = "tariff"
    KEY_FIELD = "tariff"
    IS_SHARED_FACT = True

    versions: tuple[TariffVersion, ...]
    own: dict[int, OwnVersion]
    acknowledged: frozenset[int]
    conflicting: frozenset[str]
    unapproved: frozenset[str]
    last_number: int

    def begin(self) -> None:
        self.versions = ()
        self.own = {}
        self.acknowledged = frozenset()
        self.conflicting = frozenset()
        self.unapproved = frozenset()
        self.last_number = 0

    def version_valid_at(self, instant: datetime) -> TariffVersion | None:
        """Return the version that prices a session started at `instant`."""
        return version_valid_at(self.versions, instant)

    def state_of(self, number: int) -> str:
        """Return the state of a version. Refuses: NOT_FOUND."""
        if number in self.own:
            return self.own[number].state
        if number in self.acknowledged:
            return "acknowledged"
        if any(version.number == number for version in self.versions):
            return "received"
        raise Refused(Refusal(Reason.NOT_FOUND, "tariff", actual=f"{self.key}#{number}"))

    def receive(
        self,
        statement: TariffStatement,
        *,
        content_sha256: str,
        provenance: Provenance,
        is_governed: bool = False,
    ) -> Outcome:
        """Keep a version that a message brought; return the outcome of the message.

        A version known by content is a duplicate. Same `last_updated`, other content: the first
        recorded stands and this one is held with TARIFF_CONFLICT. Where the party's versions are
        made here (`is_governed`), any that was not published here is held: TARIFF_NOT_APPROVED.
        """
        held = self.conflicting | self.unapproved if is_governed else self.conflicting
        if content_sha256 in {*held, *(row.content_sha256 for row in self.versions)}:
            return "duplicate"
        same_time = any(
            row.statement.last_updated == statement.last_updated for row in self.versions
        )
        if is_governed or same_time:
            record = self._record_unapproved if is_governed else self._record_conflict
            record(
                tariff=self.key,
                statement=statement,
                content_sha256=content_sha256,
                provenance=provenance,
            )
            return "held"
        version = TariffVersion(
            self.last_number + 1, content_sha256, provenance.received_at, statement
        )
        self._record_version(tariff=self.key, version=version, provenance=provenance)
        return "accepted"

    def acknowledge(self, number: int, *, provenance: Provenance) -> None:
        """Note that somebody here has seen a partner's version. Refuses: NOT_FOUND, WRONG_STATE."""
        state = self.state_of(number)
        if state != "received":
            raise Refused(Refusal(Reason.WRONG_STATE, "state", "received", state))
        version = next(row for row in self.versions if row.number == number)
        self._record_acknowledgement(
            tariff=self.key,
            number=number,
            content_sha256=version.content_sha256,
            provenance=provenance,
        )

    def draft(
        self,
        statement: TariffStatement,
        *,
        content_sha256: str,
        replaces: int | None = None,
        provenance: Provenance,
    ) -> int:
        """Make a version, or make the draft `replaces` anew; return its number.

        The same draft again changes nothing. Refuses: NOT_FOUND, WRONG_STATE, ALREADY_EXISTS and
        what clashes with a version in force, see `refuse_clashes`.
        """
        if replaces is not None:
            refuse_wrong_state(self.state_of(replaces), "replace")
        for number, own in self.own.items():
            if own.state != "withdrawn" and own.version.content_sha256 == content_sha256:
                if own.state == "draft" and replaces in (None, number):
                    return number
                name = f"{self.key}#{number} is {own.state}"
                raise Refused(Refusal(Reason.ALREADY_EXISTS, "tariff", actual=name))
        version = TariffVersion(
            replaces or self.last_number + 1, content_sha256, provenance.received_at, statement
        )
        refuse_clashes(version, self.versions)
        self._record_draft(tariff=self.key, version=version, provenance=provenance)
        return version.number

    def submit(self, number: int, *, provenance: Provenance) -> None:
        """Ask for a draft's approval. Refuses: NOT_FOUND, WRONG_STATE, TARIFF_HAS_ERRORS."""
        version = self._own(number, "submit").version
        refuse_errors(version.statement)
        refuse_clashes(version, self.versions)
        self._record_submission(
            tariff=self.key,
            number=number,
            content_sha256=version.content_sha256,
            provenance=provenance,
        )

    def approve(self, number: int, *, provenance: Provenance) -> None:
        """Approve what another person wrote and submitted.

        Refuses: NOT_FOUND, WRONG_STATE, SECOND_PERSON_REQUIRED.
        """
        own = self._own(number, "approve")
        refuse_the_first_person(own, provenance.actor)
        self._record_approval(
            tariff=self.key,
            number=number,
            content_sha256=own.version.content_sha256,
            provenance=provenance,
        )

    def publish(self, number: int, *, provenance: Provenance) -> TariffVersion:
        """Put an approved version in force; return it.

        Refuses: NOT_FOUND, WRONG_STATE, and what clashes with a version that came first.
        """
        own = self._own(number, "publish").version
        refuse_clashes(own, self.versions)
        version = replace(own, received_at=provenance.received_at)
        self._record_publication(tariff=self.key, version=version, provenance=provenance)
        return version

    def withdraw(
        self,
        number: int,
        *,
        reason: str,
        withdrawn_from: datetime | None = None,
        provenance: Provenance,
    ) -> TariffVersion | None:
        """Withdraw a version made here; return it where it was in force, None where it never was.

        A published one prices no session that starts at `withdrawn_from` or later, by default
        from now on. Refuses: NOT_FOUND, WRONG_STATE, INVALID_DOCUMENT (no reason; an instant for
        what was never in force).
        """
        own = self._own(number, "withdraw")
        if not reason.strip():
            raise Refused(Refusal(Reason.INVALID_DOCUMENT, "reason", "why it is withdrawn"))
        was_in_force = own.state == "published"
        if withdrawn_from is not None and not was_in_force:
            raise Refused(
                Refusal(Reason.INVALID_DOCUMENT, "withdrawn_from", "a published version", own.state)
            )
        self._record_withdrawal(
            tariff=self.key,
            number=number,
            reason=reason,
            withdrawn_from=(withdrawn_from or provenance.occurred_at) if was_in_force else None,
            provenance=provenance,
        )
        if not was_in_force:
            return None
        return next(row for row in self.versions if row.number == number)

    def _own(self, number: int, command: OwnCommand) -> OwnVersion:
        """Return a version made here. Refuses: NOT_FOUND, WRONG_STATE, also for a partner's."""
        refuse_wrong_state(self.state_of(number), command)
        return self.own[number]

    def _move(self, number: int, state: OwnState, **who: str) -> None:
        self.own = {**self.own, number: replace(self.own[number], state=state, **who)}

    @event("VersionReceived", topic="tariff_version.received.v1")
    def _record_version(
        self,
        tariff: str,
        version: TariffVersion,
        provenance: Provenance,
    ) -> None:
        self.versions = (*self.versions, version)
        self.last_number = max(self.last_number, version.number)

    @event("Acknowledged", topic="tariff_version.acknowledged.v1")
    def _record_acknowledgement(
        self, tariff: str, number: int, content_sha256: str, provenance: Provenance
    ) -> None:
        self.acknowledged = self.acknowledged | {number}

    @event("ConflictHeld", topic="tariff_version.conflict_held.v1")
    def _record_conflict(
        self,
        tariff: str,
        statement: TariffStatement,
        content_sha256: str,
        provenance: Provenance,
    ) -> None:
        self.conflicting = self.conflicting | {content_sha256}

    @event("UnapprovedHeld", topic="tariff_version.unapproved_held.v1")
    def _record_unapproved(
        self,
        tariff: str,
        statement: TariffStatement,
        content_sha256: str,
        provenance: Provenance,
    ) -> None:
        self.unapproved = self.unapproved | {content_sha256}

    @event("Drafted", topic="tariff_version.drafted.v1")
    def _record_draft(self, tariff: str, version: TariffVersion, provenance: Provenance) -> None:
        self.own = {**self.own, version.number: OwnVersion(version, "draft", provenance.actor)}
        self.last_number = max(self.last_number, version.number)

    @event("Submitted", topic="tariff_version.submitted.v1")
    def _record_submission(
        self, tariff: str, number: int, content_sha256: str, provenance: Provenance
    ) -> None:
        self._move(number, "submitted", submitter=provenance.actor)

    @event("Approved", topic="tariff_version.approved.v1")
    def _record_approval(
        self, tariff: str, number: int, content_sha256: str, provenance: Provenance
    ) -> None:
        self._move(number, "approved", approver=provenance.actor)

    @event("Published", topic="tariff_version.published.v1")
    def _record_publication(
        self, tariff: str, version: TariffVersion, provenance: Provenance
    ) -> None:
        self._move(version.number, "published")
        self.versions = (*self.versions, version)

    @event("Withdrawn", topic="tariff_version.withdrawn.v1")
    def _record_withdrawal(
        self,
        tariff: str,
        number: int,
        reason: str,
        withdrawn_from: datetime | None,
        provenance: Provenance,
    ) -> None:
        self._move(number, "withdrawn")
        self.versions = tuple(
            replace(row, withdrawn_from=withdrawn_from) if row.number == number else row
            for row in self.versions
        )
