"""How the event of a reject becomes a message of `rejects.v1`: what is asked for again, and why.

The CDR is named in the spelling of its key: OCPI compares ids without regard to case.
"""

from datetime import UTC, datetime
from typing import Final

import msgspec

from ledger.application.store import LoggedEvent
from ledger.roaming.checks.catalogue import BY_CODE
from ledger.roaming.interventions import Reject
from ledger.values.reasons import Refusal
from schemas import RejectV1

REJECTED: Final = "cdr.rejected.v1"
_LONGEST: Final = 5000
_LONGEST_PATH: Final = 255


class _Provenance(msgspec.Struct):
    actor: str
    occurred_at: datetime


class _State(msgspec.Struct):
    """The part of a recorded state that the message says."""

    cdr: str
    reject: Reject
    provenance: _Provenance


_DECODER: Final = msgspec.json.Decoder(_State)


def reject_of(logged: LoggedEvent) -> RejectV1 | None:
    """Return the message of an event that asks for a CDR again, None of any other."""
    if logged.topic != REJECTED:
        return None
    state = _DECODER.decode(logged.state)
    party, _, cdr_id = state.cdr.partition("/")
    country_code, _, party_id = party.partition("*")
    reject, until = state.reject, state.reject.resubmit_until
    return RejectV1.model_validate(
        {
            "reject_id": reject.reject_id,
            "cdr": {"country_code": country_code, "party_id": party_id, "id": cdr_id},
            "content_sha256": reject.content_sha256,
            "reasons": tuple(_reason(refusal) for refusal in reject.findings),
            "text": _line(reject.text) or None,
            "requested_by": state.provenance.actor,
            "resubmit_until": until.astimezone(UTC) if until else None,
            "occurred_at": state.provenance.occurred_at.astimezone(UTC),
            "recorded_at": logged.recorded_at.astimezone(UTC),
            "visible_to": (party,),
        }
    )


def _reason(refusal: Refusal) -> dict[str, object]:
    check = BY_CODE[refusal.reason]
    return {
        "code": refusal.reason.value,
        "number": check.number,
        "severity": check.severity.value,
        "path": _line(refusal.path)[:_LONGEST_PATH],
        "expected": _line(refusal.expected),
        "actual": _line(refusal.actual),
        "tolerance": check.within,
    }


def _line(text: str) -> str:
    """Return what a person or partner wrote as one line that the contract takes."""
    printable = "".join(letter if letter.isprintable() else " " for letter in text)
    return " ".join(printable.split())[:_LONGEST]
