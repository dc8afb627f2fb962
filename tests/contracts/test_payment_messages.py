"""`payments.v1`: what became of a driver's payment, read exactly or refused with its place."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, get_args

import pytest
from contract_messages import REGISTRY, control_example, example_bytes

from schemas import PaymentV1, SchemaError, decode, encode, from_control_json
from schemas.payment import PaymentStatus

TOPIC = "clearwatt.payments.v1"
PAYMENT = json.loads(example_bytes("payments.v1"))
NAMED = {"cdr_id": None, "session_id": None, "authorization_reference": None}


def read(change: dict[str, Any]) -> PaymentV1:
    message = from_control_json("payment", json.dumps({**PAYMENT, **change}).encode())
    assert isinstance(message, PaymentV1)
    return message


def refusal_of(change: dict[str, Any]) -> tuple[str, str]:
    with pytest.raises(SchemaError) as refused:
        read(change)
    return refused.value.code, refused.value.path


def test_the_example_is_read_exactly_and_comes_back_from_its_bytes() -> None:
    payment = control_example("payment")
    assert isinstance(payment, PaymentV1)
    assert (payment.amount, payment.card_fee) == (Decimal("6.66"), Decimal("0.14"))
    assert payment.occurred_at == datetime(2026, 10, 5, 9, 31, 40, tzinfo=UTC)
    data = encode(payment, topic=TOPIC, registry=REGISTRY)
    assert decode(data, topic=TOPIC, registry=REGISTRY) == payment


@pytest.mark.parametrize("status", get_args(PaymentStatus))
def test_every_status_is_read_without_its_fees(status: str) -> None:
    assert read({"status": status, "card_fee": None}).status == status


@pytest.mark.parametrize("name", list(NAMED))
def test_one_reference_to_what_is_paid_is_enough(name: str) -> None:
    assert getattr(read({**NAMED, name: "X-1"}), name) == "X-1"


@pytest.mark.parametrize(
    ("change", "code", "path"),
    [
        ({"country_code": "NLD"}, "WRONG_FORMAT", "country_code"),
        ({"party_id": "XY"}, "WRONG_FORMAT", "party_id"),
        ({"id": ""}, "MISSING_FIELD", "id"),
        ({"id": "p" * 37}, "TEXT_TOO_LONG", "id"),
        ({"sequence": 0}, "NUMBER_OUT_OF_RANGE", "sequence"),
        ({"sequence": None}, "MISSING_FIELD", "sequence"),
        ({"sequence": "2"}, "WRONG_TYPE", "sequence"),
        ({"status": "PAID"}, "UNKNOWN_VALUE", "status"),
        ({"status": None}, "MISSING_FIELD", "status"),
        ({"collector": "NLPLT"}, "WRONG_FORMAT", "collector"),
        ({"provider": "somebody"}, "WRONG_FORMAT", "provider"),
        ({"amount": 0}, "NUMBER_OUT_OF_RANGE", "amount"),
        ({"amount": -1.5}, "NUMBER_OUT_OF_RANGE", "amount"),
        ({"amount": "6.66"}, "WRONG_TYPE", "amount"),
        ({"amount": None}, "MISSING_FIELD", "amount"),
        ({"currency": "euro"}, "UNKNOWN_CURRENCY", "currency"),
        ({"card_fee": 0}, "NUMBER_OUT_OF_RANGE", "card_fee"),
        ({"status": "REFUNDED"}, "FIELD_NOT_APPLICABLE", "card_fee"),
        ({"chargeback_fee": 15}, "FIELD_NOT_APPLICABLE", "chargeback_fee"),
        (NAMED, "MISSING_FIELD", "cdr_id"),
        ({**NAMED, "session_id": ""}, "MISSING_FIELD", "cdr_id"),
        ({"cdr_id": "c" * 40}, "TEXT_TOO_LONG", "cdr_id"),
        ({"reason": "x" * 256}, "TEXT_TOO_LONG", "reason"),
        ({"occurred_at": "2026-10-05"}, "WRONG_FORMAT", "occurred_at"),
        ({"last_updated": None}, "MISSING_FIELD", "last_updated"),
        ({"card_number": "4111"}, "UNKNOWN_FIELD", "card_number"),
    ],
)
def test_payments_that_make_no_sense_are_refused(
    change: dict[str, Any], code: str, path: str
) -> None:
    assert refusal_of(change) == (code, path)
