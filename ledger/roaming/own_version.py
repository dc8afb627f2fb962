"""A tariff version that is made here: its states, and which command is allowed in which.

    draft -> submitted -> approved -> published -> withdrawn

A version may be withdrawn from any state before; only a published one was ever in force.
"""

from typing import Final, Literal

import msgspec

from ledger.pricing.lint import lint
from ledger.pricing.tariff import TariffStatement, TariffVersion
from ledger.values.reasons import Reason, Refusal, Refused

OwnState = Literal["draft", "submitted", "approved", "published", "withdrawn"]
OwnCommand = Literal["replace", "submit", "approve", "publish", "withdraw"]

ALLOWED_IN: Final[dict[OwnCommand, tuple[OwnState, ...]]] = {
    "replace": ("draft",),
    "submit": ("draft",),
    "approve": ("submitted",),
    "publish": ("approved",),
    "withdraw": ("draft", "submitted", "approved", "published"),
}
"""The states in which a command about a version made here is carried out."""


class OwnVersion(msgspec.Struct, frozen=True, gc=False):
    """A version made here, its state, and who brought it there."""

    version: TariffVersion
    state: OwnState
    author: str
    submitter: str | None = None
    approver: str | None = None


def refuse_wrong_state(state: str, command: OwnCommand) -> None:
    """Refuse a command in a state that does not allow it: WRONG_STATE.

    >>> refuse_wrong_state("published", "approve")
    Traceback (most recent call last):
    ledger.values.reasons.Refused: WRONG_STATE: The record is not in the state that this command \
needs. (at state, expected submitted, got published)
    """
    allowed = ALLOWED_IN[command]
    if state not in allowed:
        raise Refused(Refusal(Reason.WRONG_STATE, "state", " or ".join(allowed), state))


def refuse_the_first_person(own: OwnVersion, approver: str) -> None:
    """Refuse who wrote or submitted a version as its approver: SECOND_PERSON_REQUIRED."""
    if approver in (own.author, own.submitter):
        raise Refused(Refusal(Reason.SECOND_PERSON_REQUIRED, "approver", actual=approver))


def refuse_errors(statement: TariffStatement) -> None:
    """Refuse a tariff in which lint finds something wrong, with all of it: TARIFF_HAS_ERRORS.

    Doubts and notes refuse nothing: whoever approves the version judges them.
    """
    wrong = [found for found in lint(statement) if found.severity == "wrong"]
    if wrong:
        raise Refused(*(Refusal(Reason.TARIFF_HAS_ERRORS, row.path, "", row.code) for row in wrong))


def refuse_clashes(version: TariffVersion, others: tuple[TariffVersion, ...]) -> None:
    """Refuse a version that cannot be told from one in force.

    ALREADY_EXISTS: it says the same. TARIFF_CONFLICT: partners know a version by `last_updated`,
    and this one has another's. VALIDITY_OVERLAPS: both begin at the same instant; otherwise a
    version ends where the next begins, or goes on where the next one ends. A version that was
    withdrawn from its beginning is in nobody's way, but for its `last_updated`.
    """
    refusals = []
    for other in others:
        name = f"{other.statement.id}#{other.number}"
        if other.content_sha256 == version.content_sha256:
            raise Refused(Refusal(Reason.ALREADY_EXISTS, "tariff", actual=name))
        if other.statement.last_updated == version.statement.last_updated:
            refusals.append(
                Refusal(Reason.TARIFF_CONFLICT, "last_updated", "later than any other", name)
            )
        if other.covers(version.valid_from) and other.valid_from == version.valid_from:
            refusals.append(
                Refusal(Reason.VALIDITY_OVERLAPS, "start_date_time", "another beginning", name)
            )
    if refusals:
        raise Refused(*refusals)
