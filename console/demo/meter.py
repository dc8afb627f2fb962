"""Meters that sign: the chargers of one location send OCMF with their CDRs.

The keys are made for the demo and protect nothing; signatures are deterministic (RFC 6979), so
that the same month has the same bytes. Source: OCMF 1.4.1; OCPI 2.3.0, mod_cdrs, SignedData.
"""

import json
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from ledger.values.instants import zone_of
from schemas import CdrV1
from schemas.parts import SignedData, SignedValue

SIGNING_LOCATION: Final = "RSL-HOF"
METER: Final = ec.derive_private_key(20261001, ec.SECP256R1())
IMPOSTOR: Final = ec.derive_private_key(20261031, ec.SECP256R1())
_REGISTER: Final = "1-0:1.8.0"
_WH_IN_KWH: Final = Decimal(1000)


def signed_by(key: ec.EllipticCurvePrivateKey, cdr: CdrV1) -> SignedData:
    """Return the meter readings of a CDR, signed with a key, and said to be signed by `METER`."""
    text = json.dumps(_payload(cdr), separators=(",", ":"))
    signature = key.sign(text.encode(), ec.ECDSA(SHA256(), deterministic_signing=True))
    seal = json.dumps({"SD": signature.hex()}, separators=(",", ":"))
    public = METER.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return SignedData(
        encoding_method="OCMF",
        public_key=public.hex(),
        signed_values=(
            SignedValue(nature="Other", plain_data=text, signed_data=f"OCMF|{text}|{seal}"),
        ),
    )


def _payload(cdr: CdrV1) -> dict[str, Any]:
    own = cdr.clearwatt
    if own is None or own.meter_start_wh is None:
        raise TypeError("a sound CDR says what the meter showed")
    start_kwh = own.meter_start_wh / _WH_IN_KWH
    zone = cdr.time_zone or "UTC"
    return {
        "FV": "1.0",
        "GS": cdr.cdr_location.evse_id,
        "PG": "T1",
        "MS": f"M-{cdr.cdr_location.evse_uid}",
        "IS": True,
        "IL": "TRUSTED",
        "IT": "NONE",
        "RD": [
            _reading("B", start_kwh, cdr.start_date_time, zone),
            _reading("E", start_kwh + cdr.total_energy, cdr.end_date_time, zone),
        ],
    }


def _reading(occasion: str, kwh: Decimal, at: datetime, zone: str) -> dict[str, str]:
    local = at.astimezone(zone_of(zone))
    return {
        "TM": f"{local:%Y-%m-%dT%H:%M:%S},{local.microsecond // 1000:03d}{local:%z} S",
        "TX": occasion,
        "RV": str(kwh),
        "RI": _REGISTER,
        "RU": "kWh",
        "EF": "",
        "ST": "G",
    }
