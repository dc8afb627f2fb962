"""Places: known, under their own name of the time, at a meter that may be billed by."""

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


def goes_by_its_name_of_the_time(candidate: Candidate) -> Iterator[Refusal]:
    """The location and the EVSE had this identity when the charge started.

    After a remap the old one charges no more, and the new one charged nothing before.
    """
    moved = candidate.moved
    if moved is None:
        return
    place, remap = candidate.cdr.cdr_location, moved.remap
    since = remap.valid_from.isoformat().replace("+00:00", "Z")
    is_gone = candidate.cdr.start_date_time >= remap.valid_from
    yield Refusal(
        Reason.LOCATION_MOVED,
        "cdr_location.evse_uid" if remap.old.evse_uid else "cdr_location.id",
        f"{moved.other} {'since' if is_gone else 'until'} {since}",
        f"{place.id}/{place.evse_uid}",
    )


def is_at_a_site_in_operation(candidate: Candidate) -> Iterator[Refusal]:
    """Where the register knows the site, one of its versions covers the start of the charge."""
    if not candidate.is_site_valid:
        yield Refusal(
            Reason.SITE_NOT_VALID, "cdr_location.id", actual=candidate.cdr.cdr_location.id
        )


def is_at_a_site_that_is_not_suspended(candidate: Candidate) -> Iterator[Refusal]:
    """Nobody suspended the site for the time when the charge started."""
    suspension = candidate.suspension
    if suspension is not None:
        since = suspension.valid_from.isoformat().replace("+00:00", "Z")
        yield Refusal(
            Reason.SITE_SUSPENDED,
            "cdr_location.id",
            f"no charge since {since}: {suspension.reason}",
            candidate.cdr.cdr_location.id,
        )
