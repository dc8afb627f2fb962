"""What makes a tariff wrong or doubtful, judged by itself: pure rules over one statement.

Read in this order: `finding` (codes and what a finding says), `amounts` (prices, steps, taxes,
limits, currency), `restrictions` (what no charge can meet), `cases` and `coverage` (gaps, overlaps,
elements that are never reached), `shown` (texts and the order of the law).
"""

from collections.abc import Callable, Iterator
from typing import Final

from ledger.pricing.lint.amounts import amounts, currency, limits, taxes
from ledger.pricing.lint.coverage import coverage
from ledger.pricing.lint.finding import LintFinding
from ledger.pricing.lint.restrictions import restrictions
from ledger.pricing.lint.shown import afir, texts
from ledger.pricing.tariff import TariffStatement

Rule = Callable[[TariffStatement], Iterator[LintFinding]]

RULES: Final[tuple[Rule, ...]] = (
    currency,
    amounts,
    taxes,
    limits,
    restrictions,
    coverage,
    texts,
    afir,
)
"""Every rule, in the order in which findings are told."""


def lint(tariff: TariffStatement) -> tuple[LintFinding, ...]:
    """Return what is wrong or doubtful about a tariff; paths begin at the tariff object."""
    return tuple(found for rule in RULES for found in rule(tariff))


__all__ = ["RULES", "LintFinding", "lint"]
