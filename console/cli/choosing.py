"""Which exceptions a command is about: ids, or a filter."""

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Annotated

import typer

from console.cli import common
from console.cli.errors import UsageError

if TYPE_CHECKING:
    from projections.queries.exception import ExceptionRow, Filter

Ids = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[ID]...", help="As `list` names it (123.1), or a CDR (NL*XYZ/CDR-0001)."
    ),
]


def amount(text: str) -> Decimal:
    """Return an exact amount.

    >>> amount("12.50")
    Decimal('12.50')
    """
    try:
        found = Decimal(text)
    except InvalidOperation:
        raise typer.BadParameter(f"{text!r} is no amount such as 12.50") from None
    if not found.is_finite():
        raise typer.BadParameter(f"{text!r} is no amount such as 12.50")
    return found


def chosen_exceptions(
    ids: Sequence[str] | None, chosen: "Filter", *, with_resolved: bool = False
) -> "list[ExceptionRow]":
    """Return the exceptions that are meant. Raises UsageError CHOICE_MISSING without any choice.

    Refuses: NOT_FOUND for an id that nothing has.
    """
    from ledger.values.reasons import Reason, Refusal, Refused
    from projections.database import reading
    from projections.queries.exception import Filter, exception, exceptions

    if not ids and chosen == Filter():
        raise UsageError("CHOICE_MISSING", "Name exceptions by their ids, or choose by a filter.")
    with reading(common.services().database_url) as connection:
        if not ids:
            return exceptions(connection, chosen, with_resolved=with_resolved)
        found: list[ExceptionRow] = []
        for text in ids:
            place = _place_of(text)
            rows = (
                [exception(connection, *place)]
                if place is not None
                else exceptions(connection, record=record_of(text), with_resolved=with_resolved)
            )
            known = [row for row in rows if row is not None]
            if not known:
                raise Refused(Refusal(Reason.NOT_FOUND, "exception", actual=text))
            found += known
    return found


def record_of(text: str) -> str:
    """Return the key of a record as people may write it.

    >>> record_of("nl*xyz/CDR-1")
    'NL*XYZ/cdr-1'
    """
    party, slash, record = text.partition("/")
    return f"{party.upper()}{slash}{record.lower()}"


def _place_of(text: str) -> tuple[int, int] | None:
    """Return position and number of an id; None for the key of a record."""
    position, _, number = text.partition(".")
    if position.isdigit() and (number or "1").isdigit():
        return int(position), int(number or 1)
    if "/" not in text:
        raise typer.BadParameter(f"{text!r} is no id such as 123.1, and no CDR")
    return None
