"""What may be wrong with signed meter data, as published codes.

A problem explains evidence; it holds nothing by itself. What follows from it is the agreement's to
say and is a `ledger.values.reasons.Reason`.
"""

from enum import StrEnum

import msgspec

LONGEST_DETAIL = 40


class ProblemCode(StrEnum):
    """The published codes. `SENTENCES` has one sentence for each."""

    # the document cannot be read
    OCMF_MALFORMED = "OCMF_MALFORMED"
    OCMF_VERSION_UNKNOWN = "OCMF_VERSION_UNKNOWN"
    OCMF_FIELD_MALFORMED = "OCMF_FIELD_MALFORMED"
    OCMF_UNIT_UNKNOWN = "OCMF_UNIT_UNKNOWN"
    OCMF_REGISTER_UNKNOWN = "OCMF_REGISTER_UNKNOWN"

    # the meter says that it did not measure as it should
    OCMF_ERROR_FLAG = "OCMF_ERROR_FLAG"
    OCMF_TIME_ERROR_FLAG = "OCMF_TIME_ERROR_FLAG"
    OCMF_METER_STATE = "OCMF_METER_STATE"
    OCMF_EXCEPTION = "OCMF_EXCEPTION"
    OCMF_TIME_NOT_SYNCHRONISED = "OCMF_TIME_NOT_SYNCHRONISED"
    OCMF_TIME_INFORMATIVE = "OCMF_TIME_INFORMATIVE"
    OCMF_IDENTIFICATION_ERROR = "OCMF_IDENTIFICATION_ERROR"

    # the readings make no charge
    OCMF_NO_READINGS = "OCMF_NO_READINGS"
    OCMF_TRANSACTION_INCOMPLETE = "OCMF_TRANSACTION_INCOMPLETE"
    OCMF_TRANSACTION_AMBIGUOUS = "OCMF_TRANSACTION_AMBIGUOUS"
    OCMF_ENERGY_NEGATIVE = "OCMF_ENERGY_NEGATIVE"
    OCMF_END_BEFORE_START = "OCMF_END_BEFORE_START"
    OCMF_LOSS_NOT_RESET = "OCMF_LOSS_NOT_RESET"
    OCMF_PAGINATION = "OCMF_PAGINATION"
    OCMF_METER_DIFFERS = "OCMF_METER_DIFFERS"

    # the signature
    OCMF_SIGNATURE_WRONG = "OCMF_SIGNATURE_WRONG"
    OCMF_SIGNATURE_MALFORMED = "OCMF_SIGNATURE_MALFORMED"
    OCMF_ALGORITHM_NOT_SUPPORTED = "OCMF_ALGORITHM_NOT_SUPPORTED"
    OCMF_KEY_MISSING = "OCMF_KEY_MISSING"
    OCMF_KEY_UNREADABLE = "OCMF_KEY_UNREADABLE"
    OCMF_KEY_CURVE_DIFFERS = "OCMF_KEY_CURVE_DIFFERS"

    # OCPI's signed data around the documents
    SIGNED_DATA_FORMAT_UNKNOWN = "SIGNED_DATA_FORMAT_UNKNOWN"
    SIGNED_DATA_EMPTY = "SIGNED_DATA_EMPTY"
    SIGNED_DATA_TOO_MANY = "SIGNED_DATA_TOO_MANY"
    SIGNED_DATA_NATURE_DIFFERS = "SIGNED_DATA_NATURE_DIFFERS"
    SIGNED_DATA_KEY_DIFFERS = "SIGNED_DATA_KEY_DIFFERS"


