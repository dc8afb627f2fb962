"""PostgreSQL and Kafka: embedded ones that we start, or servers given by URL.

Read `lifecycle` first (up, down, status), then `postgres` and `broker`, each driving one server,
`processes` beneath both, and `doctor`, which says what is missing on a machine.
"""

from console.services.doctor import Check, doctor
from console.services.lifecycle import (
    Running,
    ServiceStatus,
    down,
    ensure_up,
    status,
    subject_key,
)

__all__ = [
    "Check",
    "Running",
    "ServiceStatus",
    "doctor",
    "down",
    "ensure_up",
    "status",
    "subject_key",
]
