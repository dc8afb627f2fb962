"""The figures that a launch is judged by, and the runs of its acceptance tests, as recorded.

Figures are of one pair's charges since its current scope came into force; what was outside the
scope and is held as such does not count in them.
"""

from datetime import datetime
from typing import Literal, NamedTuple, get_args

import msgspec

from ledger.values.provenance import Provenance

TestName = Literal[
    "session_matching",
    "tariff_replay",
    "rounding_checks",
    "partner_reconciliation",
    "exception_drill",
]
TEST_NAMES: tuple[TestName, ...] = get_args(TestName)
MOST_KEPT = 50
"""So many differences of a test run stand in its event; `details_sha256` is of all."""


class ConnectorFigures(msgspec.Struct, frozen=True):
    """Remote commands to one type of connector, such as IEC_62196_T2_COMBO."""

    connector: str
    sent: int
    succeeded: int


class LaunchFigures(msgspec.Struct, frozen=True):
    """What was counted since an instant. Exceptions include those of disputes and sessions."""

    since: datetime
    cdrs: int
    matched: int
    price_differences: int
    late: int
    exceptions_raised: int
    exceptions_resolved: int
    resolve_median_s: int | None
    resolve_p90_s: int | None
    unknown_origin: int
    disputes: int
    disputes_open: int
    disputed_cdrs: int
    connectors: tuple[ConnectorFigures, ...]

    @property
    def exceptions_open(self) -> int:
        """Exceptions that nobody has resolved yet."""
        return self.exceptions_raised - self.exceptions_resolved


class ReadAt(msgspec.Struct, frozen=True):
    """The read models that figures come from: their log position and the hash of the figures."""

    projection: str
    position: int
    figures_sha256: str


class TestDifference(msgspec.Struct, frozen=True, omit_defaults=True):
    """One thing that an acceptance test found: of which record, where, and what."""

    record: str
    field: str
    expected: str = ""
    actual: str = ""

    __test__ = False  # no test of ours, whatever pytest makes of the name


class Tested(NamedTuple):
    """What an acceptance test found: of so many cases, read at a position of the log.

    `source_sha256` is the hash of the partner's file, empty where there was none.
    """

    name: TestName
    position: int
    cases: int
    differences: tuple[TestDifference, ...]
    source_sha256: str = ""

    @property
    def is_passed(self) -> bool:
        """True where there was something to test, and nothing was found."""
        return self.cases > 0 and not self.differences


class TestRun(msgspec.Struct, frozen=True):
    """One run of an acceptance test: how many cases, how many differences, and the first of them.

    `details_sha256` is the hash of all differences as `clearwatt launch test --json` prints them;
    `source_sha256` that of the partner's file, empty where there was none.
    """

    name: TestName
    position: int
    cases: int
    differences: int
    first: tuple[TestDifference, ...]
    details_sha256: str
    source_sha256: str
    entry: int
    provenance: Provenance

    __test__ = False

    @property
    def is_passed(self) -> bool:
        """True where there was something to test, and nothing was found."""
        return self.cases > 0 and self.differences == 0
