"""How the month's sales are taxed: each kind of sale by its own rule, with a CDR that shows it."""

from collections import Counter
from typing import Final, NamedTuple

from console.demo.charge import key_of, parties_in
from console.demo.control import in_the_end
from console.demo.month import MonthPlan
from ledger.roaming.legs import DRIVER
from ledger.values.instants import first_day
from ledger.vat.options import resale_option
from projections.database import Connection
from projections.queries.vat import VatRow, vat_decisions
from schemas import CdrV1

Pair = tuple[str, str]


class Case(NamedTuple):
    """A kind of sale: `pair` names whose CDRs it happens to, `seller` and `buyer` who trades."""

    sentence: str
    pair: Pair
    seller: str
    buyer: str
    rule: str
    place: str
    category: str


class Taxed(NamedTuple):
    """Of how many CDRs a sale had to be taxed by a rule, and of how many it was.

    `cdr` is one of them, to be explained; None where there is none.
    """

    sentence: str
    rule: str
    place: str
    category: str
    expected: int
    seen: int
    cdr: str | None

    @property
    def is_met(self) -> bool:
        """True where it was seen as often as it had to be."""
        return self.expected == self.seen


CASES: Final = (
    Case("at home", ("NL*PLD", "NL*GRT"), "NL*PLD", "NL*GRT", "seller_in_place", "NL", "S"),
    Case(
        "at home between resellers: the buyer accounts",
        ("DE*RSL", "DE*FST"),
        "DE*RSL",
        "DE*FST",
        "domestic_resale",
        "DE",
        "AE",
    ),
    Case(
        "to a reseller in another member state: reverse charge",
        ("NL*PLD", "DE*FST"),
        "NL*PLD",
        "DE*FST",
        "reverse_charge",
        "DE",
        "AE",
    ),
    Case(
        "to a reseller in Switzerland, who imports it",
        ("DE*RSL", "CH*ALP"),
        "DE*RSL",
        "CH*ALP",
        "outside_scope",
        "CH",
        "O",
    ),
    Case(
        "to a driver, by an eMSP from another country",
        ("NL*PLD", "FR*VLM"),
        "FR*VLM",
        DRIVER,
        "seller_registered",
        "NL",
        "S",
    ),
    Case(
        "to a driver who pays at the charger",
        ("DE*RSL", "DE*LPZ"),
        "DE*LPZ",
        DRIVER,
        "seller_in_place",
        "DE",
        "S",
    ),
    Case(
        "to a driver, collected by an agent",
        ("CH*LEM", "NL*GRT"),
        "CH*LEM",
        "NL*GRT",
        "seller_in_place",
        "CH",
        "S",
    ),
)
"""One kind of sale each; the sales themselves, and neither fees nor shares."""
_SALES: Final = frozenset({"wholesale", "retail"})


def taxed(connection: Connection, plan: MonthPlan) -> list[Taxed]:
    """Compare, for every kind of sale, how often its rule had to decide and how often it did."""
    expected = _planned(plan)
    return [
        Taxed(
            case.sentence,
            case.rule,
            case.place,
            case.category,
            expected[case.pair],
            len(seen),
            min(seen, default=None),
        )
        for case in _cases_of(plan.month)
        for seen in [_seen(connection, case)]
    ]


def _cases_of(month: str) -> list[Case]:
    """Return the cases; where a country's option for resellers is not in force, its rate is."""
    day = first_day(month)
    return [
        case._replace(rule="seller_in_place", category="S")
        if case.rule == "domestic_resale" and resale_option(case.place, day) is None
        else case
        for case in CASES
    ]


def _planned(plan: MonthPlan) -> Counter[Pair]:
    """Count the CDRs of each pair that are decided in the end."""
    found: dict[Pair, set[str]] = {case.pair: set() for case in CASES}
    for row in plan.messages:
        cdr = row.value
        if not isinstance(cdr, CdrV1) or cdr.credit or in_the_end(row).outcome != "accepted":
            continue
        pair = parties_in(cdr)
        if pair in found:
            found[pair].add(key_of(cdr))
    return Counter({pair: len(cdrs) for pair, cdrs in found.items()})


def _seen(connection: Connection, case: Case) -> set[str]:
    decided = vat_decisions(connection, seller=case.seller, buyer=case.buyer, place=case.place)
    return {row.cdr for row in decided if row.cdr is not None and _is_by(row, case)}


def _is_by(row: VatRow, case: Case) -> bool:
    return row.kind in _SALES and (row.rule, row.category) == (case.rule, case.category)
