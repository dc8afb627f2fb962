"""What a check may look at: a CDR and everything that is known about its circumstances."""

from datetime import datetime
from decimal import Decimal
from typing import Literal, NamedTuple

from ledger.evidence.signed_data import SignedEvidence
from ledger.roaming.location import LocationVersion
from ledger.roaming.party_spans import StateSpan
from ledger.roaming.places import Connector
from ledger.roaming.remaps import Moved
from ledger.roaming.session import Session
from ledger.roaming.site_version import Suspension
from ledger.roaming.statements import CdrStatement
from ledger.roaming.terms import Terms

Resource = Literal["session", "connector", "token"]
Standings = tuple[tuple[str, StateSpan], ...]
"""Parties with the state they are in when a session starts."""


class Occupied(NamedTuple):
    """Another accepted CDR that uses the same session, connector or token at the same time."""

    resource: Resource
    cdr: str
    started_at: datetime
    ended_at: datetime


class Meter(NamedTuple):
    """What the register says about a connector's meter. Calibration is in date until the day.

    `public_key` is the one that its signed data must hold under.
    """

    is_legal_for_billing: bool
    calibrated_until: datetime | None = None
    public_key: str | None = None


class Candidate(NamedTuple):
    """A CDR with the terms, the session and the register it is judged by.

    `connector_is_known` is None where the register does not know the location at all;
    `power_kw` is the connector's greatest power, None where nobody says. `moved` names the
    identity that the place had at the time, where the CDR names another; `standings` are those
    of seller and buyer.
    """

    cdr: CdrStatement
    terms: Terms
    session: Session | None
    received_at: datetime
    time_zone: str
    location: LocationVersion | None = None
    connector: Connector | None = None
    meter: Meter | None = None
    evidence: SignedEvidence | None = None
    others: tuple[Occupied, ...] = ()
    near: tuple[str, ...] = ()
    moved: Moved | None = None
    is_site_valid: bool = True
    suspension: Suspension | None = None
    standings: Standings = ()

    @property
    def power_kw(self) -> Decimal | None:
        """The greatest power of the connector in kW, as the register gives it."""
        connector = self.connector
        if connector is None:
            return None
        if connector.max_electric_power:
            return Decimal(connector.max_electric_power) / 1000
        phases = 3 if connector.power_type == "AC_3_PHASE" else 1
        watts = connector.max_voltage * connector.max_amperage * phases
        return Decimal(watts) / 1000 if watts else None
