"""The whole import: everything is checked before the first rate is recorded."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import NamedTuple

from ledger.application.commands import By
from ledger.application.ledger import Ledger
from ledger.application.registration import import_rates
from ledger.fx.convert import rates_key
from ledger.fx.history import ExchangeRates, ImportKind
from ledger.fx.rates import RateChange, RateHistory
from ledger.values.reasons import Reason, Refusal, Refused


class CurrencyImport(NamedTuple):
    """What an import does to the rates of one currency; `changes` are days known otherwise."""

    currency: str
    source: str
    kind: ImportKind
    publications: int
    first_on: date
    last_on: date
    covers_until: date
    changes: tuple[RateChange, ...] = ()


class Checked(NamedTuple):
    """What an import would do, and what would be refused."""

    imports: list[CurrencyImport]
    refusals: list[Refusal]


def check_import(
    ledger: Ledger, histories: Sequence[RateHistory], *, by: By, corrects: bool
) -> Checked:
    """Return what every history would change, and everything that the ledger refuses in them."""
    ledger.refresh()
    found = Checked([], [])
    for history in histories:
        known = _known(ledger, history)
        try:
            kind = import_rates(ledger, history, by=by, corrects=corrects, dry_run=True)
        except Refused as refused:
            found.refusals.extend(refused.refusals)
            if any(row.reason is not Reason.RATE_DIFFERS for row in refused.refusals):
                continue
            kind = "corrected"
        found.imports.append(_described(history, known, kind))
    return found


def import_all(
    ledger: Ledger,
    histories: Sequence[RateHistory],
    *,
    by: By,
    corrects: bool,
    step: Callable[[], object] = lambda: None,
) -> None:
    """Import what was checked, one currency after the other; `step` is called after each."""
    for history in histories:
        import_rates(ledger, history, by=by, corrects=corrects)
        step()


def _known(ledger: Ledger, history: RateHistory) -> RateHistory | None:
    rates = ledger.facts.find(ExchangeRates, rates_key(history.currency, history.source))
    return rates.history if rates is not None else None


def _described(history: RateHistory, known: RateHistory | None, kind: ImportKind) -> CurrencyImport:
    """Say what is new: what is known as it is stated again counts for nothing."""
    before = {row.published_on: row for row in known.rates} if known is not None else {}
    return CurrencyImport(
        history.currency,
        history.source,
        kind,
        sum(before.get(row.published_on) != row for row in history.rates),
        history.rates[0].published_on,
        history.rates[-1].published_on,
        max(history.covers_until, known.covers_until) if known else history.covers_until,
        history.changes_of(known) if known is not None else (),
    )
