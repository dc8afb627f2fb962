"""Checks of the parties between which a charge is sold."""

from datetime import timedelta
from typing import Any

import pytest

from ledger.roaming.party_spans import PartyState, StateSpan
from tests.ledger_cast import CPO, EMSP
from tests.ledger_checks import STARTED, Case, candidate, check_case, fires, passes


def between(seller: PartyState, buyer: PartyState) -> Any:
    since = STARTED - timedelta(days=1)
    standings = ((CPO, StateSpan(seller, since)), (EMSP, StateSpan(buyer, since)))
    return candidate(standings=standings)


TABLE = [
    passes("PARTY_NOT_ACTIVE", "both are active", between("active", "active")),
    fires("PARTY_NOT_ACTIVE", "the buyer is suspended", between("active", "suspended"), EMSP),
    fires("PARTY_NOT_ACTIVE", "the seller has left", between("left", "active"), "left since"),
    fires("PARTY_NOT_ACTIVE", "the seller is new", between("onboarding", "active"), CPO),
]


@pytest.mark.parametrize("case", TABLE, ids=str)
def test_a_check_fires_or_just_does_not(case: Case) -> None:
    check_case(case)
