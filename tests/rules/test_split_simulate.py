"""A split, tried on an amount: the table, the document and the picture of its waterfall."""

import json
from decimal import Decimal
from xml.etree import ElementTree

import pytest
from typer.testing import CliRunner

from console.cli.app import app
from console.cli.errors import ending_of
from console.pictures.svg_waterfall import described, svg_of
from console.pictures.waterfall import Fall, Waterfall, spans_of, text_of

RUN = CliRunner()
SALE = ("--gross", "12.10", "--net", "10.00", "--kwh", "20")
STEPS = (
    *("--step", "{name: card, payee: NL*PSP, share: 1.4 % of gross}"),
    *("--step", "{name: clearing, payee: NL*CLR, share: 1 % of net, minimum: 0.15 EUR}"),
    *("--step", "NL*XYZ remaining"),
    *("--step", "NL*PLT 10 % of what is left"),
    *("--step", "NL*HST 0.03 EUR per kWh"),
)
DOCUMENT = """
parties: {seller: NL*XYZ, buyer: DE*EMP}
flow: roaming
versions:
  - valid: {from: 2026-01-01, until: 2026-07-01}
    split:
      steps:
        - {name: platform, payee: NL*PLT, share: 20 % of net}
        - {name: operator, payee: NL*XYZ, share: remaining}
  - valid: {from: 2026-07-01}
    split:
      steps:
        - {name: platform, payee: NL*PLT, share: 10 % of net, only_for: {channels: [app]}}
        - {name: platform, payee: NL*PLT, share: 5 % of net, only_for: {channels: [roaming]}}
        - {name: operator, payee: NL*XYZ, share: remaining}
"""


def simulate(*arguments):
    ended = RUN.invoke(app, ["split", "simulate", *map(str, arguments)])
    assert ended.exception is None, ended.exception
    return ended.output


def simulated(*arguments):
    return json.loads(simulate(*arguments, "--json"))


def refused(*arguments):
    ended = RUN.invoke(app, ["split", "simulate", *map(str, arguments)])
    ending = ending_of(ended.exception)
    return ending.exit_code, ending.line


def shares(found):
    return [(row["payee"], row["amount"], row["left"]) for row in found["steps"]]


def test_a_waterfall_shows_each_step_and_what_is_left_after_it():
    found = simulated(*SALE, *STEPS)
    assert shares(found) == [
        ("NL*PSP", "0.1694", "9.8306"),
        ("NL*CLR", "0.1500", "9.6806"),
        ("NL*PLT", "0.9681", "8.7125"),
        ("NL*HST", "0.6000", "8.1125"),
        ("NL*XYZ", "8.1125", "0.0000"),  # what remains, wherever it was declared
    ]
    clearing = found["steps"][1]
    assert (clearing["exact"], clearing["bound"], clearing["rate"]) == ("3/20", "minimum", "1/100")
    assert found["steps"][2]["basis_kind"] == "left"


def test_people_read_how_each_amount_came_about():
    lines = [" ".join(line.split()) for line in simulate(*SALE, *STEPS).splitlines()]
    assert "card NL*PSP 1.4 % of gross 12.10 0.1694 0.1694 9.8306" in lines
    assert "clearing NL*CLR 1 % of net, its minimum 10.0000 0.15 0.1500 9.6806" in lines
    assert "NL*XYZ what remains 10.0000 8.11254 8.1125 0.0000" in lines
    assert any(line.startswith("net ████") and line.endswith("10.0000 EUR") for line in lines)


@pytest.mark.parametrize(
    ("options", "platform"),
    [
        (("--as-of", "2026-06-30T00:00:00Z"), "2.0000"),
        (("--as-of", "2026-07-02T00:00:00Z"), "0.5000"),
        (("--as-of", "2026-07-02T00:00:00Z", "--channel", "app"), "1.0000"),
        (("--as-of", "2026-07-02T00:00:00Z", "--channel", "ad_hoc"), None),
    ],
)
def test_an_agreement_shares_by_its_version_and_for_whom(tmp_path, options, platform):
    file = tmp_path / "agreement.yaml"
    file.write_text(DOCUMENT)
    found = simulated(*SALE, "--agreement", file, *options)
    taken = {row["payee"]: row["amount"] for row in found["steps"]}
    assert taken.get("NL*PLT") == platform
    assert sum(map(Decimal, taken.values())) == 10
    assert (found["seller"], found["agreement_version"]) == ("NL*XYZ", "NL*XYZ>DE*EMP")


def test_a_host_shares_what_the_party_sells_at_its_sites(tmp_path):
    file = tmp_path / "host.yaml"
    file.write_text(
        "parties: {seller: NL*HST, buyer: NL*XYZ}\nvalid: {from: 2026-01-01}\nflow: share\n"
        "split: {locations: [LOC1], steps: [{payee: NL*HST, share: 1/3 of net},"
        " {payee: NL*XYZ, share: 2/3 of net}]}\n"
    )
    found = simulated(*SALE, "--agreement", file)
    assert found["seller"] == "NL*XYZ"
    assert shares(found) == [("NL*HST", "3.3333", "6.6667"), ("NL*XYZ", "6.6667", "0.0000")]


