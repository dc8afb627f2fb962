"""Where a report goes: a file is there when it is complete, and never half of it."""

import pytest

from console.cli.errors import UsageError
from console.cli.reports import command_line, replacing, span_of, write
from ledger.values.instants import first_day


def test_a_report_that_breaks_off_leaves_what_stood_there(tmp_path):
    file = tmp_path / "balances.csv"
    write(["book,", "account\r\n"], file)

    def breaks_off():
        yield "book"
        raise ConnectionError("the database went away")

    with pytest.raises(ConnectionError):
        write(breaks_off(), file)
    assert file.read_bytes() == b"book,account\r\n"
    assert [path.name for path in tmp_path.iterdir()] == ["balances.csv"]


def test_a_file_that_cannot_be_there_says_so(tmp_path):
    with pytest.raises(FileNotFoundError), replacing(tmp_path / "no" / "b.csv") as new:
        new.write_text("never")


@pytest.mark.parametrize("output", [("--output", "a b.csv"), ("--output=a.csv",), ()])
def test_a_report_says_by_which_command_it_is_made_wherever_it_went(monkeypatch, output):
    monkeypatch.setattr(
        "sys.argv",
        ["/usr/bin/clearwatt", "general-ledger", "--account", "vat:*", *output, "--json"],
    )
    assert command_line() == "clearwatt general-ledger --account 'vat:*' --json"


def test_a_span_without_a_day_is_no_span():
    day = first_day("2026-10")
    assert span_of(day, None, None, None).posted_from == day
    with pytest.raises(UsageError, match=r"^SPAN_EMPTY"):
        span_of(day, day, None, None)
