"""Documents of people become records, or all that is wrong in them is said with its path."""

from datetime import UTC, date, datetime
from typing import Any, Literal

import msgspec
import pytest

from console.imports.documents import converted, each_of, files_in, loaded
from ledger.values.reasons import Refused


class Part(msgspec.Struct, frozen=True):
    """A part of the document."""

    name: str
    kind: Literal["big", "small"] = "big"


class Whole(msgspec.Struct, frozen=True):
    """The document."""

    since: datetime
    parts: tuple[Part, ...] = ()
    on: date | None = None
    first: Part | None = None
    words: tuple[str, ...] = ()


SINCE = "2026-01-01T01:00:00+01:00"
NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("said", "record"),
    [
        ({"since": SINCE}, Whole(NEW_YEAR)),
        ({"since": SINCE, "on": "2026-02-28"}, Whole(NEW_YEAR, on=date(2026, 2, 28))),
        ({"since": SINCE, "on": "", "first": None}, Whole(NEW_YEAR)),
        ({"since": SINCE, "parts": [{"name": "a", "kind": "small"}]},
         Whole(NEW_YEAR, (Part("a", "small"),))),
        ({"since": SINCE, "first": {"name": "a"}}, Whole(NEW_YEAR, first=Part("a"))),
    ],
)  # fmt: skip
def test_a_document_becomes_a_record(said: Any, record: Whole) -> None:
    assert converted(said, Whole) == (record, [])


@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        ({}, ["MISSING_FIELD since"]),
        ([], ["WRONG_TYPE "]),
        ({"since": "2026-01-01T00:00:00"}, ["TIME_WITHOUT_ZONE since"]),
        ({"since": "yesterday"}, ["WRONG_TYPE since"]),
        ({"since": "0001-01-01T00:00:00+14:00"}, ["WRONG_TYPE since"]),
        ({"since": SINCE, "on": "2026-02-29"}, ["WRONG_TYPE on"]),
        ({"since": SINCE, "parts": {"name": "a"}}, ["WRONG_TYPE parts"]),
        ({"since": SINCE, "parts": [{"name": "a"}, {"kind": "huge"}, "b"]},
         ["MISSING_FIELD parts[1].name", "UNKNOWN_VALUE parts[1].kind", "WRONG_TYPE parts[2]"]),
        ({"since": SINCE, "first": {"name": "a", "colour": "red"}, "size": "9"},
         ["UNKNOWN_FIELD first.colour", "UNKNOWN_FIELD size"]),
        ({"since": SINCE, "words": ["a", ["b"]]}, ["WRONG_TYPE words[1]"]),
    ],
)  # fmt: skip
def test_everything_that_is_wrong_is_said_with_its_path(said: Any, wrong: list[str]) -> None:
    record, refusals = converted(said, Whole)
    found = [f"{row.reason.value} {row.path}" for row in refusals]
    assert (record, sorted(found)) == (None, sorted(wrong))


def test_numbers_are_never_floats(tmp_path):
    (tmp_path / "a.json").write_text('{"rate": 0.1, "many": 3}')
    (tmp_path / "b.yaml").write_text("rate: 0.1\nmany: 3\n")
    assert loaded(tmp_path / "a.json") == {"rate": "0.1", "many": 3}
    assert loaded(tmp_path / "b.yaml") == {"rate": "0.1", "many": "3"}
    assert [path.name for path in files_in(tmp_path)] == ["a.json", "b.yaml"]
    assert files_in(tmp_path / "a.json") == [tmp_path / "a.json"]


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("a.json", b"{", "NOT_JSON"),
        ("a.json", b'{"a": 1, "a": 2}', "NAMED_TWICE"),
        ("a.yaml", b"a: 1\na: 2", "NAMED_TWICE"),
        ("a.yaml", b"a: [", "INVALID_DOCUMENT"),
        ("a.yaml", b"\xff\xfe\x00", "INVALID_DOCUMENT"),
        ("a.yaml", b"[" * 5000, "INVALID_DOCUMENT"),
        ("a.yaml", b'"\\UFFFFFFFF"', "INVALID_DOCUMENT"),
        ("a.json", b"[" * 100_000, "INVALID_DOCUMENT"),
        ("a.json", b"9" * 5000, "INVALID_DOCUMENT"),
        ("a.json", b'{"a": NaN}', "NOT_A_NUMBER"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused(tmp_path, name, content, code):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(Refused, match=code):
        loaded(tmp_path / name)


def test_versions_of_one_document_have_paths_of_their_own():
    assert list(each_of(["a", "b"], "x")) == [("x[0]", "a"), ("x[1]", "b")]
    assert list(each_of("a", "x")) == [("x", "a")]
