"""Every aggregate whose events the log may hold.

Importing an aggregate registers its events; a process that left one out could not read the log.
"""

from ledger.application.intake import Intake, Replay
from ledger.fx.history import ExchangeRates
from ledger.roaming.actor import Actor
from ledger.roaming.agreement import Agreement
from ledger.roaming.case import Case
from ledger.roaming.cdr import Cdr
from ledger.roaming.control_totals import ControlTotals
from ledger.roaming.location import Location
from ledger.roaming.party import LegalEntity, Party
from ledger.roaming.sender import SenderNumbering
from ledger.roaming.session import Session
from ledger.roaming.tariff import Tariff
from ledger.settlement.accounting import AccountingPeriod
from ledger.settlement.contested import ContestedCdr
from ledger.settlement.dispute import Dispute
from ledger.settlement.period import SettlementPeriod
from ledger.values.aggregate import OWNERS, LedgerAggregate

AGGREGATES: tuple[type[LedgerAggregate], ...] = (
    Actor,
    LegalEntity,
    Party,
    Agreement,
    ExchangeRates,
    Tariff,
    Location,
    Session,
    Cdr,
    Case,
    SettlementPeriod,
    AccountingPeriod,
    Dispute,
    ContestedCdr,
    Intake,
    Replay,
    SenderNumbering,
    ControlTotals,
)
TOPICS = frozenset(topic for topic, owner in OWNERS.items() if owner in AGGREGATES)
"""Every event topic that this version reads."""
