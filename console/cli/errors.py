"""How an error ends a command: one sentence that begins with a code, and an exit code.

Nothing is imported before an error is there: help and commands on files stay quick.
"""

import os
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

import typer

from console.errors import DEBUG_VARIABLE

REFUSED: Final = 1
USAGE: Final = 2
UNREACHABLE: Final = 3


class Ending(NamedTuple):
    """The line on stderr and the exit code."""

    line: str
    exit_code: int


class UsageError(Exception):
    """A command was called wrongly: a published code and one sentence."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(f"{code}: {sentence}")
        self.code = code


def wants_traceback() -> bool:
    """Return whether whoever runs the command wants to see where an error came from."""
    return os.environ.get(DEBUG_VARIABLE, "") not in ("", "0")


def help_asked_for(error: BaseException) -> str | None:
    """Return the help that a group of commands raises where none of them was named."""
    text = str(error) if isinstance(error, typer.TyperException) else ""
    return text if text.startswith("Usage:") else None


def ending_of(error: BaseException) -> Ending:
    """Return how an error ends the command; what nobody foresaw is a defect.

    >>> ending_of(UsageError("ACTOR_MISSING", "Say who acts."))
    Ending(line='ACTOR_MISSING: Say who acts.', exit_code=2)
    >>> ending_of(ZeroDivisionError("division by zero")).exit_code
    1
    """
    for kinds, exit_code, text_of in _known():
        if isinstance(error, kinds):
            return Ending(" ".join(text_of(error).split()), exit_code)
    name = type(error).__name__
    sentence = f"DEFECT: {name}: {error} Run it again with {DEBUG_VARIABLE}=1 to see where."
    return Ending(" ".join(sentence.split()), REFUSED)


Kinds = type[BaseException] | tuple[type[BaseException], ...]


def _known() -> Iterator[tuple[Kinds, int, Callable[[BaseException], str]]]:
    """Yield known errors, nearest first; those that import more only when nothing else fits."""
    from pydantic import ValidationError

    from console.errors import ServiceError

    yield UsageError, USAGE, str
    yield typer.TyperException, USAGE, _wrong_call
    yield ServiceError, UNREACHABLE, str
    yield ValidationError, USAGE, _setting_invalid

    from console.imports.mapping import MappingRefused
    from console.publisher.files import UnknownTopic
    from consumers.runner import KafkaUnreachable, TopicDiffers
    from ledger.log.connection import LedgerNotEmpty, LogUnreachable
    from ledger.values.reasons import InvariantBroken, Refused
    from projections.database import ConnectionLost, DatabaseError, TableMissing
    from projections.schema import ProjectionError
    from schemas import RegistryUnreachable, SchemaError

    yield UnknownTopic, USAGE, str
    yield (Refused, SchemaError, ProjectionError, TopicDiffers), REFUSED, str
    yield (MappingRefused, LedgerNotEmpty), REFUSED, str
    yield (LogUnreachable, KafkaUnreachable), UNREACHABLE, str
    yield RegistryUnreachable, UNREACHABLE, lambda error: f"{RegistryUnreachable.code}: {error}"
    yield TableMissing, UNREACHABLE, lambda error: f"TABLES_MISSING: {error} Run `clearwatt up`."
    yield ConnectionLost, UNREACHABLE, lambda error: f"DATABASE_UNREACHABLE: {error}"
    yield DatabaseError, REFUSED, lambda error: f"DATABASE_REFUSED: {error}"
    yield InvariantBroken, REFUSED, lambda error: f"INVARIANT_BROKEN: {error}"
    yield OSError, UNREACHABLE, lambda error: f"FILE_OR_NETWORK: {error}"


def _wrong_call(error: BaseException) -> str:
    if not isinstance(error, typer.TyperException):
        raise TypeError(f"{error!r} comes from no call")
    context = getattr(error, "ctx", None)
    command = context.command_path if context else "clearwatt"
    sentence = error.format_message()
    end = "" if sentence.endswith((".", "?")) else "."
    return f"WRONG_CALL: {sentence}{end} See `{command} --help`."


def _setting_invalid(error: BaseException) -> str:
    from pydantic import ValidationError

    from console.settings import PREFIX

    if not isinstance(error, ValidationError):
        raise TypeError(f"{error!r} comes from no validation")
    first = error.errors(include_url=False, include_input=False)[0]
    place = ".".join(str(part) for part in first["loc"])
    return f"SETTING_INVALID: {PREFIX}{place.upper()}: {first['msg']}."
