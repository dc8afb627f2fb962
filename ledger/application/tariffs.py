"""The commands of people about tariff versions: acknowledge a partner's, make and publish our own.

Each takes who asks and when. `dry_run` checks everything and records nothing. What a publication
or a withdrawal changes about prices is due with it; a draft changes none.
"""

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from ledger.application.commands import By, provenance_of
from ledger.application.consequences import carry_out
from ledger.application.facts import View
from ledger.application.hashing import hash_of
from ledger.application.ledger import Ledger
from ledger.application.permissions import require_role
from ledger.application.store import FactRecorded, Writes
from ledger.pricing.tariff import TariffStatement
from ledger.roaming.party import Party
from ledger.roaming.tariff import Tariff
from ledger.values.aggregate import LedgerAggregate
from ledger.values.identifiers import party_key, record_key
from ledger.values.reasons import Reason, Refusal, Refused


class VersionState(NamedTuple):
    """A version and the state a command left it in, or would leave it in."""

    tariff: str
    number: int
    state: str


class _Changed(NamedTuple):
    """The version changed, what is due with it, and the role that this takes, where it is more."""

    number: int
    facts: tuple[FactRecorded, ...] = ()
    needs_role: str | None = None


def draft_tariff(
    ledger: Ledger,
    statement: TariffStatement,
    *,
    replaces: int | None = None,
    submit: bool = False,
    by: By,
    dry_run: bool = False,
) -> VersionState:
    """Make a version of a tariff, or the draft `replaces` anew; `submit` submits it with that.

    For operations and finance. Refuses: PARTY_UNKNOWN, TARIFF_NOT_GOVERNED, INVALID_DOCUMENT (it
    does not say its version of OCPI) and what `Tariff.draft` and `Tariff.submit` refuse.
    """
    key = record_key(party_key(statement.country_code, statement.party_id), statement.id)

    def change(tariff: Tariff) -> _Changed:
        if statement.ocpi_version is None:
            # It goes out as a message, and every message names its version.
            raise Refused(Refusal(Reason.INVALID_DOCUMENT, "ocpi_version", "OCPI's version"))
        number = tariff.draft(
            statement,
            content_sha256=hash_of(statement),
            replaces=replaces,
            provenance=provenance_of(by),
        )
        if submit:
            tariff.submit(number, provenance=provenance_of(by))
        return _Changed(number)

    return _carry_out(ledger, key, change, by, "operations", "finance", dry_run=dry_run)


def submit_tariff(
    ledger: Ledger, key: str, number: int, *, by: By, dry_run: bool = False
) -> VersionState:
    """Ask for a draft's approval; for operations and finance. Refuses as `Tariff.submit` does."""

    def change(tariff: Tariff) -> _Changed:
        tariff.submit(number, provenance=provenance_of(by))
        return _Changed(number)

    return _carry_out(ledger, key, change, by, "operations", "finance", dry_run=dry_run)


def approve_tariff(
    ledger: Ledger, key: str, number: int, *, by: By, dry_run: bool = False
) -> VersionState:
    """Approve what others wrote and submitted; for finance. Refuses as `Tariff.approve` does."""

    def change(tariff: Tariff) -> _Changed:
        tariff.approve(number, provenance=provenance_of(by))
        return _Changed(number)

    return _carry_out(ledger, key, change, by, "finance", dry_run=dry_run)


def publish_tariff(
    ledger: Ledger, key: str, number: int, *, by: By, dry_run: bool = False
) -> VersionState:
    """Put an approved version in force; what waits for it or was decided without it is due.

    For operations and finance. Refuses as `Tariff.publish` does.
    """

    def change(tariff: Tariff) -> _Changed:
        version = tariff.publish(number, provenance=provenance_of(by))
        return _Changed(number, (FactRecorded(f"tariff:{key}", version.valid_from),))

    return _carry_out(ledger, key, change, by, "operations", "finance", dry_run=dry_run)


def withdraw_tariff(
    ledger: Ledger,
    key: str,
    number: int,
    *,
    reason: str,
    withdrawn_from: datetime | None = None,
    by: By,
    dry_run: bool = False,
) -> VersionState:
    """Withdraw a version made here, or send it back; what it priced from then on is due.

    For operations and finance; what was in force, for finance alone. Refuses as
    `Tariff.withdraw` does.
    """

    def change(tariff: Tariff) -> _Changed:
        withdrawn = tariff.withdraw(
            number, reason=reason, withdrawn_from=withdrawn_from, provenance=provenance_of(by)
        )
        if withdrawn is None or withdrawn.withdrawn_from is None:
            return _Changed(number)
        affected_from = max(withdrawn.withdrawn_from, withdrawn.valid_from)
        due = FactRecorded(f"tariff:{key}", affected_from)
        return _Changed(number, (due,), needs_role="finance")

    roles = ("operations", "finance")
    return _carry_out(ledger, key, change, by, *roles, governed_only=False, dry_run=dry_run)


def acknowledge_tariff(
    ledger: Ledger, key: str, number: int, *, by: By, dry_run: bool = False
) -> VersionState:
    """Note that a partner's version was seen; pricing never waited for it.

    For operations and finance. Refuses: NOT_FOUND, WRONG_STATE.
    """

    def change(tariff: Tariff) -> _Changed:
        tariff.acknowledge(number, provenance=provenance_of(by))
        return _Changed(number)

    roles = ("operations", "finance")
    return _carry_out(ledger, key, change, by, *roles, governed_only=False, dry_run=dry_run)


def _carry_out(
    ledger: Ledger,
    key: str,
    change: Callable[[Tariff], _Changed],
    by: By,
    *roles: str,
    governed_only: bool = True,
    dry_run: bool,
) -> VersionState:
    """Change a tariff as a person with one of the roles, and draw the consequences."""
    reached: list[VersionState] = []

    def decide(view: View, writes: Writes) -> list[LedgerAggregate]:
        require_role(view, by, *roles)
        if governed_only:
            _refuse_unless_governed(view, key.partition("/")[0])
        tariff = view.edit(Tariff, key)
        changed = change(tariff)
        if changed.needs_role is not None:
            require_role(view, by, changed.needs_role)
        reached[:] = [VersionState(key, changed.number, tariff.state_of(changed.number))]
        writes.facts.extend(changed.facts)
        return []

    carry_out(ledger, decide, by, dry_run=dry_run)
    return reached[0]


def _refuse_unless_governed(view: View, party: str) -> None:
    found = view.find(Party, party)
    if found is None:
        raise Refused(Refusal(Reason.PARTY_UNKNOWN, party))
    if not found.document.governs_tariffs:
        raise Refused(Refusal(Reason.TARIFF_NOT_GOVERNED, "party", "governs_tariffs", party))
