"""The README's pricing commands, run as it shows them: they print what it says they print."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(
    r"```console\n\$ (?P<command>clearwatt tariff price --cdr examples/.*)\n"
    r"(?P<printed>(?:.*\n)*?)```\n"
)
WIDTH = "110"
EXPECTED = {"peak.cdr.json": "21.7500", "first-50-kwh.cdr.json": "17.5000"}


def blocks() -> dict[str, re.Match[str]]:
    """Return the README's worked CDRs by the file they price."""
    section = (ROOT / "README.md").read_text().partition("\n## Pricing\n")[2].partition("\n## ")[0]
    return {Path(shlex.split(found["command"])[4]).name: found for found in BLOCK.finditer(section)}


@pytest.mark.parametrize(("file", "total"), EXPECTED.items())
def test_the_readme_shows_what_its_command_prints(file: str, total: str) -> None:
    assert file in blocks(), "the README's section on pricing lacks this worked CDR"
    shown = blocks()[file]
    _, *words = shlex.split(shown["command"])
    ran = subprocess.run(
        [sys.executable, "-m", "console.cli", *words],
        cwd=ROOT,
        env={**os.environ, "COLUMNS": WIDTH},
        capture_output=True,
        text=True,
        check=True,
    )
    printed = [line.rstrip() for line in ran.stdout.splitlines()]
    assert shown["printed"].splitlines() == printed
    assert total in printed[-1]
