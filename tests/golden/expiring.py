"""What ends, announced and withdrawn, as the golden history has it."""

from collections.abc import Iterator
from datetime import date

from ledger.roaming.endings import Ending
from ledger.roaming.expiry import Expiry
from ledger.values.aggregate import LedgerAggregate
from ledger.values.provenance import Provenance


def expiring(clock: Provenance) -> Iterator[LedgerAggregate]:
    """Yield a registration that was announced twice and renewed, and an option announced once."""
    registration = Ending(
        "xyz-bv/vat/NL",
        "vat_registration",
        "xyz-bv",
        "VAT registration of xyz-bv in NL",
        date(2026, 12, 1),
    )
    renewed = Expiry.blank(registration.key)
    for notice in (60, 14):
        renewed.announce(registration, notice_days=notice, provenance=clock)
    renewed.withdraw("renewed", provenance=clock)
    yield renewed
    option = Ending("option/DE", "resale_option", "DE", "option of DE", date(2027, 1, 1))
    ends = Expiry.blank(option.key)
    ends.announce(option, notice_days=60, provenance=clock)
    yield ends
