"""How wide columns are: texts share what is short, and no number is ever cut off."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.cli import common
from console.widths import GAP, Measured, fitted

measured = st.builds(
    Measured, st.text("ab ", max_size=20), st.integers(0, 60), is_text=st.booleans()
)


@given(columns=st.lists(measured, max_size=8), width=st.integers(0, 300), data=st.data())
def test_columns_fit_unless_that_would_cut_a_number_off(columns, width, data):
    first = data.draw(st.sampled_from([None, *range(len(columns))]))
    found = fitted(columns, width, first=first)
    for given_width, column in zip(found, columns, strict=True):
        assert column.least <= given_width <= column.natural
        assert column.is_text or given_width >= column.longest
    needed = sum(found) + GAP * len(found)
    assert needed <= width or found == [column.least for column in columns]
    if sum(column.natural + GAP for column in columns) <= width:
        assert found == [column.natural for column in columns]


def test_the_column_that_folds_gives_first(monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "50")
    row = ("a-long-id-of-a-cdr", "because of this and that", "-10677.6000")
    common.table("Held", ("CDR", "why", "amount"), [row], folds="why")
    shown = capsys.readouterr().out
    assert "-10677.6000" in shown
    assert max(map(len, shown.splitlines())) <= 50
    assert "a-long-id-of-a-cdr" in shown


@pytest.mark.parametrize(
    ("title", "shown"), [("Held", "Held\nNothing found.\n"), ("", "Nothing found.\n")]
)
def test_a_line_says_that_a_table_has_no_rows(title, shown, capsys):
    common.table(title, ("CDR", "amount"), iter([]))
    assert capsys.readouterr().out == shown


def test_a_number_is_whole_where_even_the_terminal_is_too_narrow(monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "20")
    common.table("Sums", ("account", "debit", "credit"), [("x" * 30, "123456.7890", "-98765.4321")])
    shown = capsys.readouterr().out
    assert "123456.7890" in shown
    assert "-98765.4321" in shown
    assert shown.count("x") == 30
