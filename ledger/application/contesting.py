"""A dispute's money inside a piece of work: it leaves clearing, comes back, is given back.

Every refusal comes before the first event: what is refused changes nothing.
"""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from uuid import uuid5

from msgspec.structs import replace

from ledger.application.settling import Settling
from ledger.books.adjustments import given_back
from ledger.books.disputes import SALE
from ledger.roaming.cdr import Cdr
from ledger.roaming.control_statements import CdrReference, DisputeStatement
from ledger.roaming.legs import Leg
from ledger.roaming.terms import Terms
from ledger.settlement.calendar import rebooked
from ledger.settlement.claim import (
    REASONS,
    Claim,
    Decided,
    DisputedPart,
    DisputeReason,
    Ended,
    GrantedPart,
    ReturnedPart,
    Said,
)
from ledger.settlement.contested import ContestedCdr
from ledger.settlement.dispute import Dispute
from ledger.settlement.dispute_rules import (
    Contestable,
    contestable,
    deadlines_of,
    granted_parts,
    left_of,
    needs_second_person,
    parts_of,
    returned_parts,
)
from ledger.values.identifiers import CLEARWATT, checked_party, party_key
from ledger.values.money import ZERO
from ledger.values.provenance import Provenance
from ledger.values.reasons import InvariantBroken, Reason, Refusal, Refused


def open_dispute(
    work: Settling,
    dispute: Dispute,
    statement: DisputeStatement,
    said: Said,
    provenance: Provenance,
    *,
    at: datetime,
    moved_from: str = "new",
) -> None:
    """Open a dispute: what is disputed leaves clearing. `at` is when its deadlines begin.

    Refuses: ALREADY_EXISTS, NOT_FOUND, CDR_NOT_OPEN, DISPUTE_WINDOW_OVER, AMOUNT_TOO_LARGE,
    AMOUNT_SCALE, CURRENCY_DIFFERS, CDR_OF_ANOTHER_PARTY, NAMED_TWICE, WRONG_PARTY, UNKNOWN_VALUE.
    """
    if not dispute.is_new and dispute.claim is not None:
        raise Refused(Refusal(Reason.ALREADY_EXISTS, "dispute_id", actual=statement.dispute_id))
    rows = _contestable_cdrs(work, statement, provenance.received_at)
    stated = statement.disputed
    sale = rows[0].sale
    if stated is not None and stated.currency != sale.currency:
        raise Refused(
            Refusal(Reason.CURRENCY_DIFFERS, "disputed.currency", sale.currency, stated.currency)
        )
    net = stated.before_taxes if stated is not None else None
    parts, kept = parts_of(rows, net, work.view.periods)
    claim = Claim(
        dispute_id=statement.dispute_id,
        seller=sale.seller,
        buyer=sale.buyer,
        opened_by=_opener(statement, sale),
        reason_code=_reason_code(statement),
        cdrs=tuple(_as_stated(work.cdr(row.cdr)) for row in rows),
        currency=sale.currency,
        net=sum((part.net for part in parts), ZERO),
        gross=sum((part.gross for part in parts), ZERO),
        is_whole=net is None,
    )
    dispute.open(
        claim,
        parts,
        deadlines=deadlines_of(rows, at=at),
        said=said,
        provenance=provenance,
        moved_from=moved_from,
    )
    for part, keep in zip(parts, kept, strict=True):
        contested = work.load(ContestedCdr, part.cdr)
        contested.contest(replace(keep, dispute=dispute.key), provenance=provenance)


def uphold(
    work: Settling,
    dispute: Dispute,
    net: Decimal | None,
    said: Said,
    provenance: Provenance,
    *,
    moved_from: str = "new",
) -> None:
    """Uphold a dispute, wholly or up to `net`: its money comes back and what is granted follows.

    Refuses: DISPUTE_NOT_OPEN, DISPUTE_NOT_ANSWERED, WRONG_PARTY, AMOUNT_TOO_LARGE, AMOUNT_SCALE,
    REFUNDS_NOT_AGREED, SECOND_PERSON_REQUIRED.
    """
    claim = dispute.opened("opened", "answered")
    sales = {part.cdr: _sale_of(work, part) for part in dispute.parts}
    granted = granted_parts(dispute.parts, net, sales)
    terms = [agreed for _, agreed in sales.values()]
    if needs_second_person(granted, terms) and provenance.actor in dispute.actors:
        raise Refused(
            Refusal(
                Reason.SECOND_PERSON_REQUIRED, "as", f"not {provenance.actor}", provenance.actor
            )
        )
    disputed = sum((part.net for part in dispute.parts), ZERO)
    outcome: Decided = "upheld" if net is None or net == disputed else "partly_upheld"
    returned = _returned(work, dispute.parts)
    dispute.decide(
        outcome,
        granted=granted,
        returned=returned,
        said=said,
        provenance=provenance,
        moved_from=moved_from,
    )
    _give_back(work, dispute, returned, provenance)
    for row in granted:
        _grant(work, dispute, row, f"dispute {claim.dispute_id}: {claim.reason_code}", provenance)
    dispute.close(outcome, provenance=provenance)


def dismiss(work: Settling, dispute: Dispute, said: Said, provenance: Provenance) -> None:
    """Dismiss a dispute: its money comes back as it left.

    Refuses: DISPUTE_NOT_OPEN, DISPUTE_NOT_ANSWERED.
    """
    returned = _returned(work, dispute.parts)
    dispute.decide("dismissed", granted=(), returned=returned, said=said, provenance=provenance)
    _give_back(work, dispute, returned, provenance)
    dispute.close("dismissed", provenance=provenance)


