"""What a request may hold: fields with their types, and documents in YAML or JSON."""

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Annotated, Any, Final, NamedTuple, TypeVar

import msgspec
import yaml
from fastapi import Depends, Query, Request
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from console.api.calls import JSON_TYPE
from console.api.problems import BODY, ApiError
from console.imports.documents import parsed
from console.instants import instant_of
from ledger.values.reasons import Reason, Refusal, Refused

R = TypeVar("R")
DEEPEST: Final = 40
YAML_TYPES: Final = ("application/yaml", "application/x-yaml", "text/yaml", "text/x-yaml")
DOCUMENT: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {kind: {"schema": {"type": "object"}} for kind in (JSON_TYPE, YAML_TYPES[0])},
    }
}
"""How OpenAPI describes the body of an endpoint that takes documents."""
_UNFIT: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
"""Characters that are no text, and that the read models' columns cannot hold."""


def _fit(text: str) -> str:
    if _UNFIT.search(text):
        raise ValueError("a control character or half a character is in it")
    return text


def _instant(value: object) -> object:
    return instant_of(value) if isinstance(value, str) else value


Text = Annotated[str, Field(max_length=2000), AfterValidator(_fit)]
Instant = Annotated[datetime, BeforeValidator(_instant, json_schema_input_type=str)]


class Fields(BaseModel):
    """The fields of a query or of a body; an unknown one is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Trial(Fields):
    """The query of every command: with `dry_run` all is checked and nothing changes."""

    dry_run: bool = False


Trialled = Annotated[Trial, Query()]


class Moment(Fields):
    """The query of what is shown as it was at an instant, now by default."""

    as_of: Instant | None = None


class KnownMoment(Moment):
    """And as it was known at another."""

    known_at: Instant | None = None


class Reasoned(Fields):
    """Why somebody does what is asked; it is recorded."""

    reason: Text


class Content(NamedTuple):
    """The body of a request that holds documents."""

    text: str
    is_json: bool


async def content_of(request: Request) -> Content:
    """Return the body. Raises ApiError MEDIA_TYPE_UNKNOWN; refuses INVALID_DOCUMENT."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in (JSON_TYPE, *YAML_TYPES):
        sentence = f"Send documents as {JSON_TYPE} or {YAML_TYPES[0]}."
        raise ApiError(415, "MEDIA_TYPE_UNKNOWN", sentence)
    try:
        return Content((await request.body()).decode(), kind == JSON_TYPE)
    except UnicodeDecodeError as error:
        raise Refused(Refusal(Reason.INVALID_DOCUMENT, BODY, "UTF-8", error.reason)) from None


Said = Annotated[Content, Depends(content_of)]


async def read_with(read: Callable[[Content], R], content: Content) -> R:
    """Let a document be read beside the loop: a large one takes seconds."""
    return await run_in_threadpool(read, content)


def refuse_unless_one_of(field: str, value: str | None, known: Sequence[str]) -> None:
    """Refuse a value that a field of the query does not have: UNKNOWN_VALUE."""
    if value is not None and value not in known:
        raise Refused(Refusal(Reason.UNKNOWN_VALUE, field, ", ".join(known), value))


def parsed_body(content: Content) -> list[tuple[str, Any]]:
    """Return what a body says, as the contents of one file. Refuses as `documents.loaded`."""
    if not content.is_json:
        _check_yaml(content.text)
    said = parsed(content.text, BODY, is_json=content.is_json)
    if content.is_json:
        _check_parts(said)
    return [(BODY, said)]


def yaml_of(content: Content) -> str:
    """Return a body as YAML for a reader that knows lines; refuses as `parsed_body`.

    JSON becomes YAML of one line: a JSON text may say characters in ways that YAML has not.
    """
    if content.is_json:
        ((_, said),) = parsed_body(content)
        return msgspec.json.encode(said).decode()
    _check_yaml(content.text)
    return content.text


def _check_yaml(text: str) -> None:
    """Refuse what only attacks need: aliases, which multiply, depth, characters that are none."""
    depth = 0
    try:
        for event in yaml.parse(text, Loader=yaml.BaseLoader):
            place = f"{BODY}:{event.start_mark.line + 1}" if event.start_mark else BODY
            if isinstance(event, yaml.AliasEvent):
                raise Refused(
                    Refusal(Reason.INVALID_DOCUMENT, place, "no alias", str(event.anchor))
                )
            depth += isinstance(event, yaml.CollectionStartEvent)
            depth -= isinstance(event, yaml.CollectionEndEvent)
            _check_depth(depth, place)
            if isinstance(event, yaml.ScalarEvent):
                _check_text(event.value, place)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f"{BODY}:{mark.line + 1}" if mark is not None else BODY
        why = " ".join(str(getattr(error, "problem", None) or error).split())
        raise Refused(Refusal(Reason.INVALID_DOCUMENT, place, "YAML", why)) from None
    except (ValueError, OverflowError) as error:  # an escape beyond the last character
        raise Refused(Refusal(Reason.INVALID_DOCUMENT, BODY, "YAML", str(error))) from None


def _check_parts(said: Any) -> None:
    """Refuse the same of what JSON says."""
    waiting = [(said, 1)]
    while waiting:
        part, depth = waiting.pop()
        _check_depth(depth, BODY)
        if isinstance(part, str):
            _check_text(part, BODY)
        waiting.extend((inner, depth + 1) for inner in _parts_of(part))


def _parts_of(part: Any) -> Iterator[Any]:
    if isinstance(part, dict):
        yield from part
        yield from part.values()
    elif isinstance(part, list):
        yield from part


def _check_depth(depth: int, place: str) -> None:
    if depth > DEEPEST:
        raise Refused(Refusal(Reason.INVALID_DOCUMENT, place, f"at most {DEEPEST} levels deep"))


def _check_text(text: str, place: str) -> None:
    try:
        _fit(text)
    except ValueError as error:
        raise Refused(Refusal(Reason.INVALID_DOCUMENT, place, "text", str(error))) from None
