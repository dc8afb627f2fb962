"""The decision about a CDR: accepted with everything recorded, or held with every reason.

A pure function of the statement, what stands around it and the facts; the order in which these
arrived plays no part. `depends_on` names the facts the answer rests on: who records one of them
later makes the ledger decide again.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import chain
from typing import NamedTuple

from ledger.application.circumstances import Circumstances
from ledger.application.facts import View
from ledger.application.priced import CdrPrice, price_of
from ledger.application.sales import Sale, legs_of, trader_of
from ledger.roaming.agreement import Agreement, AgreementVersion
from ledger.roaming.checks.candidate import Candidate
from ledger.roaming.checks.catalogue import UNPRICEABLE
from ledger.roaming.checks.judge import Findings, findings_of, sorted_by_severity
from ledger.roaming.legs import Decision, Leg, SessionUse
from ledger.roaming.location import Location
from ledger.roaming.matching import best_of, ranked
from ledger.roaming.occupation import charger_of, others_of
from ledger.roaming.session import Session
from ledger.roaming.statements import CdrStatement
from ledger.roaming.terms import Terms
from ledger.settlement.calendar import booking_of
from ledger.values.countries import alpha_2
from ledger.values.identifiers import pair_key, party_key, record_key
from ledger.values.instants import zone_of
from ledger.values.reasons import Reason, Refusal, Refused


class Verdict(NamedTuple):
    """Accepted (`decision`) or held (`refusals`, `is_fatal`), and the facts it rests on."""

    decision: Decision | None
    refusals: tuple[Refusal, ...]
    depends_on: tuple[str, ...]
    is_fatal: bool = False


class _Matched(NamedTuple):
    """The session of a CDR and how it was found; what else lies near it."""

    session: Session | None
    by: str
    near: tuple[str, ...]


class _Subject(NamedTuple):
    """A CDR with its keys and what stands around it."""

    cdr: CdrStatement
    key: str
    seller: str
    buyer: str
    location_key: str
    around: Circumstances
    received_at: datetime


_FACT_OF_REASON = {
    Reason.PARTY_UNKNOWN: "party",
    Reason.ENTITY_UNKNOWN: "entity",
    Reason.FX_RATE_MISSING: "fx",
}


def decide(
    cdr: CdrStatement,
    *,
    around: Circumstances,
    view: View,
    received_at: datetime,
) -> Verdict:
    """Decide about a CDR with the facts in `view`."""
    seller = party_key(cdr.country_code, cdr.party_id)
    buyer = party_key(cdr.cdr_token.country_code, cdr.cdr_token.party_id)
    location_key = record_key(seller, cdr.cdr_location.id)
    subject = _Subject(
        cdr, record_key(seller, cdr.id), seller, buyer, location_key, around, received_at
    )
    depends_on = [
        f"agreement:{pair_key(seller, buyer)}",
        f"shares:{location_key}",
        f"location:{location_key}",
    ]
    if cdr.session_id:
        depends_on.append(f"session:{record_key(seller, cdr.session_id)}")
    try:
        decision = _decided(subject, view, depends_on)
    except Refused as refused:
        depends_on.extend(_facts_missed(refused, view, seller, buyer))
        facts, found = tuple(dict.fromkeys(depends_on)), refused.refusals
        return Verdict(None, found, facts, is_fatal=bool(sorted_by_severity(found).fatal))
    return Verdict(decision, (), decision.depends_on)


def _facts_missed(refused: Refused, view: View, seller: str, buyer: str) -> Iterator[str]:
    """Yield the facts whose arrival may change a refusal."""
    for refusal in refused.refusals:
        if refusal.reason in _FACT_OF_REASON:
            yield f"{_FACT_OF_REASON[refusal.reason]}:{refusal.path}"
        elif refusal.reason is Reason.VAT_REGISTRATION_MISSING:
            for party in (seller, buyer):
                yield f"entity:{trader_of(view, party).entity.key}"


def _decided(subject: _Subject, view: View, depends_on: list[str]) -> Decision:
    cdr = subject.cdr
    selling, buying = trader_of(view, subject.seller), trader_of(view, subject.buyer)
    agreement, agreed = _agreement_in_force(view, subject)
    terms = agreed.terms
    matched = _matched(subject, terms, depends_on)
    location = view.find(Location, subject.location_key)
    time_zone = _time_zone(cdr, location, subject.location_key)
    findings = _findings(subject, terms, matched, location, time_zone, depends_on)
    cost = _priced(subject, terms, matched, location, time_zone, view, findings, depends_on)
    booking = booking_of(
        ended_at=cdr.end_date_time,
        charger_zone=time_zone,
        calendar=terms.calendar,
        periods=view.periods,
    )
    sale = Sale(
        view=view,
        seller=selling,
        buyer=buying,
        charger_country=alpha_2(cdr.cdr_location.country),
        tax_point=booking.service_on,
        priced=cost.priced,
        tariff_version=f"{cost.tariffs[0].tariff}#{cost.tariffs[0].number}",
    )
    legs, entries = legs_of(
        sale,
        agreement=agreement,
        number=agreed.number,
        terms=terms,
        shares=view.share_agreement(subject.location_key, cdr.start_date_time),
    )
    depends_on.extend(_rates_used(legs))
    return Decision(
        seller=subject.seller,
        buyer=subject.buyer,
        tariff=cost.tariffs[0],
        agreement=f"{agreement.key}#{agreed.number}",
        time_zone=time_zone,
        booking=booking,
        legs=legs,
        entries=entries,
        comparisons=cost.comparisons,
        visible_to=tuple(sorted({party for leg in legs for party in (leg.seller, leg.buyer)})),
        depends_on=tuple(dict.fromkeys(depends_on)),
        approval="at_once",
        session=_session_use(matched),
        location=subject.location_key,
        warnings=(*findings.warnings, *cost.warnings),
        further_tariffs=cost.tariffs[1:],
        shown=cost.shown,
        public=cost.public,
        release=subject.around.release,
    )


def _agreement_in_force(view: View, subject: _Subject) -> tuple[Agreement, AgreementVersion]:
    key = pair_key(subject.seller, subject.buyer)
    agreement = view.find(Agreement, key)
    version = agreement.version_valid_at(subject.cdr.start_date_time) if agreement else None
    if agreement is None or version is None:
        raise Refused(Refusal(Reason.AGREEMENT_MISSING, key))
    return agreement, version


def _matched(subject: _Subject, terms: Terms, depends_on: list[str]) -> _Matched:
    """Return the session the CDR names, else the one that fits best beyond doubt."""
    around = subject.around
    if subject.cdr.session_id:
        own = around.session.key if around.session is not None else None
        near = tuple(key for key in around.nearby_keys if key != own)
        return _Matched(around.session, "session_id", near)
    depends_on.append(f"charger:{charger_of(subject.cdr)}")
    depends_on.extend(f"session:{key}" for key in around.nearby_keys)
    matches = ranked(subject.cdr, around.nearby, terms)
    best = best_of(matches)
    if best is None:
        return _Matched(None, "", tuple(str(match) for match in matches))
    session = next(row for row in around.nearby if row.key == best.session)
    # Sessions up to an hour away were compared; only what began in the CDR's time may be in it.
    inside = (row.key for row in around.nearby if _began_within(row, subject.cdr))
    return _Matched(session, str(best), tuple(key for key in inside if key != best.session))


def _began_within(session: Session, cdr: CdrStatement) -> bool:
    latest = session.latest
    return latest is not None and (
        cdr.start_date_time <= latest.start_date_time <= cdr.end_date_time
    )


def _time_zone(cdr: CdrStatement, location: Location | None, location_key: str) -> str:
    """Return the charger's zone: the message's, else the location's. Refuses: TIME_ZONE_UNKNOWN."""
    if cdr.time_zone:
        return zone_of(cdr.time_zone).key
    version = location.version_valid_at(cdr.start_date_time) if location else None
    if version is None:
        raise Refused(Refusal(Reason.TIME_ZONE_UNKNOWN, location_key))
    return zone_of(version.statement.time_zone).key


