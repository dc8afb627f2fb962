"""A meter's key that is registered later: evidence is judged by it, without the signed texts."""

import pytest
from msgspec.structs import replace

from ledger.evidence.keys import fingerprint_of
from ledger.evidence.registered import judged_by
from ledger.evidence.signed_data import SignedEvidence, Value, evidence_of
from tests.evidence_world import (
    BEGIN,
    END,
    METER,
    METER_KEY,
    OTHER_KEY,
    payload,
    point_of,
    public_key_of,
    signed,
)

OTHER = public_key_of(OTHER_KEY)
WHOLE = signed(payload(BEGIN, END))


def read(stated: str | None, registered: str | None = None, text: str = WHOLE) -> SignedEvidence:
    """Return the evidence as it is recorded when the message is taken."""
    return evidence_of(
        encoding_method="OCMF",
        values=[Value("End", "", text)],
        stated_key=stated,
        registered_key=registered,
    )


@pytest.mark.parametrize(
    ("stated", "registered", "signer"),
    [
        (METER, None, METER),
        (None, METER, METER),
        (OTHER, METER, METER),
        (METER, OTHER, METER),  # registered wrongly: the stated key is tried, too
        (OTHER, None, None),
        (None, None, None),
        ("?", OTHER, None),
    ],
)
def test_it_is_recorded_under_which_key_all_signatures_hold(stated, registered, signer):
    assert read(stated, registered).signed_by == (signer and fingerprint_of(signer))


def test_a_key_has_one_fingerprint_however_it_is_written():
    bare = point_of(METER_KEY).hex()
    assert fingerprint_of(METER) == fingerprint_of(bare) == fingerprint_of(bare[2:])
    assert fingerprint_of("lost?") is None


@pytest.mark.parametrize(
    ("recorded", "key", "status", "source", "problems"),
    [
        (read(METER), None, "verified", "cdr", []),
        (read(METER), METER, "verified", "register", []),
        (read(METER), OTHER, "failed", "register", ["SIGNED_DATA_KEY_DIFFERS"]),
        (read(None, METER), METER, "verified", "register", []),
        (read(METER, OTHER), METER, "verified", "register", []),
        (read(METER, OTHER), OTHER, "failed", "register",
         ["SIGNED_DATA_KEY_DIFFERS", "OCMF_SIGNATURE_WRONG"]),
        (read(OTHER), METER, "failed", "cdr", ["OCMF_SIGNATURE_WRONG"]),
        (read(None), METER, "not_verified", None, ["OCMF_KEY_MISSING"]),
    ],
)  # fmt: skip
def test_the_registered_key_decides_where_it_is_known_who_signed(
    recorded, key, status, source, problems
):
    judged = judged_by(recorded, key)
    codes = [row.code.value for row in judged.problems]
    assert (judged.status, judged.key_source, codes) == (status, source, problems)
    # and what is read with the key at once comes to the same
    assert judged_by(judged, key) == judged


def test_what_was_recorded_before_anybody_noted_the_signer_stays_what_it_was():
    old = replace(read(METER), signed_by=None)
    assert judged_by(old, OTHER) is old
