"""What became of the payments on the spot, beside what the plan says of them."""

from collections import Counter

from console.demo.counted import Controlled
from console.demo.month import MonthPlan
from projections.database import Connection
from projections.queries.payment import DIFFERING, UNMATCHED, payments
from schemas import PaymentV1


def spent(connection: Connection, plan: MonthPlan) -> list[Controlled]:
    """Compare payments: captured, given back, other than what is owed, without their charge."""
    told = Counter(row.value.status for row in plan.messages if isinstance(row.value, PaymentV1))
    seen = payments(connection, due_since=plan.closes_at)
    differing = sum(row.finding in DIFFERING for row in seen)
    return [
        Controlled(
            "payments captured at the charger",
            told["CAPTURED"],
            sum(row.captured > 0 for row in seen),
        ),
        Controlled(
            "payments of which a part was given back",
            told["REFUNDED"],
            sum(row.returned > 0 for row in seen),
        ),
        Controlled(
            "payments other than what is owed",
            len(plan.cases.get("captured_too_little", ())),
            differing,
        ),
        Controlled(
            "payments without a charge, or charges without",
            0,
            sum(row.finding in UNMATCHED for row in seen),
        ),
    ]