SENTENCES: dict[ProblemCode, str] = {
    ProblemCode.OCMF_MALFORMED: "The text is no OCMF document.",
    ProblemCode.OCMF_VERSION_UNKNOWN: "The document's major version is not one that is read here.",
    ProblemCode.OCMF_FIELD_MALFORMED: "A field is missing or has not the shape OCMF asks for.",
    ProblemCode.OCMF_UNIT_UNKNOWN: "An energy reading is in no unit of energy.",
    ProblemCode.OCMF_REGISTER_UNKNOWN: "A reading does not say which register it is of.",
    ProblemCode.OCMF_ERROR_FLAG: "The meter says that its energy must not be billed.",
    ProblemCode.OCMF_TIME_ERROR_FLAG: "The meter says that its time must not be billed.",
    ProblemCode.OCMF_METER_STATE: "The meter does not say that it worked correctly.",
    ProblemCode.OCMF_EXCEPTION: "The meter reports an error during the charge.",
    ProblemCode.OCMF_TIME_NOT_SYNCHRONISED: "The meter's clock was not synchronised.",
    ProblemCode.OCMF_TIME_INFORMATIVE: "The meter's clock was informative only.",
    ProblemCode.OCMF_IDENTIFICATION_ERROR: "The station could not confirm who charged.",
    ProblemCode.OCMF_NO_READINGS: "There is no reading of imported energy.",
    ProblemCode.OCMF_TRANSACTION_INCOMPLETE: "The begin or the end of the charge is missing.",
    ProblemCode.OCMF_TRANSACTION_AMBIGUOUS: "There is more than one begin or end of the charge.",
    ProblemCode.OCMF_ENERGY_NEGATIVE: "The meter stands lower at the end than at the begin.",
    ProblemCode.OCMF_END_BEFORE_START: "The charge ends before it begins.",
    ProblemCode.OCMF_LOSS_NOT_RESET: "The cable loss does not begin at zero with the charge.",
    ProblemCode.OCMF_PAGINATION: "The documents do not follow each other without a gap.",
    ProblemCode.OCMF_METER_DIFFERS: "The documents are of different meters.",
    ProblemCode.OCMF_SIGNATURE_WRONG: "The signature is not one of this text with this key.",
    ProblemCode.OCMF_SIGNATURE_MALFORMED: "The signature is missing or cannot be read.",
    ProblemCode.OCMF_ALGORITHM_NOT_SUPPORTED: "The signature algorithm is not supported here.",
    ProblemCode.OCMF_KEY_MISSING: "No public key of the meter is known.",
    ProblemCode.OCMF_KEY_UNREADABLE: "The public key cannot be read, or is no point of its curve.",
    ProblemCode.OCMF_KEY_CURVE_DIFFERS: "The public key is of another curve than the signature.",
    ProblemCode.SIGNED_DATA_FORMAT_UNKNOWN: "The signed data is in a format not read here.",
    ProblemCode.SIGNED_DATA_EMPTY: "There is no signed value.",
    ProblemCode.SIGNED_DATA_TOO_MANY: "There are more signed values than are looked at.",
    ProblemCode.SIGNED_DATA_NATURE_DIFFERS: "A start value has no begin, or an end value no end.",
    ProblemCode.SIGNED_DATA_KEY_DIFFERS: "The CDR states another public key than the register.",
}


class Problem(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """One thing wrong: its code, where, and the value or expectation that shows it.

    >>> Problem(ProblemCode.OCMF_METER_STATE, "RD[1].ST", "E").within("signed_values[0]").path
    'signed_values[0].RD[1].ST'
    """

    code: ProblemCode
    path: str = ""
    detail: str = ""

    def within(self, outer: str) -> "Problem":
        """Return the same problem with its path seen from an outer document."""
        return Problem(self.code, f"{outer}.{self.path}" if self.path else outer, self.detail)


def clipped(text: str) -> str:
    """Return a stranger's text as a detail: printable, and no longer than a line can bear.

    >>> clipped("ECDSA-secp192k1-MD5" + chr(7))
    'ECDSA-secp192k1-MD5?'
    """
    shown = text[:LONGEST_DETAIL]
    return "".join(letter if letter.isprintable() else "?" for letter in shown)


class Unreadable(Exception):
    """A text is no document of the format; `problem` says why."""

    def __init__(self, code: ProblemCode, path: str = "", detail: str = "") -> None:
        super().__init__(f"{code.value}: {SENTENCES[code]}")
        self.problem = Problem(code, path, detail)
