"""The demo's world as documents a finance person can read, and as objects the ledger registers.

The documents: `entities.yaml` (who owns which book), `parties.yaml` (OCPI parties),
`actors.yaml` (people), `agreements/` (who sells to whom on which terms), `launches/` (which of
them go live in phases), `traffic.yaml` (how the charges are spread), `sites.yaml` (what stands
where, and who is behind it), `tariffs/` and `locations/` (OCPI JSON, one file a version, its name
beginning with its party: NL*PLD writes 2.1.1, CH*LEM 2.2.1, DE*RSL and FR*VLM 2.3.0).

Read in this order: `documents` (the shape of the files), `rates` (the ECB's reference rates),
`load` (reading them, for any month), `register` (the commands that make the ledger know them).
"""

from console.demo.world.documents import (
    AgreementDocument,
    CpoTraffic,
    LocationTraffic,
    OnTheSpot,
    TokenGroup,
    World,
)
from console.demo.world.load import DOCUMENT_MONTH, load_world
from console.demo.world.rates import ecb_rates
from console.demo.world.register import register_world

__all__ = [
    "DOCUMENT_MONTH",
    "AgreementDocument",
    "CpoTraffic",
    "LocationTraffic",
    "OnTheSpot",
    "TokenGroup",
    "World",
    "ecb_rates",
    "load_world",
    "register_world",
]
