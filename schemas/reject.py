"""`RejectV1`: why a CDR is not settled as it stands and is asked for again, on `rejects.v1`.

The key is the CPO of the CDR. Delivered at least once; `reject_id` is the same in every delivery.
The CPO answers with a corrected CDR whose `clearwatt.reject_id` names the reject: without it the
same id with other content is a conflict.
"""

from typing import Literal

from schemas.control_parts import CdrReference
from schemas.fields import (
    Count,
    Instant,
    Many,
    Name255,
    Party,
    Record,
    Sha256,
    Some,
    Text64,
    Text255,
    Text5000,
    Uuid,
)

Severity = Literal["FATAL", "SEVERE", "WARNING"]


class RejectReason(Record):
    """One finding: the published `code` and `number` of its check, and the facts it found.

    `path` is the field; `expected`, `actual` and `tolerance` are figures with their unit, or
    words, and empty where the finding has none.
    """

    code: Text64
    number: Count
    severity: Severity
    path: Text255 = ""
    expected: Text5000 = ""
    actual: Text5000 = ""
    tolerance: Text5000 = ""


class RejectV1(Record):
    """The value of `rejects.v1`.

    `content_sha256` says which content of the CDR is meant, in lower-case hexadecimal;
    `requested_by` is who asks for it again, `resubmit_until` until when (None: no deadline).
    """

    reject_id: Uuid
    cdr: CdrReference
    content_sha256: Sha256
    reasons: Some[RejectReason]
    text: Text5000 | None = None
    requested_by: Name255
    resubmit_until: Instant | None = None
    occurred_at: Instant
    recorded_at: Instant
    visible_to: Many[Party]