def test_amounts_of_other_currencies_need_a_rate():
    francs = ("--step", "NL*HST 1.00 CHF per CDR", "--step", "NL*XYZ remaining")
    assert refused(*SALE, *francs)[1].startswith("FX_RATE_MISSING")
    assert shares(simulated(*SALE, *francs, "--rate", "CHF=1.05"))[0] == (
        "NL*HST",
        "1.0500",
        "8.9500",
    )


def test_an_agreement_that_shares_nothing_says_who_keeps_it(tmp_path):
    file = tmp_path / "plain.yaml"
    file.write_text("parties: {seller: NL*XYZ, buyer: DE*EMP}\nvalid: {from: 2026-01-01}\n")
    assert simulate(*SALE, "--agreement", file) == "No step shares it: NL*XYZ keeps 10.00 EUR.\n"


@pytest.mark.parametrize(
    ("arguments", "exit_code", "code"),
    [
        ((*SALE,), 2, "AGREEMENT_NOT_NAMED"),
        ((*SALE, *STEPS, "--agreement", "x.yaml"), 2, "AGREEMENT_NOT_NAMED"),
        ((*SALE, "--step", "NL*HST lots"), 1, "WRONG_FORMAT"),
        ((*SALE, "--step", "NL*HST 15 % of net"), 1, "SPLIT_NOT_WHOLE"),
        ((*SALE, "--step", "NL*HST remaining", "--step", "NL*A remaining"), 1, "SPLIT_NOT_WHOLE"),
        ((*SALE, "--step", "{payee: NL*HST, part: 1}"), 1, "UNKNOWN_FIELD"),
        ((*SALE, "--step", "{payee"), 1, "WRONG_FORMAT"),
        ((*SALE, *STEPS, "--currency", "XQX"), 1, "UNKNOWN_CURRENCY"),
        (("--gross", "1", "--net", "0.00001", *STEPS), 2, "AMOUNT_SCALE"),
        ((*SALE, *STEPS, "--channel", "carrier pigeon"), 2, "USAGE"),
    ],
)
def test_what_cannot_be_tried_is_refused_with_a_code(arguments, exit_code, code):
    found = RUN.invoke(app, ["split", "simulate", *arguments])
    ending = ending_of(found.exception) if not isinstance(found.exception, SystemExit) else None
    if ending is None:
        assert (found.exit_code, code) == (exit_code, "USAGE")
    else:
        assert (ending.exit_code, ending.line.partition(":")[0]) == (exit_code, code)


def test_a_file_of_two_agreements_does_not_say_which_one_is_meant(tmp_path):
    file = tmp_path / "two.yaml"
    two = "parties: {seller: NL*XYZ, buyer: DE*EMP}\nvalid: {from: 2026-01-01}\n"
    file.write_text(f"{two}---\n{two.replace('DE*EMP', 'FR*MOB')}")
    assert refused(*SALE, "--agreement", file)[1].startswith("INVALID_DOCUMENT")


# the picture

LOSS = Waterfall(
    "0.50 EUR & <less>",
    "net",
    "EUR",
    Decimal("0.50"),
    (
        Fall("site NL*HST", "0.80 fixed", Decimal("0.80"), Decimal("-0.30")),
        Fall("NL*XYZ", "what remains", Decimal("-0.30"), Decimal("0.00")),
    ),
)


def test_a_loss_falls_below_zero():
    assert [(round(begin), round(end)) for begin, end in spans_of(LOSS, 80)] == [
        (30, 80),
        (0, 80),
        (0, 30),
    ]
    assert [line.rstrip().split()[-2] for line in text_of(LOSS).splitlines()] == [
        "0.50",
        "0.80",
        "-0.30",
    ]


def test_nothing_to_share_is_drawn_too():
    nothing = Waterfall(
        "nothing", "net", "EUR", Decimal(0), (Fall("a", "", Decimal(0), Decimal(0)),)
    )
    assert spans_of(nothing, 10) == [(0, 0), (0, 0)]
    assert ElementTree.fromstring(svg_of(nothing)).tag.endswith("svg")


def test_the_picture_says_in_words_what_it_shows_and_stays_on_its_page(tmp_path):
    picture = tmp_path / "split.svg"
    simulate(*SALE, *STEPS, "--picture", picture)
    for drawn in (picture.read_text(), svg_of(LOSS)):
        root = ElementTree.fromstring(drawn)
        width = Decimal(root.attrib["width"])
        for bar in root.iter("{http://www.w3.org/2000/svg}rect"):
            left = Decimal(bar.attrib.get("x", "0"))
            assert 0 <= left <= left + Decimal(bar.attrib["width"]) <= width
    assert svg_of(LOSS) == svg_of(LOSS)
    assert described(LOSS) == (
        "net: 0.50 EUR. site NL*HST, 0.80 fixed: 0.80 EUR, -0.30 EUR left. "
        "NL*XYZ, what remains: -0.30 EUR, 0.00 EUR left."
    )
    assert described(LOSS) in "".join(ElementTree.fromstring(svg_of(LOSS)).itertext())
