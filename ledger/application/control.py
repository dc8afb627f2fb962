"""What people do about CDRs: release, correct, exclude, ask again, re-check, credit, adjust.

Each takes many CDRs at once: one that cannot be done is reported with its reason, the others go
on. Everything is an event with actor, reason and time; what undoes it is another event. Above the
agreement's four-eyes amount the first person proposes, and another one does it by the same
command.
"""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import uuid5

from ledger.application.acting import Effect, Progress, each, may, only, statement_of
from ledger.application.commands import By, provenance_of
from ledger.application.ledger import Ledger
from ledger.application.work import Work
from ledger.books.adjustments import given_back, gross_left
from ledger.books.disputes import SALE
from ledger.roaming.cdr import Cdr
from ledger.roaming.checks.catalogue import BY_CODE
from ledger.roaming.interventions import Reject, corrected
from ledger.roaming.release import PriceTaken, Release
from ledger.settlement.calendar import rebooked
from ledger.settlement.contested import ContestedCdr
from ledger.values.identifiers import CLEARWATT
from ledger.values.money import ZERO
from ledger.values.reasons import Reason, Refusal, Refused


def release_cdrs(
    ledger: Ledger,
    cdrs: Sequence[str],
    *,
    reason: str,
    by: By,
    codes: Sequence[str] = (),
    price: PriceTaken = "computed",
    dry_run: bool = False,
    progress: Progress | None = None,
) -> list[Effect]:
    """Accept held CDRs in spite of findings: those of `codes`, or all that each is held for.

    What was released before stays released, so several people can let go one finding each.
    Refuses: CDR_NOT_HELD, FINDING_NOT_THERE, FINDING_NOT_RELEASABLE, REASON_MISSING,
    SECOND_PERSON_REQUIRED.
    """

    def act(work: Work, cdr: Cdr) -> bool:
        found = tuple(dict.fromkeys(row.reason.value for row in cdr.refusals))
        chosen = tuple(codes) or found
        for code in chosen:
            check = BY_CODE.get(Reason(code)) if code in Reason.__members__ else None
            if code in found and (check is None or not check.is_releasable):
                raise Refused(Refusal(Reason.FINDING_NOT_RELEASABLE, "codes", actual=code))
        earlier = cdr.release.codes if cdr.release is not None else ()
        release = Release(tuple(dict.fromkeys((*earlier, *chosen))), price, reason)
        if not may(work, cdr, "release", release, reason, by):
            return False
        cdr.release_findings(release, provenance=provenance_of(by))
        work.decide_again(cdr.key, because="release", at=by.at)
        return True

    return each(ledger, cdrs, act, reason, by, dry_run=dry_run, progress=progress)


def undo_releases(
    ledger: Ledger,
    cdrs: Sequence[str],
    *,
    reason: str,
    by: By,
    dry_run: bool = False,
    progress: Progress | None = None,
) -> list[Effect]:
    """Take releases back: the CDRs are decided as if nobody had let them go."""

    def act(work: Work, cdr: Cdr) -> bool:
        cdr.undo_release(reason=reason, provenance=provenance_of(by))
        work.decide_again(cdr.key, because="release undone", at=by.at)
        return True

    return each(ledger, cdrs, act, reason, by, dry_run=dry_run, progress=progress)


def correct_cdrs(
    ledger: Ledger,
    cdrs: Sequence[str],
    *,
    after: dict[str, Any],
    reason: str,
    by: By,
    dry_run: bool = False,
    progress: Progress | None = None,
) -> list[Effect]:
    """Set fields anew, with both values kept, and decide again.

    Refuses: INVALID_DOCUMENT, CDR_NOT_OPEN, REASON_MISSING, SECOND_PERSON_REQUIRED.
    """

    def act(work: Work, cdr: Cdr) -> bool:
        statement, changes = corrected(statement_of(cdr), after)
        if not may(work, cdr, "correct", tuple(changes), reason, by):
            return False
        cdr.correct(statement, tuple(changes), reason=reason, provenance=provenance_of(by))
        work.decide_again(cdr.key, because="correction", at=by.at)
        return True

    return each(ledger, cdrs, act, reason, by, dry_run=dry_run, progress=progress)


def exclude_cdrs(
    ledger: Ledger,
    cdrs: Sequence[str],
    *,
    reason: str,
    by: By,
    dry_run: bool = False,
    progress: Progress | None = None,
) -> list[Effect]:
    """Take CDRs out; what was booked is reversed. Refuses: CDR_NOT_OPEN, REASON_MISSING."""

    def act(work: Work, cdr: Cdr) -> bool:
        if not may(work, cdr, "exclude", "", reason, by):
            return False
        decision = cdr.decision if cdr.state == "accepted" else None
        if decision is not None:
            work.ending(cdr, "excluded", provenance_of(by))
        reversal, booking = work.reversal_of(cdr) if decision is not None else ((), None)
        cdr.exclude(
            reason=reason,
            reversal=reversal,
            reversal_booking=booking,
            provenance=provenance_of(by),
        )
        work.writes.waits_no_more.append(cdr.key)
        if decision is not None:
            work.free(cdr, statement_of(cdr), decision)
        return True

    return each(ledger, cdrs, act, reason, by, dry_run=dry_run, progress=progress)


