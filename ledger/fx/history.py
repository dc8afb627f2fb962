"""Imported rates as facts: one aggregate per currency and source.

A first import, a correction and what is older than everything known are recorded whole; an import
that only goes on records the days that are new, so that a daily one stays small.
"""

from datetime import date
from typing import Literal

from eventsourcing.domain import event

from ledger.fx.rates import PublishedRate, RateChange, RateHistory
from ledger.values.aggregate import LedgerAggregate
from ledger.values.money import currency_of
from ledger.values.provenance import Provenance
from ledger.values.reasons import InvariantBroken, Reason, Refusal, Refused

ImportKind = Literal["unchanged", "new", "extended", "completed", "corrected"]
"""What an import does: nothing, the first rates, later days, earlier days, other rates."""


class ExchangeRates(LedgerAggregate):
    """The rates of one currency by one source; key `CHF`, or `CHF@BANK` where it is not the ECB."""

    KIND = "fx_rates"
    KEY_FIELD = "currency"
    IS_SHARED_FACT = True

    history: RateHistory | None

    def begin(self) -> None:
        self.history = None

    def import_history(
        self, stated: RateHistory, *, provenance: Provenance, corrects: bool = False
    ) -> ImportKind:
        """Take over a source's publications, on all days that they cover; return what that does.

        Refuses: UNKNOWN_CURRENCY, RATE_NOT_POSITIVE, RATE_DATE_IMPOSSIBLE, CURRENCY_ENDED,
        INVALID_DOCUMENT, RATE_GAP; RATE_DIFFERS for every day of which something else is known,
        unless the import `corrects` it.
        """
        currency_of(stated.currency)
        stated.checked()
        known = self.history
        if known is None:
            self._record_import(currency=self.key, history=stated, provenance=provenance)
            return "new"
        changes = stated.changes_of(known)
        if changes and not corrects:
            raise Refused(*(_refusal_of(stated.currency, row) for row in changes))
        merged = stated.merged_into(known)
        if merged == known:
            return "unchanged"
        if not changes and merged.covers_from == known.covers_from:
            self._record_extension(
                currency=self.key,
                rates=merged.rates[len(known.rates) :],
                covers_until=merged.covers_until,
                provenance=provenance,
            )
            return "extended"
        self._record_import(currency=self.key, history=merged, provenance=provenance)
        return "corrected" if changes else "completed"

    @event("Imported", topic="fx_rates.imported.v1")
    def _record_import(
        self,
        currency: str,
        history: RateHistory,
        provenance: Provenance,
    ) -> None:
        self.history = history

    @event("Extended", topic="fx_rates.extended.v1")
    def _record_extension(
        self,
        currency: str,
        rates: tuple[PublishedRate, ...],
        covers_until: date,
        provenance: Provenance,
    ) -> None:
        if self.history is None:
            raise InvariantBroken(f"the rates of {currency} go on before they begin")
        self.history = self.history.extended(rates, covers_until)


def _refusal_of(currency: str, change: RateChange) -> Refusal:
    return Refusal(
        Reason.RATE_DIFFERS,
        f"{currency} {change.published_on}",
        str(change.known or "no publication"),
        str(change.stated or "no publication"),
    )
