"""Agreements that must load for ever: documents beside what they say, as JSON.

`python -m tests.golden.agreement_documents` writes what has none yet, and overwrites nothing:
what a document once said it says for ever, and `Terms` grows by optional parts only.
"""

import sys
from pathlib import Path

import msgspec

from console.agreements.reader import read_agreements
from ledger.roaming.agreement_version import AgreementVersion

FOLDER = Path(__file__).parent / "agreements"


class Said(msgspec.Struct, frozen=True):
    """A version that a document states, and the agreement it is of."""

    agreement: str
    version: AgreementVersion


def said_in(document: Path) -> list[Said]:
    """Return what a document says now. Refuses: what is wrong in it."""
    found = read_agreements(document.read_text(encoding="utf-8"), document.name).approved_of()
    return [Said(row.agreement, row.version) for row in found]


def kept_of(document: Path) -> list[Said]:
    """Return what it said when it was kept."""
    return msgspec.json.decode(document.with_suffix(".json").read_bytes(), type=list[Said])


def main() -> int:
    """Write what is missing."""
    for document in sorted(FOLDER.glob("*.yaml")):
        kept = document.with_suffix(".json")
        if not kept.exists():
            text = msgspec.json.format(msgspec.json.encode(said_in(document)), indent=1)
            kept.write_bytes(text + b"\n")
            sys.stdout.write(f"written: {kept.name}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
