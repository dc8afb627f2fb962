"""`clearwatt exception release|correct|resubmit|exclude|readmit|recheck|undo`: what people do.

Each takes ids, or a filter for many at once; `--dry-run` shows the effect on money first. Above the
agreement's amount the first person proposes, and another one does it by the same command.
"""

import json
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from console.cli import common
from console.cli.choosing import Ids, chosen_exceptions, record_of
from console.cli.effects import show_effects
from console.cli.exception_filter import with_filters
from console.cli.progress import progress

if TYPE_CHECKING:
    from ledger.application.acting import Effect
    from ledger.roaming.release import PriceTaken
    from projections.queries.exception import Filter

Why = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why: it is recorded.")]
Action = Callable[..., "list[Effect]"]
"""What `ledger.application.control` does to CDRs, with all but the CDRs said."""


def register(exception: typer.Typer) -> None:
    """Add the commands of this module to the group."""
    for name, command in (
        ("release", release),
        ("correct", correct),
        ("resubmit", resubmit),
        ("exclude", exclude),
        ("readmit", readmit),
        ("recheck", recheck),
        ("undo", undo),
    ):
        exception.command(name)(with_filters(command))


def release(
    ids: Ids = None,
    *,
    chosen: "Filter",
    reason: Why = "",
    finding: Annotated[
        list[str] | None,
        typer.Option(metavar="CODE", help="Only this finding; all of a CDR's by default."),
    ] = None,
    price: Annotated[
        str, typer.Option(help="Whose total is booked: computed or stated.")
    ] = "computed",
    dry_run: common.DryRun = False,
    actor: common.As = None,
    at: common.At = None,
    as_json: common.Json = False,
) -> None:
    """Accept held CDRs in spite of what was found about them."""
    from ledger.application.control import release_cdrs

    if price not in ("computed", "stated"):
        raise typer.BadParameter("the price is computed or stated")
    by = common.acting(actor, at)
    taken: PriceTaken = "stated" if price == "stated" else "computed"
    act = partial(release_cdrs, reason=reason, by=by, codes=finding or (), price=taken)

    _carry_out(act, _cdrs(ids, chosen), dry_run=dry_run, as_json=as_json)


def correct(
    ids: Ids = None,
    *,
    chosen: "Filter",
    changes: Annotated[
        list[str], typer.Option("--set", metavar="PATH=JSON", help="A field and its new value.")
    ],
    reason: Why = "",
    dry_run: common.DryRun = False,
    actor: common.As = None,
    at: common.At = None,
    as_json: common.Json = False,
) -> None:
    """Set fields of CDRs anew, such as `total_energy="9.5"`; what was before is kept."""
    from ledger.application.control import correct_cdrs

    by, after = common.acting(actor, at), dict(map(_change, changes))
    act = partial(correct_cdrs, after=after, reason=reason, by=by)

    _carry_out(act, _cdrs(ids, chosen), dry_run=dry_run, as_json=as_json)


def resubmit(
    ids: Ids = None,
    *,
    chosen: "Filter",
    reason: Why = "",
    until: Annotated[
        datetime | None,
        typer.Option(parser=common.instant, metavar="INSTANT", help="Until when it is awaited."),
    ] = None,
    dry_run: common.DryRun = False,
    actor: common.As = None,
    at: common.At = None,
    as_json: common.Json = False,
) -> None:
    """Ask the senders for CDRs again: a reject goes out, which the new CDR has to cite."""
    from ledger.application.control import request_resubmissions

    by = common.acting(actor, at)
    act = partial(request_resubmissions, reason=reason, by=by, until=until)

    _carry_out(act, _cdrs(ids, chosen), dry_run=dry_run, as_json=as_json)


