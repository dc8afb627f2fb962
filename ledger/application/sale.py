"""What the legs of one CDR have in common: who sells to whom, where, when, on which terms."""

from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from msgspec.structs import replace

from ledger.application.facts import View
from ledger.application.selling import Occasion, Trader
from ledger.fx.convert import FxDecision, rates_key
from ledger.pricing.lines import Priced
from ledger.roaming.agreement import Agreement
from ledger.roaming.situation import Situation
from ledger.roaming.terms import Terms
from ledger.values.fractions import rational_of


class PricedSale(NamedTuple):
    """What a charge costs at one tariff; with `includes_tax` the price is with tax in it."""

    priced: Priced
    tariff_version: str
    includes_tax: bool = False


class Sale(NamedTuple):
    """What all legs of one CDR share; `retail` is the buyer's price for its driver.

    `rates_used` collects the keys of the exchange rates that the agreement's clauses ask for.
    """

    view: View
    seller: Trader
    buyer: Trader
    started_at: datetime
    occasion: Occasion
    price: PricedSale
    situation: Situation
    agreement: Agreement
    number: int
    terms: Terms
    rates_used: set[str]
    retail: PricedSale | None = None
    shares: tuple[Agreement, int] | None = None

    @property
    def version(self) -> str:
        """The agreement's version, as every leg under it names it."""
        return f"{self.agreement.key}#{self.number}"

    def in_currency(self, amount: Decimal, currency: str | None, into: str) -> Fraction:
        """Return an agreed amount in another currency, exactly, at the agreed rate, no markup."""
        if currency is None or currency == into:
            return Fraction(amount)
        return Fraction(amount) * rational_of(self.rate(currency, into, markup_bps=0).rate)

    def rate(self, currency: str, into: str, *, markup_bps: int) -> FxDecision:
        """Decide a conversion by the agreement's rule. Refuses: FX_RATE_MISSING."""
        terms = self.terms.fx
        if terms.markup_bps != markup_bps:
            terms = replace(terms, markup_bps=markup_bps)
        self.rates_used.update(rates_key(each, terms.source) for each in (currency, into))
        return self.view.fx(
            from_currency=currency, to_currency=into, rate_on=self.occasion.rate_on, terms=terms
        )
