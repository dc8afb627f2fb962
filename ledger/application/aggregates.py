"""Every aggregate whose events the log may hold.

Importing an aggregate registers its events; a process that left one out could not read the log.
"""

from ledger.application.intake import Intake, Replay
from ledger.fx.history import ExchangeRates
from ledger.roaming.actor import Actor
from ledger.roaming.agreement import Agreement
from ledger.roaming.cdr import Cdr
from ledger.roaming.location import Location
from ledger.roaming.party import LegalEntity, Party
from ledger.roaming.session import Session
from ledger.roaming.tariff import Tariff
from ledger.settlement.accounting import AccountingPeriod
from ledger.settlement.period import SettlementPeriod
from ledger.values.aggregate import LedgerAggregate

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
    SettlementPeriod,
    AccountingPeriod,
    Intake,
    Replay,
)
TOPICS = frozenset(
    event.TOPIC
    for aggregate in AGGREGATES
    for event in vars(aggregate).values()
    if isinstance(getattr(event, "TOPIC", None), str)
)
"""Every event topic that this version reads."""
