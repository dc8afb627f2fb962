"""What commands that read documents say of wrong ones: every error with code and path."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from console.cli import common
from console.cli.errors import UsageError

if TYPE_CHECKING:
    from ledger.values.reasons import Refusal


def refuse_unless_one_of(option: str, value: str | None, known: Sequence[str]) -> None:
    """Raise UsageError UNKNOWN_VALUE for a value that an option does not have."""
    if value is not None and value not in known:
        raise UsageError("UNKNOWN_VALUE", f"{option} is one of {', '.join(known)}.")


def show_errors(refusals: "Sequence[Refusal]", *, as_json: bool) -> None:
    """Print everything that is wrong in documents, with its path."""
    errors = [
        {"code": row.reason.value, "path": row.path, "expected": row.expected, "actual": row.actual}
        for row in refusals
    ]

    def people() -> None:
        columns = ("code", "path", "expected", "got")
        rows = [tuple(row.values()) for row in errors]
        common.table("Nothing was recorded", columns, rows, folds="expected")

    common.show({"errors": errors}, as_json=as_json, people=people)
