"""The sites of the history: documents, a change of operator, remaps, and what was rejected."""

from collections.abc import Iterator
from datetime import date

from msgspec.structs import replace

from ledger.roaming.meters import MeterRecord
from ledger.roaming.remaps import Remap
from ledger.roaming.site import Site
from ledger.roaming.site_documents import ChargerRecord, ChargerVersion, SiteDocument
from ledger.roaming.site_version import Suspension
from ledger.values.provenance import Provenance
from tests.ledger_cast import CPO, HOST, SWISS_CPO, YEAR_BEGINS
from tests.ledger_statements import october

FULL = SiteDocument(
    owner=HOST,
    operator=CPO,
    country="NLD",
    time_zone="Europe/Amsterdam",
    kind="highway",
    access="public",
    host=HOST,
    groups=("a12", "corridor"),
    chargers=(
        ChargerRecord(
            "E1",
            (
                ChargerVersion(YEAR_BEGINS, "Alfen", "Eve Double", "6.1", "cfg-17"),
                ChargerVersion(october(3), "Alfen", "Eve Double"),
            ),
        ),
    ),
    meters=(
        MeterRecord(
            "E1",
            "M-1 · 計器",
            "mess_eichrecht",
            YEAR_BEGINS,
            connector_id="1",
            valid_until=october(3),
            mid="DE-16-MI003-PTB001",
            calibrated_on=date(2025, 12, 1),
            calibrated_until=date(2034, 1, 1),
            public_key="04" + "ab" * 64,
        ),
        MeterRecord("E1", "M-2", "not_legal", october(3)),
    ),
)
SPARSE = SiteDocument(CPO, CPO, "NL", "Europe/Amsterdam", "depot", "private")


def sites(first: Provenance) -> Iterator[Site]:
    """Yield sites as two people record them."""
    second = replace(first, actor="fiona")
    site, renamed, sold = (Site.blank(key) for key in (f"{CPO}/loc1", f"{CPO}/a12", "CH*ALP/a12"))
    site.register(FULL, valid_from=YEAR_BEGINS, valid_until=october(20), provenance=first)
    site.register(SPARSE, valid_from=october(5), needs_second=True, provenance=first)
    site.approve(provenance=second)
    site.register(replace(SPARSE, operator=SWISS_CPO), valid_from=october(6), provenance=second)
    site.reject(reason="not sold yet", provenance=first)
    pause = Suspension(october(9), "the road is closed", october(10))
    for suspension in (replace(pause, valid_until=None), pause):
        renamed.suspend(suspension, provenance=first)
    known = first.received_at
    of_an_evse = Remap(site.key, site.key, october(7), known, "new sticker", "E1", "E7")
    of_all = Remap(site.key, renamed.key, october(8), known, "renamed")
    for remap, other in ((of_an_evse, site), (of_all, renamed)):
        site.remap(remap, provenance=first)
        other.take_over(remap, provenance=first)
    change = Remap(renamed.key, sold.key, october(15), known, "sold")
    renamed.remap(change, provenance=second)
    done = renamed.approve(provenance=first)
    assert done.remap is not None
    sold.take_over(done.remap, provenance=first)
    yield from (site, renamed, sold)