def exclude(
    ids: Ids = None,
    *,
    chosen: "Filter",
    reason: Why = "",
    dry_run: common.DryRun = False,
    actor: common.As = None,
    at: common.At = None,
    as_json: common.Json = False,
) -> None:
    """Take CDRs out of settlement; what was booked is reversed."""
    from ledger.application.control import exclude_cdrs

    by = common.acting(actor, at)
    act = partial(exclude_cdrs, reason=reason, by=by)

    # A CDR may be named that nothing is wrong with: an accepted one is excluded, too.
    _carry_out(act, _cdrs(ids, chosen, also=True), dry_run=dry_run, as_json=as_json)


def readmit(
    ids: Ids = None,
    *,
    chosen: "Filter",
    reason: Why = "",
    dry_run: common.DryRun = False,
    actor: common.As = None,
    at: common.At = None,
    as_json: common.Json = False,
) -> None:
    """Take excluded CDRs back in: they are decided with the facts of now."""
    from ledger.application.control import readmit_cdrs

    by = common.acting(actor, at)
    act = partial(readmit_cdrs, reason=reason, by=by)

    cdrs = _cdrs(ids, chosen, resolved_as="excluded", also=True)
    _carry_out(act, cdrs, dry_run=dry_run, as_json=as_json)


def recheck(
    ids: Ids = None,
    *,
    chosen: "Filter",
    dry_run: common.DryRun = False,
    actor: common.As = None,
    at: common.At = None,
    as_json: common.Json = False,
) -> None:
    """Decide CDRs again with the facts of now; a fact that arrives does so by itself."""
    from ledger.application.control import recheck_cdrs

    by = common.acting(actor, at)
    act = partial(recheck_cdrs, by=by)

    _carry_out(act, _cdrs(ids, chosen, also=True), dry_run=dry_run, as_json=as_json)


def undo(
    ids: Ids = None,
    *,
    chosen: "Filter",
    reason: Why = "",
    dry_run: common.DryRun = False,
    actor: common.As = None,
    at: common.At = None,
    as_json: common.Json = False,
) -> None:
    """Take releases back: what they let go holds the CDRs again."""
    from ledger.application.control import undo_releases

    by = common.acting(actor, at)
    act = partial(undo_releases, reason=reason, by=by)

    cdrs = _cdrs(ids, chosen, resolved_as="released", also=True)
    _carry_out(act, cdrs, dry_run=dry_run, as_json=as_json)


def _cdrs(
    ids: Sequence[str] | None,
    chosen: "Filter",
    *,
    resolved_as: str | None = None,
    also: bool = False,
) -> list[str]:
    """Return the CDRs that are meant: of open exceptions, or of those resolved in one way.

    `also`: a CDR may be named by its own key, whatever the queue knows of it.
    """
    keys = [text for text in ids or () if also and "/" in text]
    others = [text for text in ids or () if text not in keys]
    rows = []
    if others or not keys:
        rows = chosen_exceptions(others, chosen, with_resolved=resolved_as is not None)
    by_id = bool(others)
    found = [
        row.record
        for row in rows
        if row.kind in ("cdr", "finding")
        and (by_id or resolved_as is None or row.resolution == resolved_as)
    ]
    return list(dict.fromkeys([*map(record_of, keys), *found]))


def _change(text: str) -> tuple[str, Any]:
    """Return a field and its new value.

    >>> _change("charging_periods[0].tariff_id=null"), _change("remark=lost")
    (('charging_periods[0].tariff_id', None), ('remark', 'lost'))
    """
    path, equals, value = text.partition("=")
    if not equals or not path:
        raise typer.BadParameter(f"{text!r} is no change such as total_energy=9.5")
    try:
        # Decimals stay exact: a number is read as its own text.
        return path, json.loads(value, parse_float=str, parse_int=str)
    except json.JSONDecodeError:
        return path, value


def _carry_out(act: Action, cdrs: Sequence[str], *, dry_run: bool, as_json: bool) -> None:
    with common.ledger() as ledger, progress("Acting", total=len(cdrs)) as step:
        effects = act(ledger, cdrs, dry_run=dry_run, progress=lambda done, _: step.to(done))
    show_effects(effects, dry_run=dry_run, as_json=as_json)
