"""Finding a template, and filling its holes: all errors at once, and nothing is asked."""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple

import yaml

from console.agreements.reader import read_agreements
from console.imports.documents import converted
from console.templates.parameters import Parameter, quoted
from ledger.values.reasons import InvariantBroken, Reason, Refusal, Refused

FOLDER: Final = Path(__file__).parent / "documents"
HOLE: Final = re.compile(r"\$\{([a-z_]+)\}")


class Template(NamedTuple):
    """A template: what it is for, its parameters, and the agreement with holes."""

    name: str
    title: str
    explanation: str
    parameters: Mapping[str, Parameter]
    body: str


@cache
def templates() -> tuple[Template, ...]:
    """Return all templates by name."""
    return tuple(_read(path) for path in sorted(FOLDER.glob("*.yaml")))


def template_named(name: str) -> Template:
    """Return a template. Refuses: NOT_FOUND.

    >>> template_named("bilateral-roaming").title
    'Bilateral roaming'
    """
    for template in templates():
        if template.name == name:
            return template
    known = ", ".join(template.name for template in templates())
    raise Refused(Refusal(Reason.NOT_FOUND, "template", known, name))


def filled(template: Template, values: Mapping[str, str]) -> str:
    """Return an agreement's document, made from a template; what is not said is the default.

    Refuses all at once: UNKNOWN_FIELD, MISSING_FIELD, what a parameter refuses, and what is wrong
    with the agreement that it gives.
    """
    refusals = tuple(errors_of_values(template, values))
    if refusals:
        raise Refused(*refusals)
    text = document_with(template, all_values(template, values))
    read_agreements(text, f"{template.name}.yaml").approved_of()
    return text


def all_values(template: Template, values: Mapping[str, str]) -> dict[str, str]:
    """Return what stands in each hole, in the template's order."""
    return {
        name: values.get(name, parameter.default or "")
        for name, parameter in template.parameters.items()
    }


def errors_of_values(template: Template, values: Mapping[str, str]) -> Iterator[Refusal]:
    """Yield what is wrong with the values for a template's holes."""
    for name in values:
        if name not in template.parameters:
            yield Refusal(Reason.UNKNOWN_FIELD, name, ", ".join(template.parameters))
    for name, parameter in template.parameters.items():
        if name in values:
            yield from parameter.errors_of(name, values[name])
        elif parameter.default is None:
            yield Refusal(Reason.MISSING_FIELD, name, parameter.explanation)


def document_with(template: Template, values: Mapping[str, str]) -> str:
    """Return the document with values in its holes; it says which template and values they were."""

    def value_of(hole: re.Match[str]) -> str:
        return template.parameters[hole[1]].written(values[hole[1]])

    said = "".join(f"    {name}: {quoted(value)}\n" for name, value in values.items())
    origin = f"template:\n  name: {template.name}\n  parameters:\n{said}"
    return f"{HOLE.sub(value_of, template.body)}\n{origin}"


def _read(path: Path) -> Template:
    """Read a template of ours. Raises InvariantBroken where its head is wrong."""
    head, _, body = path.read_text(encoding="utf-8").partition("\n---\n")
    fields: dict[str, Any] = yaml.load(head, yaml.BaseLoader)
    parameters: dict[str, Parameter] = {}
    for name, raw in fields["parameters"].items():
        parameter, refusals = converted(raw, Parameter, f"{path.name} {name}")
        if parameter is None:
            raise InvariantBroken(f"a template is wrong: {Refused(*refusals)}")
        parameters[name] = parameter
    return Template(path.stem, fields["title"], fields["explanation"], parameters, body)
