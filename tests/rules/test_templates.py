"""Templates: every hole is a parameter, every mistake is told at once, every departure is seen."""

import pytest
from msgspec.structs import replace

from console.agreements.reader import read_agreements
from console.templates import Departure, departures, filled, template_named, templates
from console.templates.parameters import Parameter
from console.templates.template import HOLE
from ledger.roaming.agreement_version import TemplateUse
from ledger.values.reasons import Refused

SAID = {
    "cpo": "NL*XYZ",
    "emsp": "DE*EMP",
    "fleet_emsp": "DE*EMP",
    "hub": "NL*HUB",
    "host": "NL*HST",
    "platform": "NL*PLT",
    "payment_provider": "NL*PAY",
    "clearing_house": "NL*CLR",
    "valid_from": "2026-01-01",
    "locations": "LOC1, LOC 2",
    "fleet_group": "Acme: night shift",
}
"""What has to be said for any template."""
NAMES = [template.name for template in templates()]


def said_for(name):
    template = template_named(name)
    return {key: SAID[key] for key, row in template.parameters.items() if row.default is None}


def document(name, **values):
    (found,) = read_agreements(filled(template_named(name), said_for(name) | values)).documents
    return found


def test_the_usual_patterns_are_there():
    assert NAMES == [
        "bilateral-roaming",
        "clearing-tiers",
        "employer-fleet",
        "host-revenue-share",
        "hub-roaming",
        "public-charging-card",
    ]


@pytest.mark.parametrize("name", NAMES)
def test_every_hole_is_a_parameter_and_every_parameter_has_a_hole(name):
    template = template_named(name)
    assert set(HOLE.findall(template.body)) == set(template.parameters)


@pytest.mark.parametrize("name", NAMES)
def test_every_default_is_in_its_range(name):
    for parameter, row in template_named(name).parameters.items():
        assert row.default is None or row.errors_of(parameter, row.default) == ()


@pytest.mark.parametrize("name", NAMES)
def test_with_what_has_to_be_said_it_is_an_agreement_as_its_template_says(name):
    made = document(name)
    assert made.version.template.name == name
    assert departures(made.agreement, made.version) == ()


def test_everything_that_is_wrong_is_told_at_once_and_nothing_is_asked():
    values = {"cpo": "xx", "nobody": "1", "clearing_rate": "4 %", "netting": "WEEKLY"}
    with pytest.raises(Refused) as refused:
        filled(template_named("bilateral-roaming"), values)
    assert [f"{row.reason.value} {row.path}" for row in refused.value.refusals] == [
        "UNKNOWN_FIELD nobody",
        "WRONG_FORMAT cpo",
        "MISSING_FIELD emsp",
        "MISSING_FIELD clearing_house",
        "MISSING_FIELD valid_from",
        "NUMBER_OUT_OF_RANGE clearing_rate",
        "UNKNOWN_VALUE netting",
    ]


def test_what_only_the_agreement_as_a_whole_shows_to_be_wrong_is_refused_too():
    with pytest.raises(Refused, match="TIERS_OUT_OF_ORDER"):
        document("clearing-tiers", third_above="5000")


def test_a_template_that_is_not_there_is_refused():
    with pytest.raises(Refused, match="NOT_FOUND"):
        template_named("barter")


@pytest.mark.parametrize(
    ("kind", "text", "is_right"),
    [
        ("party", "NL*XYZ", True),
        ("party", "nl*xyz", False),
        ("percent", "1.5 %", True),
        ("percent", "1/3", True),
        ("percent", "1.5", False),
        ("money", "0.05 EUR", True),
        ("money", "0.05 EUX", False),
        ("money", "0.05 in the sale's currency", False),
        ("days", "30 days", True),
        ("days", "30", False),
        ("days", "1.5 days", False),
        ("number", "10000", True),
        ("number", "many", False),
        ("date", "2026-02-28", True),
        ("date", "2026-02-29", False),
        ("text", " ", False),
        ("list", " , ", False),
    ],
)
def test_a_value_is_written_as_its_kind_is(kind, text, is_right):
    reasons = [row.reason.value for row in Parameter(kind, "").errors_of("it", text)]
    assert reasons == ([] if is_right else ["WRONG_FORMAT"])


