"""What the ledger has to find about a sound CDR, told from the catalogue without the ledger."""

from decimal import Decimal
from typing import Final

from console.imports.catalogue import Catalogue
from consumers.cdrs import to_command
from ledger.pricing.price import price
from ledger.roaming.charged import charge_of
from ledger.values.countries import alpha_2
from ledger.vat.rates import standard_rate
from schemas import CdrV1

ABOVE_PUBLIC: Final = "PRICE_ABOVE_PUBLIC"
IMPLAUSIBLE: Final = "TAX_IMPLAUSIBLE"
_CENT: Final = Decimal("0.01")


def findings_of(cdr: CdrV1, catalogue: Catalogue) -> tuple[str, ...]:
    """Return the codes of what is noted about a CDR, in the order in which it is."""
    return (*_about_tax(cdr), *_about_price(cdr, catalogue))


def _about_tax(cdr: CdrV1) -> tuple[str, ...]:
    """A tariff of today, moved into another year, states today's tax."""
    after, before = cdr.total_cost.after_taxes, cdr.total_cost.before_taxes
    rate = standard_rate(alpha_2(cdr.cdr_location.country), cdr.end_date_time.date())
    if after is None or after == before or rate is None:
        return ()
    tax = before * rate.percent / 100
    return (IMPLAUSIBLE,) if abs(after - before - tax) > _CENT else ()


def _about_price(cdr: CdrV1, catalogue: Catalogue) -> tuple[str, ...]:
    """A CDR may cost more than the connector's public tariff would.

    Both amounts are before tax, in the same currency; the CDR's is what it states. A public price
    with a tax in it that it does not name has no amount before tax.
    """
    party = f"{cdr.country_code}*{cdr.party_id}"
    public = catalogue.public_offer_at(party, cdr.cdr_location, cdr.start_date_time)
    if public is None or public.tariff.id == cdr.tariffs[0].id:
        return ()
    statement = to_command(cdr).statement
    total = price(charge_of(statement, cdr.time_zone or "UTC"), public.statement).total_cost
    if total.before_taxes is None or cdr.total_cost.before_taxes <= total.before_taxes:
        return ()
    return (ABOVE_PUBLIC,)
