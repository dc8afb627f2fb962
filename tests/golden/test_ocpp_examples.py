"""The example logs of OCPP give the sessions and CDRs that stand beside this test, for ever.

Where a change is meant: `python -m tests.golden.test_ocpp_examples` writes them again.
"""

import json
from pathlib import Path

import pytest

from tests.ocpp_world import EXAMPLES, imported

GOLDEN = Path(__file__).parent / "ocpp"
VERSIONS = ("1.6", "2.0.1")


def documents(version: str, folder: Path) -> list[object]:
    """Return every message of an example's log, and what is reported of it."""
    lines = (EXAMPLES / f"transactions-{version}.jsonl").read_text().splitlines()
    found = imported(folder, *lines)
    messages = [message for row in found.rows for message in row.messages]
    return [
        *(message.model_dump(mode="json", exclude_none=True) for message in messages),
        {"problems": found.problems, "repeated": found.repeated, "ignored": found.ignored},
    ]


def written(version: str, folder: Path) -> str:
    return json.dumps(documents(version, folder), indent=2) + "\n"


@pytest.mark.parametrize("version", VERSIONS)
def test_an_example_gives_the_same_session_and_cdr(version: str, tmp_path: Path) -> None:
    assert written(version, tmp_path) == (GOLDEN / f"transactions-{version}.json").read_text()


if __name__ == "__main__":
    import tempfile

    with tempfile.TemporaryDirectory() as made:
        for each in VERSIONS:
            (GOLDEN / f"transactions-{each}.json").write_text(written(each, Path(made)))
