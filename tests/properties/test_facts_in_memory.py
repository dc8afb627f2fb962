"""However facts are kept in memory, they say what their events say."""

from decimal import Decimal
from itertools import islice
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from ledger.application.facts import Facts, View
from ledger.application.mapper import EventMapper, owner_of
from ledger.application.packed import PackedFacts, Vocabulary
from ledger.application.pieces import Pieces
from ledger.application.store import LoggedEvent
from ledger.roaming.agreement import Agreement
from ledger.roaming.clauses import Fee, SplitTerms, Step
from ledger.roaming.location import Location
from ledger.roaming.terms import Terms
from ledger.values.aggregate import LedgerAggregate, recording_at
from ledger.values.identifiers import record_key
from ledger.values.provenance import Provenance
from tests.ledger_cast import CPO, EMSP, HOST, RECORDED_AT, YEAR_BEGINS
from tests.ledger_statements import location, october
from tests.ledger_world import stored_of
from tests.logged import as_logged

MESSAGE = Provenance(CPO, "message", RECORDED_AT, RECORDED_AT)
EARLY = Provenance("finn", "asserted", YEAR_BEGINS, YEAR_BEGINS)
MAPPER = EventMapper()
LOCATIONS = ("LOC1", "LOC2", "loc3")
INSTANTS = [october(day) for day in (1, 5, 10, 20)]

published = st.tuples(
    st.sampled_from(LOCATIONS),
    st.sampled_from(("Europe/Zurich", "Europe/Amsterdam", "Europe/Berlin")),
    st.sampled_from(INSTANTS),
)


def _name_of(fee: Fee) -> str:
    return fee.name


amounts = st.sampled_from([Decimal(text) for text in ("0.1", "0.10", "0.100", "1", "1.00")])
fees = st.builds(
    Fee,
    name=st.sampled_from(("clearing", "hub")),
    payer=st.just("seller"),
    payee=st.sampled_from((HOST, EMSP)),
    basis=st.just("per_cdr"),
    amount=amounts,
    currency=st.sampled_from(("EUR", "CHF")),
)
shares = st.builds(
    lambda named, rate: Terms(
        flow="share", split=SplitTerms(named, (Step(HOST, rate=rate), Step(CPO, remaining=True)))
    ),
    st.lists(st.sampled_from(LOCATIONS), unique=True).map(tuple),
    st.sampled_from(("1/10", "0.1", "0.15")),
)
agreed = st.tuples(
    st.one_of(
        st.builds(Terms, fees=st.lists(fees, max_size=2, unique_by=_name_of).map(tuple)), shares
    ),
    st.sampled_from(INSTANTS),
)


def record(
    publications: list[tuple[Any, ...]], versions: list[tuple[Any, ...]]
) -> list[LoggedEvent]:
    """Return the log of what was published and agreed, conflicts and repetitions as they come."""
    facts: dict[str, LedgerAggregate] = {}
    events: list[Any] = []
    with recording_at(RECORDED_AT):
        for name, zone, updated_at in publications:
            statement = location(name, zone, updated=updated_at).statement
            key = record_key(CPO, name)
            place = facts.setdefault(key, Location.blank(key))
            place.receive(statement, content_sha256=f"{zone} {updated_at}", provenance=MESSAGE)
            events.extend(place.collect_events())
        for terms, valid_from in versions:
            key = f"{HOST}>{CPO}" if terms.flow == "share" else f"{CPO}>{EMSP}"
            agreement = facts.setdefault(key, Agreement.blank(key))
            if all(row.valid_from != valid_from for row in agreement.versions):
                agreement.agree(
                    terms,
                    valid_from=valid_from,
                    valid_until=None,
                    author="anna",
                    approver="finn",
                    provenance=EARLY,
                )
            events.extend(agreement.collect_events())
    return as_logged(map(MAPPER.to_stored_event, events), recorded_at=RECORDED_AT)


def replayed(log: list[LoggedEvent]) -> dict[tuple[type, str], LedgerAggregate]:
    """Return every aggregate as its events say, each decoded on its own."""
    found: dict[tuple[type, str], LedgerAggregate] = {}
    for row in log:
        event, owner = MAPPER.to_domain_event(stored_of(row)), owner_of(row.topic)
        key = owner.key_of(event)
        event.mutate(found.setdefault((owner, key), owner.blank(key)))
    return found


def followed(log: list[LoggedEvent], pieces: list[int]) -> Facts:
    """Return the facts of a log that was followed piece by piece, asked for in between."""
    facts, rows = Facts(MAPPER), iter(log)
    for size in (*pieces, len(log)):
        facts.follow(islice(rows, size), counter=1)
        for name in LOCATIONS:
            facts.find(Location, record_key(CPO, name))
    return facts


def state_of(aggregate: LedgerAggregate) -> str:
    """Return all that an aggregate holds, as it is written: 0.10 is not 0.1."""
    return repr({**aggregate.__dict__, "_pending_events": []})


