"""The standard rates against a second table, typed from other sources than the first.

The first table, `ledger.vat.rate_rows`, is typed from the laws. This one is typed from
`ibericode/vat-rates` (vat-rates.json, commit 5abb1e1) for the member states and the United
Kingdom, and from `invopop/gobl` (regimes/ch and regimes/no, commit 7a4ad622) for Switzerland since
2024 and Norway. Neither has the Swiss rate before 2024 (vatupdate.com on the change of 2024-01-01)
nor Liechtenstein, whose rates follow (vatcalc.com, «Liechtenstein rises VAT»). Read 2026-11-21.
"""

from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest

from ledger.vat.areas import COVERED, EU
from ledger.vat.numbers import checked_vat_number
from ledger.vat.rate_rows import RATES
from ledger.vat.rates import rates_of, standard_rate

# country: rate on 2018-01-01, then each change as day=rate
SECOND = """
AT 20
BE 21
BG 20
CY 19
CZ 21
DE 19 2020-07-01=16 2021-01-01=19
DK 25
EE 20 2024-01-01=22 2025-07-01=24
ES 21
FI 24 2024-09-01=25.5
FR 20
GB 20
GR 24
HR 25
HU 27
IE 23 2020-09-01=21 2021-03-01=23
IT 22
LT 21
LU 17 2023-01-01=16 2024-01-01=17
LV 21
MT 18
NL 21
PL 23
PT 23
RO 19 2025-08-01=21
SE 25
SI 22
SK 20 2025-01-01=23
CH 7.7 2024-01-01=8.1
LI 7.7 2024-01-01=8.1
NO 25
"""
FIRST_DAY, LAST_DAY = date(2018, 1, 1), date(2026, 12, 31)


def second_table() -> dict[str, list[tuple[date, Decimal]]]:
    """Return the second table: country -> (from, percent), the oldest first."""
    found = {}
    for line in SECOND.strip().splitlines():
        country, first, *changes = line.split()
        rows = [(FIRST_DAY, Decimal(first))]
        for change in changes:
            day, _, percent = change.partition("=")
            rows.append((date.fromisoformat(day), Decimal(percent)))
        found[country] = rows
    return found


def test_both_tables_have_the_same_countries():
    assert set(second_table()) == {row.country for row in RATES} == COVERED
    assert len(EU) == 27


@pytest.mark.parametrize(("country", "rows"), sorted(second_table().items()))
def test_both_tables_have_the_same_rate_on_every_day(country, rows):
    day = FIRST_DAY
    while day <= LAST_DAY:
        expected = [percent for since, percent in rows if since <= day][-1]
        found = standard_rate(country, day)
        assert found is not None and found.percent == expected, day
        day += timedelta(days=1)


def test_every_row_names_a_law_and_changes_something():
    assert all(row.source.strip() for row in RATES)
    for country in COVERED:
        percents = [row.percent for row in rates_of(country)]
        assert all(here != there for here, there in pairwise(percents))


@pytest.mark.parametrize(
    ("country", "day"),
    [("NL", "2017-12-31"), ("ZZ", "2026-10-10"), ("EL", "2026-10-10"), ("", "2026-10-10")],
)
def test_there_is_no_rate_of_other_days_and_names(country, day):
    assert standard_rate(country, date.fromisoformat(day)) is None


def test_greek_numbers_begin_with_el_and_belong_to_gr():
    assert checked_vat_number("GR", "EL094259216") == "EL094259216"
