"""`clearwatt check list|show`: the catalogue on the command line, without any service."""

import pytest
from command_line import CommandLine

from ledger.roaming.checks.catalogue import CATALOGUE


@pytest.fixture
def line(tmp_path) -> CommandLine:
    return CommandLine({"CLEARWATT_HOME": str(tmp_path), "CLEARWATT_DATABASE_URL": "unused"})


def test_the_list_is_the_catalogue_in_order(line):
    listed = line.run("check", "list", "--json").document
    assert [row["number"] for row in listed] == [row.number for row in CATALOGUE]
    assert {row["code"] for row in listed} >= {"END_BEFORE_START", "CREDIT_SECOND"}
    printed = line.run("check", "list")
    assert printed.exit_code == 0
    assert "SESSION_TIMES_DIFFER" in printed.output


@pytest.mark.parametrize(
    ("filters", "severities", "owners"),
    [
        (("--severity", "FATAL"), {"FATAL"}, {"operations", "finance"}),
        (("--severity", "fatal", "--owner", "finance"), {"FATAL"}, {"finance"}),
        (("--owner", "platform"), {"SEVERE"}, {"platform"}),
    ],
)
def test_the_list_can_be_of_one_severity_and_one_team(line, filters, severities, owners):
    listed = line.run("check", "list", *filters, "--json").document
    assert {row["severity"] for row in listed} == severities
    assert {row["owner"] for row in listed} == owners


@pytest.mark.parametrize("which", ["401", "SESSION_MISSING", "session_missing"])
def test_a_check_is_shown_by_its_number_or_its_code(line, which):
    shown = line.run("check", "show", which, "--json").document
    assert (shown["number"], shown["within"]) == (401, "evidence.session")
    assert line.run("check", "show", which).output.splitlines() == [
        "401 SESSION_MISSING: The session of the CDR has not arrived.",
        "  severity  SEVERE",
        "  owner     operations",
        "  origin    backend",
        "  example   session S-17 has not arrived",
        "  fix       It is decided again when the session arrives.",
        "  terms     evidence.session",
        "  release   by a person, with a reason",
    ]


def test_what_there_is_not_is_refused_with_a_code(line):
    assert line.run("check", "show", "999")[::2] == (
        1,
        "NOT_FOUND: There is no such record. (at check, got 999)\n",
    )
    assert line.run("check", "list", "--owner", "nobody")[::2] == (
        2,
        "UNKNOWN_VALUE: --owner is one of operations, platform, finance.\n",
    )
