"""The acceptance tests of a launch that look at recorded CDRs: each proves one promise.

    session_matching        every CDR has its session, which tells the same; none waits for its CDR
    tariff_replay           deciding again from the recorded inputs gives the recorded money
    rounding_checks         lines, tax, shares and postings add up, at scale 4
    partner_reconciliation  what the partner has is what we have, field by field

The fifth, exception_drill, is about people: see `ledger.roaming.drill`. All are pure; a test that
finds nothing returns nothing, and how many cases it had stands beside it.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from decimal import Decimal

import msgspec

from ledger.application.circumstances import Circumstances
from ledger.application.commands import session_key_of
from ledger.application.decide import decide
from ledger.application.facts import View
from ledger.roaming.cdr import Cdr
from ledger.roaming.launch_figures import TestDifference
from ledger.roaming.legs import Decision, Leg
from ledger.roaming.session import Session
from ledger.roaming.statements import CdrStatement, SessionStatement
from ledger.roaming.terms import Terms
from ledger.values.entries import Entry
from ledger.values.money import ZERO

SessionOf = Callable[[str], Session | None]
_SCALE = -4
_OF_A_LEG = ("kind", "seller", "buyer", "currency", "net_exact", "net", "gross")


def matching_differences(cdr: Cdr, session_of: SessionOf, terms: Terms) -> Iterator[TestDifference]:
    """Yield where a CDR has no session, or one that tells otherwise than the CDR does."""
    statement, decision = cdr.statement, cdr.decision
    if statement is None:
        return
    matched = decision.session.session if decision is not None and decision.session else None
    key = matched or session_key_of(statement)
    session = session_of(key) if key else None
    latest = session.latest if session is not None else None
    if latest is None:
        yield TestDifference(cdr.key, "session", "a session", key or "none named")
        return
    for path, stated, told in _told_twice(statement, latest, terms):
        yield TestDifference(cdr.key, path, told, stated)


def _told_twice(
    cdr: CdrStatement, session: SessionStatement, terms: Terms
) -> Iterator[tuple[str, str, str]]:
    """Yield path, the CDR's value and the session's, where they differ beyond what was agreed."""
    place = cdr.cdr_location
    for path, stated, told in (
        ("status", "COMPLETED", session.status),
        ("cdr_location.id", place.id, session.location_id),
        ("cdr_location.evse_uid", place.evse_uid, session.evse_uid),
        ("cdr_location.connector_id", place.connector_id, session.connector_id),
        ("currency", cdr.currency, session.currency),
    ):
        if stated.lower() != told.lower():
            yield path, stated, told
    if cdr.cdr_token.uid != session.cdr_token.uid:
        yield "cdr_token.uid", "another token", "the session's"
    if not terms.tolerances.energy.allows(cdr.total_energy, session.kwh):
        yield "total_energy", f"{cdr.total_energy} kWh", f"{session.kwh} kWh"
    skew = timedelta(seconds=terms.clock.skew_s)
    for path, begun, told_at in (
        ("start_date_time", cdr.start_date_time, session.start_date_time),
        ("end_date_time", cdr.end_date_time, session.end_date_time),
    ):
        if told_at is None or abs(begun - told_at) > skew:
            yield path, begun.isoformat(), told_at.isoformat() if told_at else "none"


def replay_differences(cdr: Cdr, session_of: SessionOf, view: View) -> Iterator[TestDifference]:
    """Yield where deciding again from the recorded inputs gives other money than was recorded.

    Where the parties agreed to leave late facts aside, a fact that came late is such a difference:
    it is shown, and people say whether it matters for the launch.
    """
    statement, recorded, provenance = cdr.statement, cdr.decision, cdr.provenance
    if statement is None or recorded is None or provenance is None:
        return
    session = session_of(recorded.session.session) if recorded.session is not None else None
    named = statement.session_id is not None
    verdict = decide(
        statement,
        around=Circumstances(
            session=session if named else None,
            nearby=() if named or session is None else (session,),
            nearby_keys=() if named or session is None else (session.key,),
            evidence=cdr.evidence,
            release=recorded.release,
        ),
        view=view,
        received_at=provenance.received_at,
    )
    if verdict.decision is None:
        reasons = ", ".join(dict.fromkeys(row.reason.value for row in verdict.refusals))
        yield TestDifference(cdr.key, "decision", "accepted", f"held: {reasons}")
        return
    yield from _other_money(cdr.key, recorded, verdict.decision)


def _other_money(cdr: str, recorded: Decision, again: Decision) -> Iterator[TestDifference]:
    for path, was, now in (
        ("tariff", recorded.tariff.content_sha256, again.tariff.content_sha256),
        ("agreement", recorded.agreement, again.agreement),
        ("legs", str(len(recorded.legs)), str(len(again.legs))),
    ):
        if was != now:
            yield TestDifference(cdr, path, was, now)
    for index, (was_leg, now_leg) in enumerate(zip(recorded.legs, again.legs, strict=False)):
        for name in _OF_A_LEG:
            was, now = str(getattr(was_leg, name)), str(getattr(now_leg, name))
            if was != now:
                yield TestDifference(cdr, f"legs[{index}].{name}", was, now)
        was_tax, now_tax = _tax_decided(was_leg), _tax_decided(now_leg)
        if was_tax != now_tax:
            yield TestDifference(cdr, f"legs[{index}].vat", str(was_tax), str(now_tax))


def rounding_differences(cdr: Cdr) -> Iterator[TestDifference]:
    """Yield where recorded amounts do not add up: lines, tax, shares, postings; or are too fine."""
    decision = cdr.decision
    if decision is None:
        return
    with_tax = {leg.tariff_version for leg in decision.legs if _has_tax_in_its_price(leg)}
    for index, leg in enumerate(decision.legs):
        lines = _sum_of_lines(leg, is_with_tax=leg.tariff_version in with_tax)
        for path, expected, actual in _sums_of(leg, lines, decision.entries, index):
            if expected != actual:
                at = f"legs[{index}].{path}"
                yield TestDifference(cdr.key, at, str(expected), str(actual))
    for place, entry in enumerate(decision.entries):
        for path, expected, actual in _sides_of(entry):
            if expected != actual:
                yield TestDifference(
                    cdr.key, f"entries[{place}].{path}", str(expected), str(actual)
                )
    for path, amount in _amounts_in(decision):
        if int(amount.as_tuple().exponent) < _SCALE:
            yield TestDifference(cdr.key, path, "scale 4", str(amount))


def _has_tax_in_its_price(leg: Leg) -> bool:
    return leg.priced is not None and leg.priced.total_cost.before_taxes is None


def _sum_of_lines(leg: Leg, *, is_with_tax: bool) -> Decimal:
    """Return what the lines of a leg sum to: they are as the tariff prices, and so is their sum.

    That is before a conversion, and with tax where the tariff's prices are.
    """
    if leg.converted is not None:
        return leg.converted.priced_net
    return leg.gross if is_with_tax else leg.net


def _tax_decided(leg: Leg) -> Decimal:
    """Return what the decisions on a sale and its parts say, whatever its gross says."""
    return sum((part.vat.vat for part in leg.parts), leg.vat.vat)


def _sums_of(
    leg: Leg, lines: Decimal, entries: tuple[Entry, ...], index: int
) -> Iterator[tuple[str, Decimal, Decimal]]:
    yield "gross", leg.net + _tax_decided(leg), leg.gross
    if leg.lines:
        yield "lines", sum((line.net for line in leg.lines), ZERO), lines
    if leg.split:
        yield "split", sum((step.amount for step in leg.split), ZERO), leg.net
    for entry in entries:
        if entry.leg == index:
            debits = sum((row.amount for row in entry.postings if row.side == "debit"), ZERO)
            yield f"entry in {entry.book}", abs(leg.gross), debits


def _sides_of(entry: Entry) -> Iterator[tuple[str, Decimal, Decimal]]:
    for name in ("amount", "book_amount"):
        sides = {"debit": ZERO, "credit": ZERO}
        for row in entry.postings:
            sides[row.side] += getattr(row, name)
        yield name, sides["debit"], sides["credit"]


def _amounts_in(decision: Decision) -> Iterator[tuple[str, Decimal]]:
    for index, leg in enumerate(decision.legs):
        yield f"legs[{index}].net", leg.net
        yield f"legs[{index}].gross", leg.gross
        yield from ((f"legs[{index}].split", step.amount) for step in leg.split)
        yield from ((f"legs[{index}].lines", line.net) for line in leg.lines)
    for place, entry in enumerate(decision.entries):
        yield from ((f"entries[{place}]", row.amount) for row in entry.postings)


def fields_of(statement: CdrStatement) -> dict[str, str]:
    """Return a CDR's fields by dotted path, as text; nothing of a person, and no empty field.

    >>> from tests.ledger_statements import cdr
    >>> fields = fields_of(cdr("C1", "5.00").statement)
    >>> fields["total_cost.before_taxes"], fields["cdr_location.id"], "cdr_token.uid" in fields
    ('5.00', 'LOC1', False)
    """
    fields: dict[str, str] = {}
    _flatten(msgspec.to_builtins(statement), "", fields)
    return {path: value for path, value in fields.items() if not _is_personal(path)}


def _flatten(value: object, path: str, into: dict[str, str]) -> None:
    if isinstance(value, Mapping):
        for name, part in value.items():
            _flatten(part, f"{path}.{name}" if path else str(name), into)
    elif isinstance(value, list | tuple):
        for place, part in enumerate(value):
            _flatten(part, f"{path}[{place}]", into)
    elif value is not None:
        into[path] = str(value)


_PERSONAL = (
    "cdr_token.uid",
    "cdr_token.contract_id",
    "cdr_token.issuer",
    "authorization_reference",
    "signed_data",
)


def _is_personal(path: str) -> bool:
    return path.startswith(_PERSONAL)


def reconciliation_differences(
    ours: Mapping[str, Mapping[str, str]], theirs: Mapping[str, Mapping[str, str]]
) -> Iterator[TestDifference]:
    """Yield where the partner's CDRs are not ours: whole CDRs, then the fields that it states.

    Both are fields by path, by the CDR's key. Numbers and instants are compared by value, all
    else as text without regard to case, as OCPI compares ids.

    >>> ours = {"NL*XYZ/c1": {"total_energy": "10.0", "currency": "EUR"}}
    >>> list(reconciliation_differences(ours, {"NL*XYZ/c1": {"total_energy": "10"}}))
    []
    """
    for key in sorted({*ours, *theirs}):
        mine, other = ours.get(key), theirs.get(key)
        if mine is None or other is None:
            expected, actual = ("ours", "theirs only") if mine is None else ("theirs", "ours only")
            yield TestDifference(key, "cdr", expected, actual)
            continue
        for path, value in sorted(other.items()):
            if not _is_personal(path) and not _is_same(mine.get(path, ""), value):
                yield TestDifference(key, path, mine.get(path, ""), value)


def _is_same(mine: str, other: str) -> bool:
    if mine.lower() == other.lower():
        return True
    for read in (Decimal, datetime.fromisoformat):
        try:
            return bool(read(mine) == read(other))
        except (ArithmeticError, ValueError):
            continue
    return False
