"""The decision about a CDR: accepted with everything recorded, or held with every reason.

A pure function of the statement, the session and the facts; the order in which these arrived
plays no part. `depends_on` names the facts the answer rests on: who records one of them later
makes the ledger decide again.
"""

from datetime import datetime, timedelta
from itertools import chain
from typing import NamedTuple

from ledger.application.facts import View
from ledger.application.priced import price_of
from ledger.application.sales import Sale, legs_of, trader_of
from ledger.roaming.agreement import Agreement, AgreementVersion
from ledger.roaming.checks import Candidate, refusals_of
from ledger.roaming.legs import Decision, Leg, SessionUse
from ledger.roaming.location import Location
from ledger.roaming.session import Session
from ledger.roaming.statements import CdrStatement
from ledger.roaming.terms import Terms
from ledger.settlement.calendar import booking_of
from ledger.values.countries import alpha_2
from ledger.values.identifiers import pair_key, party_key, record_key
from ledger.values.instants import zone_of
from ledger.values.reasons import Reason, Refusal, Refused


class Verdict(NamedTuple):
    """Accepted (`decision`) or held (`refusals`), and the facts it rests on."""

    decision: Decision | None
    refusals: tuple[Refusal, ...]
    depends_on: tuple[str, ...]


_FACT_OF_REASON = {
    Reason.PARTY_UNKNOWN: "party",
    Reason.ENTITY_UNKNOWN: "entity",
    Reason.FX_RATE_MISSING: "fx",
}


def decide(
    cdr: CdrStatement, *, session: Session | None, view: View, received_at: datetime
) -> Verdict:
    """Decide about a CDR with the facts in `view`."""
    seller = party_key(cdr.country_code, cdr.party_id)
    buyer = party_key(cdr.cdr_token.country_code, cdr.cdr_token.party_id)
    location_key = record_key(seller, cdr.cdr_location.id)
    depends_on = [
        f"agreement:{pair_key(seller, buyer)}",
        f"shares:{location_key}",
        f"location:{location_key}",
    ]
    try:
        decision = _decided(
            cdr, seller, buyer, location_key, session, view, received_at, depends_on
        )
    except Refused as refused:
        for refusal in refused.refusals:
            if refusal.reason in _FACT_OF_REASON:
                depends_on.append(f"{_FACT_OF_REASON[refusal.reason]}:{refusal.path}")
            elif refusal.reason is Reason.VAT_REGISTRATION_MISSING:
                depends_on.extend(_entities(view, seller, buyer))
        if cdr.session_id:
            depends_on.append(f"session:{record_key(seller, cdr.session_id)}")
        return Verdict(None, refused.refusals, tuple(dict.fromkeys(depends_on)))
    return Verdict(decision, (), tuple(depends_on))


def _entities(view: View, *parties: str) -> list[str]:
    return [f"entity:{trader_of(view, party).entity.key}" for party in parties]


def _decided(
    cdr: CdrStatement,
    seller: str,
    buyer: str,
    location_key: str,
    session: Session | None,
    view: View,
    received_at: datetime,
    depends_on: list[str],
) -> Decision:
    selling, buying = trader_of(view, seller), trader_of(view, buyer)
    agreement, agreed = _agreement_in_force(view, seller, buyer, cdr.start_date_time)
    terms = agreed.terms
    time_zone = _time_zone(cdr, view, location_key)
    _refuse_what_the_checks_refuse(cdr, terms, session, received_at)
    cost = price_of(
        cdr,
        seller=seller,
        terms=terms,
        time_zone=time_zone,
        location=view.find(Location, location_key),
        session=session,
        view=view,
        depends_on=depends_on,
    )
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
        shares=view.share_agreement(location_key, cdr.start_date_time),
    )
    depends_on.extend(_rates_used(legs))
    return Decision(
        seller=seller,
        buyer=buyer,
        tariff=cost.tariffs[0],
        agreement=f"{agreement.key}#{agreed.number}",
        time_zone=time_zone,
        booking=booking,
        legs=legs,
        entries=entries,
        comparisons=cost.comparisons,
        visible_to=tuple(sorted({party for leg in legs for party in (leg.seller, leg.buyer)})),
        depends_on=tuple(depends_on),
        approval="at_once",
        session=_session_use(session),
        location=location_key,
        warnings=cost.warnings,
        further_tariffs=cost.tariffs[1:],
        shown=cost.shown,
        public=cost.public,
    )


def _agreement_in_force(
    view: View, seller: str, buyer: str, instant: datetime
) -> tuple[Agreement, AgreementVersion]:
    agreement = view.find(Agreement, pair_key(seller, buyer))
    version = agreement.version_valid_at(instant) if agreement else None
    if agreement is None or version is None:
        raise Refused(Refusal(Reason.AGREEMENT_MISSING, pair_key(seller, buyer)))
    return agreement, version


def _time_zone(cdr: CdrStatement, view: View, location_key: str) -> str:
    """Return the charger's zone: the message's, else the location's. Refuses: TIME_ZONE_UNKNOWN."""
    if cdr.time_zone:
        return zone_of(cdr.time_zone).key
    location = view.find(Location, location_key)
    version = location.version_valid_at(cdr.start_date_time) if location else None
    if version is None:
        raise Refused(Refusal(Reason.TIME_ZONE_UNKNOWN, location_key))
    return zone_of(version.statement.time_zone).key


def _refuse_what_the_checks_refuse(
    cdr: CdrStatement, terms: Terms, session: Session | None, received_at: datetime
) -> None:
    refusals = list(refusals_of(Candidate(cdr, terms, session)))
    if received_at - cdr.end_date_time > timedelta(days=terms.age_limit_days):
        refusals.append(
            Refusal(
                Reason.CDR_TOO_OLD,
                "end_date_time",
                f"at most {terms.age_limit_days} days before it was received",
                cdr.end_date_time.isoformat(),
            )
        )
    if refusals:
        raise Refused(*refusals)


def _rates_used(legs: tuple[Leg, ...]) -> list[str]:
    used = {(rate.from_currency, rate.to_currency) for leg in legs for rate in leg.fx}
    return [f"fx:{currency}" for currency in sorted({*chain(*used)} - {"EUR"})]


def _session_use(session: Session | None) -> SessionUse | None:
    if session is None or session.latest is None:
        return None
    return SessionUse(session.key, session.version, "session_id")
