"""Places: the register knows the location and the connector; its meter may be billed by."""

from collections.abc import Iterator

from ledger.roaming.checks.candidate import Candidate
from ledger.values.reasons import Reason, Refusal


def is_at_a_place_we_know(candidate: Candidate) -> Iterator[Refusal]:
    """The location is in the register."""
    if candidate.location is None:
        yield Refusal(
            Reason.LOCATION_UNKNOWN, "cdr_location.id", actual=candidate.cdr.cdr_location.id
        )


def is_at_a_connector_we_know(candidate: Candidate) -> Iterator[Refusal]:
    """The EVSE and the connector are in the register's location, now or before a remap."""
    if candidate.location is not None and candidate.connector is None:
        place = candidate.cdr.cdr_location
        yield Refusal(
            Reason.CONNECTOR_UNKNOWN,
            "cdr_location.connector_id",
            actual=f"{place.evse_uid}/{place.connector_id}",
        )


def has_a_meter_to_bill_by(candidate: Candidate) -> Iterator[Refusal]:
    """Where the register says what the meter is, it is legal for billing and calibrated."""
    meter = candidate.meter
    if meter is None:
        return
    if not meter.is_legal_for_billing:
        yield Refusal(Reason.METER_NOT_LEGAL, "cdr_location.connector_id", "legal for billing")
    until = meter.calibrated_until
    if until is not None and until <= candidate.cdr.end_date_time:
        yield Refusal(
            Reason.METER_OUT_OF_CALIBRATION,
            "cdr_location.connector_id",
            f"calibrated on {candidate.cdr.end_date_time.date().isoformat()}",
            f"until {until.date().isoformat()}",
        )
