"""What commands do to locations, and the document that says so.

The command line and the HTTP API both come through here.
"""

from collections.abc import Sequence
from typing import NamedTuple

from ledger.application.commands import By
from ledger.application.ledger import Ledger
from ledger.application.sites import SiteDone, StatedSite, register_sites
from ledger.values.reasons import Reason, Refusal, Refused


class SitesDone(NamedTuple):
    """What became of each location."""

    dry_run: bool
    sites: tuple[SiteDone, ...]


def record_sites(
    ledger: Ledger,
    stated: Sequence[StatedSite],
    refusals: Sequence[Refusal],
    *,
    submit: bool,
    by: By,
    dry_run: bool,
) -> SitesDone:
    """Record documents, all or none. Refuses everything wrong with them, also while reading."""
    try:
        checks_only = dry_run or bool(refusals)
        done = register_sites(ledger, stated, submit=submit, by=by, dry_run=checks_only)
    except Refused as refused:
        if refused.reason in (Reason.ACTOR_UNKNOWN, Reason.ROLE_MISSING):
            raise
        raise Refused(*refusals, *refused.refusals) from None
    if refusals:
        raise Refused(*refusals)
    return SitesDone(dry_run, tuple(done))
