"""What can be wrong with a log of OCPP messages: each problem has its line and a code."""

from typing import Final, NamedTuple

PROBLEMS: Final = {
    "NOT_TEXT": "The line is not UTF-8.",
    "NOT_JSON": "The line, or the message in it, is not JSON.",
    "MISSING_FIELD": "A field that this needs is missing.",
    "WRONG_TYPE": "A field has another type than OCPP gives it.",
    "NOT_OCPP": "The message is no call, result or error of OCPP-J.",
    "NOT_A_TIME": "The text is no time of ISO 8601.",
    "TIME_WITHOUT_ZONE": "A time has no offset, and the mapping names no zone for such times.",
    "AMBIGUOUS_TIME": "A local time comes twice, and the mapping says not which is meant.",
    "NONEXISTENT_TIME": "A local time does not exist.",
    "WRONG_CLOCK": "The charger's clock was not set: the time lies before 2010 or after 2099.",
    "NOT_A_NUMBER": "A measured value is no finite number.",
    "UNKNOWN_UNIT": "The unit does not belong to the measurand.",
    "UNKNOWN_VALUE": "OCPP knows no such value of the field.",
    "CALL_REFUSED": "The call was answered with an error.",
    "UNKNOWN_TRANSACTION": "No transaction of this id began in the log.",
    "TRANSACTION_ID_REUSED": "Another transaction of this charge point has the id.",
    "NOT_CONFIRMED": "The start of the transaction was never confirmed: it has no id.",
    "NOT_STARTED": "The log holds events of the transaction, but not its start.",
    "NOT_ENDED": "Another transaction began at the connector, and this one never ended.",
    "NOT_AUTHORIZED": "The token was not accepted: the session is INVALID and not billed.",
    "CONFLICTING_STOP": "The transaction was stopped before, with other figures.",
    "CONFLICTING_EVENT": "An event of the same number says something else.",
    "SEQUENCE_GAP": "Events before this one are missing.",
    "AFTER_END": "The event comes after the transaction's end.",
    "END_BEFORE_START": "The transaction ends before it starts.",
    "NO_EVSE": "No event of the transaction says at which EVSE it is.",
    "NO_TOKEN": "No message says which token was used.",
    "NO_BEGIN_READING": "No reading tells the meter when the transaction began.",
    "NO_END_READING": "No reading tells the meter when the transaction ended.",
    "METER_BACKWARDS": "The meter's register falls.",
    "METER_DIFFERS": "A sample at the start or end differs from the transaction's own figure.",
    "SAMPLE_OUTSIDE": "The sample was taken before the start or after the end.",
    "UNKNOWN_PLUG": "The mapping has no such connector.",
    "UNKNOWN_TOKEN": "The mapping has no such token.",
    "INVALID_FIELD": "A value cannot stand in an OCPI field.",
    "SIGNED_DATA_UNREADABLE": "The signed meter value is not what OCPP says it is.",
    "SIGNED_DATA_TOO_LONG": "OCPI's field does not hold the signed meter value or its key.",
    "SIGNED_DATA_MIXED": "The transaction's signed values differ in encoding or key.",
}
"""The codes of this import; a session of which no CDR can be drafted has the ledger's code."""


class Problem(NamedTuple):
    """What is wrong: the line of the file, the code, where in the message, what stands there."""

    line: int
    code: str
    path: str = ""
    actual: str = ""


class Unusable(Exception):
    """A value or transaction cannot be used; `code` is one of `PROBLEMS`.

    >>> str(Unusable("NOT_A_TIME", "timestamp", "yesterday"))
    'NOT_A_TIME: timestamp: yesterday'
    """

    def __init__(self, code: str, path: str = "", actual: object = "") -> None:
        super().__init__(": ".join(part for part in (code, path, str(actual)) if part))
        self.code, self.path = code, path
        # What cannot be printed has to be reported too.
        self.actual = str(actual)[:80].encode(errors="backslashreplace").decode()

    def on(self, line: int) -> Problem:
        """Return it as the problem of a line."""
        return Problem(line, self.code, self.path, self.actual)
