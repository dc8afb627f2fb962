"""The commands of people about agreements: submit, approve, reject, suspend, resume.

Each takes who asks and when, and checks everything first, of all versions at once; with `dry_run`
it records nothing. What an approval, a suspension or its end changes is due with it: CDRs that
wait are decided, decided ones are decided again and adjusted in the first open period.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

import msgspec

from ledger.application.agreement_register import AgreementRegister
from ledger.application.commands import By, provenance_of
from ledger.application.consequences import consequences_of, record_fact
from ledger.application.facts import View
from ledger.application.hashing import hash_of
from ledger.application.ledger import Ledger
from ledger.application.store import FactRecorded
from ledger.roaming.actor import Actor
from ledger.roaming.agreement import Agreement
from ledger.roaming.agreement_version import AgreementVersion, TemplateUse
from ledger.roaming.terms import Terms
from ledger.values.identifiers import checked_party, pair_key
from ledger.values.reasons import Reason, Refusal, Refused


def as_it_is(path: str) -> str:
    return path


class Proposed(NamedTuple):
    """A version to submit. `locate` says where in its document a term stands."""

    agreement: str
    version: AgreementVersion
    locate: Callable[[str], str] = as_it_is

    @property
    def sha256(self) -> str:
        """The hash of what the document says, however it is written."""
        return hash_of((self.agreement, self.version))


class Waiting(NamedTuple):
    """A draft that waits for a second person; `draft` is 0 where the version is agreed already."""

    agreement: str
    draft: int
    version: AgreementVersion


def drafts_of(waiting: Iterable[Waiting]) -> dict[str, list[int]]:
    """Return the drafts that wait by agreement; what is agreed already is left out."""
    found: dict[str, list[int]] = {}
    for row in waiting:
        if row.draft:
            found.setdefault(row.agreement, []).append(row.draft)
    return found


def submit_agreements(
    ledger: Ledger, proposed: Sequence[Proposed], *, by: By, dry_run: bool = False
) -> list[Waiting]:
    """Propose versions, all or none; for operations and finance.

    What is agreed or waits already changes nothing. Refuses what `Agreement.submit` and
    `AgreementRegister.errors_of` find, of all versions at once.
    """
    waiting: list[Waiting] = []

    def change(view: View) -> list[FactRecorded]:
        waiting[:] = _submitted(view, proposed, by)
        return []

    record_fact(ledger, change, by, "operations", "finance", dry_run=dry_run)
    return waiting


def approve_agreement(
    ledger: Ledger, key: str, *, drafts: Sequence[int] = (), by: By, dry_run: bool = False
) -> tuple[AgreementVersion, ...]:
    """Agree to what others submitted of one agreement. Refuses as `approve_agreements` does."""
    return approve_agreements(ledger, {key: drafts}, by=by, dry_run=dry_run)[key]


def approve_agreements(
    ledger: Ledger, drafts: Mapping[str, Sequence[int]], *, by: By, dry_run: bool = False
) -> dict[str, tuple[AgreementVersion, ...]]:
    """Agree to what others submitted, all or none; of an agreement by default all that waits.

    For finance. Refuses: NOT_FOUND, SECOND_PERSON_REQUIRED, PARTY_NOT_ACTIVE,
    REGISTRATION_EXPIRED, and what `submit_agreements` refuses, of all agreements at once.
    """
    agreed: dict[str, tuple[AgreementVersion, ...]] = {}

    def change(view: View) -> list[FactRecorded]:
        register, refusals, due = AgreementRegister(view), list[Refusal](), list[FactRecorded]()
        agreed.clear()
        for key, wanted in drafts.items():
            agreement = _known(view, key)
            numbers = wanted or [draft.number for draft in agreement.drafts]
            found = _errors_of_drafts(register, agreement, numbers, by)
            try:
                agreed[key] = agreement.approve(numbers, provenance=provenance_of(by))
            except Refused as refused:
                found.extend(refused.refusals)
            refusals.extend(_located(found, f"{key} {{}}".format))
            if not found:
                since = min(version.valid_from for version in agreed[key])
                due.extend(consequences_of(agreement, since))
        if refusals:
            raise Refused(*refusals)
        return due

    record_fact(ledger, change, by, "finance", dry_run=dry_run)
    return agreed


def _errors_of_drafts(
    register: AgreementRegister, agreement: Agreement, numbers: Sequence[int], by: By
) -> list[Refusal]:
    """Return what is wrong with drafts beside everything registered. Refuses: NOT_FOUND."""
    if not numbers:
        raise Refused(Refusal(Reason.NOT_FOUND, "draft", "a draft that waits", agreement.key))
    found: list[Refusal] = []
    for draft in agreement.drafts:
        if draft.number in numbers:
            key, version = agreement.key, draft.version
            found.extend(register.errors_of(key, version, at=by.at, is_approval=True))
            register.add(key, version)
    return found


def reject_agreement(
    ledger: Ledger, key: str, draft: int, *, reason: str, by: By, dry_run: bool = False
) -> Waiting:
    """Send a draft back; for operations and finance. Refuses: NOT_FOUND, REASON_MISSING."""
    rejected: list[Waiting] = []

    def change(view: View) -> list[FactRecorded]:
        found = _known(view, key).reject(draft, reason=reason, provenance=provenance_of(by))
        rejected[:] = [Waiting(key, draft, found.version)]
        return []

    record_fact(ledger, change, by, "operations", "finance", dry_run=dry_run)
    return rejected[0]


def suspend_agreement(
    ledger: Ledger,
    key: str,
    *,
    suspended_from: datetime | None = None,
    reason: str,
    by: By,
    dry_run: bool = False,
) -> datetime:
    """Hold what starts from an instant on, now by default; return it. For finance.

    Refuses as `Agreement.suspend` does.
    """
    begins_at = suspended_from or by.at

    def change(view: View) -> list[FactRecorded]:
        agreement = _known(view, key)
        agreement.suspend(begins_at, reason=reason, provenance=provenance_of(by))
        return consequences_of(agreement, begins_at)

    record_fact(ledger, change, by, "finance", dry_run=dry_run)
    return begins_at


def resume_agreement(
    ledger: Ledger,
    key: str,
    *,
    resumed_from: datetime | None = None,
    by: By,
    dry_run: bool = False,
) -> datetime:
    """Settle again what starts from an instant on, now by default; return it. For finance.

    Refuses as `Agreement.resume` does.
    """
    ends_at = resumed_from or by.at

    def change(view: View) -> list[FactRecorded]:
        agreement = _known(view, key)
        agreement.resume(ends_at, provenance=provenance_of(by))
        return consequences_of(agreement, ends_at)

    record_fact(ledger, change, by, "finance", dry_run=dry_run)
    return ends_at


def agree(
    ledger: Ledger,
    *,
    seller: str,
    buyer: str,
    terms: Terms,
    valid_from: datetime,
    valid_until: datetime | None,
    author: str,
    by: By,
    correction: str = "",
    template: TemplateUse | None = None,
) -> None:
    """Record a version that `author` wrote and `by` approves, in one step; for finance.

    For what was written and signed elsewhere: `submit_agreements` and `approve_agreement` are how
    two people do it here. Refuses: ACTOR_UNKNOWN, and what `approve_agreement` refuses.
    """
    key = pair_key(checked_party(seller), checked_party(buyer))

    def change(view: View) -> list[FactRecorded]:
        if view.find(Actor, author) is None:
            raise Refused(Refusal(Reason.ACTOR_UNKNOWN, "author", actual=author))
        version = AgreementVersion(0, valid_from, valid_until, terms, template, correction)
        refusals = AgreementRegister(view).errors_of(key, version, at=by.at, is_approval=True)
        if refusals:
            raise Refused(*refusals)
        agreement = view.edit(Agreement, key)
        agreement.agree(
            terms,
            valid_from=valid_from,
            valid_until=valid_until,
            author=author,
            approver=by.actor,
            provenance=provenance_of(by),
            correction=correction,
            template=template,
        )
        return consequences_of(agreement, valid_from)

    record_fact(ledger, change, by, "finance")


def _submitted(view: View, proposed: Sequence[Proposed], by: By) -> list[Waiting]:
    register = AgreementRegister(view)
    refusals: list[Refusal] = []
    waiting: list[Waiting] = []
    for row in sorted(proposed, key=lambda row: (row.agreement, row.version.valid_from)):
        found = register.errors_of(row.agreement, row.version, at=by.at, is_approval=False)
        try:
            draft = view.edit(Agreement, row.agreement).submit(
                row.version, document_sha256=row.sha256, provenance=provenance_of(by)
            )
            waiting.append(Waiting(row.agreement, draft, row.version))
        except Refused as refused:
            found.extend(refused.refusals)
        refusals.extend(_located(found, row.locate))
        register.add(row.agreement, row.version)
    if refusals:
        raise Refused(*refusals)
    return waiting


def _located(found: Sequence[Refusal], locate: Callable[[str], str]) -> Iterator[Refusal]:
    for refusal in found:
        yield msgspec.structs.replace(refusal, path=locate(refusal.path))


def _known(view: View, key: str) -> Agreement:
    """Return the command's own copy of an agreement. Refuses: NOT_FOUND."""
    if view.find(Agreement, key) is None:
        raise Refused(Refusal(Reason.NOT_FOUND, "agreement", "such as NL*XYZ>DE*EMP", key))
    return view.edit(Agreement, key)
