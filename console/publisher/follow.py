"""The publisher process: the log is the outbox, and its events go out to `settlement-events.v1`.

What publishes a tariff version first goes to `tariff-versions.v1`, under the same message id; its
event follows once that is confirmed, so an event that is there says that the version is too.

Each event is delivered at least once and its message id is its event id, so whoever reads the
topic can drop a second delivery. Events of one key keep the order of the log.

Where the process stands is kept nowhere but on the topic itself, see `tail`. A page is sent only
after all replicas confirmed the page before it, so every message can say truly how far the topic
is complete. A restart goes on behind the highest such statement and passes over what it finds
already there: it loses nothing whenever it was killed, and repeats nothing it can see. Of two
publishers at once each repeats what the other sends meanwhile, and what both say stays true.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from threading import Event
from typing import Final

from console.errors import ServiceError
from console.publisher.outgoing import Outgoing, event_id_of, message_of
from console.publisher.producer import Producer, headers_of
from console.publisher.tail import POSITION, PUBLISHED_THROUGH, Delivered, Tail, read_tail
from console.services import Running
from console.settings import Settings
from ledger.log import PostgresLog
from ledger.log.connection import LogUnreachable, connect
from schemas import RegistryUnreachable, open_registry, topic_name

POLL_SECONDS: Final = 0.5
_FIRST_PAUSE_SECONDS: Final = 0.1
_LONGEST_PAUSE_SECONDS: Final = 5.0


def _say_nothing(*_: object) -> None:
    """Report nothing."""


def run(
    settings: Settings,
    running: Running,
    *,
    until_caught_up: bool = False,
    stop: Event | None = None,
    on_progress: Callable[[int, int], object] = _say_nothing,
    on_problem: Callable[[str], object] = _say_nothing,
) -> int:
    """Publish what the log says until `stop` is set, or to the log's end; return the position.

    `on_progress` is told the position reached and how many messages its page had, `on_problem`
    one sentence when a service is away: it is tried again, with growing pauses. Raises
    `ServiceError` TOPIC_AHEAD_OF_LOG and KAFKA_REFUSED, which need a person.
    """
    stop = stop or Event()
    pause_seconds, position = _FIRST_PAUSE_SECONDS, 0
    while not stop.is_set():
        try:
            with _opened(settings, running) as outbox:
                position, pause_seconds = outbox.position, _FIRST_PAUSE_SECONDS
                while not stop.is_set():
                    sent = outbox.send_page()
                    position = outbox.position
                    if sent is not None:
                        on_progress(position, sent)
                    elif until_caught_up:
                        return position
                    else:
                        stop.wait(POLL_SECONDS)
        except (LogUnreachable, RegistryUnreachable, ServiceError) as error:
            if isinstance(error, ServiceError) and error.code != "KAFKA_UNREACHABLE":
                raise
            on_problem(str(error))
            stop.wait(pause_seconds)
            pause_seconds = min(pause_seconds * 2, _LONGEST_PAUSE_SECONDS)
    return position


@contextmanager
def _opened(settings: Settings, running: Running) -> Iterator["_Outbox"]:
    options = settings.kafka_client_options(running.kafka_bootstrap_servers)
    registry = open_registry(running.schema_registry)
    page_size = settings.publisher_batch_size
    # Reading events needs no key of pseudonyms, so this process is not given one.
    log = PostgresLog(connect(running.database_url), subject_key=b"")
    try:
        topic = topic_name(settings.topic_prefix, "settlement-event")
        tail = read_tail(options, topic, window=page_size)
        _check(log, tail.last, topic)
        with Producer(options, prefix=settings.topic_prefix, registry=registry) as producer:
            yield _Outbox(log, producer, tail, page_size=page_size)
    finally:
        log.connection.close()


class _Outbox:
    """Sends the log page by page; `position` is how far every event is confirmed."""

    def __init__(self, log: PostgresLog, producer: Producer, tail: Tail, *, page_size: int) -> None:
        self._log, self._producer, self._page_size = log, producer, page_size
        self._present = tail.present
        self.position = tail.through

    def send_page(self) -> int | None:
        """Send the next page and wait until it is confirmed; return None at the log's end."""
        page = self._log.page_after(self.position, self._page_size)
        if not page:
            return None
        outgoing = [
            message
            for message in map(message_of, page)
            if message is not None and message.event.position not in self._present
        ]
        first = [row for row in outgoing if row.version or row.dispute or row.reject]
        for message in first:
            self._send_version(message)
            self._send_dispute(message)
            self._send_reject(message)
        if first:
            self._producer.flush()
        for message in outgoing:
            self._send(message)
        if outgoing:
            self._producer.flush()
        self.position = page[-1].position
        return len(outgoing)

    def _send_version(self, message: Outgoing) -> None:
        """Send the tariff version that an event publishes, in its party's name."""
        if message.version is None:
            return
        self._producer.publish(
            "tariff",
            message.version,
            sender=message.key,
            timestamp=message.event.recorded_at,
            message_id=message.event.event_id,
            sent_at=datetime.now(UTC),
        )

    def _send_dispute(self, message: Outgoing) -> None:
        """Send how a dispute stands after an event; its message id is the event's."""
        if message.dispute is None:
            return
        dispute = message.dispute
        self._producer.publish_event(
            dispute,
            key=message.key,
            headers=headers_of(message_id=dispute.event_id, sent_at=datetime.now(UTC)),
            timestamp=dispute.recorded_at,
        )

    def _send_reject(self, message: Outgoing) -> None:
        """Send the request for a CDR to its CPO; the reject's id is the same in every delivery."""
        if message.reject is None:
            return
        reject = message.reject
        self._producer.publish_event(
            reject,
            key=message.key,
            headers=headers_of(message_id=reject.reject_id, sent_at=datetime.now(UTC)),
            timestamp=reject.recorded_at,
        )

    def _send(self, message: Outgoing) -> None:
        event = message.event
        headers = [
            *headers_of(message_id=event.event_id, sent_at=datetime.now(UTC)),
            (POSITION, str(event.position).encode()),
            (PUBLISHED_THROUGH, str(self.position).encode()),
        ]
        self._producer.publish_event(
            event, key=message.key, headers=headers, timestamp=event.recorded_at
        )


def _check(log: PostgresLog, last: Delivered | None, topic: str) -> None:
    """Refuse to go on behind messages of another log, such as one restored from a backup."""
    if last is None:
        return
    found = log.page_after(last.position - 1, 1)
    if not found or event_id_of(found[0].originator_id, found[0].originator_version) != (
        last.event_id
    ):
        sentence = (
            f"{topic} has event {last.event_id} at position {last.position}, and the log does "
            "not: they belong to different histories. Use another CLEARWATT_TOPIC_PREFIX."
        )
        raise ServiceError("TOPIC_AHEAD_OF_LOG", sentence)
