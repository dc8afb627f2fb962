"""Versions of agreements become documents: what is read from them again is the same."""

from datetime import datetime, time
from textwrap import wrap
from typing import Any, Final

import yaml

from console.agreements.fields import FIELDS, SECTIONS, value_at
from ledger.roaming.agreement_version import AgreementVersion
from ledger.roaming.terms import Terms
from ledger.values.instants import zone_of

_DEFAULT: Final = Terms()
WIDTH: Final = 100


def agreement_text(agreement: str, version: AgreementVersion, *, whole: bool = False) -> str:
    """Write a version as a document; `whole` writes what is the default, too, and explains.

    >>> from datetime import UTC
    >>> since = datetime(2026, 1, 1, tzinfo=UTC)
    >>> print(agreement_text("NL*XYZ>DE*EMP", AgreementVersion(1, since, None, Terms())), end="")
    parties: {seller: NL*XYZ, buyer: DE*EMP}
    valid: {from: '2026-01-01T00:00:00Z'}
    flow: roaming
    """
    lines: list[str] = []
    for name, value in document_of(agreement, version, whole=whole).items():
        if whole and name in SECTIONS:
            lines.append("")
            lines.extend(f"# {line}" for line in wrap(SECTIONS[name], WIDTH - 2))
        lines.append(_yaml_of(_Section({name: value})))
    return "\n".join(line.rstrip("\n") for line in lines) + "\n"


def document_of(
    agreement: str, version: AgreementVersion, *, whole: bool = False
) -> dict[str, Any]:
    """Return a version as a document's names, texts and lists."""
    seller, buyer = agreement.split(">")
    zone = version.terms.calendar.time_zone
    valid = {"from": instant_text(version.valid_from, zone)}
    if version.valid_until is not None:
        valid["until"] = instant_text(version.valid_until, zone)
    head: dict[str, Any] = {"parties": {"seller": seller, "buyer": buyer}, "valid": valid}
    if version.gap_intended:
        head["gap"] = "intended"
    if version.correction:
        head["correction"] = version.correction
    if version.template is not None:
        parameters = dict(version.template.parameters)
        head["template"] = {"name": version.template.name} | (
            {"parameters": parameters} if parameters else {}
        )
    return head | terms_written(version.terms, whole=whole)


def terms_written(terms: Terms, *, whole: bool) -> dict[str, Any]:
    """Return terms by section; without `whole` only who collects, and what is not the default."""
    written: dict[str, Any] = {}
    for field in FIELDS:
        value = value_at(terms, field.term)
        is_said = field.path == "flow" or whole or value != value_at(_DEFAULT, field.term)
        if value is None or not is_said or (whole and value == ()):
            continue
        section, _, name = field.path.partition(".")
        text = field.shape.write(value)
        if name:
            written.setdefault(section, {})[name] = text
        else:
            written[section] = text
    return written


def instant_text(instant: datetime, zone: str) -> str:
    """Write an instant: as a date where one begins then in the zone.

    >>> from datetime import UTC
    >>> instant_text(datetime(2026, 10, 14, 22, tzinfo=UTC), "Europe/Amsterdam")
    '2026-10-15'
    """
    local = instant.astimezone(zone_of(zone))
    if local.time() == time():
        return local.date().isoformat()
    return instant.isoformat().replace("+00:00", "Z")


class _Section(dict[str, Any]):
    """A section by its name: it begins a line, however short it is."""


class _Dumper(yaml.SafeDumper):
    """Writes lists below their name, indented, as people do."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002
        super().increase_indent(flow, False)


def _text_as_it_is(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    """Leave a text without quotes where a reader of texts needs none, as in `from: 2026-01-01`."""
    return dumper.represent_scalar("tag:yaml.org,2002:str", text)


def _on_one_line(dumper: yaml.SafeDumper, rows: list[Any]) -> yaml.SequenceNode:
    """Write a list of texts on one line, a list of clauses below each other."""
    is_flat = all(isinstance(row, str) for row in rows)
    return dumper.represent_sequence("tag:yaml.org,2002:seq", rows, flow_style=is_flat)


def _short_on_one_line(dumper: yaml.SafeDumper, names: dict[str, Any]) -> yaml.MappingNode:
    """Write a few short texts on one line, as tiers and validities are."""
    is_flat = len(names) <= 2 and all(isinstance(row, str) for row in names.values())
    return dumper.represent_mapping("tag:yaml.org,2002:map", names, flow_style=is_flat)


def _section(dumper: yaml.SafeDumper, section: _Section) -> yaml.MappingNode:
    return dumper.represent_mapping("tag:yaml.org,2002:map", section, flow_style=False)


_Dumper.add_representer(_Section, _section)
_Dumper.add_representer(str, _text_as_it_is)
_Dumper.add_representer(list, _on_one_line)
_Dumper.add_representer(dict, _short_on_one_line)
# Every scalar is a text to the reader, so none has to be told from a number, a date or a truth.
_Dumper.yaml_implicit_resolvers = {}


def _yaml_of(value: _Section) -> str:
    return str(yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=WIDTH))
