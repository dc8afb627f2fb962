"""Which tariff prices a session whose CPO drafts no CDR: never a guess between two."""

from console.drafting.register import Place, Register, TariffInForce
from ledger.values.identifiers import party_key, record_key
from ledger.values.reasons import Reason, Refusal, Refused
from schemas import SessionV1

_AD_HOC = "AD_HOC_PAYMENT"


def tariffs_of(session: SessionV1, place: Place, register: Register) -> tuple[TariffInForce, ...]:
    """Return the versions, valid when the session started, that price its charging periods.

    Those that the periods name; else the one of the connector's that was valid and is for this
    kind of payment (of several, the one of the agreement); else the agreement's wholesale tariff.
    Refuses: TARIFF_MISSING, TARIFF_NOT_NAMED, CURRENCY_DIFFERS.
    """
    named = {
        row.tariff_id.lower(): row.tariff_id for row in session.charging_periods if row.tariff_id
    }
    found = (
        tuple(_in_force(session, tariff_id, register) for tariff_id in named.values())
        if named
        else (_unnamed(session, place, register),)
    )
    for row in found:
        if row.statement.currency != session.currency:
            raise Refused(
                Refusal(
                    Reason.CURRENCY_DIFFERS, "currency", row.statement.currency, session.currency
                )
            )
    return found


def _unnamed(session: SessionV1, place: Place, register: Register) -> TariffInForce:
    seller, buyer = _parties(session)
    wholesale = register.wholesale(seller, buyer, session.start_date_time)
    pays_at_once = session.cdr_token.type == "AD_HOC_USER"
    offered = {
        tariff_id.lower(): row
        for tariff_id in place.tariff_ids
        if (row := register.tariff(seller, tariff_id, session.start_date_time))
        and (row.statement.type == _AD_HOC) == pays_at_once
    }
    if wholesale and wholesale.lower() in offered:
        return offered[wholesale.lower()]
    if len(offered) > 1:
        ids = ", ".join(row.statement.id for row in offered.values())
        raise Refused(Refusal(Reason.TARIFF_NOT_NAMED, "charging_periods", f"one of {ids}"))
    if offered:
        return next(iter(offered.values()))
    if wholesale:
        return _in_force(session, wholesale, register)
    if len(place.tariff_ids) == 1:
        # Refuses where it is missing; a tariff for another kind of payment is not this one's.
        _in_force(session, place.tariff_ids[0], register)
    raise Refused(Refusal(Reason.TARIFF_NOT_NAMED, "charging_periods"))


def _in_force(session: SessionV1, tariff_id: str, register: Register) -> TariffInForce:
    seller, _ = _parties(session)
    found = register.tariff(seller, tariff_id, session.start_date_time)
    if found is None:
        at = session.start_date_time.isoformat()
        raise Refused(
            Refusal(
                Reason.TARIFF_MISSING, record_key(seller, tariff_id), f"a version valid at {at}"
            )
        )
    return found


def _parties(session: SessionV1) -> tuple[str, str]:
    token = session.cdr_token
    return (
        party_key(session.country_code, session.party_id),
        party_key(token.country_code, token.party_id),
    )
