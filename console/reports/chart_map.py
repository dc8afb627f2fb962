"""A customer's own chart of accounts: a file says which number each of our accounts has there.

`charts/example.yaml` explains every part of such a file; `datev-skr03`, `datev-skr04` and
`saft-no` stand beside it. A map is whole: every account of the chart has a line, so that no
report finds an account without a number on the last day of a month.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple

import yaml

from console.agreements.page import Page, Part, Skipped
from ledger.books.accounts import CHART, Account, found_in_chart, shape_of
from ledger.values.identifiers import checked_party
from ledger.values.reasons import Reason, Refusal, Refused

FOLDER: Final = Path(__file__).parent / "charts"
_FIELDS: Final = ("number", "name", "tax_code", "group", "parties", "verified")
_YES: Final = {"yes": True, "no": False}
_MOST_DIGITS: Final = 18


class Mapped(NamedTuple):
    """An account in the customer's chart.

    `tax_code` is DATEV's posting key or a SAF-T tax code, `group` a grouping category and code;
    both empty where the file says none. `is_verified` is false for a number without a source.
    """

    number: str
    name: str
    tax_code: str = ""
    group: str = ""
    is_verified: bool = True


class ChartLine(NamedTuple):
    """A line of the file: what is mapped, to what, and whose range has a number per party."""

    mapped: Mapped
    parties: str = ""


class PartyRange(NamedTuple):
    """A range of account numbers, and which party has which of them."""

    first: int
    last: int
    numbers: Mapping[str, str]

    def next_numbers(self) -> Iterator[str]:
        """Yield the numbers after the highest that is given: none is ever used again.

        >>> next(PartyRange(10000, 69999, {"DE*EMP": "10002"}).next_numbers())
        '10003'
        """
        highest = max(map(int, self.numbers.values()), default=self.first - 1)
        return map(str, range(highest + 1, self.last + 1))


@dataclass(frozen=True)
class ChartMap:
    """Which number, name and tax code each account has in a customer's chart.

    >>> ChartMap.load("datev-skr03").mapped("vat:DE:output:due")[:2]
    ('1770', 'Umsatzsteuer')
    """

    name: str
    title: str
    sources: tuple[str, ...]
    lines: Mapping[str, ChartLine]
    ranges: Mapping[str, PartyRange]
    _found: dict[str, Mapped] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def load(cls, name_or_path: str | Path) -> "ChartMap":
        """Return the map of a name that is shipped, or of a file.

        Refuses, all at once and each with its line: INVALID_DOCUMENT, NOT_FOUND, WRONG_TYPE,
        UNKNOWN_FIELD, MISSING_FIELD, NAMED_TWICE, WRONG_IDENTIFIER, NUMBER_OUT_OF_RANGE,
        ACCOUNT_UNKNOWN (no account of the chart), ACCOUNT_NOT_MAPPED (one has no line).
        """
        shipped = shipped_charts().get(str(name_or_path))
        path = shipped or Path(name_or_path)
        if not path.is_file():
            known = f"a file, or one of {', '.join(shipped_charts())}"
            raise Refused(Refusal(Reason.NOT_FOUND, "chart", known, str(name_or_path)))
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError as error:
            wanted = "a text in UTF-8"
            raise Refused(Refusal(Reason.INVALID_DOCUMENT, path.name, wanted)) from error
        return read_chart_map(text, path.name)

    def mapped(self, account: str) -> Mapped:
        """Return an account's place in the customer's chart.

        A line that spells more of the name out comes first. A party with a number of its own in
        the file has that, any other the line's. Refuses: ACCOUNT_NOT_MAPPED for no account of ours.
        """
        if account not in self._found:
            self._found[account] = self._mapped(account)
        return self._found[account]

    def unlisted(self, accounts: Iterable[str]) -> dict[str, dict[str, str]]:
        """Return, per range, the parties without a number of their own and the next ones for them.

        >>> ChartMap.load("example").unlisted(["receivable:FR*ABC", "receivable:DE*EMP"])
        {'debtors': {'FR*ABC': '10003'}}
        """
        missing: dict[str, set[str]] = {}
        for account in accounts:
            line, party = self._line_of(account)
            if line.parties and party not in self.ranges[line.parties].numbers:
                missing.setdefault(line.parties, set()).add(party)
        return {
            name: dict(zip(sorted(parties), self.ranges[name].next_numbers(), strict=False))
            for name, parties in missing.items()
        }

    def _mapped(self, account: str) -> Mapped:
        line, party = self._line_of(account)
        mapped = line.mapped
        if line.parties and (number := self.ranges[line.parties].numbers.get(party)) is not None:
            mapped = mapped._replace(number=number, name=f"{mapped.name} {party}".strip())
        return mapped if mapped.number else mapped._replace(number=account)

    def _line_of(self, account: str) -> tuple[ChartLine, str]:
        """Return the line of an account, and whose account it is."""
        try:
            party = found_in_chart(account).parts.get("party", "")
        except KeyError as error:
            raise Refused(Refusal(Reason.ACCOUNT_NOT_MAPPED, "account", actual=account)) from error
        fitting = [name for name in self.lines if shape_of(name).fullmatch(account)]
        return self.lines[min(fitting, key=lambda name: name.count("<"))], party


def shipped_charts() -> dict[str, Path]:
    """Return the maps that are shipped, by the name they are asked for.

    >>> list(shipped_charts())
    ['datev-skr03', 'datev-skr04', 'example', 'saft-no']
    """
    return {path.stem.replace("_", "-"): path for path in sorted(FOLDER.glob("*.yaml"))}


def read_chart_map(text: str, file: str) -> ChartMap:
    """Return the map that a document describes. Refuses: what `ChartMap.load` does."""
    page = Page(file)
    try:
        node = yaml.compose(text, yaml.BaseLoader)
    except RecursionError as error:
        raise Refused(Refusal(Reason.INVALID_DOCUMENT, file, "YAML", "nested too deep")) from error
    except yaml.YAMLError as error:
        said = " ".join(str(error).split())
        raise Refused(Refusal(Reason.INVALID_DOCUMENT, file, "YAML", said)) from error
    if node is None:
        raise Refused(Refusal(Reason.INVALID_DOCUMENT, file, "a chart", "nothing"))
    try:
        read = _read(Part(node, "", page))
    except Skipped:
        read = None
    if page.refusals or read is None:
        raise Refused(*page.refusals)
    return read


def _read(whole: Part) -> ChartMap:
    known = ("name", "title", "sources", "accounts", "parties")
    parts = whole.parts(known, required=("name", "title", "accounts"))
    ranges = dict(_ranges(parts["parties"])) if "parties" in parts else {}
    lines = dict(_lines(parts["accounts"], ranges)) if "accounts" in parts else {}
    for account in CHART:
        if "accounts" in parts and account.name not in lines:
            parts["accounts"].refuse(Reason.ACCOUNT_NOT_MAPPED, account.name)
    return ChartMap(
        _text(parts, "name"),
        _text(parts, "title"),
        tuple(row.text() for row in parts["sources"].rows()) if "sources" in parts else (),
        lines,
        ranges,
    )


def _lines(accounts: Part, ranges: Collection[str]) -> Iterator[tuple[str, ChartLine]]:
    seen: set[str] = set()
    for name, part in accounts.named():
        if name in seen:
            part.refuse(Reason.NAMED_TWICE, actual=name)
        seen.add(name)
        if chart_row(name) is None:
            part.refuse(Reason.ACCOUNT_UNKNOWN, "an account of the chart", name)
            continue
        try:
            yield name, _line(name, part, ranges)
        except Skipped:
            continue


def _line(name: str, part: Part, ranges: Collection[str]) -> ChartLine:
    fields = part.parts(_FIELDS, required=("name",))
    verified = _text(fields, "verified") or "yes"
    if verified not in _YES:
        raise fields["verified"].refuse(Reason.UNKNOWN_VALUE, "yes or no", verified)
    parties = _text(fields, "parties")
    if parties and (parties not in ranges or "<party>" not in name):
        known = ", ".join(ranges) if "<party>" in name else "nothing: it has no account per party"
        raise fields["parties"].refuse(Reason.UNKNOWN_VALUE, known, parties)
    number, title, tax_code, group = (_text(fields, key) for key in _FIELDS[:4])
    mapped = Mapped(number, title, tax_code, group, _YES[verified])
    return ChartLine(mapped, parties)


def chart_row(name: str) -> Account | None:
    """Return an account's row in our chart, however much of what varies is spelled out.

    >>> [row.name for row in map(chart_row, ("vat:DE:output:<class>:accrued", "cash")) if row]
    ['vat:<country>:output:<class>:accrued']
    """
    words = name.split(":")
    for row in CHART:
        of_chart = row.name.split(":")
        if len(words) == len(of_chart) and all(map(_fits, words, of_chart)):
            return row
    return None


def _fits(word: str, of_chart: str) -> bool:
    varies = of_chart.startswith("<")
    return word == of_chart or (varies and shape_of(of_chart).fullmatch(word) is not None)


def _ranges(parties: Part) -> Iterator[tuple[str, PartyRange]]:
    """Yield each range with the numbers that its parties have, none of them twice."""
    for name, part in parties.named():
        fields = part.parts(("from", "until", "numbers"), required=("from", "until"))
        bounds = []
        for key in ("from", "until"):
            bound = _text(fields, key)
            if bound and not _is_number(bound):
                fields[key].refuse(Reason.WRONG_TYPE, "a number", bound)
            bounds.append(int(bound) if _is_number(bound) else 0)
        first, last = bounds
        if last < first:
            part.refuse(Reason.NUMBER_OUT_OF_RANGE, f"until {first} or more", str(last))
        listed = _numbers(fields["numbers"], first, last) if "numbers" in fields and last else ()
        yield name, PartyRange(first, last, dict(listed))


def _numbers(part: Part, first: int, last: int) -> Iterator[tuple[str, str]]:
    parties: set[str] = set()
    taken: set[str] = set()
    for party, row in part.named():
        number = row.text()
        if party in parties or number in taken:
            row.refuse(Reason.NAMED_TWICE, actual=f"{party} {number}")
        parties.add(party)
        taken.add(number)
        if not (_is_number(number) and first <= int(number) <= last):
            row.refuse(Reason.NUMBER_OUT_OF_RANGE, f"{first} to {last}", number)
        try:
            checked_party(party)
        except Refused as refused:
            row.refuse(refused.refusals[0].reason, "a party such as NL*XYZ", party)
        yield party, number


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS


def _text(fields: Mapping[str, Part], name: str) -> str:
    return fields[name].text() if name in fields else ""
