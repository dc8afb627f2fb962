"""Fields: what OCPI lets a partner leave blank, and what an agreement asks for beyond OCPI."""

from collections.abc import Iterator
from decimal import Decimal

from ledger.pricing.charge import ENERGY, PARKING_TIME, TIME
from ledger.roaming.checks.candidate import Candidate
from ledger.values.money import currency_of
from ledger.values.reasons import Reason, Refusal, Refused

MOST_KWH = Decimal(100_000)
"""No charge of a vehicle comes near; what does is a unit mistaken or a meter gone wrong."""
MOST_HOURS = Decimal(24 * 366)
MOST_MONEY = Decimal(10**9)
_BLANK = frozenset({"", "#na", "n/a", "na", "unknown", "null", "none", "-", "0000"})
"""OCPI 2.2.1 asks for «#NA» where a charging station's id is not known (mod_cdrs, CdrLocation)."""


def _is_blank(text: str | None) -> bool:
    return text is None or text.strip().lower() in _BLANK


def names_its_charger(candidate: Candidate) -> Iterator[Refusal]:
    """EVSE and connector are named: without them nobody can look for the charge."""
    place = candidate.cdr.cdr_location
    for path, value in (
        ("cdr_location.evse_uid", place.evse_uid),
        ("cdr_location.evse_id", place.evse_id),
        ("cdr_location.connector_id", place.connector_id),
    ):
        if _is_blank(value):
            yield Refusal(Reason.CHARGER_NOT_NAMED, path, "an id", value)


def names_its_authorization(candidate: Candidate) -> Iterator[Refusal]:
    """A charge started by a command names the authorization it was started with.

    Source: OCPI 2.2.1, mod_cdrs, authorization_reference: given in the StartSession or the
    real-time authorization, it shall be in the CDR.
    """
    cdr = candidate.cdr
    if cdr.auth_method != "WHITELIST" and not cdr.authorization_reference:
        yield Refusal(
            Reason.AUTHORIZATION_NOT_NAMED, "authorization_reference", f"with {cdr.auth_method}"
        )


def has_the_fields_agreed(candidate: Candidate) -> Iterator[Refusal]:
    """Fields that OCPI leaves optional, or has not, are there where the agreement asks."""
    cdr = candidate.cdr
    for name in candidate.terms.evidence.fields:
        holder = cdr if hasattr(cdr, name) else cdr.clearwatt
        if getattr(holder, name, None) in (None, ""):
            yield Refusal(Reason.FIELD_AGREED_MISSING, name, "a value, as agreed")


def has_a_currency_that_exists(candidate: Candidate) -> Iterator[Refusal]:
    """The currency is one of ISO 4217."""
    try:
        currency_of(candidate.cdr.currency)
    except Refused as refused:
        yield from refused.refusals


def states_figures_of_this_world(candidate: Candidate) -> Iterator[Refusal]:
    """Energy, time and cost are figures that a charge can have at all."""
    cdr = candidate.cdr
    volumes = [
        (dimension.type, dimension.volume)
        for period in cdr.charging_periods
        for dimension in period.dimensions
    ]
    energies = [volume for kind, volume in volumes if kind == ENERGY]
    hours = [volume for kind, volume in volumes if kind in (TIME, PARKING_TIME)]
    for path, figures, most in (
        ("total_energy", (cdr.total_energy, *energies), MOST_KWH),
        ("total_time", (cdr.total_time, *hours), MOST_HOURS),
        ("total_cost", (cdr.total_cost.before_taxes,), MOST_MONEY),
    ):
        largest = max(abs(figure) for figure in figures)
        if largest > most:
            yield Refusal(Reason.NUMBER_OUT_OF_RANGE, path, f"at most {most}", str(largest))


def is_a_kind_we_book(candidate: Candidate) -> Iterator[Refusal]:
    """The compensation of a home charge has no books yet."""
    if candidate.cdr.home_charging_compensation:
        yield Refusal(Reason.CDR_NOT_SUPPORTED, "home_charging_compensation", "false", "true")


def has_a_token_of_its_emsp(candidate: Candidate) -> Iterator[Refusal]:
    """The contract id begins with the eMSP that the token names.

    Source: eMI3, ISO 15118-2 Annex H: country, provider, then the contract's own part. The
    recorded token holds the issuer read from the contract id, never the id itself.
    """
    token = candidate.cdr.cdr_token
    named = f"{token.country_code}*{token.party_id}".upper()
    if token.issuer is not None and token.issuer != named:
        yield Refusal(Reason.TOKEN_NOT_OF_EMSP, "cdr_token.contract_id", named, token.issuer)
