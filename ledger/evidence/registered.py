"""Recorded evidence beside the meter's public key in the register.

The signed texts are personal data: they may be gone when somebody registers the meter's key. What
stays is which key their signatures hold under, and that decides.
"""

from typing import Final

from msgspec.structs import replace

from ledger.evidence.keys import fingerprint_of
from ledger.evidence.problems import Problem, ProblemCode
from ledger.evidence.signed_data import MOST_PROBLEMS, SignedEvidence

_OF_ANOTHER_KEY: Final = frozenset(
    {
        ProblemCode.SIGNED_DATA_KEY_DIFFERS,
        ProblemCode.OCMF_SIGNATURE_WRONG,
        ProblemCode.OCMF_KEY_CURVE_DIFFERS,
    }
)
"""What is found under a key that is not the signer's, and says nothing under the right one."""


def judged_by(evidence: SignedEvidence, registered_key: str | None) -> SignedEvidence:
    """Return what evidence proves where the register has this public key of the meter.

    Signatures that hold under one key hold under no other, so the key that they were found to
    hold under decides; where none is known the evidence stays what it was.

    >>> read = SignedEvidence("OCMF", "verified", key_source="cdr", signed_by="0" * 64)
    >>> judged_by(read, "04" + "ab" * 64).status, judged_by(read, None).status
    ('failed', 'verified')
    """
    if registered_key is None or evidence.signed_by is None:
        return evidence
    if fingerprint_of(registered_key) == evidence.signed_by:
        if (evidence.status, evidence.key_source) == ("verified", "register"):
            return evidence
        cleared = tuple(row for row in evidence.problems if row.code not in _OF_ANOTHER_KEY)
        return replace(evidence, status="verified", key_source="register", problems=cleared)
    differs = Problem(ProblemCode.SIGNED_DATA_KEY_DIFFERS, "public_key")
    known = tuple(row for row in evidence.problems if row != differs)
    return replace(
        evidence,
        status="failed",
        key_source="register",
        problems=(differs, *known)[:MOST_PROBLEMS],
    )
