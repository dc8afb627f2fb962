"""Documents of agreements that were ever signed are read for ever, and say what they said."""

from pathlib import Path

import msgspec
import pytest

from console.agreements.fields import BY_TERM, value_at
from console.agreements.reader import read_agreements
from console.agreements.writer import agreement_text
from ledger.roaming.terms import Terms
from tests.golden.agreement_documents import FOLDER, kept_of, said_in

DOCUMENTS = sorted(FOLDER.glob("*.yaml"))


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.stem)
def test_a_signed_document_says_what_it_said(document: Path) -> None:
    assert document.with_suffix(".json").exists(), "run: python -m tests.golden.agreement_documents"
    assert said_in(document) == kept_of(document)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.stem)
def test_it_is_written_again_as_it_was_meant(document: Path) -> None:
    for said in said_in(document):
        text = agreement_text(said.agreement, said.version, whole=True)
        (again,) = read_agreements(text).approved_of()
        assert (again.agreement, again.version) == (said.agreement, said.version)


def test_together_they_say_every_term_otherwise_than_by_default() -> None:
    default = Terms()
    said = {
        term
        for document in DOCUMENTS
        for row in kept_of(document)
        for term in BY_TERM
        if value_at(row.version.terms, term) != value_at(default, term)
    }
    assert set(BY_TERM) - said == {"calendar.span"}, "a month is the only span there is"


def test_a_term_that_came_later_is_its_default() -> None:
    kept = msgspec.json.decode((FOLDER / "host_share.json").read_bytes())
    del kept[0]["version"]["terms"]["launch"]
    said = msgspec.convert(kept[0]["version"]["terms"], Terms)
    assert said.launch == Terms().launch
