"""A rebuild of every read model from a log of every flow gives the same bytes."""

from decimal import Decimal
from itertools import chain
from random import Random

from ledger.fx.convert import FxTerms
from ledger.roaming.clauses import SplitTerms, Step
from ledger.roaming.terms import TariffTerms, Terms, VatTerms, Windows
from ledger.values.money import ZERO
from projections.database import reading
from projections.queries.balance import balances, balances_beside_postings, books_out_of_balance
from projections.read_models import NAMES
from projections.rebuild import verify
from projections.runner import Projector
from projections.schema import migrate
from tests.flow_arrivals import arrive, entries_by_event, in_any_order
from tests.flow_terms import DISCOUNTS, FEES, OWN_CALENDAR, STEPS
from tests.flow_world import Month
from tests.ledger_cast import CPO, SWISS_CPO
from tests.ledger_world import World


def everything(seller: str, **terms: object) -> Terms:
    """Return terms with every clause there is."""
    split = SplitTerms(steps=(*STEPS, Step(seller, remaining=True)))
    return Terms(discounts=DISCOUNTS, fees=FEES, split=split, **terms)


ALL_FLOWS = Month(
    (
        (
            CPO,
            everything(CPO, flow="ad_hoc", windows=Windows(objection_days=7)),
            everything(CPO, tariffs=TariffTerms(retail="R1"), calendar=OWN_CALENDAR),
        ),
        (
            SWISS_CPO,
            everything(SWISS_CPO, vat=VatTerms(model="AGENT")),
            everything(SWISS_CPO, currency="EUR", fx=FxTerms(markup_bps=175)),
        ),
    )
)


def test_a_rebuild_of_a_month_of_every_flow_gives_the_same_bytes(database_url):
    world = World(database_url)
    migrate(database_url)
    arrive(world, ALL_FLOWS, in_any_order(ALL_FLOWS, Random("late")))
    Projector(database_url, page_size=7).run(until_caught_up=True)
    with reading(database_url) as connection:
        assert books_out_of_balance(connection) == []
        assert balances_beside_postings(connection) == []
        projected = {
            (row.book, row.account, row.currency): row.balance for row in balances(connection)
        }
    kinds = {leg.kind for event in world.events() for leg in legs_in(event)}
    assert kinds == {"wholesale", "retail", "fee", "share"}
    recorded = balances_of(world)
    assert {key: total for key, total in projected.items() if total} == recorded
    found = verify(database_url)
    assert [row.name for row in found if not row.is_same] == []
    assert {row.name for row in found} == set(NAMES)
    world.close()


def balances_of(world: World) -> dict[tuple[str, str, str], Decimal]:
    """Return what every account holds by the log, of CDRs and payments, without what is zero."""
    sums: dict[tuple[str, str, str], Decimal] = {}
    for entry in chain.from_iterable(entries_by_event(world)):
        for row in entry.postings:
            key = entry.book, row.account, entry.currency
            signed = row.amount if row.side == "debit" else -row.amount
            sums[key] = sums.get(key, ZERO) + signed
    return {key: total for key, total in sums.items() if total}


def legs_in(event: object) -> tuple[object, ...]:
    return getattr(getattr(event, "decision", None), "legs", ())