def readmit_cdrs(
    ledger: Ledger,
    cdrs: Sequence[str],
    *,
    reason: str,
    by: By,
    dry_run: bool = False,
    progress: Progress | None = None,
) -> list[Effect]:
    """Undo exclusions: the CDRs are decided with the facts of now. Refuses: CDR_NOT_OPEN."""

    def act(work: Work, cdr: Cdr) -> bool:
        cdr.readmit(reason=reason, provenance=provenance_of(by))
        work.decide_again(cdr.key, because="readmission", at=by.at)
        return True

    return each(ledger, cdrs, act, reason, by, dry_run=dry_run, progress=progress)


def request_resubmissions(
    ledger: Ledger,
    cdrs: Sequence[str],
    *,
    reason: str,
    by: By,
    until: datetime | None = None,
    dry_run: bool = False,
    progress: Progress | None = None,
) -> list[Effect]:
    """Ask the senders for CDRs again: a structured reject goes out, the answer must cite it."""

    def act(work: Work, cdr: Cdr) -> bool:  # noqa: ARG001
        reject_id = str(uuid5(CLEARWATT, f"reject:{cdr.key}:{cdr.content_sha256}"))
        reject = Reject(reject_id, cdr.content_sha256, cdr.refusals, reason, until)
        cdr.request_resubmission(reject, provenance=provenance_of(by))
        return True

    return each(ledger, cdrs, act, reason, by, dry_run=dry_run, progress=progress)


def recheck_cdrs(
    ledger: Ledger,
    cdrs: Sequence[str],
    *,
    by: By,
    dry_run: bool = False,
    progress: Progress | None = None,
) -> list[Effect]:
    """Decide again with the facts of now; what arrives does so by itself, this is for people."""

    def act(work: Work, cdr: Cdr) -> bool:
        work.decide_again(cdr.key, because="recheck", at=by.at)
        return True

    return each(ledger, cdrs, act, "recheck", by, dry_run=dry_run, progress=progress)


def credit_cdr(ledger: Ledger, cdr: str, *, reason: str, by: By, dry_run: bool = False) -> Effect:
    """Credit an accepted CDR in full: its recorded lines are reversed to the last digit.

    Refuses: CDR_NOT_OPEN, REASON_MISSING, SECOND_PERSON_REQUIRED.
    """
    act = partial(credit, reason=reason, by=by)
    return only(each(ledger, [cdr], act, reason, by, dry_run=dry_run, roles=("finance",)))


def credit(work: Work, cdr: Cdr, *, reason: str, by: By) -> bool:
    """Credit a CDR inside a piece of work; False where a second person must confirm it."""
    _refuse_unless_booked(cdr)
    if not may(work, cdr, "credit", "", reason, by):
        return False
    name = str(uuid5(CLEARWATT, f"credit:{cdr.key}:{cdr.version}"))
    work.credit(cdr, by=name, reason=reason, provenance=provenance_of(by))
    return True


def adjust_cdr(
    ledger: Ledger, cdr: str, *, amount: Decimal, reason: str, by: By, dry_run: bool = False
) -> Effect:
    """Give back a part of what a CDR cost: `amount` gross, in the CDR's currency.

    OCPI credits in full only, so this is an adjustment with a credit note inside; its tax is that
    part of the recorded tax. Of what a driver paid on the spot, everybody who was paid from it
    gives back the same part; the refund itself is told as a payment.

    Refuses: CDR_NOT_OPEN, AMOUNT_TOO_LARGE, REASON_MISSING, SECOND_PERSON_REQUIRED.
    """
    act = partial(adjust, amount=amount, reason=reason, by=by)
    return only(each(ledger, [cdr], act, reason, by, dry_run=dry_run, roles=("finance",)))


def adjust(work: Work, cdr: Cdr, *, amount: Decimal, reason: str, by: By) -> bool:
    """Adjust a CDR inside a piece of work; False where a second person must confirm it."""
    _refuse_unless_booked(cdr)
    decision = cdr.booked()
    sale = decision.legs[SALE]
    disputed = work.load(ContestedCdr, cdr.key).total.gross
    left = gross_left(sale, (*decision.entries, *cdr.adjustments)) - disputed
    if not ZERO < amount <= left:
        raise Refused(
            Refusal(
                Reason.AMOUNT_TOO_LARGE, "amount", f"at most {left} {sale.currency}", str(amount)
            )
        )
    if not may(work, cdr, "adjust", str(amount), reason, by):
        return False
    terms = work.view.terms_of(decision.agreement)
    booking = rebooked(decision.booking, calendar=terms.calendar, periods=work.view.periods)
    cdr.adjust(
        amount=amount,
        reason=reason,
        entries=given_back(decision, cdr.adjustments, gross=amount, left=left),
        booking=booking,
        provenance=provenance_of(by),
    )
    return True


def _refuse_unless_booked(cdr: Cdr) -> None:
    if cdr.state != "accepted" or cdr.decision is None:
        raise Refused(Refusal(Reason.CDR_NOT_OPEN, cdr.key, "accepted", cdr.state))
