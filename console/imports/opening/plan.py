"""A folder that moves in, read whole: every document under our ids, and a hash of every byte."""

from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple, TypeVar

from console.agreements.reader import AgreementDocument, read_agreements
from console.imports.documents import files_in
from console.imports.opening.balances import read_balances
from console.imports.opening.ids import Ids, read_ids
from console.imports.opening.manifest import NAME, Manifest, read_manifest
from console.imports.opening.ocpi import Outgoing, messages_of
from console.imports.opening.rewriting import rewritten
from console.imports.parties import Read, read_parties
from console.imports.sites import read_sites
from ledger.application.opening import OpeningFile
from ledger.application.parties import Documents
from ledger.application.sites import StatedSite
from ledger.roaming.move_in import MovedFile
from ledger.values.reasons import Refusal, Refused

R = TypeVar("R")
NO_PARTIES = Read(Documents({}, {}), (), frozenset())


class Plan(NamedTuple):
    """What would be done; `sha256` is of the names and bytes of all files."""

    manifest: Manifest
    files: tuple[MovedFile, ...]
    sha256: str
    ids: Ids
    parties: Read
    agreements: tuple[AgreementDocument, ...]
    sites: tuple[StatedSite, ...]
    messages: tuple[Outgoing, ...]
    balances: OpeningFile | None

    @property
    def books(self) -> tuple[str, ...]:
        """The books that are opened."""
        return tuple(sorted({line.book for line in self.balances.lines})) if self.balances else ()


class _Reading:
    """A folder while it is read: what is wrong is collected, and reading goes on."""

    def __init__(self, folder: Path, manifest: Manifest, ids: Ids, rewrites_in: Path) -> None:
        self.folder, self.manifest, self.ids = folder, manifest, ids
        self._rewrites_in = rewrites_in
        self.refusals: list[Refusal] = []

    def documents(self, names: tuple[str, ...]) -> Iterator[tuple[str, str]]:
        """Yield the name and the text of each document, under our ids."""
        for name in names:
            for path in files_in(self.folder / name):
                shown = path.relative_to(self.folder).as_posix()
                text = path.read_text(encoding="utf-8")
                try:
                    yield shown, rewritten(text, self.ids, shown)
                except Refused as refused:
                    self.refusals.extend(refused.refusals)

    def attempt(self, read: Callable[[], R], otherwise: R) -> R:
        """Read a kind of document; where its files cannot be read at all, say why and go on."""
        try:
            return read()
        except Refused as refused:
            self.refusals.extend(refused.refusals)
            return otherwise

    def rewritten_folder(self, kind: str, names: tuple[str, ...]) -> Path | None:
        """Return a folder with the documents under our ids, None where there are none."""
        folder = self._rewrites_in / kind
        folder.mkdir()
        for shown, text in self.documents(names):
            (folder / shown.replace("/", "-")).write_text(text, encoding="utf-8")
        return folder if any(folder.iterdir()) else None

    def parties(self) -> Read:
        """Read the documents of entities and parties."""
        folder = self.rewritten_folder("parties", self.manifest.parties)
        return read_parties(folder) if folder is not None else NO_PARTIES

    def agreements(self) -> tuple[AgreementDocument, ...]:
        """Read the agreements."""
        found: list[AgreementDocument] = []
        for shown, text in self.documents(self.manifest.agreements):
            reading = read_agreements(text, shown)
            found.extend(reading.documents)
            self.refusals.extend(reading.refusals)
        return tuple(found)

    def sites(self) -> tuple[StatedSite, ...]:
        """Read the register of sites."""
        folder = self.rewritten_folder("sites", self.manifest.sites)
        if folder is None:
            return ()
        stated, refusals = read_sites(folder)
        self.refusals.extend(refusals)
        return tuple(stated)

    def messages(self) -> tuple[Outgoing, ...]:
        """Read OCPI objects: tariffs first, which the locations name."""
        found: list[Outgoing] = []
        tariffs = (("tariff", row) for row in self.manifest.tariffs)
        locations = (("location", row) for row in self.manifest.locations)
        for kind, file in (*tariffs, *locations):
            for row in messages_of(self.folder, file, kind, self.ids):  # type: ignore[arg-type]
                if isinstance(row, Refusal):
                    self.refusals.append(row)
                else:
                    found.append(row)
        return tuple(found)

    def balances(self) -> OpeningFile | None:
        """Read the opening balances."""
        if self.manifest.balances is None:
            return None
        file, refusals = read_balances(self.folder, self.manifest.balances, self.ids)
        self.refusals.extend(refusals)
        return file


def read_plan(folder: Path) -> tuple[Plan | None, list[Refusal]]:
    """Return what a folder holds, and everything that is wrong in any of its files.

    With a wrong manifest or mapping there is no plan: every other file is read by them.

    Codes: those of `read_manifest`, `read_ids`, and of the readers of each kind of document.
    """
    manifest, refusals = read_manifest(folder)
    if manifest is None or refusals:
        return None, refusals
    ids, refusals = read_ids(folder / manifest.mapping if manifest.mapping else None)
    if refusals:
        return None, refusals
    files = tuple(_files(folder, manifest))
    with TemporaryDirectory() as rewrites_in:
        reading = _Reading(folder, manifest, ids, Path(rewrites_in))
        parties = reading.attempt(reading.parties, NO_PARTIES)
        plan = Plan(
            manifest,
            files,
            sha256("".join(f"{row.name}\t{row.sha256}\n" for row in files).encode()).hexdigest(),
            ids,
            parties,
            reading.attempt(reading.agreements, ()),
            reading.attempt(reading.sites, ()),
            reading.attempt(reading.messages, ()),
            reading.attempt(reading.balances, None),
        )
    return plan, [*parties.refusals, *reading.refusals]


def _files(folder: Path, manifest: Manifest) -> Iterator[MovedFile]:
    """Yield every file that says something, in the order of their names."""
    named = {path for _, name in manifest.paths for path in files_in(folder / name)}
    for path in sorted({folder / NAME, *named}):
        name = path.relative_to(folder).as_posix()
        yield MovedFile(name, sha256(path.read_bytes()).hexdigest())
