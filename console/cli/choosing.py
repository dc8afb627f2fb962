"""Which exceptions a command is about: ids, or a filter; the same options for all of them."""

import inspect
from collections.abc import Callable, Sequence
from decimal import Decimal, InvalidOperation
from functools import wraps
from typing import TYPE_CHECKING, Annotated, Any, get_type_hints

import typer

from console.cli import common, site_filter
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


_Code = Annotated[str | None, typer.Option("--code", metavar="CODE", help="With this reason code.")]
"""Where `--reason` is why a person acts."""


def _options(
    *,
    kind: Annotated[
        str | None,
        typer.Option(
            help="cdr, session, tariff, location, party, message, sender, totals, dispute,"
            " expiry or finding."
        ),
    ] = None,
    state: Annotated[
        str | None, typer.Option(help="open, proposed, resubmission_requested or resolved.")
    ] = None,
    reason_code: Annotated[
        str | None,
        typer.Option("--code", "--reason", metavar="CODE", help="With this reason code."),
    ] = None,
    severity: Annotated[
        str | None, typer.Option(help="FATAL, SEVERE or WARNING; WARNING lists findings too.")
    ] = None,
    owner: Annotated[str | None, typer.Option(help="operations, platform or finance.")] = None,
    origin: Annotated[
        str | None, typer.Option(help="charger, backend, partner, ourselves or unknown.")
    ] = None,
    party: Annotated[
        str | None, typer.Option(metavar="PARTY", help="Of one party, as seller or as buyer.")
    ] = None,
    sender: Annotated[
        str | None, typer.Option(metavar="PARTY", help="Whose messages one sender sent.")
    ] = None,
    assignee: Annotated[
        str | None, typer.Option(metavar="NAME", help="Assigned to one actor.")
    ] = None,
    overdue: Annotated[
        bool, typer.Option("--overdue", help="Past the hours that the agreement gives.")
    ] = False,
    min_amount: Annotated[
        Decimal | None,
        typer.Option(parser=amount, metavar="AMOUNT", help="With so much money at stake."),
    ] = None,
    site_kind: site_filter.SiteKind = None,
    access: site_filter.Access = None,
    site_group: site_filter.SiteGroup = None,
    location: site_filter.Locations = None,
    as_of: site_filter.SitesAsOf = None,
    at: common.At = None,
) -> "Filter":
    """Return the filter that the options make."""
    from projections.queries.exception import Filter

    return Filter(
        kind=kind,
        state=state,
        reason=reason_code,
        severity=severity,
        owner=owner,
        origin=origin,
        party=party,
        sender=sender,
        assignee=assignee,
        overdue_at=common.now(at) if overdue else None,
        min_amount=min_amount,
        locations=site_filter.locations_meant(
            site_kind=site_kind,
            access=access,
            site_group=site_group,
            location=location,
            as_of=as_of or common.now(at),
        ),
        with_resolved=state == "resolved",
        with_findings=severity == "WARNING",
    )


def with_filters(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options of the filter, in place of its parameter `chosen`."""
    options = inspect.signature(_options).parameters
    hints = get_type_hints(_options, include_extras=True, localns={"Filter": object})
    own = inspect.signature(command)
    kept = [row for name, row in own.parameters.items() if name != "chosen"]
    known = {row.name for row in kept}
    added = [row for name, row in options.items() if name not in known]
    if "reason" in known:
        hints["reason_code"] = _Code
        added = [
            row.replace(annotation=_Code) if row.name == "reason_code" else row for row in added
        ]

    @wraps(command)
    def wrapped(**values: Any) -> None:
        taken = {name: values[name] for name in options}
        rest = {row.name: values[row.name] for row in kept}
        command(chosen=_options(**taken), **rest)

    places = [*kept, *added]
    positional = [row for row in places if row.kind is not inspect.Parameter.KEYWORD_ONLY]
    keywords = [row for row in places if row.kind is inspect.Parameter.KEYWORD_ONLY]
    wrapped.__dict__["__signature__"] = own.replace(parameters=[*positional, *keywords])
    annotations = {**get_type_hints(command, include_extras=True, localns={"Filter": object})}
    annotations.pop("chosen", None)
    wrapped.__annotations__ = {
        **{row.name: hints[row.name] for row in added},
        **annotations,
    }
    return wrapped


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