@given(st.lists(published, max_size=12), st.lists(agreed, max_size=6), st.lists(st.integers(1, 5)))
def test_facts_are_what_their_events_say_however_they_are_kept(publications, versions, pieces):
    log = record(publications, versions)
    expected, facts = replayed(log), followed(log, pieces)
    for (kind, key), aggregate in expected.items():
        found = facts.find(kind, key)
        assert found is not None
        assert state_of(found) == state_of(aggregate)
    for kind in (Location, Agreement):
        wanted = [
            state_of(row) for (of, _), row in sorted(expected.items(), key=_key) if of is kind
        ]
        assert [state_of(row) for row in facts.all_of(kind)] == wanted
    assert facts.find(Location, record_key(CPO, "nowhere")) is None
    assert facts.position == len(log)


def test_agreements_share_what_they_agree_alike():
    log = record([], [(Terms(), INSTANTS[0]), (Terms(flow="share"), INSTANTS[0])])
    roaming, shared = followed(log, []).all_of(Agreement)
    assert roaming.versions[0].terms.truth is shared.versions[0].terms.truth


def _key(row: tuple[tuple[type, str], LedgerAggregate]) -> str:
    return row[0][1]


@given(st.lists(published, min_size=1, max_size=12), published)
def test_a_packed_fact_is_edited_like_any_other(publications, again):
    log = record(publications, [])
    name, zone, updated_at = again
    statement = location(name, zone, updated=updated_at).statement
    key = record_key(CPO, name)
    plain = replayed(log).get((Location, key)) or Location.blank(key)
    facts = followed(log, [])
    view = View(facts)
    answers = []
    with recording_at(RECORDED_AT):
        for copy in (view.edit(Location, key), plain):
            sha256 = f"{zone} {updated_at}"
            answers.append(copy.receive(statement, content_sha256=sha256, provenance=MESSAGE))
    assert answers[0] == answers[1]
    assert state_of(view.find(Location, key)) == state_of(plain)
    unchanged = facts.find(Location, key)
    assert (unchanged.versions if unchanged else ()) == _versions(log, key)


def _versions(log: list[LoggedEvent], key: str) -> tuple[Any, ...]:
    found = replayed(log).get((Location, key))
    return found.versions if found else ()


@given(st.lists(agreed, max_size=8), st.sampled_from(LOCATIONS), st.sampled_from(INSTANTS))
def test_a_location_is_shared_by_the_version_in_force_that_names_it(versions, name, instant):
    log = record([], versions)
    agreement = replayed(log).get((Agreement, f"{HOST}>{CPO}"))
    version = agreement.version_valid_at(instant) if agreement else None
    names = version.terms.split.locations if version else ()
    expected = version.number if name.lower() in {row.lower() for row in names} else None
    found = View(followed(log, [2])).share_agreement(record_key(CPO, name), instant)
    assert (found and found[1]) == expected


@given(st.lists(agreed.map(lambda row: row[0]), min_size=1, max_size=10), st.integers(1, 40))
def test_sharing_pieces_changes_nothing_that_is_said(documents, most):
    """Neither equality nor a byte of what would be recorded, however few pieces are known."""
    pieces = Pieces(most=most)
    for terms in documents:
        text = msgspec.json.encode(terms)
        shared = msgspec.json.decode(text, type=Terms)
        pieces.share_parts(shared)
        assert shared == terms
        assert msgspec.json.encode(shared) == text
        assert len(pieces) <= most


def test_equal_pieces_are_one_object():
    pieces = Pieces()
    first, second = (Terms(fees=(Fee("hub", "seller", HOST, "net", rate="1/3"),)) for _ in "12")
    other = Terms(fees=(Fee("hub", "seller", HOST, "net", rate="1/30"),))
    for terms in (first, second, other):
        pieces.share_parts(terms)
    assert first.fees[0] is second.fees[0]
    assert first.calendar is other.calendar
    assert first.fees[0] is not other.fees[0]


@given(st.lists(st.binary(max_size=3000), max_size=40), st.integers(1, 200))
def test_a_vocabulary_makes_every_text_whole_again(texts, times):
    words = Vocabulary()
    rows = [text * times for text in texts]
    shrunk = [words.shrink(row) for row in rows]
    assert [words.grow(*row) for row in shrunk] == rows


@given(st.lists(published, max_size=20), st.integers(1, 3), st.lists(st.sampled_from(LOCATIONS)))
def test_no_more_facts_are_decoded_than_allowed(publications, most, asked):
    packed = PackedFacts(Location, MAPPER, stay_decoded=most)
    log = record(publications, [])
    for row in log:
        packed.add(row)
    expected = replayed(log)
    for name in asked:
        key = record_key(CPO, name)
        found, wanted = packed.find(key), expected.get((Location, key))
        assert (found and state_of(found)) == (wanted and state_of(wanted))
        assert packed.decoded <= most
    assert len(packed) == len(expected)
