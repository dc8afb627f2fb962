"""What a person does to a CDR, as its events record it: never an edit, always a new fact."""

from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

import msgspec

from ledger.roaming.statements import CdrStatement
from ledger.values.provenance import Provenance
from ledger.values.reasons import Reason, Refusal, Refused

Standing = Literal["valid", "adjusted", "credited", "excluded"]
ActionName = Literal["release", "correct", "exclude", "credit", "adjust"]


class Change(msgspec.Struct, frozen=True, gc=False):
    """One field of a CDR before and after; a path such as `charging_periods[0].tariff_id`.

    Values are JSON text, so that every type of a field is kept exactly.
    """

    path: str
    before: str
    after: str


class Reject(msgspec.Struct, frozen=True, gc=False):
    """A structured reject, asking for the CDR again; a resubmission cites its id."""

    reject_id: str
    content_sha256: str
    findings: tuple[Refusal, ...]
    text: str
    resubmit_until: datetime | None = None


class Proposal(msgspec.Struct, frozen=True, gc=False):
    """An action above the agreement's amount, until a second person confirms it.

    `details_sha256` is the hash of everything the action says: the second person confirms
    exactly that, and nothing else.
    """

    action: ActionName
    details_sha256: str
    reason: str
    amount: Decimal
    currency: str
    provenance: Provenance


def corrected(statement: CdrStatement, after: dict[str, Any]) -> tuple[CdrStatement, list[Change]]:
    """Return a statement with fields set anew, and each change with both values.

    `after` maps paths to JSON values. Refuses: INVALID_DOCUMENT (a path that is not there, a value
    of another type, a field that identifies the CDR, nothing changed); all errors at once.

    >>> from tests.ledger_statements import cdr
    >>> _, changes = corrected(cdr("C1", "5.00").statement, {"total_energy": "9.5"})
    >>> changes
    [Change(path='total_energy', before='"10"', after='"9.5"')]
    """
    document = msgspec.to_builtins(statement)
    before, refusals, changes = msgspec.json.encode, [], []
    for path, value in after.items():
        steps = _steps_of(path)
        if not steps or steps[0] in {*_IDENTIFYING, "signed_data"} or path in _PERSONAL:
            refusals.append(Refusal(Reason.INVALID_DOCUMENT, path, "a field that may change"))
            continue
        try:
            holder, last = _holder_of(document, steps)
            was = holder[last] if isinstance(holder, list) else holder.get(last)
        except (KeyError, IndexError, TypeError, AttributeError):
            refusals.append(Refusal(Reason.INVALID_DOCUMENT, path, "a field of the CDR"))
            continue
        holder[last] = value
        changes.append(Change(path, before(was).decode(), before(value).decode()))
    if refusals:
        raise Refused(*refusals)
    try:
        changed = msgspec.convert(document, CdrStatement, strict=False)
    except (msgspec.ValidationError, ValueError) as error:
        raise Refused(Refusal(Reason.INVALID_DOCUMENT, "changes", actual=str(error))) from None
    if changed == statement:
        raise Refused(Refusal(Reason.INVALID_DOCUMENT, "changes", "something that changes"))
    return changed, changes


_IDENTIFYING = frozenset({"country_code", "party_id", "id", "credit", "credit_reference_id"})
_PERSONAL = frozenset(
    {
        "cdr_token",
        "cdr_token.uid",
        "cdr_token.contract_id",
        "authorization_reference",
        "signed_data",
    }
)
"""Refs stand there: what a person typed would bring personal data into the log."""


def _steps_of(path: str) -> list[str | int]:
    """Return the steps of a path: names and indices.

    >>> _steps_of("charging_periods[0].dimensions[1].volume")
    ['charging_periods', 0, 'dimensions', 1, 'volume']
    """
    steps: list[str | int] = []
    for part in path.replace("]", "").replace("[", ".#").split("."):
        if part.startswith("#") and part[1:].isdigit():
            steps.append(int(part[1:]))
        elif part.isidentifier():
            steps.append(part)
        else:
            return []
    return steps


def _holder_of(document: Any, steps: list[str | int]) -> tuple[Any, Any]:
    holder = document
    for step in steps[:-1]:
        holder = holder[step]
    last = steps[-1]
    if isinstance(last, int):
        holder[last]
    elif last not in CdrStatement.__struct_fields__ and len(steps) == 1:
        raise KeyError(last)
    return holder, last
