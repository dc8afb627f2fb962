"""A decision with everything that was asked for it: what a person checks against the law."""

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from ledger.values.reasons import Refusal, Refused
from ledger.vat.decision import VatDecision, treatment
from ledger.vat.overrides import RateOverride
from ledger.vat.place import Supply, placed
from ledger.vat.rules import Case, nobody_declares, outcome_of


class Asked(NamedTuple):
    """A rule of step 2 that was asked, in words why it matched or did not; `source` is the law."""

    rule: str
    matched: bool
    why: str
    source: str


class Explained(NamedTuple):
    """A decision, or why there is none; `place` is empty where even that is not known."""

    decision: VatDecision | None
    refusals: tuple[Refusal, ...]
    place: str
    place_why: str
    place_source: str
    asked: tuple[Asked, ...]


def explain(supply: Supply, net: Decimal, overrides: Sequence[RateOverride] = ()) -> Explained:
    """Decide a supply of `net` (scale 4) and tell which rules were asked for it, in order.

    >>> from datetime import date
    >>> from ledger.vat.parties import A_DRIVER, VatParty
    >>> seller = VatParty("NL", "dealer", (("NL", "NL000990012B01"),))
    >>> found = explain(Supply("electricity", "DE", seller, A_DRIVER, date(2026, 10, 10)),
    ...                 Decimal("10.0000"))
    >>> found.place, [row.reason.value for row in found.refusals], found.asked[-1].why
    ('DE', ['VAT_REGISTRATION_MISSING'], 'the seller has no VAT number in DE')
    """
    try:
        place, rule = placed(supply)
    except Refused as refused:
        return Explained(None, refused.refusals, "", "", "", ())
    found = place.country, place.why, rule.source
    try:
        outcome = outcome_of(Case(supply, place, overrides))
    except Refused as refused:
        return Explained(None, refused.refusals, *found, ())
    asked = tuple(
        Asked(row.rule.name, not row.why_not, row.why_not or "it decides", row.rule.source)
        for row in outcome.tried
    )
    if outcome.decision is None:
        return Explained(None, (nobody_declares(place.country),), *found, asked)
    return Explained(treatment(outcome.decision).of(net), (), *found, asked)
