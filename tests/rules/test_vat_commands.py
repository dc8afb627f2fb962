"""`clearwatt vat decide` and `vat rates` of what is described in words: no service is needed."""

import json

import pytest
from typer.testing import CliRunner

from console.cli.app import app

DAY = ("--on", "2026-10-10", "--net", "100")


def asked(*arguments: str) -> tuple[int, dict]:
    """Return how a command ended and the JSON it printed."""
    done = CliRunner().invoke(app, ["vat", *arguments, "--json"], catch_exceptions=False)
    return done.exit_code, json.loads(done.output)


@pytest.mark.parametrize(
    ("seller", "buyer", "at", "more", "decided"),
    [
        ("NL:dealer", "DE:dealer", "NL", (), ("reverse_charge", "DE", "AE")),
        ("NL", "driver", "NL", (), ("seller_in_place", "NL", "S")),
        ("NL:dealer", "EL:dealer", "NL", (), ("reverse_charge", "GR", "AE")),
        ("NL", "driver", "EL", ("--seller-registered-in", "EL"),
         ("seller_registered", "GR", "S")),
        ("CH", "DE:business", "CH", ("--evidence", "extract 7"), ("reverse_charge", "DE", "AE")),
        ("CH", "DE:business", "CH", (), ("seller_in_place", "CH", "S")),
        ("DE:dealer", "NL:dealer", "DE", ("--kind", "parking"), ("seller_in_place", "DE", "S")),
        ("NL", "DE", "NL", ("--kind", "service"), ("reverse_charge", "DE", "AE")),
    ],
)  # fmt: skip
def test_a_sale_in_words_is_decided(seller, buyer, at, more, decided):
    ended, told = asked("decide", "--seller", seller, "--buyer", buyer, "--at", at, *DAY, *more)
    decision = told["decision"]
    assert (ended, (decision["rule"], decision["place"], decision["category"])) == (0, decided)


def test_where_nobody_declares_the_tax_the_command_ends_with_1_and_says_what_was_asked():
    ended, told = asked("decide", "--seller", "NL", "--buyer", "driver", "--at", "DE", *DAY)
    assert (ended, told["decision"]) == (1, None)
    assert [row["reason"] for row in told["refusals"]] == ["VAT_REGISTRATION_MISSING"]
    assert len(told["asked"]) == 5
    assert not any(row["matched"] for row in told["asked"])


def test_people_read_the_rule_its_reason_and_the_source_of_the_rate():
    wanted = ["vat", "decide", "--seller", "DE", "--buyer", "driver", "--at", "DE", *DAY]
    printed = CliRunner().invoke(app, wanted, catch_exceptions=False).output
    assert "seller_in_place: DE S 19 %  net 100.0000 + VAT 19.0000 = 119.0000" in printed
    assert "rate: UStG § 12 (1)" in printed
    assert "Directive 2006/112/EC Art. 39" in printed


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("--seller", "NL:owner", "--buyer", "driver", "--at", "NL", *DAY), "OPTION_INVALID"),
        (("--seller", "NL", "--buyer", "ZZ", "--at", "NL", *DAY), "COUNTRY_UNKNOWN"),
    ],
)
def test_words_that_mean_nobody_are_refused(arguments, code):
    done = CliRunner().invoke(app, ["vat", "decide", *arguments])
    assert done.exit_code != 0
    assert code in str(getattr(done.exception, "code", done.exception))


def test_rates_are_listed_with_their_sources_all_or_those_of_a_day():
    ended, rows = asked("rates", "--country", "EE")
    assert ended == 0
    assert [(row["valid_from"], row["percent"]) for row in rows] == [
        ("2018-01-01", "20"),
        ("2024-01-01", "22"),
        ("2025-07-01", "24"),
    ]
    assert all(row["source"] for row in rows)
    _, (row,) = asked("rates", "--country", "EE", "--on", "2025-06-30")
    assert row["percent"] == "22"
    _, everywhere = asked("rates", "--on", "2026-10-10")
    assert len(everywhere) == 31
