"""The rows of the exception queue: what a page opens, and what it changes of what is open.

An exception is one `item`; each of its states is a `version` that lasts until the next one. What
opens in a page is kept here until the page is written, with all its versions; what was opened
before is changed by the database, in rounds: an item has at most one change in each.
"""

from collections import defaultdict
from collections.abc import Sequence
from typing import Final, Literal, NamedTuple

import msgspec

from projections.database import Connection, copy_rows, for_each, query, text
from projections.event_parts import Refusal, Source
from projections.exception_kinds import meaning_of, worst
from projections.pages import Recorded

Kind = Literal[
    "cdr",
    "session",
    "tariff",
    "location",
    "party",
    "message",
    "sender",
    "totals",
    "command",
    "dispute",
    "payment",
    "finding",
    "expiry",
]
State = Literal["open", "proposed", "resubmission_requested", "resolved"]


class About(NamedTuple):
    """What an exception is about: `key` tells several of one record apart, unless it is it."""

    kind: Kind
    record: str
    key: str


class Stake(NamedTuple):
    """What the partner states for it, before tax; for whom, when and where it was served."""

    net: str
    currency: str
    buyer: str | None = None
    served_at: str | None = None
    location: str | None = None


class Change(msgspec.Struct, frozen=True, gc=False):
    """A new version of what is open: fields that are None stay as they were.

    Without a `key` it is about everything open of its kind and record.
    """

    kind: Kind
    record: str
    key: str | None
    state: State | None
    resolution: str | None
    refusals: Sequence[Refusal]
    stake: Stake | None
    position: int
    at: str


class _Opened(NamedTuple):
    """What a page opened, with its versions in order."""

    about: About
    position: int
    number: int
    opened_at: str
    source: Source | None
    stake: Stake | None
    versions: list[Change]


class Queue:
    """Collects openings and changes, and writes them."""

    def __init__(self) -> None:
        self._opened: list[_Opened] = []
        self._open: dict[tuple[Kind, str], dict[str, _Opened]] = {}
        self._changes: defaultdict[tuple[Kind, str], list[Change]] = defaultdict(list)
        self._news: dict[tuple[str, str | None], tuple[int, str, str]] = {}

    def open(
        self,
        recorded: Recorded,
        about: About,
        refusals: Sequence[Refusal],
        *,
        source: Source | None = None,
        stake: Stake | None = None,
        state: State = "open",
        number: int = 1,
    ) -> None:
        """Open an exception; nothing of the same kind and key is open."""
        first = _change(recorded, about, about.key, state, None, refusals, stake)
        at = recorded.recorded_at
        item = _Opened(about, recorded.position, number, at, source, stake, [first])
        self._opened.append(item)
        self._open.setdefault((about.kind, about.record), {})[about.key] = item

    def change(
        self,
        recorded: Recorded,
        about: About,
        refusals: Sequence[Refusal] = (),
        *,
        stake: Stake | None = None,
        state: State | None = None,
    ) -> None:
        """Change what is open: other reasons, another state."""
        self._apply(_change(recorded, about, about.key, state, None, refusals, stake))

    def resolve(self, recorded: Recorded, about: About, resolution: str) -> None:
        """Resolve what is open, if it is."""
        self._apply(_change(recorded, about, about.key, "resolved", resolution, (), None))

    def resolve_all(self, recorded: Recorded, kind: Kind, record: str, resolution: str) -> None:
        """Resolve everything of a kind that is open about a record."""
        about = About(kind, record, record)
        self._apply(_change(recorded, about, None, "resolved", resolution, (), None))

    def _apply(self, change: Change) -> None:
        place = change.kind, change.record
        mine = self._open.get(place, {})
        touched = [key for key in mine if change.key in (None, key)]
        for key in touched:
            versions = mine[key].versions
            versions.append(_merged(versions[-1], change))
            if change.state == "resolved":
                del mine[key]
        if change.key is None or not touched:
            self._changes[place].append(change)

    def tell_session(
        self, recorded: Recorded, session: str, key: str | None, resolution: str
    ) -> None:
        """Resolve what is open about a session: they come by the thousand, and for few it is."""
        if ("session", session) in self._open:
            place = recorded.position, recorded.recorded_at
            self._apply(Change("session", session, key, "resolved", resolution, (), None, *place))
        elif (session, key) not in self._news:
            self._news[session, key] = recorded.position, recorded.recorded_at, resolution

    def write(self, connection: Connection, schema: str) -> None:
        """Write the changes of what was open before, then what was opened."""
        self._take_over_news(connection, schema)
        longest = max(map(len, self._changes.values()), default=0)
        for number in range(longest):
            rows = [_changed(rows[number]) for rows in self._changes.values() if number < len(rows)]
            for_each(connection, "change_exceptions", schema, rows)
        copy_rows(connection, "insert_exceptions", schema, [_item(row) for row in self._opened])
        versions = [line for row in self._opened for line in _versions(row)]
        copy_rows(connection, "insert_exception_versions", schema, versions)

    def _take_over_news(self, connection: Connection, schema: str) -> None:
        """Make changes of the news about sessions of which something was open before: of few."""
        if not self._news:
            return
        records = _BETWEEN.join({record for record, _ in self._news})
        found = connection.execute(query("sessions_open", schema), [records, _BETWEEN])
        waiting = {record for (record,) in found}
        # In the order in which they came, which is that of the dictionary.
        for (record, key), (position, at, resolution) in self._news.items():
            if record in waiting:
                change = Change(
                    "session", record, key, "resolved", resolution, (), None, position, at
                )
                self._changes["session", record].append(change)


