"""CDRs as the checks see them: one that passes all, and what is changed to make one fire.

A test module states a `TABLE` of cases; `codes_of` says what the catalogue finds, `found_by` what
the rule of one code does.
"""

from datetime import timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from msgspec.structs import replace

from ledger.pricing.tariff import Extension
from ledger.roaming.checks.candidate import Candidate, Meter, Occupied
from ledger.roaming.checks.catalogue import BY_CODE
from ledger.roaming.checks.judge import findings_of
from ledger.roaming.location import LocationVersion
from ledger.roaming.places import Connector, Evse
from ledger.roaming.session import Session
from ledger.roaming.statements import ChargingPeriod, Dimension
from ledger.roaming.terms import Clock, Terms
from ledger.values.aggregate import recording_at
from ledger.values.provenance import Provenance
from ledger.values.reasons import Reason, Refusal
from tests.ledger_cast import CPO, RECORDED_AT, YEAR_BEGINS
from tests.ledger_statements import cdr, location, october, session

STARTED, ENDED = october(10), october(10, 11)
RECEIVED = october(10, 12)
BLINK = timedelta(microseconds=1)
SKEW = timedelta(seconds=Clock().skew_s)
CHARGER = Connector(
    "1", "IEC_62196_T2_COMBO", "CABLE", "DC", 400, 200, YEAR_BEGINS, max_electric_power=50_000
)
PLACE = LocationVersion(
    1,
    "0" * 64,
    replace(
        location("LOC1", "Europe/Amsterdam").statement,
        evses=(Evse("E-C1", "AVAILABLE", (CHARGER,), YEAR_BEGINS),),
    ),
)


class Case(NamedTuple):
    """A CDR for which a check fires, or just does not; `says` is part of what it then says."""

    code: str
    fires: bool
    why: str
    candidate: Candidate
    says: str = ""

    def __str__(self) -> str:
        return f"{self.code}: {self.why}"


def fires(code: str, why: str, candidate: Candidate, says: str = "") -> Case:
    """Return a case that its check finds."""
    return Case(code, True, why, candidate, says)


def passes(code: str, why: str, candidate: Candidate) -> Case:
    """Return a case that its check lets go."""
    return Case(code, False, why, candidate)


def told(**changes: Any) -> Session:
    """Return the session of the CDR as its last update tells it; `status` and all else may vary."""
    update = replace(session("C1", status=changes.pop("status", "COMPLETED")).statement, **changes)
    found = Session.blank(f"{CPO}/c1")
    with recording_at(RECORDED_AT):
        found.update(
            update,
            content_sha256="1",
            provenance=Provenance(CPO, "message", STARTED, STARTED),
        )
    return found


SESSION = told()
NO_CHANGE: dict[str, Any] = {}


def candidate(
    changes: dict[str, Any] = NO_CHANGE,
    *,
    terms: Terms = Terms(),  # noqa: B008
    told: Session | None = SESSION,
    place: LocationVersion | None = PLACE,
    connector: Connector | None = CHARGER,
    meter: Meter | None = None,
    received_at: Any = RECEIVED,
    time_zone: str = "Europe/Amsterdam",
    **more: Any,
) -> Candidate:
    """Return the CDR that passes every check, changed; and what stands around it."""
    return Candidate(
        cdr=replace(cdr("C1", "5.00").statement, **changes),
        terms=terms,
        session=told,
        received_at=received_at,
        time_zone=time_zone,
        location=place,
        connector=connector,
        meter=meter,
        **more,
    )


def period(at: Any, kwh: str = "0", kind: str = "ENERGY") -> ChargingPeriod:
    """Return a charging period of one quantity."""
    return ChargingPeriod(at, (Dimension(kind, Decimal(kwh)),))


TEN = period(STARTED, "10")


def metered(start_wh: str | None, stop_wh: str | None, **more: Any) -> dict[str, Any]:
    """Return the change that states readings of the meter in Wh."""
    start, stop = (None if text is None else Decimal(text) for text in (start_wh, stop_wh))
    return {"clearwatt": Extension(meter_start_wh=start, meter_stop_wh=stop, **more)}


def another(resource: Any, cdr_key: str = "NL*XYZ/c0") -> Occupied:
    """Return another CDR that takes a resource in the CDR's time."""
    return Occupied(resource, cdr_key, STARTED, ENDED)


def codes_of(judged: Candidate) -> list[str]:
    """Return the codes of all that the catalogue finds, in order of precedence."""
    return [finding.reason.value for finding in findings_of(judged)]


def found_by(code: str, judged: Candidate) -> list[Refusal]:
    """Return what the rule of one code finds under that code."""
    rule = BY_CODE[Reason(code)].rule
    assert rule is not None, f"{code} has no rule"
    return [finding for finding in rule(judged) if finding.reason == code]


def check_case(case: Case) -> None:
    """Assert that a check fires, or does not, and says where and what."""
    found = found_by(case.code, case.candidate)
    assert bool(found) == case.fires, f"{case}: {[str(finding) for finding in found]}"
    if case.fires:
        assert all(finding.path for finding in found)
        assert case.says in "; ".join(str(finding) for finding in found)
        assert case.code in codes_of(case.candidate), "the catalogue asks its rule"
