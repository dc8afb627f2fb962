"""All read models, in the order in which a page is written to them."""

from projections.accrual import Accruals
from projections.approval import Approvals
from projections.audit import Audit
from projections.dispute import Disputes
from projections.equation import Equation
from projections.exception import Exceptions
from projections.exchange import Conversions
from projections.journal import Journal
from projections.model import Batch
from projections.moved import MovedIds
from projections.payment import Payments
from projections.period import Periods
from projections.quality import Quality
from projections.receipt import Receipts
from projections.remote_command import RemoteCommands
from projections.split import Splits
from projections.tariff import Tariffs
from projections.vat import VatDecisions

READ_MODELS: dict[str, type[Batch]] = {
    model.NAME: model
    for model in (
        Journal,
        VatDecisions,
        Splits,
        Accruals,
        Conversions,
        Periods,
        Receipts,
        Approvals,
        Disputes,
        Exceptions,
        Quality,
        Tariffs,
        RemoteCommands,
        Payments,
        Equation,
        MovedIds,
        Audit,
    )
}
NAMES = tuple(READ_MODELS)
