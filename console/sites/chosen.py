"""Which locations a report is about: by what the register says of them, and by name."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import partial
from typing import NamedTuple

from console.imports.sites import location_key
from console.sites.listed import Filter, listed
from ledger.application.facts import View
from ledger.roaming.remaps import Identity, earlier, later
from ledger.roaming.site import Site


class Choice(NamedTuple):
    """What is chosen; None leaves the choice open. `locations` are written as people do."""

    kind: str | None = None
    access: str | None = None
    group: str | None = None
    locations: Sequence[str] | None = None


def chosen_keys(view: View, choice: Choice, instant: datetime) -> list[str]:
    """Return the keys of the locations meant, as the register has them at an instant, in order.

    A location that went on under another name, or came by its own from another, is meant under
    all of them: its CDRs keep the name that it had then. Refuses: WRONG_IDENTIFIER.
    """
    named = None
    if choice.locations is not None:
        keys = map(location_key, choice.locations)
        named = {name for key in keys for name in _names(view, key)}
    if choice[:3] == (None, None, None):
        return sorted(named or ())
    wanted = Filter(kind=choice.kind, access=choice.access, group=choice.group)
    rows = listed(view, wanted, instant)
    found = {name for row in rows for name in _names(view, row.location)}
    return sorted(found if named is None else found & named)


def _names(view: View, key: str) -> Iterator[str]:
    """Yield every name under which the whole location goes, went, or is to go."""
    find, identity = partial(view.find, Site), Identity(key)
    yield key
    yield from (before.location for _, before in earlier(find, identity))
    yield from (after.location for _, after in later(find, identity))
