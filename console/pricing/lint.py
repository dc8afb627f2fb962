"""A tariff document linted: what reading it noted, then what the rules of the ledger find."""

from typing import Literal

import msgspec

from console.pricing.findings import WARNINGS, DocumentRefused, Finding, Notes
from console.pricing.tariff_reader import read_tariff
from console.pricing.versions import stated
from ledger.pricing.lint import lint

PATH = "$.tariff"
_UNUSABLE = frozenset({"UNKNOWN_COMPONENT"})
"""What can be read but prices no charge."""


class Judged(msgspec.Struct, frozen=True, gc=False):
    """One finding: its code, how bad it is, where, and why."""

    code: str
    severity: str
    path: str
    explanation: str


class LintResult(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A tariff linted: `clean` without findings, `findings` with, `refused` where unreadable."""

    status: Literal["clean", "findings", "refused"]
    refusals: tuple[Finding, ...] = ()
    tariff_id: str | None = None
    ocpi_version: str | None = None
    currency: str | None = None
    findings: tuple[Judged, ...] = ()

    @property
    def is_refused(self) -> bool:
        """True where the tariff cannot be used as it is: unreadable, or something is wrong."""
        return self.status == "refused" or any(row.severity == "wrong" for row in self.findings)


def unreadable(finding: Finding) -> LintResult:
    """Return the result of what is no tariff that can be read."""
    return LintResult(status="refused", refusals=(finding,))


def lint_document(data: bytes, *, ocpi_version: object = None) -> LintResult:
    """Lint a tariff's JSON text.

    What the reader had to repair is `doubtful`; what it cannot read is refused with its path.
    The command ends with 1 for what is refused or has a finding that is `wrong`, else with 0.
    """
    try:
        notes = Notes()
        version = stated(ocpi_version, "$.ocpi_version", notes)
        read = read_tariff(data, PATH, version)
    except DocumentRefused as error:
        return unreadable(error.finding)
    repaired = tuple(
        Judged(
            note.code,
            "wrong" if note.code in _UNUSABLE else "doubtful",
            note.path,
            f"{WARNINGS[note.code]} ({note.detail})" if note.detail else WARNINGS[note.code],
        )
        for note in (*notes.found, *read.warnings)
    )
    judged = tuple(
        Judged(found.code, found.severity, f"{PATH}.{found.path}", found.explanation)
        for found in lint(read.statement)
    )
    found = (*repaired, *judged)
    return LintResult(
        status="findings" if found else "clean",
        tariff_id=read.statement.id,
        ocpi_version=read.statement.ocpi_version,
        currency=read.statement.currency,
        findings=found,
    )
