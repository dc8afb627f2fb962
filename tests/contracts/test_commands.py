"""What a message may say, the ledger records: models and statements have the same fields."""

import inspect
import types
from collections.abc import Iterator
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import msgspec
import pytest
from contract_messages import messages
from hypothesis import given
from hypothesis import strategies as st

import schemas
from consumers.intake import TRANSLATORS
from ledger.pricing.tariff import TariffStatement
from ledger.roaming.control_statements import ControlTotalsStatement, DisputeStatement
from ledger.roaming.party_statements import PartyStatement
from ledger.roaming.payment_statements import PaymentStatement
from ledger.roaming.places import LocationStatement
from ledger.roaming.remote_commands import CommandResultStatement
from ledger.roaming.statements import CdrStatement, SessionStatement
from ledger.values.reasons import SENTENCES, Reason
from schemas import TOPICS
from schemas.fields import Record

STATEMENTS: dict[str, type[msgspec.Struct]] = {
    "cdrs.v1": CdrStatement,
    "sessions.v1": SessionStatement,
    "tariff-versions.v1": TariffStatement,
    "locations.v1": LocationStatement,
    "dispute-commands.v1": DisputeStatement,
    "control-totals.v1": ControlTotalsStatement,
    "command-results.v1": CommandResultStatement,
    "parties.v1": PartyStatement,
    "payments.v1": PaymentStatement,
}
LAWFUL = {
    # The bytes as they were sent go to an erasable table; the command carries them beside.
    "cdrs.v1.original: only in the message",
    "sessions.v1.original: only in the message",
    "tariff-versions.v1.original: only in the message",
    "locations.v1.original: only in the message",
    # It names drivers' tokens, and no rule needs it.
    "locations.v1.publish_allowed_to: only in the message",
    # 2.1.1 may leave it out; it is recorded as empty then.
    "locations.v1.time_zone: one may be null and the other not",
    # A tariff inside a CDR is the bare object; both belong to the CDR there.
    "cdrs.v1.tariffs[].ocpi_version: only in the statement",
    "cdrs.v1.tariffs[].clearwatt: only in the statement",
    "tariff-versions.v1.ocpi_version: one may be null and the other not",
    # Read from the contract id, before a ref takes its place.
    "cdrs.v1.cdr_token.issuer: only in the statement",
    "sessions.v1.cdr_token.issuer: only in the statement",
}


def differences(message: Any, statement: Any, at: str) -> Iterator[str]:
    """Compare two annotations, and what they hold, down to single values."""
    message, may_be_null = _bare(message)
    statement, also = _bare(statement)
    if may_be_null != also:
        yield f"{at}: one may be null and the other not"
    if get_origin(message) is tuple and get_origin(statement) is tuple:
        yield from differences(get_args(message)[0], get_args(statement)[0], f"{at}[]")
    elif inspect.isclass(message) and issubclass(message, Record):
        yield from record_differences(message, statement, at)
    elif message != statement:
        yield f"{at}: {message} and {statement}"


def record_differences(
    model: type[Record], statement: type[msgspec.Struct], at: str
) -> Iterator[str]:
    said = get_type_hints(model, include_extras=True)
    recorded = get_type_hints(statement)
    yield from (f"{at}.{name}: only in the message" for name in said if name not in recorded)
    yield from (f"{at}.{name}: only in the statement" for name in recorded if name not in said)
    for name in said.keys() & recorded.keys() & model.model_fields.keys():
        yield from differences(said[name], recorded[name], f"{at}.{name}")


def _bare(annotation: Any) -> tuple[Any, bool]:
    """Return the type inside Annotated and «or None», literals as text, and whether None may be."""
    may_be_null = False
    while True:
        origin, arguments = get_origin(annotation), get_args(annotation)
        if origin is Annotated:
            annotation = arguments[0]
        elif origin in (Union, types.UnionType) and type(None) in arguments:
            may_be_null = True
            annotation = next(inner for inner in arguments if inner is not type(None))
        else:
            return (str if origin is Literal else annotation), may_be_null


def test_every_incoming_topic_has_a_command() -> None:
    assert {TOPICS[topic] for topic in schemas.INCOMING} == set(TRANSLATORS)
    assert set(schemas.INCOMING) == set(STATEMENTS)


def test_messages_and_statements_have_the_same_fields() -> None:
    found = {
        difference
        for topic, statement in STATEMENTS.items()
        for difference in record_differences(TOPICS[topic], statement, topic)
        if ".model_config" not in difference
    }
    assert found == LAWFUL


def test_a_field_that_is_lost_or_changes_its_type_is_noticed() -> None:
    class Poorer(msgspec.Struct):
        language: int

    from schemas.parts import DisplayText

    assert set(record_differences(DisplayText, Poorer, "x")) >= {
        "x.text: only in the message",
        "x.language: <class 'str'> and <class 'int'>",
    }


def assert_says_the_same(recorded: Any, said: Any, at: str) -> None:
    """Every value of a statement is the message's, of the same type and with the same digits."""
    if isinstance(recorded, msgspec.Struct):
        for name in recorded.__struct_fields__:
            if hasattr(said, name):
                assert_says_the_same(getattr(recorded, name), getattr(said, name), f"{at}.{name}")
    elif isinstance(recorded, tuple):
        assert len(recorded) == len(said), at
        for place, (one, other) in enumerate(zip(recorded, said, strict=True)):
            assert_says_the_same(one, other, f"{at}[{place}]")
    elif not (at == "locations.v1.time_zone" and said is None):
        assert type(recorded) is type(said), at
        assert str(recorded) == str(said), at


@pytest.mark.parametrize("topic", STATEMENTS)
@given(data=st.data())
def test_a_command_says_exactly_what_the_message_says(topic: str, data: st.DataObject) -> None:
    message: Any = data.draw(messages(TOPICS[topic]))
    command: Any = TRANSLATORS[type(message)](message)
    assert_says_the_same(command.statement, message, topic)
    original = getattr(message, "original", None)
    assert (command.original is None) == (original is None)
    if original is not None:
        assert command.original.content == original.bytes
        assert command.original.sha256.hex() == original.sha256


def test_every_code_of_the_schemas_is_a_published_reason() -> None:
    assert set(schemas.CODES) <= set(Reason.__members__)
    assert schemas.RegistryUnreachable.code in Reason.__members__
    assert set(SENTENCES) == set(Reason)
