"""The life of an agreement: submitted, sent back, approved, corrected, suspended and resumed."""

from collections.abc import Iterator

from msgspec.structs import replace

from ledger.roaming.agreement import Agreement
from ledger.roaming.agreement_version import AgreementVersion, TemplateUse
from ledger.roaming.terms import Terms
from ledger.values.provenance import Provenance
from tests.ledger_cast import CPO, FRENCH_EMSP, RECORDED_AT, ROAMING, YEAR_BEGINS
from tests.ledger_statements import october


def agreed(person: Provenance) -> Iterator[Agreement]:
    """Yield one agreement to which everything happened that can."""
    author = replace(person, actor="anna")
    agreement = Agreement.blank(f"{CPO}>{FRENCH_EMSP}")
    template = TemplateUse("bilateral-roaming", (("fee", "1 %"),))
    first = AgreementVersion(0, YEAR_BEGINS, october(1), ROAMING, template)
    refused = AgreementVersion(0, october(10), None, Terms(), gap_intended=True)
    for version in (first, refused):
        agreement.submit(version, document_sha256="d" * 64, provenance=author)
    agreement.reject(2, reason="October is missing", provenance=person)
    agreement.approve([1], provenance=person)
    correction = AgreementVersion(0, YEAR_BEGINS, None, Terms(), correction="no fee was meant")
    agreement.submit(correction, document_sha256="e" * 64, provenance=author)
    agreement.approve([3], provenance=person)
    agreement.suspend(RECORDED_AT, reason="unpaid", provenance=person)
    agreement.resume(RECORDED_AT, provenance=person)
    yield agreement
