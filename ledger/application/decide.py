"""The decision about a CDR: accepted with everything recorded, or held with every reason.

A pure function of the statement, what stands around it and the facts; the order in which these
arrived plays no part. `depends_on` names the facts the answer rests on: who records one of them
later makes the ledger decide again.
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import chain
from typing import NamedTuple

from ledger.application.circumstances import Circumstances
from ledger.application.facts import View
from ledger.application.ground import Ground, Subject, ground_of, refuse_suspended
from ledger.application.launch_guard import facts_awaited
from ledger.application.priced import CdrPrice, price_of
from ledger.application.register import Registered, shares_at
from ledger.application.sale import PricedSale, Sale
from ledger.application.sales import legs_of
from ledger.application.selling import Occasion, standings_of, trader_of
from ledger.evidence.registered import judged_by
from ledger.evidence.signed_data import SignedEvidence
from ledger.pricing.lines import Priced
from ledger.roaming.checks.candidate import Candidate
from ledger.roaming.checks.catalogue import UNPRICEABLE
from ledger.roaming.checks.judge import Findings, findings_of, sorted_by_severity
from ledger.roaming.legs import DRIVER, Decision, Leg, TariffUse
from ledger.roaming.occupation import others_of
from ledger.roaming.situation import situation_of
from ledger.roaming.statements import CdrStatement
from ledger.roaming.terms import Terms
from ledger.settlement.calendar import booking_of
from ledger.values.countries import alpha_2
from ledger.values.entries import Entry
from ledger.values.identifiers import pair_key, party_key, record_key
from ledger.values.instants import last_day, month_of
from ledger.values.reasons import Reason, Refusal, Refused


class Verdict(NamedTuple):
    """Accepted (`decision`) or held (`refusals`, `is_fatal`), and the facts it rests on."""

    decision: Decision | None
    refusals: tuple[Refusal, ...]
    depends_on: tuple[str, ...]
    is_fatal: bool = False


_FACT_OF_REASON = {
    Reason.PARTY_UNKNOWN: "party",
    Reason.PARTY_NOT_ACTIVE: "party",
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
    subject = Subject(
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
        depends_on.extend(_facts_missed(refused, view, seller, buyer, cdr.start_date_time))
        facts, found = tuple(dict.fromkeys(depends_on)), refused.refusals
        return Verdict(None, found, facts, is_fatal=bool(sorted_by_severity(found).fatal))
    return Verdict(decision, (), decision.depends_on)


def _facts_missed(
    refused: Refused, view: View, seller: str, buyer: str, started_at: datetime
) -> Iterator[str]:
    """Yield the facts whose arrival may change a refusal."""
    for refusal in refused.refusals:
        yield from facts_awaited(refusal)
        if refusal.reason in _FACT_OF_REASON:
            yield f"{_FACT_OF_REASON[refusal.reason]}:{refusal.path}"
        elif refusal.reason is Reason.VAT_REGISTRATION_MISSING:
            for party in (seller, buyer):
                yield f"entity:{trader_of(view, party, started_at).entity.key}"


def _decided(subject: Subject, view: View, depends_on: list[str]) -> Decision:
    cdr, around = subject.cdr, subject.around
    ground = ground_of(subject, view, depends_on)
    terms = ground.terms
    findings = _findings(subject, ground, view, depends_on)
    cost = _priced(subject, ground, findings, view, depends_on)
    booking = booking_of(
        ended_at=cdr.end_date_time,
        charger_zone=ground.time_zone,
        calendar=terms.calendar,
        periods=view.periods,
    )
    legs, entries, rates_used = _legs(subject, ground, cost, booking.service_on, view)
    capped = ground.guard.of_the_day(booking.service_on, legs[0])
    depends_on.extend(_rates_used(legs, rates_used))
    days = terms.windows.objection_days
    objections_until = subject.received_at + timedelta(days=days) if days else None
    return Decision(
        seller=subject.seller,
        buyer=subject.buyer,
        tariff=cost.tariffs[0],
        agreement=f"{ground.agreement.key}#{ground.number}",
        time_zone=ground.time_zone,
        booking=booking,
        legs=legs,
        entries=entries,
        comparisons=cost.comparisons,
        visible_to=_parties_in(legs),
        depends_on=tuple(dict.fromkeys(depends_on)),
        approval="objection_window" if objections_until is not None else "at_once",
        session=ground.matched.use,
        location=subject.location_key,
        warnings=(*findings.warnings, *cost.warnings, *capped),
        further_tariffs=cost.tariffs[1:],
        shown=cost.shown,
        public=cost.public,
        release=around.release,
        objections_until=objections_until,
    )


def _legs(
    subject: Subject, ground: Ground, cost: CdrPrice, service_on: date, view: View
) -> tuple[tuple[Leg, ...], tuple[Entry, ...], set[str]]:
    """Return the legs, their entries, and the exchange rates that clauses asked for."""
    cdr, terms = subject.cdr, ground.terms
    places = (subject.location_key, *ground.registered.former)
    shares = shares_at(view, places, cdr.start_date_time)
    if shares is not None:
        refuse_suspended(shares[0], cdr.start_date_time)
    rates_used: set[str] = set()
    sale = Sale(
        view=view,
        seller=ground.seller,
        buyer=ground.buyer,
        started_at=cdr.start_date_time,
        occasion=Occasion(
            alpha_2(cdr.cdr_location.country),
            tax_point=_tax_point(terms, service_on),
            rate_on=service_on,
        ),
        price=_sold_at(cost.priced, cost.tariffs[0], includes_tax=cost.includes_tax),
        situation=situation_of(cdr, ground.registered.groups),
        agreement=ground.agreement,
        number=ground.number,
        terms=terms,
        retail=_sold_at(*cost.retail) if cost.retail is not None else None,
        shares=shares,
        rates_used=rates_used,
    )
    return *legs_of(sale), rates_used


def _tax_point(terms: Terms, service_on: date) -> date:
    """Return the day that picks the tax rate: of the service, or when its invoice is expected."""
    by_invoice = terms.vat.tax_point == "invoice_date"
    return last_day(month_of(service_on)) if by_invoice else service_on


def _sold_at(priced: Priced, tariff: TariffUse, includes_tax: bool) -> PricedSale:
    return PricedSale(priced, f"{tariff.tariff}#{tariff.number}", includes_tax)


def _parties_in(legs: tuple[Leg, ...]) -> tuple[str, ...]:
    parties = {party for leg in legs for party in (leg.seller, leg.buyer)}
    return tuple(sorted(parties - {DRIVER}))


def _findings(subject: Subject, ground: Ground, view: View, depends_on: list[str]) -> Findings:
    """Apply the catalogue. Refuses at once where a finding refuses the record."""
    cdr, around, terms = subject.cdr, subject.around, ground.terms
    location, registered, session = ground.location, ground.registered, ground.matched.session
    version = location.version_valid_at(cdr.start_date_time) if location else None
    place = cdr.cdr_location
    others = others_of(
        subject.key,
        cdr,
        session.key if session is not None else None,
        around.taken,
        skew=timedelta(seconds=terms.clock.skew_s),
    )
    depends_on.extend(f"cdr:{row.cdr}" for row in others)
    candidate = Candidate(
        cdr=cdr,
        terms=terms,
        session=session,
        received_at=subject.received_at,
        time_zone=ground.time_zone,
        location=version,
        connector=version.connector(place.evse_uid, place.connector_id) if version else None,
        meter=registered.meter,
        evidence=_evidence(around.evidence, registered),
        others=others,
        near=ground.matched.near,
        moved=registered.moved,
        is_site_valid=registered.is_site_valid,
        suspension=registered.suspension,
        standings=standings_of(view, (subject.seller, subject.buyer), cdr.start_date_time),
    )
    released = frozenset(around.release.codes) if around.release is not None else frozenset()
    found = (*findings_of(candidate), *ground.guard.outside)
    findings = sorted_by_severity(found, released=released)
    if findings.fatal:
        raise Refused(*findings.fatal, *findings.severe)
    return findings


def _evidence(evidence: SignedEvidence | None, registered: Registered) -> SignedEvidence | None:
    """Return the signed data as it is judged by the meter's key, where the register has it."""
    if evidence is None or registered.meter is None:
        return evidence
    return judged_by(evidence, registered.meter.public_key)


def _priced(
    subject: Subject, ground: Ground, findings: Findings, view: View, depends_on: list[str]
) -> CdrPrice:
    """Price the CDR; refuse with what the checks found and with what the price shows, at once."""
    severe = findings.severe
    if any(row.reason in UNPRICEABLE for row in severe):
        raise Refused(*severe)
    try:
        cost = price_of(
            subject.cdr,
            seller=subject.seller,
            terms=ground.terms,
            time_zone=ground.time_zone,
            location=ground.location,
            session=ground.matched.session,
            release=subject.around.release,
            view=view,
            depends_on=depends_on,
        )
    except Refused as refused:
        raise Refused(*severe, *refused.refusals) from None
    if severe:
        raise Refused(*severe)
    return cost


def _rates_used(legs: tuple[Leg, ...], agreed: set[str]) -> list[str]:
    used = {(rate.from_currency, rate.to_currency) for leg in legs for rate in leg.fx}
    keys = {*chain(*used), *agreed}
    return [f"fx:{key}" for key in sorted(keys) if not key.startswith("EUR")]
