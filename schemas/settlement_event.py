"""`SettlementEventV1`: an event of the log, as published on `settlement-events.v1`.

Delivered at least once, in log order; `event_id` is the same in every delivery.
"""

from schemas.fields import Instant, Many, Position, Record, Text64, Text100, Text255, Uuid


class SettlementEventV1(Record):
    """The value of `settlement-events.v1`.

    `topic` is the event's versioned name (`cdr.accepted.v1`), `subject` the key of what it
    happened to, `visible_to` the parties that may see it (`NL*XYZ`), `payload` its JSON.
    """

    event_id: Uuid
    position: Position
    topic: Text100
    subject: Text255
    occurred_at: Instant
    recorded_at: Instant
    visible_to: Many[Text64]
    payload: str
