"""All read models, in the order in which a page is written to them."""

from projections.audit import Audit
from projections.dispute import Disputes
from projections.equation import Equation
from projections.exception import Exceptions
from projections.journal import Journal
from projections.model import Batch
from projections.period import Periods
from projections.quality import Quality
from projections.receipt import Receipts
from projections.split import Splits
from projections.tariff import Tariffs
from projections.vat import VatDecisions

READ_MODELS: dict[str, type[Batch]] = {
    model.NAME: model
    for model in (
        Journal,
        VatDecisions,
        Splits,
        Periods,
        Receipts,
        Disputes,
        Exceptions,
        Quality,
        Tariffs,
        Equation,
        Audit,
    )
}
NAMES = tuple(READ_MODELS)
