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
from ledger.roaming.entity import LegalEntity
from ledger.roaming.expiry import Expiry
from ledger.roaming.launch import Launch
from ledger.roaming.location import Location
from ledger.roaming.move_in import MoveIn
from ledger.roaming.party import Party
from ledger.roaming.remote_commands import RemoteCommand
from ledger.roaming.sender import SenderNumbering
from ledger.roaming.session import Session
from ledger.roaming.site import Site
from ledger.roaming.tariff import Tariff
from ledger.settlement.accounting import AccountingPeriod
from ledger.settlement.approval import Approvals
from ledger.settlement.contested import ContestedCdr
from ledger.settlement.dispute import Dispute
from ledger.settlement.opening import BookOpening
from ledger.settlement.payment import Payment
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
    Site,
    Session,
    Cdr,
    Case,
    SettlementPeriod,
    AccountingPeriod,
    BookOpening,
    MoveIn,
    Approvals,
    Dispute,
    ContestedCdr,
    Intake,
    Replay,
    SenderNumbering,
    ControlTotals,
    Launch,
    RemoteCommand,
    Payment,
    Expiry,
)
TOPICS = frozenset(topic for topic, owner in OWNERS.items() if owner in AGGREGATES)
"""Every event topic that this version reads."""
