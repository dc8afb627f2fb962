"""The mapping document of a table of charging sessions.

A YAML file; `mappings/desl_epfl.yaml` is an example with every part explained. All scalars are
read as text, so that no number ever passes through a float.
"""

from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import yaml
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)

from schemas.fields import Currency, Id36, Id39

Party = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}\*[A-Z0-9]{3}$")]
Month = Annotated[str, StringConstraints(pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])$")]
Fraction = Annotated[Decimal, Field(gt=0, le=1)]


class MappingRefused(Exception):
    """A mapping that cannot be used: `errors` are all of its errors, (path, sentence).

    >>> str(MappingRefused([("columns.energy", "Field required")]))
    'INVALID_MAPPING: columns.energy: Field required'
    """

    code = "INVALID_MAPPING"

    def __init__(self, errors: list[tuple[str, str]]) -> None:
        self.errors = errors
        super().__init__(f"{self.code}: " + "; ".join(f"{path}: {text}" for path, text in errors))


def _zone(name: str) -> str:
    try:
        return ZoneInfo(name).key
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError("not a time zone of IANA's list") from error


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Columns(_Part):
    """Which column holds what. A charge ends at `ended_at`, or `stay` after its start."""

    session_id: str
    plug: str
    started_at: str
    energy: str
    ended_at: str | None = None
    stay: str | None = None
    charging_ended_at: str | None = None
    peak_power: str | None = None

    @model_validator(mode="after")
    def _says_once_when_it_ends(self) -> Self:
        if (self.ended_at is None) == (self.stay is None):
            raise ValueError("name a column for ended_at or for stay, and not for both")
        return self


class Units(_Part):
    energy: Literal["Wh", "kWh"] = "kWh"
    power: Literal["W", "kW"] = "kW"
    stay: Literal["seconds", "minutes", "hours"] = "minutes"


class Times(_Part):
    """How local times are written and read; `format` is strptime's, or `iso`."""

    zone: Annotated[str, AfterValidator(_zone)]
    format: str = "iso"
    ambiguous: Literal["first", "second", "refuse"] = "refuse"
    nonexistent: Literal["forward", "refuse"] = "refuse"


class Parking(_Part):
    """How the time after charging is found.

    `none`: a car charges until it leaves. `column`: `charging_ended_at` says it. `assumed`: a car
    charges at `mean_power_share` of its peak power on average, so a stay beyond
    energy / (share · peak power), rounded up to the minute, is parking.
    """

    rule: Literal["none", "column", "assumed"] = "none"
    mean_power_share: Fraction | None = None

    @model_validator(mode="after")
    def _states_its_assumption(self) -> Self:
        if (self.rule == "assumed") != (self.mean_power_share is not None):
            raise ValueError("mean_power_share belongs to the rule «assumed», and to no other")
        return self


class PlugMapping(_Part):
    """What a plug of the table is in OCPI: CPO, location, EVSE, connector and tariff."""

    party: Party
    location: Id39
    evse: Id39
    connector: Id36 = "1"
    tariff: Id36


class Provider(_Part):
    """An eMSP whose drivers charge: `weight` in the draw, and how many tokens it has."""

    party: Party
    weight: Annotated[int, Field(ge=1)]
    tokens: Annotated[int, Field(ge=1)] = 100


class DriversMapping(_Part):
    """The table does not say who charged: eMSP and token are drawn from seed and session id."""

    seed: int
    providers: Annotated[tuple[Provider, ...], Field(min_length=1)]


class Mapping(_Part):
    """The whole document. `currency` is checked against the tariffs of the plugs."""

    name: str
    origin: str = ""
    delimiter: Annotated[str, StringConstraints(min_length=1, max_length=1)] = ","
    columns: Columns
    units: Units = Units()
    time: Times
    energy_resolution_wh: Annotated[Decimal, Field(gt=0)] = Decimal("0.01")
    parking: Parking = Parking()
    plugs: Annotated[dict[str, PlugMapping], Field(min_length=1)]
    currency: Currency
    drivers: DriversMapping
    shift_to: Month | None = None
    shift_from: Month | None = None
    locations: tuple[Path, ...] = ()
    tariffs: tuple[Path, ...] = ()

    @model_validator(mode="after")
    def _parts_fit_together(self) -> Self:
        if self.parking.rule == "column" and self.columns.charging_ended_at is None:
            raise ValueError("parking.rule «column» needs columns.charging_ended_at")
        if self.parking.rule == "assumed" and self.columns.peak_power is None:
            raise ValueError("parking.rule «assumed» needs columns.peak_power")
        if self.shift_from is not None and self.shift_to is None:
            raise ValueError("shift_from needs shift_to")
        return self


def load_mapping(path: Path, **overrides: Any) -> Mapping:
    """Read a mapping; `overrides` replace top-level fields where not None (`shift_to`).

    Paths of `locations` and `tariffs` are relative to the document.
    Refuses: MappingRefused with every error. Raises: OSError, when the file cannot be read.
    """
    try:
        # BaseLoader makes text of every scalar: 0.1 stays «0.1» until it is a Decimal.
        document = yaml.load(path.read_text(encoding="utf-8"), yaml.BaseLoader)
    except yaml.YAMLError as error:
        raise MappingRefused([("", f"not YAML: {error}")]) from error
    if not isinstance(document, dict):
        raise MappingRefused([("", "the document is no mapping of names to values")])
    given = {name: value for name, value in overrides.items() if value is not None}
    return mapping_of({**document, **given}, path.parent)


def mapping_of(document: dict[str, Any], folder: Path = Path()) -> Mapping:
    """Check a mapping's document. Refuses: MappingRefused with every error."""
    try:
        mapping = Mapping.model_validate(document)
    except ValidationError as error:
        raise MappingRefused(
            [(".".join(map(str, row["loc"])), row["msg"]) for row in error.errors()]
        ) from error
    return mapping.model_copy(
        update={
            "locations": tuple(folder / file for file in mapping.locations),
            "tariffs": tuple(folder / file for file in mapping.tariffs),
        }
    )
