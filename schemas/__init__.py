"""The contracts at the edge: what may stand in a Kafka message, and why it may not.

Twelve topics, each an Avro schema under `avro/` and a pydantic model, in OCPI's own names where the
object is OCPI's. Bytes become a model with `decode`, a model becomes bytes with `encode`;
partners' JSON becomes a model with `from_ocpi_json`, that of the control topics with
`from_control_json`. Whatever is refused is a `SchemaError` with a code of `CODES`.

Read in this order:

1. `cdr`, `session`, `tariff`, `location` - OCPI's objects; `parts` and `fields` hold what they
   share, records and the limits of single fields. Then our own messages: `party`, `payment`,
   `control_totals`, `command_result` and `dispute` come in, `settlement_event`, `dispute` and
   `reject` go out; `control_parts` beneath
2. `topics`, `headers` - names of topics, headers and keys
3. `errors` - the codes and how a refusal reads
4. `contracts`, `avro/`, `evolution` - the Avro schemas, every version, and what may change
5. `wire`, `registry`, `reader`, `decimals` - bytes: the Confluent wire format, schema ids, Avro
   read quickly, exact decimals
6. `ocpi_json`, `conform`, `ocpi_versions`, `ocpi_show` - OCPI JSON in and out, 2.1.1 to 2.3.0;
   `control_json` - JSON of the control topics; `files` - files of messages
7. `examples/` - one message of each topic, and CDRs as 2.2.1 and 2.1.1 write them
"""

from schemas.cdr import CdrV1
from schemas.command_result import CommandResultV1
from schemas.control_json import from_control_json
from schemas.control_totals import ControlTotalsV1
from schemas.dispute import DisputeCommandV1, DisputeEventV1
from schemas.errors import CODES, RegistryUnreachable, SchemaError
from schemas.files import read_file
from schemas.headers import HEADERS, check_key, message_key
from schemas.location import LocationV1
from schemas.ocpi_json import from_ocpi_json
from schemas.ocpi_show import to_ocpi_json
from schemas.party import PartyV1
from schemas.payment import PaymentV1
from schemas.registry import FileRegistry, HttpRegistry, Registry, open_registry
from schemas.reject import RejectV1
from schemas.session import SessionV1
from schemas.settlement_event import SettlementEventV1
from schemas.tariff import TariffVersionV1
from schemas.topics import (
    CONTROL_KINDS,
    INCOMING,
    KINDS,
    OUTGOING,
    TOPICS,
    ControlKind,
    ControlMessage,
    IncomingKind,
    IncomingMessage,
    Kind,
    OcpiMessage,
    topic_name,
)
from schemas.wire import MAX_MESSAGE_BYTES, decode, encode

__all__ = [
    "CODES",
    "CONTROL_KINDS",
    "HEADERS",
    "INCOMING",
    "KINDS",
    "MAX_MESSAGE_BYTES",
    "OUTGOING",
    "TOPICS",
    "CdrV1",
    "CommandResultV1",
    "ControlKind",
    "ControlMessage",
    "ControlTotalsV1",
    "DisputeCommandV1",
    "DisputeEventV1",
    "FileRegistry",
    "HttpRegistry",
    "IncomingKind",
    "IncomingMessage",
    "Kind",
    "LocationV1",
    "OcpiMessage",
    "PartyV1",
    "PaymentV1",
    "Registry",
    "RegistryUnreachable",
    "RejectV1",
    "SchemaError",
    "SessionV1",
    "SettlementEventV1",
    "TariffVersionV1",
    "check_key",
    "decode",
    "encode",
    "from_control_json",
    "from_ocpi_json",
    "message_key",
    "open_registry",
    "read_file",
    "to_ocpi_json",
    "topic_name",
]
