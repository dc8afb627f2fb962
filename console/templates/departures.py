"""Where an agreement is not what its template says: the terms that people changed by hand."""

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

import yaml

from console.agreements.differ import differences
from console.agreements.reader import read_agreements
from console.templates.template import (
    HOLE,
    Template,
    all_values,
    document_with,
    errors_of_values,
    template_named,
)
from ledger.roaming.agreement_version import AgreementVersion
from ledger.roaming.terms import Terms
from ledger.values.reasons import Reason, Refusal, Refused

NOTHING: Final = "nothing"
FIXED: Final = "as the template says"
_COMPARABLE: Final = frozenset({Reason.NUMBER_OUT_OF_RANGE, Reason.UNKNOWN_VALUE})


class Departure(NamedTuple):
    """A term that differs: where, what the template gives, what is agreed, what it would allow."""

    path: str
    template: str
    agreement: str
    allowed: str


def departures(agreement: str, version: AgreementVersion) -> tuple[Departure, ...]:
    """Return where a version departs from the template that it names; none without a template.

    Its template is filled with the parameters that the version names: what differs then was
    changed by hand. A template that is not there, or a parameter that it would refuse, is a
    departure too; where one cannot be read at all, the terms are not compared.
    """
    if version.template is None:
        return ()
    try:
        template = template_named(version.template.name)
    except Refused as refused:
        known = refused.refusals[0].expected
        return (Departure("template.name", NOTHING, version.template.name, known),)
    stated = dict(version.template.parameters)
    refusals = tuple(errors_of_values(template, stated))
    refused_values = tuple(_of_parameter(template, stated, row) for row in refusals)
    if any(row.reason not in _COMPARABLE for row in refusals):
        return refused_values
    (made,) = read_agreements(document_with(template, all_values(template, stated))).documents
    allowed = _allowed(template)
    changed = [
        Departure(
            row.path, row.before or NOTHING, row.after or NOTHING, allowed.get(row.path, FIXED)
        )
        for row in differences(made.version.terms, version.terms)
    ]
    return (
        *refused_values,
        *_other_words("parties", made.agreement, agreement),
        *changed,
        *_other_words("split.steps", _order(made.version.terms), _order(version.terms)),
    )


def _of_parameter(template: Template, stated: Mapping[str, str], refusal: Refusal) -> Departure:
    parameter = template.parameters.get(refusal.path)
    usual = (parameter.default if parameter is not None else None) or NOTHING
    place = f"template.parameters.{refusal.path}"
    return Departure(place, usual, stated.get(refusal.path, NOTHING), refusal.expected)


def _other_words(path: str, expected: str, agreed: str) -> Iterator[Departure]:
    if expected != agreed:
        yield Departure(path, expected, agreed, FIXED)


def _order(terms: Terms) -> str:
    """Return the steps of the split in their order: in a waterfall it makes a difference."""
    return ", ".join(step.name or step.payee for step in terms.split.steps)


def _allowed(template: Template) -> dict[str, str]:
    """Return by path what the holes of a term allow."""
    body = yaml.load(template.body, yaml.BaseLoader)
    return {
        path: "; ".join(f"{name}: {template.parameters[name].allowed}" for name in holes)
        for path, text in _texts(body, "")
        if (holes := HOLE.findall(text))
    }


def _texts(value: Any, path: str) -> Iterator[tuple[str, str]]:
    """Yield every text by its path; clauses by their names, as differences have them.

    >>> dict(_texts({"fees": [{"name": "hub", "price": "${fee} per CDR"}]}, ""))
    {'fees.hub.name': 'hub', 'fees.hub.price': '${fee} per CDR'}
    """
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _texts(inner, f"{path}.{name}" if path else str(name))
    elif isinstance(value, list):
        for place, row in enumerate(value):
            named = row.get("name") if isinstance(row, dict) else None
            is_clause = isinstance(row, dict)
            where = f"{path}.{named}" if named else f"{path}[{place}]" if is_clause else path
            yield from _texts(row, where)
    else:
        yield path, str(value)
