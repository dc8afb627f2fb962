"""Remaps: which name a place had when, and which remaps are refused."""

from datetime import timedelta

import pytest

from ledger.roaming.remaps import Identity, earlier, later, moved
from ledger.values.instants import NEVER
from tests.ledger_cast import RECORDED_AT
from tests.ledger_statements import october
from tests.site_world import identity, known_site, remap_of

A, B, C, D = (f"NL*XYZ/{name}" for name in "abcd")
BLINK = timedelta(microseconds=1)
TEN, TWENTY = october(10), october(20)
AFTER = RECORDED_AT


def finding(*remaps):
    """Return where the sites of some remaps are asked for."""
    keys = {row.old_location for row in remaps} | {row.new_location for row in remaps}
    sites = {key: known_site(key, *remaps) for key in keys}
    return sites.get


CHAIN = remap_of(A, B, TEN), remap_of(B, C, TWENTY)
OF_AN_EVSE = remap_of(f"{A}/E1", f"{D}/E9", TEN), remap_of(A, B, TWENTY)


def name_at(remaps, text, instant, received_at=AFTER):
    found = moved(finding(*remaps), identity(text), instant, received_at=received_at)
    return str(found.other) if found else None


@pytest.mark.parametrize(
    ("text", "instant", "name"),
    [
        (f"{A}/E1", TEN - BLINK, None),
        (f"{A}/E1", TEN, f"{B}/e1"),
        (f"{A}/E1", TWENTY - BLINK, f"{B}/e1"),
        (f"{A}/E1", TWENTY, f"{C}/e1"),
        (f"{B}/E1", TEN - BLINK, f"{A}/e1"),
        (f"{B}/E1", TEN, None),
        (f"{B}/E1", TWENTY - BLINK, None),
        (f"{B}/E1", TWENTY, f"{C}/e1"),
        (f"{C}/E1", TEN - BLINK, f"{A}/e1"),
        (f"{C}/E1", TWENTY - BLINK, f"{B}/e1"),
        (f"{C}/E1", TWENTY, None),
        (f"{D}/E1", TWENTY, None),
    ],
)
def test_a_charge_is_told_the_name_that_its_place_had_then(text, instant, name):
    assert name_at(CHAIN, text, instant) == name


@pytest.mark.parametrize(
    ("text", "instant", "name"),
    [
        (f"{A}/e1", TEN, f"{D}/e9"),
        (f"{A}/E1", TWENTY, f"{D}/e9"),
        (f"{A}/E2", TEN, None),
        (f"{A}/E2", TWENTY, f"{B}/e2"),
        (f"{D}/E9", TEN - BLINK, f"{A}/e1"),
        (f"{D}/E8", TEN - BLINK, None),
        (f"{B}/E2", TEN, f"{A}/e2"),
        (f"{B}/E1", TWENTY, None),
    ],
)
def test_an_evse_that_left_before_its_location_did_goes_its_own_way(text, instant, name):
    assert name_at(OF_AN_EVSE, text, instant) == name


@pytest.mark.parametrize(
    ("known_since", "name"),
    [(october(15) - BLINK, f"{A}/e1"), (october(15), f"{A}/e1"), (october(15) + BLINK, None)],
)
def test_what_was_received_before_the_remap_was_recorded_was_right_then(known_since, name):
    told = (remap_of(A, B, TEN, known_since),)
    assert name_at(told, f"{B}/E1", TEN - BLINK, received_at=october(15)) == name
    # but after the remap the old name is wrong, whoever knew of it when
    assert name_at(told, f"{A}/E1", TEN, received_at=october(15)) == f"{B}/e1"


def test_names_are_followed_in_the_order_of_time_and_end():
    """An EVSE that went over and came back with its new location goes in no circle."""
    back = remap_of(f"{B}/E1", f"{A}/E1", TEN), remap_of(A, B, TWENTY)
    find = finding(*back)
    assert [str(name) for _, name in later(find, Identity(B, "E1"))] == [f"{A}/e1", f"{B}/e1"]
    assert [str(name) for _, name in earlier(find, Identity(B, "E1"), before=NEVER)] == [
        f"{A}/e1", f"{B}/e1",
    ]  # fmt: skip
