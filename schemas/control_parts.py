"""Records that the control topics share: amounts, CDRs by name, files of evidence."""

from collections.abc import Iterable

from pydantic_core import PydanticCustomError

from schemas.fields import (
    CountryCode,
    Currency,
    Id39,
    Name255,
    Number,
    PartyId,
    Record,
    Sha256,
    Text512,
)


class StatedAmount(Record):
    """An amount before taxes in `currency`; unlike OCPI's prices it stands by itself."""

    currency: Currency
    before_taxes: Number


class CdrReference(Record):
    """Which CDR is meant: the CPO's party and its id, as OCPI names a CDR."""

    country_code: CountryCode
    party_id: PartyId
    id: Id39


class Evidence(Record):
    """A file that supports a claim: its name, the SHA-256 of its bytes, where it can be had.

    The hash fixes what was meant; the bytes stay with whoever names them.
    """

    name: Name255
    sha256: Sha256
    url: Text512 | None = None


def refuse_named_twice(path: str, names: Iterable[str]) -> None:
    """Refuse NAMED_TWICE where a list at `path` says the same twice; case makes no difference."""
    seen: set[str] = set()
    for place, name in enumerate(names):
        if name.lower() in seen:
            raise PydanticCustomError(
                "named_twice", "it stands further up already", {"path": f"{path}.{place}"}
            )
        seen.add(name.lower())


def refuse_not_applicable(path: str, why: str) -> None:
    """Refuse FIELD_NOT_APPLICABLE at `path`; `why` says beside what it means nothing."""
    raise PydanticCustomError("field_not_applicable", "{why}", {"path": path, "why": why})


def refuse_missing(path: str, why: str) -> None:
    """Refuse MISSING_FIELD for a field that is optional elsewhere; `why` says what needs it."""
    raise PydanticCustomError("missing", "{why}", {"path": path, "why": why})
