"""Files and folders of agreements."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from msgspec.structs import replace

from console.agreements.reader import AgreementDocument, Reading, read_agreements
from ledger.application.agreement_register import errors_of_flow
from ledger.roaming.agreement_validity import errors_of_validity
from ledger.roaming.agreement_version import AgreementVersion
from ledger.values.instants import BEGINNING
from ledger.values.reasons import Reason, Refusal


def read_agreement_files(path: Path) -> Reading:
    """Read a file, or every `.yaml` of a folder in the order of their names.

    All errors of all files at once. Codes: those of `read_agreements`, EMPTY_LIST (a folder
    without agreements). Raises: OSError, where a file cannot be read.
    """
    files = sorted(_files_in(path)) if path.is_dir() else [path]
    readings = [_reading_of(file) for file in files]
    refusals = [refusal for reading in readings for refusal in reading.refusals]
    if not files:
        refusals.append(Refusal(Reason.EMPTY_LIST, str(path), "*.yaml"))
    documents = [document for reading in readings for document in reading.documents]
    return Reading(tuple(documents), tuple(refusals))


def errors_together(documents: Sequence[AgreementDocument]) -> list[Refusal]:
    """Return what is wrong in documents beside each other, without asking what is agreed already.

    Codes: VALIDITY_OVERLAPS, AGREEMENT_GAP, AGREEMENT_CIRCULAR.
    """
    found: list[Refusal] = []
    known: dict[str, list[AgreementVersion]] = {}
    for document in sorted(documents, key=lambda row: row.version.valid_from):
        version, before = document.version, known.setdefault(document.agreement, [])
        errors = errors_of_validity(version, before, agreed_before=(), at=BEGINNING)
        errors.extend(errors_of_flow(document.agreement, version))
        found.extend(replace(row, path=document.locate(row.path)) for row in errors)
        before.append(version)
    return found


def _reading_of(file: Path) -> Reading:
    try:
        return read_agreements(file.read_text(encoding="utf-8"), str(file))
    except UnicodeDecodeError as error:
        return Reading((), (Refusal(Reason.WRONG_FORMAT, str(file), "UTF-8", error.reason),))


def _files_in(folder: Path) -> Iterator[Path]:
    yield from folder.glob("*.yaml")
    yield from folder.glob("*.yml")
