"""What the ledger has to find about a sound CDR, told from the catalogue without the ledger."""

from typing import Final

from console.imports.catalogue import Catalogue
from consumers.cdrs import to_command
from ledger.pricing.price import price
from ledger.roaming.checks import charge_of
from schemas import CdrV1

ABOVE_PUBLIC: Final = "PRICE_ABOVE_PUBLIC"


def findings_of(cdr: CdrV1, catalogue: Catalogue) -> tuple[str, ...]:
    """Return the codes: a CDR that costs more than the connector's public tariff would.

    Both amounts are before tax, in the same currency; the CDR's is what it states.
    """
    party = f"{cdr.country_code}*{cdr.party_id}"
    public = catalogue.public_offer_at(party, cdr.cdr_location, cdr.start_date_time)
    if public is None or public.tariff.id == cdr.tariffs[0].id:
        return ()
    statement = to_command(cdr).statement
    at_public = price(charge_of(statement, cdr.time_zone or "UTC"), public.statement)
    return (ABOVE_PUBLIC,) if cdr.total_cost.before_taxes > at_public.net else ()
