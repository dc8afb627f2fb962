"""OCPP 1.6: StartTransaction, its confirmation, MeterValues and StopTransaction, in log order.

The management system gives a transaction its id when it confirms the start, and may do so long
after it: what names no transaction belongs to the one open at its connector.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Final

from console.imports.ocpp.fields import Object, in_wh, instant, number, optional, required
from console.imports.ocpp.lines import Answer, Call
from console.imports.ocpp.mapping import OcppMapping
from console.imports.ocpp.problems import Problem, Unusable
from console.imports.ocpp.samples import samples_of
from console.imports.ocpp.transaction import Assembled, State, Transaction

_LOCAL: Final = "Local"
"""OCPP 1.6, 6.49 StopTransaction.req: «MAY only be omitted when the Reason is Local»."""


class Reader16:
    """Makes transactions of the calls of 1.6 and their answers."""

    def __init__(self, mapping: OcppMapping, found: Assembled) -> None:
        self._mapping, self._found = mapping, found
        self._open: dict[tuple[str, int], Transaction] = {}
        self._by_id: dict[tuple[str, int], Transaction] = {}
        self._started_by: dict[int, Transaction] = {}
        self._firmware: dict[str, str] = {}
        self.actions: Final[Mapping[str, Callable[[Call], None]]] = {
            "StartTransaction": self._start,
            "MeterValues": self._meter_values,
            "StopTransaction": self._stop,
            "StatusNotification": self._status,
            "BootNotification": self._boot,
        }

    def answered(self, call: Call, answer: Answer) -> None:
        """Take over the id that the management system gave, and whether it took the token.

        Raises: Unusable CALL_REFUSED, MISSING_FIELD, WRONG_TYPE, TRANSACTION_ID_REUSED.
        """
        transaction = self._started_by.get(call.line)
        if transaction is None:
            return
        if answer.payload is None:
            raise Unusable("CALL_REFUSED", call.action)
        number_ = required(answer.payload, "transactionId", int)
        known = self._by_id.get((call.charge_point, number_))
        if known is not None and known is not transaction:
            raise Unusable("TRANSACTION_ID_REUSED", "transactionId", number_)
        self._by_id[call.charge_point, number_] = transaction
        transaction.id = transaction.id or str(number_)
        info = optional(answer.payload, "idTagInfo", dict) or {}
        status = optional(info, "status", str, "idTagInfo.")
        transaction.is_refused = status not in (None, "Accepted")

    def finish(self) -> None:
        """Report the transactions that nobody ever confirmed."""
        for transaction in list(self._found.transactions):
            if transaction.id is None:
                self._found.transactions.remove(transaction)
                self._found.problems.append(Problem(transaction.line, "NOT_CONFIRMED"))

    def _start(self, call: Call) -> None:
        connector = required(call.payload, "connectorId", int)
        started = Transaction(
            charge_point=call.charge_point,
            place=str(connector),
            line=call.line,
            started_at=instant(call.payload, "timestamp", self._mapping.time),
            id_token=required(call.payload, "idTag", str),
            meter_start_wh=self._meter(call.payload, "meterStart"),
            firmware_version=self._firmware.get(call.charge_point),
        )
        started.authorized_at = started.started_at
        before = self._open.get((call.charge_point, connector))
        if before is not None and _is_same_start(before, started):
            self._found.repeated += 1
            self._started_by[call.line] = before
            return
        if before is not None:
            self._found.problems.append(Problem(before.line, "NOT_ENDED"))
        self._open[call.charge_point, connector] = started
        self._started_by[call.line] = started
        self._found.transactions.append(started)

    def _meter_values(self, call: Call) -> None:
        connector = required(call.payload, "connectorId", int)
        number_ = optional(call.payload, "transactionId", int)
        if number_ is None:
            if self._mapping.readings.without_transaction == "refuse" and connector:
                raise Unusable("MISSING_FIELD", "transactionId")
            transaction = self._open.get((call.charge_point, connector))
        else:
            transaction = self._known(call, number_)
        if transaction is None:
            # The main meter's, or clock-aligned ones while nobody charges.
            self._found.ignore(call.action)
            return
        self._add(transaction, call, "meterValue")

    def _stop(self, call: Call) -> None:
        transaction = self._known(call, required(call.payload, "transactionId", int))
        ended_at = instant(call.payload, "timestamp", self._mapping.time)
        meter_stop_wh = self._meter(call.payload, "meterStop")
        if transaction.ended_at is not None:
            if (transaction.ended_at, transaction.meter_stop_wh) != (ended_at, meter_stop_wh):
                raise Unusable("CONFLICTING_STOP", "transactionId", transaction.id)
            self._found.repeated += 1
            return
        reason = optional(call.payload, "reason", str) or _LOCAL
        transaction.ended_at, transaction.meter_stop_wh = ended_at, meter_stop_wh
        transaction.stop_reason = reason
        self._add(transaction, call, "transactionData")
        place = (call.charge_point, int(transaction.place))
        if self._open.get(place) is transaction:
            del self._open[place]

    def _status(self, call: Call) -> None:
        connector = required(call.payload, "connectorId", int)
        transaction = self._open.get((call.charge_point, connector))
        if transaction is None:
            self._found.ignore(call.action)
            return
        at: datetime = call.at
        if call.payload.get("timestamp") is not None:
            at = instant(call.payload, "timestamp", self._mapping.time)
        transaction.states.append(State(at, required(call.payload, "status", str)))

    def _boot(self, call: Call) -> None:
        version = optional(call.payload, "firmwareVersion", str)
        if version:
            self._firmware[call.charge_point] = version
        self._found.ignore(call.action)

    def _known(self, call: Call, number_: int) -> Transaction:
        transaction = self._by_id.get((call.charge_point, number_))
        if transaction is None:
            raise Unusable("UNKNOWN_TRANSACTION", "transactionId", number_)
        return transaction

    def _add(self, transaction: Transaction, call: Call, name: str) -> None:
        samples = samples_of(call.payload, name, line=call.line, mapping=self._mapping)
        self._found.problems.extend(transaction.add(samples))

    def _meter(self, row: Object, name: str) -> Decimal:
        if row.get(name) is None:
            raise Unusable("MISSING_FIELD", name)
        return in_wh(number(row[name], name), self._mapping.readings.meter_unit, name)


def _is_same_start(before: Transaction, again: Transaction) -> bool:
    """Tell whether a start was sent again because nobody had confirmed it."""
    return before.ended_at is None and (
        before.started_at,
        before.id_token,
        before.meter_start_wh,
    ) == (again.started_at, again.id_token, again.meter_start_wh)
