"""The filter of exceptions: the same options for every command that is about many of them."""

import inspect
from collections.abc import Callable
from decimal import Decimal
from functools import wraps
from typing import TYPE_CHECKING, Annotated, Any, get_type_hints

import typer

from console.cli import common, site_filter
from console.cli.choosing import amount

if TYPE_CHECKING:
    from projections.queries.exception import Filter

_Kind = Annotated[
    str | None,
    typer.Option(
        help="cdr, session, tariff, location, party, message, sender, totals, dispute,"
        " expiry or finding."
    ),
]
_State = Annotated[
    str | None, typer.Option(help="open, proposed, resubmission_requested or resolved.")
]
_ReasonCode = Annotated[
    str | None,
    typer.Option("--code", "--reason", metavar="CODE", help="With this reason code."),
]
_Severity = Annotated[
    str | None, typer.Option(help="FATAL, SEVERE or WARNING; WARNING lists findings too.")
]
_Owner = Annotated[str | None, typer.Option(help="operations, platform or finance.")]
_Origin = Annotated[
    str | None, typer.Option(help="charger, backend, partner, ourselves or unknown.")
]
_Party = Annotated[
    str | None, typer.Option(metavar="PARTY", help="Of one party, as seller or as buyer.")
]
_Sender = Annotated[
    str | None, typer.Option(metavar="PARTY", help="Whose messages one sender sent.")
]
_Assignee = Annotated[str | None, typer.Option(metavar="NAME", help="Assigned to one actor.")]
_Overdue = Annotated[
    bool, typer.Option("--overdue", help="Past the hours that the agreement gives.")
]
_MinAmount = Annotated[
    Decimal | None,
    typer.Option(parser=amount, metavar="AMOUNT", help="With so much money at stake."),
]
_Code = Annotated[str | None, typer.Option("--code", metavar="CODE", help="With this reason code.")]
"""Where `--reason` is why a person acts."""


def _options(
    *,
    kind: _Kind = None,
    state: _State = None,
    reason_code: _ReasonCode = None,
    severity: _Severity = None,
    owner: _Owner = None,
    origin: _Origin = None,
    party: _Party = None,
    sender: _Sender = None,
    assignee: _Assignee = None,
    overdue: _Overdue = False,
    min_amount: _MinAmount = None,
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
