"""The mapping document of a log of OCPP messages.

A YAML file; `examples/ocpp/mapping.yaml` is one with every part explained. All scalars are read
as text, so that no number ever passes through a float.
"""

from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
)

from console.imports.mapping import MappingRefused, Party
from ledger.values.instants import zone_of
from ledger.values.reasons import Refused
from schemas.fields import Ci36, Currency, Id36, Id39, Text255
from schemas.parts import AuthMethod, OcpiVersion

PlugName = Annotated[str, StringConstraints(pattern=r"^[^/]+(/[0-9]+){1,2}$")]
"""`CP1/2`: a charge point's connector 2 (1.6) or EVSE 2; `CP1/2/1`: connector 1 of its EVSE 2."""


def _zone(name: str) -> str:
    try:
        return zone_of(name).key
    except Refused as refused:
        raise ValueError("not a time zone of IANA's list") from refused


Zone = Annotated[str, AfterValidator(_zone)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class LogKeys(_Part):
    """Where a line's object holds what; dots lead into nested objects.

    `message` is an OCPP-J array, or the text of one.
    """

    time: str = "at"
    charge_point: str = "charge_point"
    message: str = "message"


class LocalTimes(_Part):
    """How times without an offset are read; without a zone they are problems."""

    zone: Zone | None = None
    ambiguous: Literal["first", "second", "refuse"] = "refuse"
    nonexistent: Literal["forward", "refuse"] = "refuse"


class Readings(_Part):
    """How a vendor's meter values are read where they leave OCPP's path.

    `energy_unit`, `power_unit`: what a value without a unit is in. `meter_unit`: the unit of
    1.6's meterStart and meterStop. `location`: whose samples count. `measurand_by_unit`: a value
    without a measurand is a power where its unit is one. `register`: samples count `from_start`
    of the transaction, or are the meter's own. `missing_context`: the first and last sample stand
    for those of Transaction.Begin and Transaction.End. `zero_meter_stop`: a meterStop of 0 after
    a power loss is as stated, or the last sample. `without_transaction`: 1.6's samples that name
    no transaction belong to the one open at their connector.
    """

    energy_unit: Literal["Wh", "kWh"] = "Wh"
    power_unit: Literal["W", "kW"] = "W"
    meter_unit: Literal["Wh", "kWh"] = "Wh"
    location: Literal["Outlet", "Inlet", "Body", "Cable", "EV"] = "Outlet"
    measurand_by_unit: bool = False
    register_counts: Annotated[Literal["absolute", "from_start"], Field(alias="register")] = (
        "absolute"
    )
    missing_context: Literal["first_and_last", "refuse"] = "first_and_last"
    zero_meter_stop: Literal["as_stated", "last_sample"] = "as_stated"
    without_transaction: Literal["by_connector", "refuse"] = "by_connector"


class ParkingRule(_Part):
    """When a car parks: in `states`, or while its register stands still for `still_s` seconds.

    `states_or_still` uses the states where the log has any of the transaction's.
    """

    rule: Literal["states_or_still", "states", "still", "none"] = "states_or_still"
    states: tuple[
        Literal["SuspendedEV", "SuspendedEVSE", "EVConnected", "Idle", "Finishing", "Preparing"],
        ...,
    ] = ("SuspendedEV", "EVConnected", "Idle", "Finishing", "Preparing")
    still_s: Annotated[int, Field(ge=1)] = 300


class OcppPlug(_Part):
    """What a connector is in OCPI. Without `tariff` it is the connector's own, if it has one."""

    party: Party
    location: Id39
    evse: Id39
    connector: Id36 = "1"
    tariff: Id36 | None = None
    meter_id: Text255 | None = None
    time_zone: Zone | None = None


class OcppToken(_Part):
    """Whose token it is: the eMSP, the driver's contract; `uid` where it is not the idTag."""

    party: Party
    contract: Annotated[Ci36, StringConstraints(min_length=1)]
    uid: Id36 | None = None
    type: Literal["RFID", "APP_USER", "AD_HOC_USER", "EMAID", "OTHER"] = "RFID"
    auth_method: AuthMethod = "WHITELIST"


class OcppMapping(_Part):
    """The whole document.

    `session_id` may use {charge_point} and {transaction}. Without `locations` and `tariffs` the
    ledger's own register is asked.
    """

    name: str
    origin: str = ""
    ocpi_version: OcpiVersion = "2.2.1"
    currency: Currency
    log: LogKeys = LogKeys()
    time: LocalTimes = LocalTimes()
    readings: Readings = Readings()
    parking: ParkingRule = ParkingRule()
    periods: Literal["sample", "state"] = "sample"
    session_id: str | None = None
    signed_encoding: Annotated[Ci36, StringConstraints(min_length=1)] = "OTHER"
    plugs: Annotated[dict[PlugName, OcppPlug], Field(min_length=1)]
    tokens: Annotated[dict[Ci36, OcppToken], Field(min_length=1)]
    locations: tuple[Path, ...] = ()
    tariffs: tuple[Path, ...] = ()

    def plug(self, charge_point: str, place: str) -> OcppPlug | None:
        """Return a plug by charge point and `evse/connector`; a plug of the EVSE alone will do."""
        found = self.plugs.get(f"{charge_point}/{place}")
        return found or self.plugs.get(f"{charge_point}/{place.partition('/')[0]}")

    def token(self, id_token: str) -> OcppToken | None:
        """Return a token by its id, which compares without case."""
        wanted = id_token.lower()
        return next((row for name, row in self.tokens.items() if name.lower() == wanted), None)


def load_ocpp_mapping(path: Path) -> OcppMapping:
    """Read a mapping; paths in it are relative to the document.

    Refuses: MappingRefused with every error. Raises: OSError, when the file cannot be read.
    """
    try:
        # BaseLoader makes text of every scalar: 0.1 stays «0.1» until it is a Decimal.
        document = yaml.load(path.read_text(encoding="utf-8"), yaml.BaseLoader)
    except yaml.YAMLError as error:
        raise MappingRefused([("", f"not YAML: {error}")]) from error
    if not isinstance(document, dict):
        raise MappingRefused([("", "the document is no mapping of names to values")])
    return ocpp_mapping_of(document, path.parent)


def ocpp_mapping_of(document: dict[str, Any], folder: Path = Path()) -> OcppMapping:
    """Check a mapping's document. Refuses: MappingRefused with every error."""
    try:
        mapping = OcppMapping.model_validate(document)
        (mapping.session_id or "").format(charge_point="", transaction="")
    except ValidationError as error:
        raise MappingRefused(
            [(".".join(map(str, row["loc"])), row["msg"]) for row in error.errors()]
        ) from error
    except (KeyError, IndexError, ValueError) as error:
        raise MappingRefused([("session_id", f"knows no {error}")]) from error
    return mapping.model_copy(
        update={
            "locations": tuple(folder / file for file in mapping.locations),
            "tariffs": tuple(folder / file for file in mapping.tariffs),
        }
    )
