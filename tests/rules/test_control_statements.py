"""What a control message becomes: whose word it is, what it is about, and how it is recorded."""

from datetime import UTC, date, datetime
from decimal import Decimal

import msgspec
import pytest

from ledger.application.commands import key_of
from ledger.application.control_commands import DisputeCommand, StateControlTotals
from ledger.pricing.tariff import Extension
from ledger.roaming.control_statements import (
    CdrReference,
    ControlTotalsStatement,
    DisputeStatement,
    Evidence,
    StatedAmount,
)
from ledger.values.reasons import Reason, Refused

AT = datetime(2026, 10, 12, 9, 30, tzinfo=UTC)
TOTALS = ControlTotalsStatement("nl", "hub", "cdrs.v1", date(2026, 10, 5), 214, AT)
DISPUTE = DisputeStatement("NL", "XYZ", "c-1", "D-42", "ANSWER", "de*abc", AT)


def test_totals_are_their_senders_word_about_a_topic_and_a_day() -> None:
    assert TOTALS.speaker == "NL*HUB"
    assert key_of(StateControlTotals(TOTALS)) == "NL*HUB/cdrs.v1/2026-10-05"


def test_a_dispute_is_about_the_cpo_and_its_speaker_is_whoever_says_so() -> None:
    assert DISPUTE.speaker == "DE*ABC"
    assert key_of(DisputeCommand(DISPUTE)) == "NL*XYZ/d-42"


@pytest.mark.parametrize("by", ["", "DEABC", "DE*ABCD", "DE*AB*"])
def test_a_speaker_that_is_no_party_is_refused(by: str) -> None:
    with pytest.raises(Refused) as refused:
        _ = msgspec.structs.replace(DISPUTE, by=by).speaker
    assert refused.value.reason is Reason.WRONG_IDENTIFIER


@pytest.mark.parametrize(
    "statement",
    [
        TOTALS,
        msgspec.structs.replace(
            TOTALS,
            first_sequence=1,
            last_sequence=214,
            energy_kwh=Decimal("3283.188"),
            amounts=(StatedAmount("CHF", Decimal("-12.4")),),
        ),
        DISPUTE,
        msgspec.structs.replace(
            DISPUTE,
            action="OPEN",
            cdrs=(CdrReference("NL", "XYZ", "C-17"),),
            reason_code="TAX",
            disputed=StatedAmount("EUR", Decimal("0.10")),
            evidence=(Evidence("a.pdf", "0" * 64),),
        ),
    ],
)
def test_what_is_recorded_reads_as_what_was_said(
    statement: ControlTotalsStatement | DisputeStatement,
) -> None:
    recorded = msgspec.json.encode(statement)
    read = msgspec.json.decode(recorded, type=type(statement))
    assert read == statement
    assert msgspec.json.encode(read) == recorded


def test_a_cdr_that_cites_no_reject_is_recorded_as_it_always_was() -> None:
    assert msgspec.json.encode(Extension(outcome="ok")) == b'{"outcome":"ok"}'
    assert b"reject_id" in msgspec.json.encode(Extension(reject_id="r-1"))
