"""Apply the catalogue to a CDR: what refuses it, what holds it, what is noted."""

from collections.abc import Iterable
from typing import NamedTuple

from ledger.roaming.checks.candidate import Candidate
from ledger.roaming.checks.catalogue import BY_CODE, CATALOGUE
from ledger.roaming.checks.check import Severity
from ledger.values.reasons import Refusal

_RULES = tuple(dict.fromkeys(check.rule for check in CATALOGUE if check.rule is not None))


class Findings(NamedTuple):
    """What was found about a CDR, each in order of precedence."""

    fatal: tuple[Refusal, ...]
    severe: tuple[Refusal, ...]
    warnings: tuple[Refusal, ...]


def findings_of(candidate: Candidate) -> tuple[Refusal, ...]:
    """Return what every rule of the catalogue finds, in order of precedence."""
    return tuple(finding for rule in _RULES for finding in rule(candidate))


def sorted_by_severity(
    findings: Iterable[Refusal], *, released: frozenset[str] = frozenset()
) -> Findings:
    """Tell findings by severity; what a person released is a warning.

    Only what may be released is: a code that stands for something missing keeps its severity. A
    code that the catalogue does not know is severe: nothing unknown becomes money.
    """
    found: dict[Severity, list[Refusal]] = {severity: [] for severity in Severity}
    for finding in findings:
        check = BY_CODE.get(finding.reason)
        severity = check.severity if check is not None else Severity.SEVERE
        if check is not None and check.is_releasable and finding.reason.value in released:
            severity = Severity.WARNING
        found[severity].append(finding)
    return Findings(*(tuple(found[severity]) for severity in Severity))
