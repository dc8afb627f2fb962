"""Valid messages for the contract tests: the examples, and any message Hypothesis can think of."""

import types
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from pydantic.fields import FieldInfo

import schemas
from schemas import (
    CdrV1,
    CommandResultV1,
    ControlKind,
    ControlMessage,
    ControlTotalsV1,
    DisputeCommandV1,
    LocationV1,
    OcpiMessage,
    PaymentV1,
    SessionV1,
)
from schemas.decimals import unscaled
from schemas.fields import DECIMAL_SCALE, LARGEST_NUMBER, SMALLEST_NUMBER, Record
from schemas.parts import SIGNED_DIMENSIONS, Original, Price

EXAMPLES = Path(schemas.__file__).parent / "examples"
REGISTRY = schemas.FileRegistry()
PREFIX = "clearwatt."


def example_bytes(name: str) -> bytes:
    return (EXAMPLES / f"{name}.json").read_bytes()


def example(kind: schemas.Kind) -> OcpiMessage:
    """The example message of a kind."""
    return schemas.from_ocpi_json(kind, example_bytes(schemas.topic_name("", kind)))


def control_example(kind: ControlKind) -> ControlMessage:
    """The example message of a control topic."""
    return schemas.from_control_json(kind, example_bytes(schemas.topic_name("", kind)))


def messages(model: type[Record]) -> SearchStrategy[Any]:
    """Any valid message of a model, from the types and limits of its fields."""
    return _records(model).map(lambda fields: model.model_validate(_made_sense(model, fields)))


def _records(model: type[Record]) -> SearchStrategy[dict[str, Any]]:
    hints = get_type_hints(model, include_extras=True)
    return st.fixed_dictionaries({name: _values(hints[name]) for name in model.model_fields})


def _values(hint: Any, limits: tuple[Any, ...] = ()) -> SearchStrategy[Any]:
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return _values(arguments[0], limits + hint.__metadata__)
    if origin in (Union, types.UnionType):
        (inner,) = (argument for argument in arguments if argument is not type(None))
        return st.none() | _values(inner)
    if origin is Literal:
        return st.sampled_from(arguments)
    if origin is tuple:
        least = _limit(limits, "min_length", 0)
        return st.lists(_values(arguments[0]), min_size=least, max_size=least + 1)
    if isinstance(hint, type) and issubclass(hint, Record):
        return _records(hint).map(lambda fields: _made_sense(hint, fields))
    return _scalars(hint, limits)


def _scalars(hint: Any, limits: tuple[Any, ...]) -> SearchStrategy[Any]:
    if hint is str:
        return _texts(limits)
    if hint is Decimal:
        least = unscaled(_limit(limits, "ge", SMALLEST_NUMBER))
        most = unscaled(LARGEST_NUMBER)
        return st.integers(least, most).map(lambda whole: Decimal(f"{whole}E-{DECIMAL_SCALE}"))
    if hint is int:
        return st.integers(_limit(limits, "ge", 0), _limit(limits, "le", 0))
    if hint is datetime:
        return st.datetimes(timezones=st.just(UTC))
    if hint is date:
        return st.dates()
    return {bool: st.booleans(), bytes: st.binary(max_size=40)}[hint]


def _texts(limits: tuple[Any, ...]) -> SearchStrategy[str]:
    pattern = _limit(limits, "pattern", None)
    least, most = _limit(limits, "min_length", 0), _limit(limits, "max_length", 50)
    if pattern is None or pattern.endswith("]*$"):
        only_ascii = pattern is not None and "x7e" in pattern
        alphabet = st.characters(
            min_codepoint=32,
            max_codepoint=126 if only_ascii else None,
            exclude_characters="\x7f",
            exclude_categories=("Cs",),
        )
        return st.text(alphabet, min_size=least, max_size=min(most, 50))
    return st.from_regex(pattern.removesuffix("$") + r"\Z")


def _limit(limits: tuple[Any, ...], name: str, default: Any) -> Any:
    for limit in limits:
        parts = limit.metadata if isinstance(limit, FieldInfo) else [limit]
        for part in parts:
            if getattr(part, name, None) is not None:
                return getattr(part, name)
    return default


