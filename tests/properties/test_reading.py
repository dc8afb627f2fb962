"""Periods just as OCPI has them are read in one pass; the careful way says the same."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from console.pricing.findings import DocumentRefused, Notes
from console.pricing.periods_reader import DIMENSIONS, read_carefully, read_strictly
from console.pricing.price import price_document

FIRST = datetime(2020, 1, 1, tzinfo=UTC)
instants = st.integers(0, 10 * 365 * 24 * 3600).map(lambda past: FIRST + timedelta(seconds=past))
stamps = instants.map(lambda at: at.isoformat().replace("+00:00", "Z"))
odd = st.sampled_from([None, "", "1.5", -1, True, [], {}, 10**13, "2026-11-05T07:00:00", "energy"])
volumes = st.one_of(st.integers(0, 100), st.decimals(0, 99, places=4).map(float), odd)
kinds = st.one_of(st.sampled_from(sorted(DIMENSIONS)), odd)
dimensions = st.lists(
    st.one_of(st.fixed_dictionaries({"type": kinds, "volume": volumes}), odd), max_size=4
)
periods = st.fixed_dictionaries(
    {"start_date_time": st.one_of(stamps, odd), "dimensions": dimensions},
    optional={"tariff_id": st.one_of(st.just("T1"), odd), "remark": st.just("?")},
)


@given(st.lists(st.one_of(periods, st.none()), max_size=4))
def test_both_readers_give_the_same_and_the_strict_one_has_nothing_to_say(document: Any) -> None:
    text = json.dumps(document).encode()
    notes = Notes()
    strictly = read_strictly(text)
    try:
        carefully = read_carefully(text, "$.cdr.charging_periods", notes)
    except DocumentRefused:
        assert strictly is None
        return
    if strictly is not None:
        assert (strictly, []) == (carefully, notes.found)


TARIFF = {
    "id": "T1",
    "currency": "EUR",
    "elements": [
        {
            "price_components": [{"type": "ENERGY", "price": 0.3, "step_size": 1, "vat": 21}],
            "restrictions": {"start_time": "08:00", "end_time": "20:00", "max_kwh": 50},
        },
        {
            "price_components": [
                {"type": "ENERGY", "price": 0.25, "step_size": 500},
                {"type": "TIME", "price": 1.2, "step_size": 300},
            ]
        },
    ],
}


@given(
    st.lists(
        st.fixed_dictionaries(
            {
                "start_date_time": stamps,
                "dimensions": st.fixed_dictionaries(
                    {
                        "ENERGY": st.decimals(0, 99, places=4).map(float),
                        "TIME": st.decimals(0, 9, places=4).map(float),
                    }
                ).map(
                    lambda row: [{"type": kind, "volume": row[kind]} for kind in ("ENERGY", "TIME")]
                ),
            }
        ),
        min_size=1,
        max_size=4,
    )
)
def test_a_price_is_the_same_to_the_byte_whichever_way_its_cdr_was_read(rows: Any) -> None:
    """A period's unknown field is no reason to price otherwise; it only makes reading careful."""
    document = {
        "id": "C1",
        "start_date_time": min(row["start_date_time"] for row in rows),
        "end_date_time": "2030-01-02T00:00:00Z",
        "currency": "EUR",
        "tariffs": [TARIFF],
        "charging_periods": rows,
        "total_cost": {"excl_vat": 1},
    }
    odd_rows = [{**row, "remark": "?"} for row in rows]
    assert read_strictly(json.dumps(rows).encode()) is not None
    assert read_strictly(json.dumps(odd_rows).encode()) is None
    zone = "Europe/Amsterdam"
    plain = price_document(json.dumps(document).encode(), time_zone=zone)
    careful = price_document(
        json.dumps({**document, "charging_periods": odd_rows}).encode(), time_zone=zone
    )
    assert plain == careful
    assert plain.total_energy_kwh == sum(
        (Decimal(str(row["dimensions"][0]["volume"])) for row in rows), Decimal(0)
    )
