"""A document becomes versions of agreements, or everything that is wrong with it, by line."""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time
from typing import Any, Final, NamedTuple

import yaml
from msgspec.structs import replace

from console.agreements.fields import FIELDS, SECTIONS
from console.agreements.page import Page, Part, Skipped
from console.agreements.shapes import Places, each, read_words
from console.agreements.words import TEXT, choice
from ledger.roaming.agreement_rules import errors_of
from ledger.roaming.agreement_version import AgreementVersion, TemplateUse
from ledger.roaming.terms import Terms
from ledger.values.identifiers import checked_party, pair_key
from ledger.values.instants import BEGINNING, zone_of
from ledger.values.reasons import Reason, Refusal, Refused

VERSION_KEYS: Final = ("valid", "gap", "correction", "template", *SECTIONS)
_LAST_STEP: Final = re.compile(r"(\.[^.\[\]]+|\[\d+\])$")
_OF_THE_WHOLE: Final = {"split.steps": "split", "refunds.part": "refunds"}
"""Rules about a whole section: judged only where all of it was read."""


class AgreementDocument(NamedTuple):
    """One version of an agreement as a document says it; `places` has the lines of its terms."""

    agreement: str
    version: AgreementVersion
    beginning: str
    places: Mapping[str, str]

    def locate(self, term: str) -> str:
        """Return file, line and path of a term, of what it is in, or of the document."""
        path = term
        while path:
            if path in self.places:
                return self.places[path]
            shorter = _LAST_STEP.sub("", path)
            path = shorter if shorter != path else ""
        return f"{self.beginning} {term}"


class Reading(NamedTuple):
    """What was read, and what is wrong in all of it."""

    documents: tuple[AgreementDocument, ...]
    refusals: tuple[Refusal, ...]

    def approved_of(self) -> tuple[AgreementDocument, ...]:
        """Return the documents. Refuses: everything that is wrong, at once."""
        if self.refusals:
            raise Refused(*self.refusals)
        return self.documents


def read_agreements(text: str, file: str = "agreement.yaml") -> Reading:
    """Read a file of agreements; pure, and all errors at once, each with its line.

    Codes: WRONG_FORMAT, WRONG_TYPE, UNKNOWN_FIELD, MISSING_FIELD, NAMED_TWICE, WRONG_IDENTIFIER,
    CURRENCY_DIFFERS, EMPTY_LIST (no document), and those of `agreement_rules.errors_of`.
    """
    page = Page(file)
    try:
        nodes = [node for node in yaml.compose_all(text, yaml.BaseLoader) if node is not None]
    except RecursionError:
        return Reading((), (Refusal(Reason.WRONG_FORMAT, file, "YAML", "nested too deep"),))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = str(getattr(error, "problem", None) or error)
        place = page.place(mark.line + 1 if mark is not None else 1, "")
        return Reading((), (Refusal(Reason.WRONG_FORMAT, place, "YAML", problem),))
    if not nodes:
        page.refusals.append(Refusal(Reason.EMPTY_LIST, file, "an agreement"))
    documents: list[AgreementDocument] = []
    for node in nodes:
        try:
            documents.extend(_documents(Part(node, "", page)))
        except Skipped:
            continue
    return Reading(tuple(documents), tuple(page.refusals))


def _documents(part: Part) -> Iterator[AgreementDocument]:
    """Yield the versions of one document: what all share stands above `versions`."""
    shared = part.parts(("parties", "versions", *VERSION_KEYS), ("parties",))
    key = _key(shared["parties"]) if "parties" in shared else None
    rows = [part]
    owns: list[dict[str, Part]] = [{}]
    if "versions" in shared:
        rows = shared["versions"].rows()
        owns = []
        for row in rows:
            try:
                owns.append(row.parts(VERSION_KEYS))
            except Skipped:
                owns.append({})
    for row, own in zip(rows, owns, strict=True):
        parts = {name: found for name, found in shared.items() if name in VERSION_KEYS} | own
        document = _document(key or "", row, parts)
        if key is not None and document is not None:
            places = {f"parties.{name}": shared["parties"].place for name in ("seller", "buyer")}
            yield document._replace(places={**places, **document.places})


def _key(part: Part) -> str | None:
    found = each(
        part.parts(("seller", "buyer"), ("seller", "buyer")),
        {"seller": _party, "buyer": _party},
    )
    return pair_key(found["seller"], found["buyer"]) if len(found) == 2 else None


def _party(part: Part) -> str:
    text = part.text()
    try:
        spelled = checked_party(text)
    except Refused:
        raise part.refuse(Reason.WRONG_IDENTIFIER, "NL*XYZ", text) from None
    if spelled != text:
        raise part.refuse(Reason.WRONG_IDENTIFIER, spelled, text)
    return text