def _findings(
    subject: _Subject,
    terms: Terms,
    matched: _Matched,
    location: Location | None,
    time_zone: str,
    depends_on: list[str],
) -> Findings:
    """Apply the catalogue. Refuses at once where a finding refuses the record."""
    cdr, around = subject.cdr, subject.around
    version = location.version_valid_at(cdr.start_date_time) if location else None
    place = cdr.cdr_location
    session_key = matched.session.key if matched.session is not None else None
    others = others_of(
        subject.key,
        cdr,
        session_key,
        around.taken,
        skew=timedelta(seconds=terms.clock.skew_s),
    )
    depends_on.extend(f"cdr:{row.cdr}" for row in others)
    candidate = Candidate(
        cdr=cdr,
        terms=terms,
        session=matched.session,
        received_at=subject.received_at,
        time_zone=time_zone,
        location=version,
        connector=version.connector(place.evse_uid, place.connector_id) if version else None,
        evidence=around.evidence,
        others=others,
        near=matched.near,
    )
    released = frozenset(around.release.codes) if around.release is not None else frozenset()
    findings = sorted_by_severity(findings_of(candidate), released=released)
    if findings.fatal:
        raise Refused(*findings.fatal, *findings.severe)
    return findings


def _priced(
    subject: _Subject,
    terms: Terms,
    matched: _Matched,
    location: Location | None,
    time_zone: str,
    view: View,
    findings: Findings,
    depends_on: list[str],
) -> CdrPrice:
    """Price the CDR; refuse with what the checks found and with what the price shows, at once."""
    severe = findings.severe
    if any(row.reason in UNPRICEABLE for row in severe):
        raise Refused(*severe)
    try:
        cost = price_of(
            subject.cdr,
            seller=subject.seller,
            terms=terms,
            time_zone=time_zone,
            location=location,
            session=matched.session,
            release=subject.around.release,
            view=view,
            depends_on=depends_on,
        )
    except Refused as refused:
        raise Refused(*severe, *refused.refusals) from None
    if severe:
        raise Refused(*severe)
    return cost


def _rates_used(legs: tuple[Leg, ...]) -> list[str]:
    used = {(rate.from_currency, rate.to_currency) for leg in legs for rate in leg.fx}
    return [f"fx:{currency}" for currency in sorted({*chain(*used)} - {"EUR"})]


def _session_use(matched: _Matched) -> SessionUse | None:
    if matched.session is None or matched.session.latest is None:
        return None
    return SessionUse(matched.session.key, matched.session.version, matched.by)
