"""What a reader says about a document: a code, where, and what it did about it.

A path is a JSONPath into the line that `clearwatt tariff price --jsonl` reads, so it begins with
`$.cdr` or `$.tariff` also where the two came from files of their own.
"""

from typing import Final

import msgspec

WARNINGS: Final = {
    "CDR_ENERGY_DIFFERS": "The energies of the periods do not add up to total_energy.",
    "CDR_TIME_DIFFERS": "The times of the periods do not add up to total_time.",
    "COUNTRY_CODE_ALPHA_3": "A party's country code has three letters; it is read as the two.",
    "CREDIT_HALF_STATED": "Only one of credit and credit_reference_id is stated; the sign decides.",
    "CURRENCY_TAKEN": "A currency is not stated; the other document's is taken.",
    "DIMENSION_IGNORED": "A dimension that is not priced has no readable volume; it is left out.",
    "DIMENSION_TWICE": "A dimension stands twice in one period; the volumes are added.",
    "DUPLICATE_NAME": "A name stands twice in one object; the last one counts.",
    "EMPTY_LIST": "A list is empty where OCPI asks for at least one entry.",
    "ENERGY_NEGATIVE": "More energy was fed into the grid than charged; it is priced as stated.",
    "LOWER_CASE": "A code is not in capitals; it is read as if it were.",
    "NOT_READABLE": "A field that no price depends on cannot be read; it is left out.",
    "NULL_ENTRY": "An entry of a list is null; it is left out.",
    "NUMBER_AS_TEXT": "A number is written as text; it is read as a number.",
    "PERIODS_OUT_OF_ORDER": "The periods are not in order of time; they are priced in order.",
    "PERIOD_BEFORE_START": "A period begins before the session; it is priced from its own start.",
    "PERIOD_BEYOND_END": "A period begins after the session's end; its quantities are priced.",
    "SPAN_NOT_KNOWN": "The start or end is 1970, OCPI's «not known»; the periods' times are taken.",
    "STEP_SIZE_MISSING": "A step size is missing; 1 is taken.",
    "TARIFF_BY_VALIDITY": "Of several tariffs the one valid at the session's start is taken.",
    "TARIFF_ID_DIFFERS": "The period names another tariff than the only one there is.",
    "TARIFF_NOT_VALID": "The tariff was not valid when the session started.",
    "TAX_INCLUDED_MISSING": "Whether prices include tax is not stated; they are read without.",
    "TIME_NOT_UTC": "A time has another offset than UTC's; it is converted.",
    "TIME_WITHOUT_ZONE": "A time has no offset; OCPI reads it as UTC.",
    "TIME_ZONE_ASSUMED": "The time zone is not stated; the country's is taken.",
    "TOTAL_COST_MISSING": "The CDR states no total_cost that can be compared.",
    "TOTAL_MISSING": "A total that OCPI requires is not stated; it is not compared.",
    "UNKNOWN_COMPONENT": "A price component of an unknown type; nothing can be priced with it.",
    "UNKNOWN_DIMENSION": "A dimension of an unknown type; it is not priced.",
    "UNKNOWN_FIELD": "A restriction that OCPI does not know; it restricts nothing.",
    "VERSION_TAKEN_AS": "The version is no release of its own; the nearest one is taken.",
    "WRONG_FORMAT": "A value has another shape than OCPI's; its meaning is plain and is taken.",
}
"""The published codes of what is read nevertheless, each with one sentence."""


class Finding(msgspec.Struct, frozen=True, omit_defaults=True):
    """A code, the JSON path, and the facts: of a warning or of a refusal."""

    code: str
    path: str
    detail: str = ""


class DocumentRefused(Exception):
    """A document cannot be read without guessing: one finding that says why and where."""

    def __init__(self, code: str, path: str, detail: object = "") -> None:
        # A partner's text may be of any length; a finding is a line.
        self.finding = Finding(code, path, str(detail)[:200])
        super().__init__(f"{code} at {path}: {self.finding.detail}")


class Notes:
    """The warnings of one reading, in the order in which they were found."""

    __slots__ = ("found",)

    def __init__(self) -> None:
        self.found: list[Finding] = []

    def add(self, code: str, path: str, detail: object = "") -> None:
        """Note a warning; its code is one of `WARNINGS`."""
        self.found.append(Finding(code, path, str(detail)[:200]))

    def leave_out(self, refused: DocumentRefused) -> None:
        """Note what cannot be read where no price depends on it, and why."""
        self.add("NOT_READABLE", refused.finding.path, refused.finding.code)
