"""Whatever came first, the message or the publication: the same version prices."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from ledger.roaming.tariff import Tariff
from ledger.values.aggregate import recording_at
from ledger.values.provenance import Provenance
from tests.ledger_cast import CPO, RECORDED_AT
from tests.ledger_statements import october, tariff

WRITER, APPROVER, SENDER = (
    Provenance(name, "asserted", RECORDED_AT, RECORDED_AT) for name in ("olga", "finn", CPO)
)
INSTANTS = [october(1, 0) + timedelta(hours=6 * number) for number in range(40)]
Spec = tuple[bool, int, int, int | None, int | None]


@st.composite
def histories(draw) -> list[Spec]:
    """Draw versions: made here or received, updated, beginning, ending, withdrawn (in hours)."""
    count = draw(st.integers(1, 6))
    distinct = {"min_size": count, "max_size": count, "unique": True}
    updated = draw(st.lists(st.integers(0, 200), **distinct))
    begins = draw(st.lists(st.integers(0, 200), **distinct))
    return [
        (
            draw(st.booleans()),
            updated[place],
            begins[place],
            draw(st.none() | st.integers(1, 100)),
            draw(st.none() | st.integers(0, 240)),
        )
        for place in range(count)
    ]


def hours(number: int) -> timedelta:
    return timedelta(hours=number)


def steps(place: int, spec: Spec) -> Iterator[Callable[[Tariff, dict[int, int]], object]]:
    """Yield what brings a version where it is, each step to be taken after the one before."""
    own, updated, begins, lasts, withdrawn = spec
    start = october(1, 0) + hours(begins)
    statement = tariff(
        ("ENERGY", str(Decimal(place + 1) / 10), 1),
        updated=october(1, 0) + hours(updated),
        start_date_time=start,
        end_date_time=None if lasts is None else start + hours(lasts),
        ocpi_version="2.2.1",
    ).statement
    sha256 = f"{place:064x}"
    if not own:
        yield lambda found, numbers: found.receive(
            statement, content_sha256=sha256, provenance=SENDER
        )
        return
    yield lambda found, numbers: numbers.update(
        {place: found.draft(statement, content_sha256=sha256, provenance=WRITER)}
    )
    yield lambda found, numbers: found.submit(numbers[place], provenance=WRITER)
    yield lambda found, numbers: found.approve(numbers[place], provenance=APPROVER)
    yield lambda found, numbers: found.publish(numbers[place], provenance=WRITER)
    if withdrawn is not None:
        yield lambda found, numbers: found.withdraw(
            numbers[place],
            reason="x",
            withdrawn_from=october(1, 0) + hours(withdrawn),
            provenance=APPROVER,
        )


def chosen(specs: list[Spec], order: list[int]) -> list[str | None]:
    """Take the versions' steps, the next one of each as `order` names it; return what prices."""
    waiting = [list(steps(place, spec)) for place, spec in enumerate(specs)]
    found, numbers = Tariff.blank(f"{CPO}/t1"), {}
    with recording_at(RECORDED_AT):
        for place in order:
            waiting[place].pop(0)(found, numbers)
    assert not any(waiting)
    recorded = [row.number for row in found.versions]
    assert len({*recorded}) == len(recorded) == len(specs)
    versions = [found.version_valid_at(instant) for instant in INSTANTS]
    return [version.content_sha256 if version else None for version in versions]


@given(specs=histories(), data=st.data())
def test_any_order_of_messages_and_publications_chooses_the_same(specs, data):
    one_by_one = [place for place, spec in enumerate(specs) for _ in steps(place, spec)]
    mixed = data.draw(st.permutations(one_by_one))
    assert chosen(specs, mixed) == chosen(specs, one_by_one)