def _made_sense(model: type[Record], fields: dict[str, Any]) -> dict[str, Any]:
    """What no single field says: an end after its start, volumes with the right sign, a hash."""
    if model is Original:
        return {**fields, "sha256": sha256(fields["bytes"]).hexdigest()}
    if model is Price and fields["after_taxes"] is not None:
        # The tax between both is shown as an amount of its own, which has to fit its field too.
        both = {name: fields[name].copy_abs() for name in ("before_taxes", "after_taxes")}
        return {**fields, **both}
    if model in _AGREEING:
        return _AGREEING[model](fields)
    if issubclass(model, LocationV1):
        return {**fields, "time_zone": fields["time_zone"] or "Europe/Amsterdam"}
    if not issubclass(model, CdrV1 | SessionV1):
        return fields
    start, end = fields["start_date_time"], fields["end_date_time"]
    for period in fields["charging_periods"]:
        for dimension in period["dimensions"]:
            if dimension["type"] not in SIGNED_DIMENSIONS:
                dimension["volume"] = dimension["volume"].copy_abs()
    return {**fields, "end_date_time": None if end is None else max(start, end)}


def _totals_that_agree(fields: dict[str, Any]) -> dict[str, Any]:
    """Sequence numbers stand both or neither, in order, and only where there were messages."""
    numbers = [fields["first_sequence"], fields["last_sequence"]]
    if None in numbers or fields["messages"] == 0:
        return {**fields, "first_sequence": None, "last_sequence": None}
    return {**fields, "first_sequence": min(numbers), "last_sequence": max(numbers)}


def _result_that_agrees(fields: dict[str, Any]) -> dict[str, Any]:
    """An answer after the request; a connector with its EVSE, an EVSE with its location."""
    answered, place = fields["answered_at"], ("location_id", "evse_uid", "connector_id")
    known = {name: fields[name] for name in place}
    for name, inner in (("location_id", "evse_uid"), ("evse_uid", "connector_id")):
        known[inner] = None if known[name] is None else known[inner]
    later = None if answered is None else max(answered, fields["requested_at"])
    return {**fields, **known, "answered_at": later}


def _dispute_that_agrees(fields: dict[str, Any]) -> dict[str, Any]:
    """OPEN says what is disputed and why, of the CPO it names; no other action does."""
    if fields["action"] != "OPEN":
        return {**fields, "cdrs": [], "reason_code": None, "disputed": None}
    cpo = {name: fields[name] for name in ("country_code", "party_id")}
    disputed = fields["disputed"]
    if disputed is not None:
        amount = disputed["before_taxes"].copy_abs() or Decimal(1)
        disputed = {**disputed, "before_taxes": amount}
    return {
        **fields,
        "cdrs": [{**cdr, **cpo} for cdr in fields["cdrs"]] or [{"id": "C-1", **cpo}],
        "reason_code": fields["reason_code"] or "OTHER",
        "disputed": disputed,
    }


def _payment_that_agrees(fields: dict[str, Any]) -> dict[str, Any]:
    """Amounts of more than nothing, a fee only where it arises, something that is paid."""
    amounts = {
        name: None if fields[name] is None else fields[name].copy_abs() or Decimal(1)
        for name in ("amount", "card_fee", "chargeback_fee")
    }
    for name, status in (("card_fee", "CAPTURED"), ("chargeback_fee", "CHARGED_BACK")):
        amounts[name] = amounts[name] if fields["status"] == status else None
    references = [fields[name] for name in ("session_id", "authorization_reference")]
    cdr_id = fields["cdr_id"] or (None if any(references) else "C-1")
    return {**fields, **amounts, "cdr_id": cdr_id}


_AGREEING: dict[type[Record], Callable[[dict[str, Any]], dict[str, Any]]] = {
    CommandResultV1: _result_that_agrees,
    ControlTotalsV1: _totals_that_agree,
    DisputeCommandV1: _dispute_that_agrees,
    PaymentV1: _payment_that_agrees,
}
