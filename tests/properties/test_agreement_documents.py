"""What is written as a document is read again, and only what means something has an order."""

from random import Random

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from console.agreements.reader import AgreementDocument, read_agreements
from console.agreements.writer import agreement_text, document_of
from ledger.application.agreements import Proposed
from ledger.roaming.agreement_version import AgreementVersion
from tests.agreement_terms import shuffled, versions

KEY = "NL*XYZ>DE*EMP"


def read(text: str) -> tuple[AgreementDocument, ...]:
    reading = read_agreements(text)
    assert reading.refusals == ()
    return reading.documents


def hash_of(document: AgreementDocument) -> str:
    return Proposed(document.agreement, document.version, document.locate).sha256


@given(versions(), st.booleans())
def test_what_is_written_is_read_again(version: AgreementVersion, whole: bool) -> None:
    (document,) = read(agreement_text(KEY, version, whole=whole))
    assert (document.agreement, document.version) == (KEY, version)


@given(versions(), st.randoms(use_true_random=False))
def test_the_order_of_names_and_audiences_says_nothing(
    version: AgreementVersion, random: Random
) -> None:
    written = document_of(KEY, version)
    (document,) = read(yaml.dump(shuffled(written, random), sort_keys=False))
    (ordered,) = read(yaml.dump(written, sort_keys=False))
    assert document.version == version
    assert hash_of(document) == hash_of(ordered)


@given(st.lists(versions(), min_size=2, max_size=3), st.randoms(use_true_random=False))
def test_the_order_of_versions_in_a_file_says_nothing(
    rows: list[AgreementVersion], random: Random
) -> None:
    texts = [agreement_text(KEY, row) for row in rows]
    in_order = {hash_of(document) for document in read("---\n".join(texts))}
    random.shuffle(texts)
    assert {hash_of(document) for document in read("---\n".join(texts))} == in_order
    heads = [document_of(KEY, row) for row in rows]
    parties = heads[0]["parties"]
    versions_of_one = [
        {name: value for name, value in head.items() if name != "parties"} for head in heads
    ]
    one = yaml.dump({"parties": parties, "versions": versions_of_one}, sort_keys=False)
    assert {hash_of(document) for document in read(one)} == in_order


@given(versions().filter(lambda row: len(set(row.terms.split.steps)) > 1))
def test_the_order_of_steps_says_something(version: AgreementVersion) -> None:
    written = document_of(KEY, version)
    (before,) = read(yaml.dump(written, sort_keys=False))
    written["split"]["steps"].reverse()
    (after,) = read(yaml.dump(written, sort_keys=False))
    assert hash_of(before) != hash_of(after)


@given(
    versions(),
    st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 20), st.text(max_size=8)), max_size=4),
)
def test_whatever_is_typed_is_read_or_refused(
    version: AgreementVersion, typed: list[tuple[int, int, str]]
) -> None:
    text = agreement_text(KEY, version)
    for place, erased, written in typed:
        text = text[:place] + written + text[place + erased :]
    reading = read_agreements(text)
    assert reading.documents or reading.refusals
    assert all(row.path.startswith("agreement.yaml") for row in reading.refusals)


@pytest.mark.parametrize(
    "text",
    [
        "[" * 5000,
        "valid: {from: 0001-01-01}\nparties: {seller: NL*XYZ, buyer: DE*EMP}",
        "valid: {from: 0001-01-01T00:00:00+05:00}\nparties: {seller: NL*XYZ, buyer: DE*EMP}",
        "parties: &all {seller: *all, buyer: DE*EMP}\nvalid: {from: 2026-01-01}",
        "? [a]\n: b",
        "deadlines: {age_limit: 99999999999999999999 days}",
        "deadlines: {age_limit: ² days}",
        "\0",
    ],
)
def test_nothing_that_is_typed_is_a_defect(text: str) -> None:
    assert read_agreements(text).refusals
