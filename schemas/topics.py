"""The topics, and which model their values are.

A topic's full name is a prefix of the installation and one of these names; the last part is the
version of the contract. Fields that are only added keep the version (see `contracts`). A `Kind`
is one of OCPI's objects; the control kinds are Clearwatt's own, and `IncomingKind` is either.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal, get_args

from schemas.cdr import CdrV1
from schemas.command_result import CommandResultV1
from schemas.control_totals import ControlTotalsV1
from schemas.dispute import DisputeCommandV1, DisputeEventV1
from schemas.errors import SchemaError
from schemas.fields import Record
from schemas.location import LocationV1
from schemas.party import PartyV1
from schemas.payment import PaymentV1
from schemas.reject import RejectV1
from schemas.session import SessionV1
from schemas.settlement_event import SettlementEventV1
from schemas.tariff import TariffVersionV1

Kind = Literal["tariff", "session", "cdr", "location"]
ControlKind = Literal["dispute-command", "control-totals", "command-result", "party", "payment"]
IncomingKind = Literal[Kind, ControlKind]
OcpiMessage = TariffVersionV1 | SessionV1 | CdrV1 | LocationV1
ControlMessage = DisputeCommandV1 | ControlTotalsV1 | CommandResultV1 | PartyV1 | PaymentV1
IncomingMessage = OcpiMessage | ControlMessage

KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
CONTROL_KINDS: Final[tuple[ControlKind, ...]] = get_args(ControlKind)
TOPIC_OF_KIND: Final[Mapping[str, str]] = MappingProxyType(
    {
        "tariff": "tariff-versions.v1",
        "session": "sessions.v1",
        "cdr": "cdrs.v1",
        "location": "locations.v1",
        "dispute-command": "dispute-commands.v1",
        "control-totals": "control-totals.v1",
        "command-result": "command-results.v1",
        "party": "parties.v1",
        "payment": "payments.v1",
        "settlement-event": "settlement-events.v1",
        "dispute-event": "dispute-events.v1",
        "reject": "rejects.v1",
    }
)
INCOMING: Final[tuple[str, ...]] = tuple(TOPIC_OF_KIND[kind] for kind in KINDS + CONTROL_KINDS)
OUTGOING: Final[tuple[str, ...]] = ("settlement-events.v1", "dispute-events.v1", "rejects.v1")
TOPICS: Final[Mapping[str, type[Record]]] = MappingProxyType(
    {
        "tariff-versions.v1": TariffVersionV1,
        "sessions.v1": SessionV1,
        "cdrs.v1": CdrV1,
        "locations.v1": LocationV1,
        "dispute-commands.v1": DisputeCommandV1,
        "control-totals.v1": ControlTotalsV1,
        "command-results.v1": CommandResultV1,
        "parties.v1": PartyV1,
        "payments.v1": PaymentV1,
        "settlement-events.v1": SettlementEventV1,
        "dispute-events.v1": DisputeEventV1,
        "rejects.v1": RejectV1,
    }
)


def topic_name(prefix: str, kind: str) -> str:
    """Return the full name of a kind's topic.

    >>> topic_name("clearwatt.", "cdr")
    'clearwatt.cdrs.v1'
    """
    return prefix + TOPIC_OF_KIND[kind]


def base_topic(name: str) -> str:
    """Return the name in `TOPICS` that a full name ends with. Refuses: UNKNOWN_TOPIC_VERSION.

    >>> base_topic("clearwatt.cdrs.v1")
    'cdrs.v1'
    >>> base_topic("clearwatt.cdrs.v9")
    Traceback (most recent call last):
    schemas.errors.SchemaError: UNKNOWN_TOPIC_VERSION: No contract of ours belongs to this topic ...
    """
    for base in TOPICS:
        if name == base or (name.endswith(base) and not name[-len(base) - 1].isalnum()):
            return base
    raise SchemaError("UNKNOWN_TOPIC_VERSION", detail=name)
