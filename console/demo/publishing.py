"""Send planned messages to their topics, with their headers and their simulated times."""

from collections.abc import Callable, Iterable
from typing import Any

from console.demo.plan import Planned, in_order, planned
from console.imports.run import Imported
from console.publisher.producer import Producer
from schemas import open_registry, topic_name


def publish_planned(
    messages: Iterable[Planned],
    *,
    options: dict[str, Any],
    prefix: str,
    registry_url: str | None,
    on_sent: Callable[[int], object] = lambda _: None,
) -> int:
    """Publish the messages in order and return how many were confirmed."""
    registry = open_registry(registry_url)
    count = 0
    with Producer(options, prefix=prefix, registry=registry) as producer:
        for message in messages:
            topic = topic_name(prefix, message.kind)
            producer.publish_raw(
                topic,
                key=message.key,
                value=message.encoded(topic=topic, registry=registry),
                headers=message.headers,
                timestamp=message.sent_at,
            )
            count += 1
            on_sent(1)
        producer.flush()
    return count


def imported_messages(found: Imported, *, with_facts: bool) -> tuple[Planned, ...]:
    """Return an import's messages in publishing order, each CPO sending its own."""
    messages = []
    if with_facts:
        messages += [
            planned("location", row, sender=_party(row), sent_at=row.last_updated)
            for row in found.locations
        ]
        messages += [
            planned("tariff", row, sender=_party(row), sent_at=row.last_updated)
            for row in found.tariffs
        ]
    for row in found.rows:
        messages += [
            planned("session", update, sender=_party(update), sent_at=update.last_updated)
            for update in row.messages.updates
        ]
        cdr = row.messages.cdr
        messages.append(planned("cdr", cdr, sender=_party(cdr), sent_at=row.messages.cdr_sent_at))
    return in_order(messages)


def _party(row: Any) -> str:
    return f"{row.country_code}*{row.party_id}"
