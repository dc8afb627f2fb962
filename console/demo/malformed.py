"""Messages that nobody can read: each is added beside a sound charge, under an id of its own."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any, Final

from console.demo.charge import Charge, Context, Fault, cdr_of, sent_cdr
from console.demo.plan import Damage, Expectation, Planned

_LATER: Final = timedelta(minutes=10)
_UNKNOWN_ID: Final = (2**31 - 1).to_bytes(4, "big")
_FIVE_MEGABYTES: Final = 5 * 1024 * 1024
_IMPOSTOR: Final = ("NL*PLD", "CH*LEM")


def _wrong_magic_byte(data: bytes) -> bytes:
    return b"\x01" + data[1:]


def _cut_in_half(data: bytes) -> bytes:
    return data[: len(data) // 2]


def _unknown_schema_id(data: bytes) -> bytes:
    return data[:1] + _UNKNOWN_ID + data[5:]


def _too_large(data: bytes) -> bytes:
    return data + bytes(_FIVE_MEGABYTES)


def _extra(charge: Charge, code: str, **changes: Any) -> Charge:
    """Add a copy of the CDR with another id, changed, that must end unreadable with a code."""
    cdr = cdr_of(charge)
    base = replace(
        sent_cdr(charge),
        value=cdr.model_copy(update={"id": f"{cdr.id}-X", **changes.pop("fields", {})}),
        sent_at=sent_cdr(charge).sent_at + _LATER,
        expect=Expectation("unreadable", code),
    )
    return charge._replace(extras=(replace(base, **changes),))


def _damaged(code: str, damage: Damage) -> Callable[[Charge, Context], Charge]:
    return lambda charge, _: _extra(charge, code, damage=damage)


def negative_energy(charge: Charge, _: Context) -> Charge:
    return _extra(charge, "NEGATIVE_QUANTITY", fields={"total_energy": Decimal("-7.5")})


def end_before_start(charge: Charge, _: Context) -> Charge:
    ended_at = cdr_of(charge).start_date_time - _LATER
    return _extra(charge, "END_BEFORE_START", fields={"end_date_time": ended_at})


def missing_key(charge: Charge, _: Context) -> Charge:
    return _extra(charge, "MISSING_KEY", key=None)


def key_of_another(charge: Charge, _: Context) -> Charge:
    return _extra(charge, "KEY_PARTY_DIFFERS", key=_other_than(sent_cdr(charge)).encode())


def sender_not_entitled(charge: Charge, _: Context) -> Charge:
    return _extra(charge, "SENDER_NOT_ENTITLED", sender=_other_than(sent_cdr(charge)))


def _other_than(message: Planned) -> str:
    return next(party for party in _IMPOSTOR if party.encode() != message.key)


def json_with_nan(charge: Charge, _: Context) -> Charge:
    """JSON straight to the topic: its first byte already is not the wire format's."""
    text = f'{{"id": "{cdr_of(charge).id}-X", "total_energy": NaN}}'
    return _extra(charge, "WRONG_MAGIC_BYTE", value=text.encode())


def empty_message(charge: Charge, _: Context) -> Charge:
    return _extra(charge, "EMPTY_MESSAGE", value=b"")


MALFORMED: Final[tuple[Fault, ...]] = (
    Fault(
        "wrong_magic_byte",
        "a value does not begin with the byte 0",
        1,
        _damaged("WRONG_MAGIC_BYTE", _wrong_magic_byte),
    ),
    Fault("corrupt_avro", "a value ends too early", 1, _damaged("CORRUPT_AVRO", _cut_in_half)),
    Fault(
        "unknown_schema_id",
        "a value names a schema nobody registered",
        1,
        _damaged("UNKNOWN_SCHEMA_ID", _unknown_schema_id),
    ),
    Fault("too_large", "a value is 5 MB", 1, _damaged("MESSAGE_TOO_LARGE", _too_large)),
    Fault("json_with_nan", "JSON with NaN is sent instead of Avro", 1, json_with_nan),
    Fault("empty_message", "a message has no value", 1, empty_message),
    Fault("missing_key", "a message has no key", 1, missing_key),
    Fault("key_of_another", "the key names another party than the value", 1, key_of_another),
    Fault("sender_not_entitled", "a CPO speaks for another", 1, sender_not_entitled),
    Fault("negative_energy", "a CDR's energy is negative", 1, negative_energy),
    Fault("end_before_start", "a CDR ends before it starts", 1, end_before_start),
)
