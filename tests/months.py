"""A settlement period of a real ledger, taken through its close step by step."""

from datetime import UTC, datetime
from decimal import Decimal

from ledger.application.closing import (
    cut_off_period,
    fall_due_period,
    soft_close_period,
    true_up_period,
)
from ledger.application.commands import By
from ledger.application.hashing import hash_of_list
from ledger.application.registration import advance_time
from ledger.application.truing_up import agreements_with_tiered_months, tiered_clauses
from ledger.books.due_groups import GroupDue
from ledger.books.invoice_groups import Accruals
from ledger.settlement.period import Checkpoint, PeriodFigures
from ledger.settlement.true_up import Adjustment, ClauseFigures
from ledger.values.instants import month_after, start_of_month
from projections.database import reading
from projections.queries.accrual import accrual_checkpoint, accruals
from projections.queries.split import clause_checkpoint, clause_figures, clause_uses
from projections.runner import Projector
from projections.schema import migrate
from tests.ledger_cast import CAST
from tests.ledger_statements import cdr, october, session, tariff
from tests.ledger_world import World

OCTOBER, NOVEMBER = "ALL/2026-10", "ALL/2026-11"
OVER = By("finn", "asserted", datetime(2026, 11, 1, tzinfo=UTC))
PER_KWH = tariff(("ENERGY", "0.50", 1))


class Month:
    """A month of charges, its review and what a close does: its figures are the read models'."""

    period, over = OCTOBER, OVER

    def __init__(self, url: str, *facts) -> None:
        self.world = World(url, *CAST, *facts)
        migrate(url)
        advance_time(self.world.ledger, october(1))
        self.world.send(PER_KWH)

    def charge(self, *kwh: str, first: int = 1) -> None:
        """Send a session and a CDR for each energy, at 0.50 a kWh."""
        for number, energy in enumerate(kwh, first):
            total = str(Decimal(energy) / 2)
            name = f"C{number}"
            self.world.send(session(name, kwh=energy), cdr(name, total, kwh=energy))

    def cut_off(self) -> None:
        """Begin the review."""
        cut_off_period(self.world.ledger, self.period, by=self.over)

    def advance(self, period: str) -> None:
        """Go on with another period, at the end of its month."""
        self.period = period
        month = month_after(period.partition("/")[2])
        self.over = By("finn", "asserted", start_of_month(month, "Europe/Amsterdam"))
        advance_time(self.world.ledger, start_of_month(period.partition("/")[2], "UTC"))

    def look(self) -> tuple[ClauseFigures, Checkpoint]:
        """Return the figures as the read model has them."""
        Projector(self.world.url).run(until_caught_up=True)
        ledger = self.world.ledger
        ledger.refresh()
        with reading(self.world.url) as connection:
            uses = clause_uses(connection, self.period)
            named = {(row.clause.agreement_version, row.clause.clause) for row in uses}
            figures = clause_figures(
                connection,
                self.period,
                uses,
                tiered=tiered_clauses(ledger, sorted(named)),
                agreements=agreements_with_tiered_months(ledger),
            )
            return figures, clause_checkpoint(connection, figures)

    def true_up(self) -> tuple[Adjustment, ...]:
        """Book what the clauses owe."""
        figures, checkpoint = self.look()
        return true_up_period(
            self.world.ledger, self.period, clauses=figures, checkpoint=checkpoint, by=self.over
        )

    def accrued(self) -> tuple[Accruals, Checkpoint]:
        """Return what is accrued, as the read model has it."""
        Projector(self.world.url).run(until_caught_up=True)
        with reading(self.world.url) as connection:
            figures = accruals(connection, self.period)
            return figures, accrual_checkpoint(connection, figures)

    def fall_due(self) -> tuple[GroupDue, ...]:
        """Make due what is accrued."""
        figures, checkpoint = self.accrued()
        return fall_due_period(
            self.world.ledger, self.period, accruals=figures, checkpoint=checkpoint, by=self.over
        )

    def soft_close(self, *cdrs: str) -> None:
        """Fix the figures, of these CDRs."""
        figures, checkpoint = self.look()
        accrued, _ = self.accrued()
        soft_close_period(
            self.world.ledger,
            self.period,
            figures=PeriodFigures(len(cdrs), hash_of_list(cdrs), 0, ()),
            clauses=figures,
            accruals=accrued,
            checkpoint=checkpoint,
            cdrs=cdrs,
            by=self.over,
        )

    def ask(self, query, *arguments, **filters):
        """Ask a read model that has caught up."""
        Projector(self.world.url).run(until_caught_up=True)
        with reading(self.world.url) as connection:
            return query(connection, *arguments, **filters)
