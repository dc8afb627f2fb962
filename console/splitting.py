"""A split, tried on an amount: the waterfall of an agreement, or of steps written down on the spot.

It is the ledger's own waterfall. Nothing is recorded, and files alone need no service.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Final, NamedTuple

import yaml

from console.agreements.reader import AgreementDocument, read_agreements
from ledger.books.split import Portion, waterfall
from ledger.roaming.agreement_version import AgreementVersion
from ledger.roaming.clauses import clause_name
from ledger.roaming.legs import SplitStep
from ledger.roaming.situation import Situation
from ledger.values.money import EXACT
from ledger.values.reasons import Reason, Refusal, Refused

SELLER: Final = "seller"
"""Who takes what remains of steps that stand in no agreement."""

_A_DOCUMENT: Final = {
    "parties": {"seller": "NL*AAA", "buyer": "NL*BBB"},
    "valid": {"from": "2018-01-01"},
}


class Sale(NamedTuple):
    """The sale that is tried; `rates` says what other currencies are worth in its own."""

    gross: Decimal
    net: Decimal
    energy_kwh: Decimal
    currency: str
    rates: Mapping[str, Decimal]

    def converted(self, amount: Decimal, currency: str | None) -> Fraction:
        """Return an agreed amount in the sale's currency. Refuses: FX_RATE_MISSING."""
        if currency is None or currency == self.currency:
            return Fraction(amount)
        if currency not in self.rates:
            raise Refused(Refusal(Reason.FX_RATE_MISSING, currency, f"--rate {currency}=…"))
        return Fraction(amount) * Fraction(self.rates[currency])


class Agreed(NamedTuple):
    """Steps to try, the party that sells, and the agreement's version they stand in."""

    seller: str
    name: str
    version: AgreementVersion


class StepShown(NamedTuple):
    """A step with its result, and what of the net is left after it."""

    step: SplitStep
    left: Decimal


class Simulated(NamedTuple):
    """A waterfall of a sale: steps in declared order, what remains at the end."""

    sale: Sale
    seller: str
    agreement: str
    steps: tuple[StepShown, ...]


def agreed_in(documents: Sequence[AgreementDocument], at: datetime) -> Agreed:
    """Return the version of a file that is in force at an instant.

    Refuses: NOT_FOUND, INVALID_DOCUMENT where the file has more than one agreement.
    """
    keys = sorted({row.agreement for row in documents})
    if len(keys) > 1:
        raise Refused(Refusal(Reason.INVALID_DOCUMENT, "agreement", "one", ", ".join(keys)))
    covering = [row for row in documents if row.version.covers(at)]
    if not covering:
        raise Refused(Refusal(Reason.NOT_FOUND, "agreement", f"in force on {at.date()}"))
    found = max(covering, key=lambda row: row.version.valid_from)
    return agreed_of(found.agreement, found.version)


def agreed_of(key: str, version: AgreementVersion) -> Agreed:
    """Return the steps of an agreement's version; a host's share is of what its buyer sells."""
    seller, _, buyer = key.partition(">")
    is_share = version.terms.flow == "share"
    number = f"#{version.number}" if version.number else ""
    return Agreed(buyer if is_share else seller, f"{key}{number}", version)


def agreed_on(texts: Sequence[str]) -> Agreed:
    """Return steps written as `NL*HST 15 % of net`, or as in an agreement's document.

    Refuses: what a document with these steps is refused for, all errors at once.

    >>> agreed_on(["NL*HST 15 % of net", "{payee: NL*XYZ, share: remaining}"]).seller
    'seller'
    """
    steps = [_written(text) for text in texts]
    document = _A_DOCUMENT | {"split": {"steps": steps}}
    found = read_agreements(yaml.safe_dump(document, sort_keys=False), "steps").approved_of()
    return Agreed(SELLER, "", found[0].version)


def simulate(agreed: Agreed, sale: Sale, situation: Situation) -> Simulated:
    """Return the waterfall of a sale by the steps that are for it.

    Refuses: FX_RATE_MISSING, SPLIT_NOT_WHOLE.
    """
    portions = [
        Portion(step, clause_name("split.steps", place, step.name), agreed.name)
        for place, step in enumerate(agreed.version.terms.split.steps)
        if situation.concerns(step.audience)
    ]
    steps = waterfall(
        gross=sale.gross,
        net=sale.net,
        energy_kwh=sale.energy_kwh,
        steps=portions,
        seller=agreed.seller,
        in_sale_currency=sale.converted,
    )
    left = sale.net
    shown = []
    for step in sorted(steps, key=lambda row: row.remaining):
        left = EXACT.subtract(left, step.amount)
        shown.append(StepShown(step, left))
    return Simulated(sale, agreed.seller, agreed.name, tuple(shown))


def _written(text: str) -> object:
    if text.lstrip().startswith("{"):
        try:
            return yaml.load(text, yaml.BaseLoader)
        except yaml.YAMLError as error:
            raise Refused(Refusal(Reason.WRONG_FORMAT, "step", "YAML", text)) from error
    payee, _, share = text.strip().partition(" ")
    return {"payee": payee, "share": share.strip()}