def withdraw(
    work: Settling, dispute: Dispute, said: Said, provenance: Provenance, *, moved_from: str = "new"
) -> None:
    """Take a dispute back: its money comes back as it left.

    Refuses: DISPUTE_NOT_OPEN, WRONG_PARTY.
    """
    returned = _returned(work, dispute.parts)
    dispute.withdraw(returned, said=said, provenance=provenance, moved_from=moved_from)
    _give_back(work, dispute, returned, provenance)


def on_cdr_ended(work: Settling, cdr: str, *, because: Ended, provenance: Provenance) -> None:
    """Let disputes go of a CDR that is credited, excluded or held again: nothing is left to move.

    Needs the contested CDR and its disputes to be loaded.
    """
    for row in work.load(ContestedCdr, cdr).contested:
        dispute = work.load(Dispute, row.dispute)
        part = next((part for part in dispute.parts if part.cdr == cdr), None)
        if part is None:
            raise InvariantBroken(f"{row.dispute} keeps {cdr} and does not know it")
        (returned,) = _returned(work, [part])
        dispute.settle(returned, because=because, provenance=provenance)
        _give_back(work, dispute, [returned], provenance)
        if not dispute.parts:
            dispute.close("settled", provenance=provenance)


def named_in(statement: DisputeStatement) -> list[tuple[str, CdrReference]]:
    """Return the CDRs that a statement names, each with its path in there."""
    return [(f"cdrs[{number}]", ref) for number, ref in enumerate(statement.cdrs)]


def _contestable_cdrs(
    work: Settling, statement: DisputeStatement, at: datetime
) -> list[Contestable]:
    """Return the CDRs of a statement: of one CPO, sold to one party, in one currency."""
    cpo = party_key(statement.country_code, statement.party_id)
    rows: list[Contestable] = []
    if not statement.cdrs:
        raise Refused(Refusal(Reason.MISSING_FIELD, "cdrs"))
    for path, ref in named_in(statement):
        if party_key(ref.country_code, ref.party_id) != cpo:
            raise Refused(Refusal(Reason.CDR_OF_ANOTHER_PARTY, path, cpo, ref.key))
        cdr = work.cdr(ref.key)
        if cdr.is_new:
            raise Refused(Refusal(Reason.NOT_FOUND, path, actual=ref.key))
        terms = work.view.terms_of(cdr.decision.agreement) if cdr.decision else Terms()
        row = contestable(cdr, work.load(ContestedCdr, cdr.key), terms, at=at, path=path)
        if any(known.cdr == row.cdr for known in rows):
            raise Refused(Refusal(Reason.NAMED_TWICE, path, actual=ref.key))
        first = rows[0].sale if rows else row.sale
        if row.sale.buyer != first.buyer:
            raise Refused(Refusal(Reason.CDR_OF_ANOTHER_PARTY, path, first.buyer, row.sale.buyer))
        if row.sale.currency != first.currency:
            raise Refused(Refusal(Reason.CURRENCY_DIFFERS, path, first.currency, row.sale.currency))
        rows.append(row)
    return rows


def _opener(statement: DisputeStatement, sale: Leg) -> str:
    speaker = checked_party(statement.by)
    if speaker not in (sale.seller, sale.buyer):
        expected = f"{sale.seller} or {sale.buyer}"
        raise Refused(Refusal(Reason.WRONG_PARTY, "by", expected, speaker))
    return speaker


def _reason_code(statement: DisputeStatement) -> DisputeReason:
    for code in REASONS:
        if code == statement.reason_code:
            return code
    raise Refused(
        Refusal(
            Reason.UNKNOWN_VALUE, "reason_code", ", ".join(REASONS), statement.reason_code or ""
        )
    )


def _as_stated(cdr: Cdr) -> CdrReference:
    """Return a CDR in its sender's own spelling."""
    if cdr.statement is None:
        raise InvariantBroken(f"CDR {cdr.key} is accepted and states nothing")
    return CdrReference(cdr.statement.country_code, cdr.statement.party_id, cdr.statement.id)


def _sale_of(work: Settling, part: DisputedPart) -> tuple[Leg, Terms]:
    cdr = work.cdr(part.cdr)
    if cdr.state != "accepted":
        raise Refused(Refusal(Reason.CDR_NOT_OPEN, part.cdr, "accepted", cdr.state))
    return cdr.booked().legs[SALE], work.view.terms_of(part.agreement_version)


def _returned(work: Settling, parts: Sequence[DisputedPart]) -> tuple[ReturnedPart, ...]:
    terms = {part.cdr: work.view.terms_of(part.agreement_version) for part in parts}
    return returned_parts(parts, terms, work.view.periods)


def _give_back(
    work: Settling, dispute: Dispute, returned: Sequence[ReturnedPart], provenance: Provenance
) -> None:
    for part in returned:
        work.load(ContestedCdr, part.cdr).give_back(dispute.key, provenance=provenance)


def _grant(
    work: Settling, dispute: Dispute, granted: GrantedPart, reason: str, provenance: Provenance
) -> None:
    """Give back what was upheld: a CDR of which nothing is left is credited, else adjusted."""
    cdr, contested = work.cdr(granted.cdr), work.load(ContestedCdr, granted.cdr)
    decision = cdr.booked()
    owed = left_of(cdr, decision, contested)
    if owed is None or (owed.gross <= granted.gross and not contested.is_disputed):
        name = str(uuid5(CLEARWATT, f"credit:{cdr.key}:{dispute.key}"))
        work.credit(cdr, by=name, reason=reason, provenance=provenance)
        return
    terms = work.view.terms_of(decision.agreement)
    cdr.adjust(
        amount=granted.gross,
        reason=reason,
        entries=given_back(decision, cdr.adjustments, gross=granted.gross, left=owed.gross),
        booking=rebooked(decision.booking, calendar=terms.calendar, periods=work.view.periods),
        provenance=provenance,
    )
