"""Whatever a log of OCPP messages says, its import ends with messages and a report."""

import json
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from console.drafting.files import FileRegister, read_catalogue
from console.drafting.sending import kind_of
from console.imports.ocpp.problems import PROBLEMS
from console.imports.ocpp.run import import_ocpp
from ledger.values.reasons import Reason
from schemas import FileRegistry, encode, topic_name
from tests.ocpp_world import EXAMPLES, mapping_with

MAPPING = mapping_with()
REGISTER = FileRegister(read_catalogue(MAPPING.locations, MAPPING.tariffs))
REGISTRY = FileRegistry()
LINES = [
    line
    for version in ("1.6", "2.0.1")
    for line in (EXAMPLES / f"transactions-{version}.jsonl").read_text().splitlines()
]
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**18), 10**18),
    st.floats(),
    st.text(max_size=40),
    st.sampled_from(["", "1e400", "-0", "9999-12-31T23:59:59Z", "\ud800", "OCMF|", "Ended", "kWh"]),
)
VALUES = st.one_of(SCALARS, st.lists(SCALARS, max_size=3), st.dictionaries(st.text(), SCALARS))


@st.composite
def spoilt_logs(draw: st.DrawFn) -> list[str]:
    """Return the example's lines in some order, some missing, some with another value inside."""
    lines = draw(st.lists(st.sampled_from(LINES), min_size=1, max_size=len(LINES)))
    if draw(st.booleans()):
        lines = list(LINES)
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.integers(0, len(lines) - 1))
        document = json.loads(lines[place])
        _spoil(draw, document)
        lines[place] = json.dumps(document)
    return lines


def _spoil(draw: st.DrawFn, document: Any) -> None:
    """Put another value somewhere into a document, or take one out."""
    while True:
        names = list(document) if isinstance(document, dict) else list(range(len(document)))
        if not names:
            return
        name = draw(st.sampled_from(names))
        inner = document[name]
        if isinstance(inner, (dict, list)) and inner and draw(st.integers(0, 9)):
            document = inner
            continue
        if isinstance(document, dict) and draw(st.booleans()):
            del document[name]
        else:
            document[name] = draw(VALUES)
        return


@given(spoilt_logs())
def test_a_spoilt_log_is_reported_and_whatever_is_made_of_it_can_be_sent(
    tmp_path_factory: Any, lines: list[str]
) -> None:
    folder: Path = tmp_path_factory.getbasetemp()
    file = folder / "spoilt.jsonl"
    file.write_text("\n".join(lines) + "\n")
    found = import_ocpp(file, MAPPING, REGISTER)
    known = {*PROBLEMS, *Reason}
    for problem in found.problems:
        assert problem.code in known
        assert 1 <= problem.line <= len(lines)
        problem.actual.encode()  # raises where it cannot be printed
    for row in found.rows:
        for message in row.messages:
            topic = topic_name("clearwatt.", kind_of(message))
            encode(message, topic=topic, registry=REGISTRY)
        if row.cdr is not None:
            assert row.cdr.total_energy == row.updates[-1].kwh
            assert row.cdr.total_energy >= 0
