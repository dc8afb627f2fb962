"""One CDR explained, byte for byte: `python -m tests.golden.explain` writes what is missing.

A file that exists is never overwritten. After a change of the drawing that was looked at, remove it
by hand and run this again.
"""

import io
import sys
from contextlib import redirect_stdout
from pathlib import Path

from console.cli.explanation import print_explanation
from console.explained.pricing import chart_of, pricing_of
from console.pictures import svg
from tests.explained_world import KEY, decided, explanation, recorded

FOLDER = Path(__file__).parent / "explained"


def drawn() -> dict[str, str]:
    """Return every golden file of the explanation by name."""
    sent, decision = map(recorded, decided())
    chart = chart_of(KEY, sent, decision)
    assert chart is not None
    printed = io.StringIO()
    with redirect_stdout(printed):
        print_explanation(explanation(sent, decision), pricing_of(sent, decision), chart)
    lines = (line.rstrip() for line in printed.getvalue().splitlines())
    return {
        "peak_and_parking.svg": svg.svg_of(chart),
        "peak_and_parking.txt": "\n".join([*lines, ""]),
    }


def main() -> None:
    """Write the missing files."""
    FOLDER.mkdir(exist_ok=True)
    for name, text in drawn().items():
        file = FOLDER / name
        if not file.exists():
            file.write_text(text, encoding="utf-8")
            sys.stdout.write(f"written: {name}\n")


if __name__ == "__main__":
    main()
