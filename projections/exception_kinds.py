"""What an exception's reason means for people: how severe, whose work, where from, what to do.

The checks of CDRs are in the catalogue; here are the reasons that no check finds.
"""

from typing import NamedTuple

from ledger.roaming.checks.catalogue import BY_CODE
from ledger.values.reasons import Reason


class Meaning(NamedTuple):
    """`number` is the published number of the check, None where none found it."""

    number: int | None
    severity: str
    owner: str
    origin: str
    fix: str


_ASK = "Ask the sender to send it again; after a fix on our side, replay it."
_FIRST_STANDS = "The first stands; ask the partner which one is right."
_OTHERS: dict[str, Meaning] = {
    "SESSION_CONFLICT": Meaning(None, "SEVERE", "operations", "partner", _FIRST_STANDS),
    "TARIFF_CONFLICT": Meaning(None, "SEVERE", "finance", "partner", _FIRST_STANDS),
    "LOCATION_CONFLICT": Meaning(None, "SEVERE", "operations", "partner", _FIRST_STANDS),
    "PARTY_CONFLICT": Meaning(None, "SEVERE", "operations", "partner", _FIRST_STANDS),
    "CONTROL_TOTALS_CONFLICT": Meaning(None, "WARNING", "operations", "partner", _FIRST_STANDS),
    "COMMAND_RESULT_CONFLICT": Meaning(None, "WARNING", "operations", "partner", _FIRST_STANDS),
    "PAYMENT_CONFLICT": Meaning(None, "SEVERE", "finance", "partner", _FIRST_STANDS),
    "PAYMENT_CURRENCY_DIFFERS": Meaning(
        None, "SEVERE", "finance", "partner", "Ask the collector in which currency it was paid."
    ),
    "PAYMENT_EXCEEDS_AUTHORISED": Meaning(
        None, "SEVERE", "finance", "partner", "Ask the collector for the missing authorisation."
    ),
    "PAYMENT_EXCEEDS_CAPTURED": Meaning(
        None, "SEVERE", "finance", "partner", "Ask the collector for the missing capture."
    ),
    "TARIFF_NOT_APPROVED": Meaning(
        None, "SEVERE", "finance", "ourselves", "Submit, approve and publish the version."
    ),
    "SESSION_STUCK": Meaning(
        None, "SEVERE", "operations", "charger", "Ask the CPO whether the session has ended."
    ),
    "SESSION_UNBILLED": Meaning(
        None, "SEVERE", "operations", "partner", "Ask for the CDR, or draft it from the session."
    ),
    "SEQUENCE_GAP": Meaning(
        None, "WARNING", "operations", "backend", "Ask the sender for the missing messages."
    ),
    "CONTROL_TOTALS_DIFFER": Meaning(
        None, "WARNING", "operations", "partner", "Compare the day's messages with the sender."
    ),
    "SENDER_NOT_ENTITLED": Meaning(
        None, "FATAL", "operations", "partner", "Record the sender as the party's, then replay."
    ),
    "SEQUENCE_ALTERED": Meaning(
        None, "FATAL", "operations", "backend", "Ask the sender which message was meant."
    ),
    "SECOND_PERSON_REQUIRED": Meaning(
        None, "SEVERE", "finance", "ourselves", "Another person does the same, or leaves it."
    ),
    "LATE_FACT_TO_REVIEW": Meaning(
        None, "SEVERE", "finance", "partner", "Recheck the CDR to let the fact change it."
    ),
    "TAX_BASIS_EXPIRES": Meaning(
        None, "WARNING", "finance", "ourselves", "Renew it and register the new document."
    ),
    "DISPUTE_NOT_ANSWERED": Meaning(
        None, "SEVERE", "finance", "partner", "Decide the dispute without an answer."
    ),
}
_MESSAGE = Meaning(None, "FATAL", "platform", "partner", _ASK)
_ANY = Meaning(None, "SEVERE", "operations", "unknown", "Look at the facts it names.")


def meaning_of(kind: str, reason: str) -> Meaning:
    """Return what a reason means in an exception of a kind.

    >>> meaning_of("cdr", "SESSION_MISSING")[:4]
    (401, 'SEVERE', 'operations', 'backend')
    >>> meaning_of("message", "CORRUPT_AVRO").severity
    'FATAL'
    """
    if kind == "message":
        return _OTHERS.get(reason, _MESSAGE)
    check = BY_CODE.get(Reason(reason)) if reason in Reason.__members__ else None
    if check is None:
        return _OTHERS.get(reason, _ANY)
    return Meaning(check.number, check.severity.value, check.owner, check.origin, check.fix)


_RANK = {"FATAL": 0, "SEVERE": 1, "WARNING": 2}


def worst(severities: list[str]) -> str:
    """Return the worst of severities.

    >>> worst(["WARNING", "SEVERE"])
    'SEVERE'
    """
    return min(severities, key=_RANK.__getitem__)
