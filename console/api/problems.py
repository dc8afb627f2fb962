"""How a request is refused: one JSON problem, its HTTP status from one table of reason codes."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from starlette.responses import Response

from console.encoding import encoded
from ledger.values.reasons import SENTENCES, Reason, Refusal, Refused

MEDIA_TYPE: Final = "application/problem+json"
BODY: Final = "body"
"""What the body of a request is called where a file would have its name."""

OTHERWISE: Final = 422
STATUS: Final[Mapping[Reason, int]] = {
    Reason.NOT_JSON: 400,
    Reason.TOKEN_UNKNOWN: 401,
    Reason.TOKEN_EXPIRED: 401,
    Reason.TOKEN_REVOKED: 401,
    Reason.ACTOR_UNKNOWN: 403,
    Reason.ROLE_MISSING: 403,
    Reason.SECOND_PERSON_REQUIRED: 403,
    Reason.NOT_FOUND: 404,
    Reason.AGREEMENT_GAP: 409,
    Reason.ALREADY_EXISTS: 409,
    Reason.DECISIONS_AFFECTED: 409,
    Reason.ONBOARDING_INCOMPLETE: 409,
    Reason.PARTY_NOT_ACTIVE: 409,
    Reason.REGISTRATION_EXPIRED: 409,
    Reason.RETROACTIVE: 409,
    Reason.VALIDITY_OVERLAPS: 409,
    Reason.WRONG_STATE: 409,
}
"""The status of a reason, else `OTHERWISE`: the request was understood, its content is wrong."""

_OF_PYDANTIC: Final[Mapping[str, Reason]] = {
    "missing": Reason.MISSING_FIELD,
    "extra_forbidden": Reason.UNKNOWN_FIELD,
    "json_invalid": Reason.NOT_JSON,
    "literal_error": Reason.UNKNOWN_VALUE,
    "string_too_long": Reason.TEXT_TOO_LONG,
    "greater_than_equal": Reason.NUMBER_OUT_OF_RANGE,
    "value_error": Reason.WRONG_FORMAT,
    "string_pattern_mismatch": Reason.WRONG_FORMAT,
}
_PLACE: Final = re.compile(rf"{BODY}:(?P<line>\d+) ?(?P<path>.*)", re.DOTALL)
_LONGEST: Final = 200


class ProblemRefusal(BaseModel):
    """One thing that is wrong: its published code, where, what was expected and what was there."""

    code: str
    path: str
    expected: str
    actual: str
    line: int | None


class Problem(BaseModel):
    """Why nothing was done: a published code, a sentence, and everything that is wrong."""

    code: str
    sentence: str
    refusals: list[ProblemRefusal]


class ApiError(Exception):
    """A request that the ledger never saw: status, published code and one sentence."""

    def __init__(self, status: int, code: str, sentence: str) -> None:
        super().__init__(f"{code}: {sentence}")
        self.status, self.code, self.sentence = status, code, sentence


def status_of(refusals: Iterable[Refusal]) -> int:
    """Return the HTTP status of refusals; of several that differ in it, `OTHERWISE`.

    >>> status_of([Refusal(Reason.NOT_FOUND)]), status_of([Refusal(Reason.IBAN_INVALID)])
    (404, 422)
    """
    found = {STATUS.get(row.reason, OTHERWISE) for row in refusals}
    return found.pop() if len(found) == 1 else OTHERWISE


def of_error(error: ApiError) -> Response:
    """Return the problem of a request that the ledger never saw."""
    return _response(error.status, error.code, error.sentence, [])


def of_refused(refused: Refused) -> Response:
    """Return the problem of what the ledger refuses, with its lines where a document has them."""
    rows = [problem_refusal(row) for row in refused.refusals]
    return _response(
        status_of(refused.refusals), refused.reason.value, SENTENCES[refused.reason], rows
    )


def of_validation(error: RequestValidationError) -> Response:
    """Return the problem of a query or a body whose fields are wrong."""
    rows = [_of_field(row) for row in error.errors()]
    return _response(400, "WRONG_CALL", "The request has not the fields it must have.", rows)


def problem_refusal(row: Refusal) -> ProblemRefusal:
    """Return a refusal, its line apart from its path.

    >>> found = problem_refusal(Refusal(Reason.UNKNOWN_FIELD, "body:9 rounding.mod"))
    >>> found.line, found.path
    (9, 'rounding.mod')
    """
    place = _PLACE.fullmatch(row.path)
    return ProblemRefusal(
        code=row.reason.value,
        path=_clean(place["path"] if place else row.path),
        expected=_clean(row.expected),
        actual=_clean(row.actual),
        line=int(place["line"]) if place else None,
    )


def _of_field(row: Mapping[str, Any]) -> ProblemRefusal:
    # Where it stands (query or body) is no part of a path; of what was said only texts are short.
    _, *names = row["loc"] or ("",)
    said = row.get("input")
    return ProblemRefusal(
        code=_OF_PYDANTIC.get(row["type"], Reason.WRONG_TYPE).value,
        path=_clean(".".join(map(str, names))),
        expected=_clean(row["msg"]),
        actual=_clean(str(said)) if isinstance(said, (str, int)) else "",
        line=None,
    )


def _clean(text: str) -> str:
    """Return a text that every reader of JSON takes, and that is not long."""
    return text[:_LONGEST].encode("utf-8", "replace").decode()


def _response(status: int, code: str, sentence: str, rows: list[ProblemRefusal]) -> Response:
    problem = Problem(code=code, sentence=_clean(sentence), refusals=rows)
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else None
    return Response(encoded(problem), status, headers, MEDIA_TYPE)
