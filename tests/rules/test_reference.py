"""The published reference of checks and reason codes is the catalogue's, word for word."""

from console.reference import FILE, checks_document
from ledger.roaming.checks.catalogue import CATALOGUE
from ledger.values.reasons import Reason


def test_the_reference_is_current():
    assert FILE.read_text(encoding="utf-8") == checks_document(), "run: python -m console.reference"


def test_the_reference_names_every_check_and_every_code():
    text = checks_document()
    rows = [line for line in text.splitlines() if line.startswith("| ")]
    assert [row.number for row in CATALOGUE if f"| {row.number} | `{row.code}` |" not in text] == []
    assert [code for code in Reason if f"| `{code}` | " not in text] == []
    assert len({row.count(" | ") for row in rows}) == 2, "two shapes of tables, none torn"
