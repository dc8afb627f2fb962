"""Imported rates as facts: one aggregate per currency, the newest import stands."""

from eventsourcing.domain import event

from ledger.fx.rates import RateHistory
from ledger.values.aggregate import LedgerAggregate
from ledger.values.money import currency_of
from ledger.values.provenance import Provenance


class ExchangeRates(LedgerAggregate):
    """The rates of one currency by one source; key `CHF`, or `CHF@BANK` where it is not the ECB."""

    KIND = "fx_rates"
    KEY_FIELD = "currency"
    IS_SHARED_FACT = True

    history: RateHistory | None

    def begin(self) -> None:
        self.history = None

    def import_history(self, history: RateHistory, *, provenance: Provenance) -> None:
        """Take over a source's publications. Refuses: UNKNOWN_CURRENCY, RATE_NOT_POSITIVE."""
        currency_of(history.currency)
        if history.checked() != self.history:
            self._record_import(currency=self.key, history=history, provenance=provenance)

    @event("Imported", topic="fx_rates.imported.v1")
    def _record_import(
        self,
        currency: str,
        history: RateHistory,
        provenance: Provenance,
    ) -> None:
        self.history = history