def _document(key: str, row: Part, parts: dict[str, Part]) -> AgreementDocument | None:
    """Return one version; None where it has no beginning. Its terms are judged with it."""
    page, known = row.page, len(row.page.refusals)
    places: Places = {}
    terms = _terms(parts, places)
    broken = {_section_of(refusal, row) for refusal in page.refusals[known:]}
    zone = terms.calendar.time_zone
    readers = {
        "gap": lambda part: read_words(part, choice("intended")),
        "correction": lambda part: read_words(part, TEXT),
        "template": _template,
        "valid": lambda part: _validity(part, zone, places),
    }
    if "valid" not in parts:
        row.refuse(Reason.MISSING_FIELD, "valid")
    found = each(parts, readers)
    valid_from, valid_until = found.get("valid", (None, None))
    version = AgreementVersion(
        0,
        valid_from or BEGINNING,
        valid_until,
        terms,
        found.get("template"),
        found.get("correction", ""),
        gap_intended="gap" in found,
    )
    document = AgreementDocument(key, version, page.place(row.line, row.path), places)
    for refusal in errors_of(terms, valid_from=version.valid_from):
        if _OF_THE_WHOLE.get(refusal.path) not in broken:
            page.refusals.append(replace(refusal, path=document.locate(refusal.path)))
    return document if valid_from is not None else None


def _section_of(refusal: Refusal, row: Part) -> str:
    """Return the section in which something wrong was found while a version was read."""
    path = refusal.path.partition(" ")[2]
    own = path.removeprefix(f"{row.path}.") if row.path else path
    return re.split(r"[.\[]", own, maxsplit=1)[0]


def _terms(parts: dict[str, Part], places: Places) -> Terms:
    values: dict[str, Any] = {}
    for section in SECTIONS:
        if section not in parts:
            continue
        own = [field for field in FIELDS if field.path.partition(".")[0] == section]
        rows = {field.path.partition(".")[2]: field for field in own}
        for field in own:
            places.setdefault(field.term.partition(".")[0], parts[section].place)
        try:
            inner = {"": parts[section]} if "" in rows else parts[section].parts(rows)
        except Skipped:
            continue
        readers = {
            name: lambda part, field=field: field.shape.read(part, field.term, places)
            for name, field in rows.items()
        }
        found = each(inner, readers)
        values |= {rows[name].term: value for name, value in found.items()}
    return terms_with(values)


def terms_with(values: Mapping[str, Any]) -> Terms:
    """Return the default terms with others in their place, by path.

    >>> terms_with({"sla.delivery_h": 12, "flow": "share"}).sla.delivery_h
    12
    """
    parts: dict[str, dict[str, Any]] = {}
    top: dict[str, Any] = {}
    for path, value in values.items():
        name, _, inner = path.partition(".")
        if inner:
            parts.setdefault(name, {})[inner] = value
        else:
            top[name] = value
    default = Terms()
    changed = {name: replace(getattr(default, name), **inner) for name, inner in parts.items()}
    return replace(default, **changed, **top)


def _template(part: Part) -> TemplateUse:
    parts = part.parts(("name", "parameters"), ("name",))
    if "name" not in parts:
        raise Skipped
    values = parts["parameters"].named() if "parameters" in parts else ()
    parameters = tuple(sorted((name, row.text()) for name, row in values))
    return TemplateUse(parts["name"].text(), parameters)


def _validity(part: Part, zone: str, places: Places) -> tuple[datetime, datetime | None]:
    parts = part.parts(("from", "until"), ("from",))
    places["valid"] = part.place
    places |= {f"valid.{name}": row.place for name, row in parts.items()}
    found = each(parts, {name: lambda row: _instant(row, zone) for name in ("from", "until")})
    if "from" not in found or set(parts) - set(found):
        raise Skipped
    until = found.get("until")
    if until is not None and until <= found["from"]:
        parts["until"].refuse(Reason.INVALID_DOCUMENT, "after valid.from", parts["until"].text())
    return found["from"], until


def _instant(part: Part, zone: str) -> datetime:
    """Return an instant; a date alone is its beginning in the calendar's zone."""
    text = part.text()
    try:
        if len(text) == len("2026-11-01"):
            day = date.fromisoformat(text)
            return datetime.combine(day, time(), tzinfo=zone_of(zone)).astimezone(UTC)
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is not None:
            return moment.astimezone(UTC)
    except Refused:
        raise Skipped from None  # the zone is unknown, which is said where it stands
    except (ValueError, OverflowError):
        wanted = "a date such as 2026-11-01, or an instant such as 2026-11-01T00:00:00Z"
        raise part.refuse(Reason.WRONG_FORMAT, wanted, text) from None
    raise part.refuse(Reason.TIME_WITHOUT_ZONE, f"{text}Z", text)
