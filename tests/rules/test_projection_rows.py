"""How rows are written: COPY's text format, sums at scale 4, named queries."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.values.money import SCALE_4
from projections.amounts import decimal_of, negated, ten_thousandths
from projections.database import SQL, query, text
from projections.read_models import READ_MODELS

AMOUNTS = st.decimals(min_value=-(10**12), max_value=10**12, places=4).map(
    lambda amount: amount.quantize(SCALE_4) + 0
)


@given(AMOUNTS)
def test_a_recorded_amount_survives_the_sum_exactly(amount):
    assert decimal_of(ten_thousandths(str(amount))) == amount


@given(AMOUNTS)
def test_a_negated_amount_takes_the_other_back(amount):
    assert ten_thousandths(negated(str(amount))) == -ten_thousandths(str(amount))


@pytest.mark.parametrize("amount", ["1", "1.00", "1.00001", "", "NaN", "1e4"])
def test_an_amount_of_another_scale_stops_the_projection(amount):
    with pytest.raises(ValueError):
        ten_thousandths(amount)


@given(st.text(alphabet=st.characters(exclude_characters="\0", exclude_categories=["Cs"])))
def test_a_text_is_one_column_of_one_row(value):
    written = text(value)
    assert not set(written) & set("\t\n\r")
    plain = {"\\\\": "\\", "\\t": "\t", "\\n": "\n", "\\r": "\r"}
    assert re.sub(r"\\.", lambda match: plain[match[0]], written) == value


@pytest.mark.parametrize("name", READ_MODELS)
def test_every_read_model_has_tables_in_its_own_schema_only(name):
    created = re.findall(r"CREATE TABLE ([^ ]+)", SQL[f"{name}_tables"])
    assert created == [f"{{schema}}.{table}" for table in READ_MODELS[name].TABLES]
    assert f"{name}_indexes" in SQL


@pytest.mark.parametrize("schema", ["journal; DROP TABLE x", "Journal", "a.b.c", '"x"'])
def test_a_schema_that_is_not_ours_is_refused(schema):
    with pytest.raises(ValueError):
        query("journal_tables", schema)


@pytest.mark.parametrize("name", SQL)
def test_the_log_is_only_read(name):
    assert not re.search(r"(INTO|UPDATE|DELETE FROM|COPY|TRUNCATE|LOCK)\s+log\.", SQL[name])


@pytest.mark.parametrize("name", [name for name in SQL if name.startswith(("insert_", "add_to_"))])
def test_what_is_written_goes_to_the_schema_that_was_asked_for(name):
    assert "{schema}." in SQL[name]
