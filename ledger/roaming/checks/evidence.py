"""Signed meter data: there where the agreement demands it, whole, and signed by the meter."""

from collections.abc import Iterator

from ledger.roaming.checks.candidate import Candidate
from ledger.values.reasons import Reason, Refusal


def has_signed_data_where_agreed(candidate: Candidate) -> Iterator[Refusal]:
    """Signed meter data is there and can be read, where the agreement demands it."""
    if not candidate.terms.evidence.signed_data:
        return
    evidence = candidate.evidence
    if evidence is None or evidence.energy_wh is None:
        why = ", ".join(problem.code for problem in evidence.problems) if evidence else ""
        yield Refusal(Reason.SIGNED_DATA_MISSING, "signed_data", "signed readings", why)


def has_a_signature_that_is_true(candidate: Candidate) -> Iterator[Refusal]:
    """The signature is the meter's: data that was changed is worse than none."""
    evidence = candidate.evidence
    if evidence is not None and evidence.status == "failed":
        yield Refusal(Reason.SIGNED_DATA_FALSE, "signed_data", "the signature of the meter")


def has_a_signature_that_can_be_verified(candidate: Candidate) -> Iterator[Refusal]:
    """The signature was verified: the public key is known and the algorithm too."""
    evidence = candidate.evidence
    if evidence is not None and evidence.status == "not_verified":
        why = ", ".join(problem.code for problem in evidence.problems) or "no public key"
        yield Refusal(Reason.SIGNED_DATA_NOT_VERIFIED, "signed_data", "a known public key", why)
