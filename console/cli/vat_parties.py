"""Who sells and buys in `vat decide`: somebody registered, or somebody described in words."""

import re
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING, Final, NamedTuple, get_args

from console.cli import common
from console.cli.errors import UsageError
from console.cli.vat import FORM
from ledger.values.countries import alpha_2
from ledger.vat.areas import vat_country
from ledger.vat.overrides import RateOverride
from ledger.vat.parties import A_DRIVER, BuyerKind, VatParty

if TYPE_CHECKING:
    from ledger.application.ledger import Ledger

_IN_WORDS: Final = re.compile(r"([A-Za-z]{2})(?::(\w+))?")
_DRIVER: Final = "driver"


class Described(NamedTuple):
    """What the command line says of one of them.

    `registered_in` are the countries of its VAT numbers; none named means at its seat.
    """

    who: str
    registered_in: tuple[str, ...] = ()
    evidence: str = ""

    @property
    def is_in_words(self) -> bool:
        """True where nothing has to be looked up."""
        return self.who == _DRIVER or _IN_WORDS.fullmatch(self.who) is not None


class Sides(NamedTuple):
    """Both of them as the VAT decision sees them, and the rates they agreed."""

    seller: VatParty
    buyer: VatParty
    overrides: tuple[RateOverride, ...] = ()


def sides_of(seller: Described, buyer: Described, day: date) -> Sides:
    """Return them on a day, with what two registered parties agreed; words need no service.

    Refuses: COUNTRY_UNKNOWN, NOT_FOUND, PARTY_UNKNOWN, ENTITY_UNKNOWN; raises UsageError
    OPTION_INVALID.
    """
    if seller.is_in_words and buyer.is_in_words:
        return Sides(_in_words(seller), _in_words(buyer))
    with common.ledger() as ledger:
        ledger.refresh()
        sells, buys = (
            _in_words(row) if row.is_in_words else _registered(ledger, row, day)
            for row in (seller, buyer)
        )
        return Sides(sells, buys, _agreed_rates(ledger, seller, buyer, day))


def _agreed_rates(
    ledger: "Ledger", seller: Described, buyer: Described, day: date
) -> tuple[RateOverride, ...]:
    """Return the rates of the agreement of two parties; none where one is no party."""
    from ledger.application.facts import View

    if not ("*" in seller.who and "*" in buyer.who):
        return ()
    parties = seller.who.upper(), buyer.who.upper()
    return View(ledger.facts).terms_between(*parties, _noon(day)).vat.overrides


def _noon(day: date) -> datetime:
    return datetime.combine(day, time(12), UTC)


def _in_words(described: Described) -> VatParty:
    if described.who == _DRIVER:
        return A_DRIVER
    match = _IN_WORDS.fullmatch(described.who)
    kind = (match[2] if match is not None else None) or "business"
    if match is None or kind not in get_args(BuyerKind):
        raise UsageError("OPTION_INVALID", f"{described.who!r} is none of {FORM}.")
    seat = alpha_2(vat_country(match[1]))
    at_home = (seat,) if kind != "consumer" else ()
    countries = [alpha_2(vat_country(row)) for row in described.registered_in if row != "none"]
    numbers = countries if described.registered_in else at_home
    return VatParty(
        seat,
        kind,  # type: ignore[arg-type]  # one of BuyerKind, as was asked
        numbers=tuple((country, f"{country}…") for country in numbers),
        dealer_evidence=described.evidence if kind == "dealer" else "",
        seat_evidence=described.evidence,
    )


def _registered(ledger: "Ledger", described: Described, day: date) -> VatParty:
    from ledger.application.facts import View
    from ledger.application.selling import trader_of
    from ledger.roaming.entity import LegalEntity
    from ledger.values.reasons import Reason, Refusal, Refused

    view = View(ledger.facts)
    if described.registered_in or described.evidence:
        wanted = "of who is registered, numbers and evidence are on record"
        raise UsageError("OPTION_INVALID", f"{described.who}: {wanted}.")
    if "*" in described.who:
        entity = trader_of(view, described.who.upper(), _noon(day)).entity
    else:
        found = view.find(LegalEntity, described.who)
        if found is None:
            raise Refused(Refusal(Reason.NOT_FOUND, "entity", FORM, described.who))
        entity = found
    return entity.as_vat_party(day)
