"""`clearwatt session import`: a table's rows are published, or reported with line and code."""

from pathlib import Path

import pytest
from command_line import CommandLine, of_settings

MAPPING = Path(__file__).parents[2] / "console" / "imports" / "mappings" / "desl_epfl.yaml"
HEADER = "session,plug,arrival,departure,stay_min,energy_wh,pmax_w\n"
GOOD = (
    "1,CCS1,2022-11-05T10:00:00,2022-11-05T10:40:00,41,20000,60000\n",
    "2,CCS2,2022-11-06T10:00:00,2022-11-06T10:20:00,21,10000,60000\n",
)
BAD = (
    "3,CCS1,yesterday,2022-11-05T12:40:00,41,20000,60000\n",
    "4,CCS9,2022-11-05T13:00:00,2022-11-05T13:40:00,41,20000,60000\n",
    "5,CCS1,2022-11-05T14:00:00,2022-11-05T14:40:00,41,-1,60000\n",
)
FACTS = 5
"""The location of the plugs, three versions of their tariff, and the public one beside it."""


@pytest.fixture
def clearwatt(settings_of_test) -> CommandLine:
    return of_settings(settings_of_test)


@pytest.fixture
def imports(clearwatt, tmp_path):
    """Import rows below the header of the example mapping."""

    def run(*rows: str, header: str = HEADER, options: tuple[object, ...] = ()):
        table = tmp_path / "table.csv"
        table.write_text(header + "".join(rows), encoding="utf-8")
        return clearwatt.run("session", "import", table, "--mapping", MAPPING, *options)

    return run


def messages_on_the_topics(clearwatt: CommandLine) -> int:
    return sum(row["end"] for row in clearwatt.document("status")["lag"])


def test_every_row_is_a_session_and_a_cdr_on_the_topics(clearwatt, imports):
    ended = imports(*GOOD, options=("--json",))
    assert (ended.exit_code, ended.document["rows_published"]) == (0, 2)
    assert ended.document["messages"] == messages_on_the_topics(clearwatt) == FACTS + 3 * 2
    taken = clearwatt.document("consumer", "run", "--until-caught-up", "--at", "2022-12-01")
    # Nobody registered the parties and agreements: what was published waits for them.
    assert taken["outcomes"] == {"accepted": FACTS + 4, "held": 2}


def test_a_dry_run_publishes_nothing_and_needs_no_service(clearwatt, imports, monkeypatch):
    ended = imports(*GOOD, options=("--dry-run", "--json"))
    assert (ended.exit_code, ended.document["rows_readable"]) == (0, 2)
    assert ended.document["rows_published"] == 0
    assert messages_on_the_topics(clearwatt) == 0
    assert "would be published" in imports(*GOOD, options=("--dry-run",)).output


def test_bad_rows_are_reported_by_line_and_code_and_the_others_published(clearwatt, imports):
    ended = imports(GOOD[0], *BAD, GOOD[1], options=("--json",))
    assert (ended.exit_code, ended.document["rows_published"]) == (1, 2)
    problems = ended.document["problems"]
    assert [(row["number"], row["code"]) for row in problems] == [
        (3, "NOT_A_TIME"),
        (4, "UNKNOWN_PLUG"),
        (5, "NEGATIVE_QUANTITY"),
    ]
    assert messages_on_the_topics(clearwatt) == FACTS + 3 * 2
    shown = imports(GOOD[0], *BAD, options=("--dry-run",)).output
    assert all(row["code"] in shown for row in problems)


def test_all_columns_that_are_missing_are_named_at_once(imports):
    ended = imports(header="session,arrival,departure\n")
    assert (ended.exit_code, ended.output) == (1, "")
    assert ended.errors.startswith("INVALID_MAPPING: ")
    assert [name for name in ("plug", "energy_wh", "pmax_w") if name not in ended.errors] == []
    assert ended.errors.count("\n") == 1


def test_a_mapping_that_is_wrong_says_everything_that_is(clearwatt, tmp_path):
    mapping, table = tmp_path / "mapping.yaml", tmp_path / "table.csv"
    mapping.write_text("name: x\ncurrency: EURO\ntime: {zone: Mars/Olympus}\n")
    table.write_text(HEADER)
    exit_code, line = clearwatt.refusal("session", "import", table, "--mapping", mapping)
    assert (exit_code, line.partition(":")[0]) == (1, "INVALID_MAPPING")
    assert [
        name for name in ("columns", "currency", "time.zone", "plugs") if name not in line
    ] == []


def test_a_month_is_moved_by_whole_weeks(imports):
    ended = imports(*GOOD, options=("--dry-run", "--shift-to", "2026-10", "--json"))
    assert ended.document["fullest_month"] == "2026-10"
    assert ended.document["shift"] is not None
    assert imports(*GOOD, options=("--shift-to", "october")).exit_code == 2