@pytest.mark.parametrize(
    ("text", "is_within"),
    [("0 %", True), ("5 %", True), ("1/20", True), ("5.001 %", False), ("-1 %", False)],
)
def test_a_range_includes_its_bounds(text, is_within):
    parameter = Parameter("percent", "", least="0 %", most="5 %")
    reasons = [row.reason.value for row in parameter.errors_of("rate", text)]
    assert reasons == ([] if is_within else ["NUMBER_OUT_OF_RANGE"])


def test_a_text_cannot_become_another_part_of_the_document():
    group = "a: b # c\nflow: share"
    terms = document("employer-fleet", fleet_group=group).version.terms
    assert terms.discounts[0].audience.token_groups == (group,)
    assert terms.flow == "roaming"


def test_a_term_that_was_changed_by_hand_is_a_departure_with_what_was_allowed():
    text = filled(template_named("host-revenue-share"), said_for("host-revenue-share"))
    changed = text.replace("share: 15 % of net", "share: 60 % of net")
    changed = changed.replace("flow: share", "flow: share\n\nlate_facts: refuse")
    (made,) = read_agreements(changed).documents
    assert departures(made.agreement, made.version) == (
        Departure("split.steps.host.share", "15 % of net", "60 % of net", "host_rate: 0 % to 50 %"),
        Departure("late_facts", "apply", "refuse", "as the template says"),
    )


def test_another_order_of_the_split_is_a_departure():
    made = document("public-charging-card")
    card, platform, cpo = made.version.terms.split.steps
    split = replace(made.version.terms.split, steps=(platform, card, cpo))
    version = replace(made.version, terms=replace(made.version.terms, split=split))
    assert departures(made.agreement, version) == (
        Departure(
            "split.steps", "card, platform, CPO", "platform, card, CPO", "as the template says"
        ),
    )


def test_a_parameter_that_was_agreed_outside_its_range_is_a_departure():
    made = document("bilateral-roaming")
    parameters = dict(made.version.template.parameters) | {"clearing_rate": "4 %"}
    agreed = TemplateUse("bilateral-roaming", tuple(sorted(parameters.items())))
    found = departures(made.agreement, replace(made.version, template=agreed))
    assert [tuple(row) for row in found] == [
        ("template.parameters.clearing_rate", "1 %", "4 %", "0 % to 3 %"),
        ("fees.clearing.price", "4 % of net", "1 % of net", "clearing_rate: 0 % to 3 %"),
    ]


def test_other_parties_than_the_parameters_say_are_a_departure():
    made = document("bilateral-roaming")
    (found,) = departures("NL*XYZ>FR*MOB", made.version)
    assert (found.path, found.agreement) == ("parties", "NL*XYZ>FR*MOB")


def test_an_agreement_without_a_template_departs_from_none():
    made = document("bilateral-roaming")
    assert departures(made.agreement, replace(made.version, template=None)) == ()


@pytest.mark.parametrize(
    ("template", "found"),
    [
        (TemplateUse("barter"), [("template.name", "nothing", "barter")]),
        (
            TemplateUse("bilateral-roaming", (("cpo", "xx"), ("nobody", "1"))),
            [
                ("template.parameters.nobody", "nothing", "1"),
                ("template.parameters.cpo", "nothing", "xx"),
                ("template.parameters.emsp", "nothing", "nothing"),
                ("template.parameters.clearing_house", "nothing", "nothing"),
                ("template.parameters.valid_from", "nothing", "nothing"),
            ],
        ),
    ],
)
def test_a_template_or_value_that_cannot_be_read_is_a_departure_by_itself(template, found):
    made = document("bilateral-roaming")
    departed = departures(made.agreement, replace(made.version, template=template))
    assert [row[:3] for row in departed] == found
