"""Every command about parties, agreements, sites and shares speaks JSON, and reads as of a date."""

import pytest
import typer

from console.cli.app import app

GROUPS = ("party", "agreement", "location", "template", "split", "launch", "payment", "move-in")
TIMELESS = {("template", "list"), ("template", "show")}
"""Templates come with the program: they are no facts with a date."""


def _commands():
    groups = typer.main.get_command(app).commands
    for name in GROUPS:
        for verb, command in groups[name].commands.items():
            yield name, verb, {option for row in command.params for option in row.opts}


COMMANDS = list(_commands())


@pytest.mark.parametrize(("group", "verb", "options"), COMMANDS)
def test_a_command_prints_json(group, verb, options):
    assert "--json" in options


@pytest.mark.parametrize(
    ("group", "verb", "options"),
    [row for row in COMMANDS if row[1] in ("list", "show", "simulate") and row[:2] not in TIMELESS],
)
def test_what_is_read_may_be_read_as_of_a_date(group, verb, options):
    assert "--as-of" in options


def test_all_the_groups_have_commands():
    assert {group for group, _, _ in COMMANDS} == set(GROUPS)


@pytest.mark.parametrize(
    ("group", "verb"),
    [("cdr", "list"), ("split", "list"), ("exception", "list"), ("quality", "show")],
)
def test_a_report_may_be_cut_by_place(group, verb):
    command = typer.main.get_command(app).commands[group].commands[verb]
    options = {option for row in command.params for option in row.opts}
    assert {"--site-kind", "--access", "--site-group", "--location", "--as-of"} <= options