def _change(
    recorded: Recorded,
    about: About,
    key: str | None,
    state: State | None,
    resolution: str | None,
    refusals: Sequence[Refusal],
    stake: Stake | None,
) -> Change:
    place = recorded.position, recorded.recorded_at
    return Change(about.kind, about.record, key, state, resolution, refusals, stake, *place)


def _merged(before: Change, news: Change) -> Change:
    return msgspec.structs.replace(
        news,
        state=news.state or before.state,
        refusals=news.refusals or before.refusals,
        stake=news.stake or before.stake,
    )


_NOTHING: Final = (None,) * 9
_BETWEEN: Final = "\x1f"
"""Between the records of a list: one long text is sent faster than many short ones."""


def _facts(kind: Kind, refusals: Sequence[Refusal]) -> tuple[str | None, ...]:
    """Return the columns that the refusals fill; the first one is what lists show."""
    if not refusals:
        return _NOTHING
    first = refusals[0]
    meanings = [meaning_of(kind, refusal.reason) for refusal in refusals]
    check = None if meanings[0].number is None else str(meanings[0].number)
    severity = worst([meaning.severity for meaning in meanings])
    said = first.reason, first.path, first.expected, first.actual
    everything = msgspec.json.encode(refusals).decode()
    return *said, everything, check, severity, meanings[0].owner, meanings[0].origin


def _changed(change: Change) -> tuple[object, ...]:
    stake = change.stake
    return (
        change.kind,
        change.record,
        change.key,
        change.position,
        change.at,
        change.state,
        change.resolution,
        *_facts(change.kind, change.refusals),
        stake.net if stake else None,
        stake.currency if stake else None,
    )


def _item(row: _Opened) -> str:
    about, source, stake = row.about, row.source, row.stake
    is_resolved = row.versions[-1].state == "resolved"
    party, slash, _ = about.record.partition("/")
    sender = about.record.partition("/")[0] if about.kind in ("sender", "totals") else None
    buyer, served_at, location = stake[2:] if stake else (None, None, None)
    columns = (
        about.kind,
        about.key,
        about.record,
        source.topic if source else None,
        str(source.partition) if source else None,
        str(source.offset) if source else None,
        source.sender if source else sender,
        party if slash and about.kind not in ("message", "expiry") else None,
        buyer,
        served_at,
        row.opened_at,
        row.versions[-1].at if is_resolved else None,
        about.record if about.kind == "location" else location,
    )
    return f"{row.position}\t{row.number}\t" + "\t".join(map(text, columns))


def _versions(row: _Opened) -> list[str]:
    lines = []
    for index, version in enumerate(row.versions):
        is_last = index == len(row.versions) - 1
        stake = version.stake
        columns = (
            version.at,
            None if is_last else row.versions[index + 1].at,
            version.state,
            version.resolution,
            *_facts(version.kind, version.refusals),
            stake.net if stake else None,
            stake.currency if stake else None,
        )
        place = f"{row.position}\t{row.number}\t{version.position}\t"
        lines.append(place + "\t".join(map(text, columns)))
    return lines
