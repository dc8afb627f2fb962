"""OCPP 2.0.1: TransactionEvents, put in the order of their sequence numbers.

A charging station that was offline sends its events later, so the log's order is not theirs.
"""

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from console.imports.ocpp.fields import Object, instant, optional, required
from console.imports.ocpp.lines import Answer, Call
from console.imports.ocpp.mapping import OcppMapping
from console.imports.ocpp.problems import Problem, Unusable
from console.imports.ocpp.samples import BEGIN, END, samples_of
from console.imports.ocpp.transaction import Assembled, State, Transaction

_STARTED, _UPDATED, _ENDED = "Started", "Updated", "Ended"
_CONTEXTS: Final = {_STARTED: BEGIN, _ENDED: END}
_LOCAL: Final = "Local"
"""OCPP 2.0.1, TransactionType.stoppedReason: «MAY only be omitted when Reason is Local»."""


class _Event(NamedTuple):
    sequence: int
    kind: str
    call: Call

    @property
    def payload(self) -> Object:
        return self.call.payload


class Reader201:
    """Makes transactions of TransactionEvents and their answers."""

    def __init__(self, mapping: OcppMapping, found: Assembled) -> None:
        self._mapping, self._found = mapping, found
        self._events: dict[tuple[str, str], dict[int, _Event]] = {}
        self._statuses: dict[int, str] = {}
        self.actions: Final[Mapping[str, Callable[[Call], None]]] = {
            "TransactionEvent": self._event
        }

    def answered(self, call: Call, answer: Answer) -> None:
        """Take over whether the management system took the event's token. Raises: Unusable."""
        if answer.payload is None:
            raise Unusable("CALL_REFUSED", call.action)
        info = optional(answer.payload, "idTokenInfo", dict) or {}
        status = optional(info, "status", str, "idTokenInfo.")
        if status is not None:
            self._statuses[call.line] = status

    def finish(self) -> None:
        """Make the transactions, each of its events in their order."""
        for (charge_point, transaction_id), events in self._events.items():
            ordered = [events[number] for number in sorted(events)]
            try:
                transaction = self._begun(charge_point, transaction_id, ordered)
            except Unusable as unusable:
                self._found.problems.append(unusable.on(ordered[0].call.line))
                continue
            self._found.transactions.append(transaction)
            for event, before in zip(ordered, [None, *ordered], strict=False):
                try:
                    self._take(transaction, event, before)
                except Unusable as unusable:
                    self._found.problems.append(unusable.on(event.call.line))

    def _event(self, call: Call) -> None:
        info = required(call.payload, "transactionInfo", dict)
        transaction_id = required(info, "transactionId", str, "transactionInfo.")
        kind = required(call.payload, "eventType", str)
        if kind not in (_STARTED, _UPDATED, _ENDED):
            raise Unusable("UNKNOWN_VALUE", "eventType", kind)
        event = _Event(required(call.payload, "seqNo", int), kind, call)
        known = self._events.setdefault((call.charge_point, transaction_id), {})
        before = known.setdefault(event.sequence, event)
        if before is event:
            return
        if before.payload != call.payload:
            raise Unusable("CONFLICTING_EVENT", "seqNo", event.sequence)
        self._found.repeated += 1
        # The answer to the repetition is the one that the station received.
        self._events[call.charge_point, transaction_id][event.sequence] = event

    def _begun(self, charge_point: str, id_: str, events: list[_Event]) -> Transaction:
        first = events[0]
        if first.kind != _STARTED:
            raise Unusable("NOT_STARTED", "transactionInfo.transactionId", id_)
        trigger = optional(first.payload, "triggerReason", str)
        return Transaction(
            charge_point=charge_point,
            place=_place(events),
            line=first.call.line,
            started_at=instant(first.payload, "timestamp", self._mapping.time),
            id=id_,
            is_remote=trigger == "RemoteStart",
        )

    def _take(self, transaction: Transaction, event: _Event, before: _Event | None) -> None:
        """Take over one event; what cannot be read of it leaves the rest of it standing."""
        if before is not None and event.sequence != before.sequence + 1:
            self._found.problems.append(
                Problem(event.call.line, "SEQUENCE_GAP", "seqNo", f"after {before.sequence}")
            )
        if before is not None and event.kind == _STARTED:
            raise Unusable("CONFLICTING_EVENT", "eventType", event.kind)
        if transaction.ended_at is not None:
            raise Unusable("AFTER_END", "seqNo", event.sequence)
        at = instant(event.payload, "timestamp", self._mapping.time)
        self._token(transaction, event)
        info = required(event.payload, "transactionInfo", dict)
        state = optional(info, "chargingState", str, "transactionInfo.")
        if state is not None:
            transaction.states.append(State(at, state))
        if event.kind == _ENDED:
            transaction.ended_at = at
            reason = optional(info, "stoppedReason", str, "transactionInfo.")
            transaction.stop_reason = reason or _LOCAL
        samples = samples_of(
            event.payload,
            "meterValue",
            line=event.call.line,
            mapping=self._mapping,
            context=_CONTEXTS.get(event.kind),
        )
        self._found.problems.extend(transaction.add(samples))

    def _token(self, transaction: Transaction, event: _Event) -> None:
        """Take over the token that began the transaction: the first one that was accepted."""
        token = optional(event.payload, "idToken", dict)
        if token is None or token.get("type") == "NoAuthorization":
            return
        if transaction.id_token is not None and not transaction.is_refused:
            return
        transaction.id_token = required(token, "idToken", str, "idToken.")
        transaction.authorized_at = instant(event.payload, "timestamp", self._mapping.time)
        transaction.is_refused = self._statuses.get(event.call.line, "Accepted") != "Accepted"


def _place(events: list[_Event]) -> str:
    """Return EVSE and connector: stations name them once, maybe not in the first event."""
    named = ""
    for event in events:
        evse = optional(event.payload, "evse", dict)
        if evse is None:
            continue
        connector = optional(evse, "connectorId", int, "evse.")
        number = required(evse, "id", int, "evse.")
        if connector is not None:
            return f"{number}/{connector}"
        named = named or str(number)
    if not named:
        raise Unusable("NO_EVSE", "evse")
    return named
