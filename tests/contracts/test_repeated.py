"""Records that many messages hold are translated once, and as they would be each time."""

import msgspec
from contract_messages import REGISTRY, messages
from hypothesis import given, settings

from consumers import cdrs, repeated, sessions
from consumers.repeated import translated
from ledger.pricing.tariff import TariffStatement
from ledger.roaming.statements import CdrStatement, SessionStatement
from schemas import CdrV1, SessionV1, decode, encode
from schemas.tariff import Tariff


def sent(message: CdrV1) -> CdrV1:
    """Return a CDR as it comes out of its bytes: its repeated records are the same objects."""
    data = encode(message, topic="cdrs.v1", registry=REGISTRY)
    read = decode(data, topic="cdrs.v1", registry=REGISTRY)
    assert isinstance(read, CdrV1)
    return read


@settings(max_examples=100)
@given(messages(CdrV1))
def test_a_cdr_is_translated_as_field_by_field(message: CdrV1) -> None:
    whole = msgspec.convert(message, type=CdrStatement, from_attributes=True)
    for _ in range(2):
        assert cdrs.to_command(sent(message)).statement == whole
    assert cdrs.to_command(message).statement == whole


@settings(max_examples=50)
@given(messages(SessionV1))
def test_a_session_is_translated_as_field_by_field(message: SessionV1) -> None:
    whole = msgspec.convert(message, type=SessionStatement, from_attributes=True)
    assert sessions.to_command(message).statement == whole


@given(messages(Tariff))
def test_the_same_record_has_the_same_translation_and_an_equal_one_an_equal(row: Tariff) -> None:
    first = translated(row, TariffStatement)
    assert translated(row, TariffStatement) is first
    assert translated(row.model_copy(), TariffStatement) == first


@given(messages(Tariff))
@settings(max_examples=5)
def test_no_more_are_known_than_the_limit(row: Tariff) -> None:
    rows = [row.model_copy(update={"id": f"T{n}"}) for n in range(repeated._MOST_KNOWN + 1)]
    for each in rows:
        assert translated(each, TariffStatement).id == each.id
    assert len(repeated._known) <= repeated._MOST_KNOWN
