"""The manifest of a folder: which files move in, from where, from when on."""

from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Final

import msgspec

from console.imports.documents import converted, loaded
from ledger.values.reasons import Reason, Refusal

NAME: Final = "manifest.yaml"


class OcpiFile(msgspec.Struct, frozen=True):
    """A file of OCPI objects; what they do not say themselves stands beside it.

    `party` is the CPO of OCPI 2.1.1 objects, by its old id or ours.
    """

    file: str
    party: str | None = None
    ocpi_version: str | None = None
    time_zone: str | None = None


class Balances(msgspec.Struct, frozen=True):
    """The file of opening balances, and the day on which they stood."""

    file: str
    posted_on: date


class Manifest(msgspec.Struct, frozen=True):
    """What a folder holds; paths are relative to it, a path may be a folder of documents.

    `cut_over` is the instant from which the parties trade here, half-open: the last day before it
    belongs to the other platform.
    """

    platform: str
    cut_over: datetime
    mapping: str | None = None
    parties: tuple[str, ...] = ()
    agreements: tuple[str, ...] = ()
    sites: tuple[str, ...] = ()
    tariffs: tuple[OcpiFile, ...] = ()
    locations: tuple[OcpiFile, ...] = ()
    balances: Balances | None = None

    @property
    def paths(self) -> tuple[tuple[str, str], ...]:
        """Every path with the place in the manifest that names it."""
        named = [("mapping", self.mapping)] if self.mapping else []
        for kind in ("parties", "agreements", "sites"):
            named += [(f"{kind}[{at}]", path) for at, path in enumerate(getattr(self, kind))]
        for kind in ("tariffs", "locations"):
            rows = enumerate(getattr(self, kind))
            named += [(f"{kind}[{at}].file", row.file) for at, row in rows]
        if self.balances is not None:
            named.append(("balances.file", self.balances.file))
        return tuple((place, str(path)) for place, path in named)


def read_manifest(folder: Path) -> tuple[Manifest | None, list[Refusal]]:
    """Return a folder's manifest, or everything that is wrong with it.

    Codes: NOT_FOUND (a file is not there), WRONG_FORMAT (a path leads out of the folder), and those
    of `documents.converted`. Refuses: what `documents.loaded` refuses.
    """
    path = folder / NAME
    if not path.is_file():
        return None, [Refusal(Reason.NOT_FOUND, NAME, "a file that names the others", str(folder))]
    manifest, refusals = converted(loaded(path), Manifest, NAME)
    if manifest is not None:
        refusals = [*_wrong_paths(folder, manifest)]
    return manifest, refusals


def _wrong_paths(folder: Path, manifest: Manifest) -> Iterator[Refusal]:
    root = folder.resolve()
    for place, name in manifest.paths:
        path = (folder / name).resolve()
        if root not in path.parents:
            yield Refusal(Reason.WRONG_FORMAT, f"{NAME}.{place}", "a path in the folder", name)
        elif not path.exists():
            yield Refusal(Reason.NOT_FOUND, f"{NAME}.{place}", "a file of the folder", name)
