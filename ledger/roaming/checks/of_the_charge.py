"""Checks of a charge itself, by number: 1 fields, 2 times, 3 places, 4 sessions, 5 energy,
6 evidence.
"""

from ledger.roaming.checks import (
    duplicates,
    energy,
    evidence,
    fields,
    places,
    sessions,
    time_sources,
    times,
)
from ledger.roaming.checks.check import Check, Severity
from ledger.values.reasons import Reason

FATAL, SEVERE, WARNING = Severity.FATAL, Severity.SEVERE, Severity.WARNING

OF_THE_CHARGE: tuple[Check, ...] = (
    Check(
        101, Reason.END_BEFORE_START, FATAL, "operations", "partner",
        "start 10:00, end 09:59", "Send the CDR again with its times in order.",
        times.ends_after_start, is_releasable=False,
    ),
    Check(
        102, Reason.UNKNOWN_CURRENCY, FATAL, "finance", "partner",
        "currency EUX", "Send the CDR again with an ISO 4217 currency.",
        fields.has_a_currency_that_exists, is_releasable=False,
    ),
    Check(
        103, Reason.NUMBER_OUT_OF_RANGE, FATAL, "operations", "partner",
        "total_energy 4135347 (Wh sent as kWh)", "Send the CDR again in OCPI's units.",
        fields.states_figures_of_this_world, is_releasable=False,
    ),
    Check(
        104, Reason.CHARGER_NOT_NAMED, SEVERE, "operations", "partner",
        "evse_id «#NA»", "Ask the CPO which EVSE it was, and correct the CDR.",
        fields.names_its_charger,
    ),
    Check(
        105, Reason.AUTHORIZATION_NOT_NAMED, WARNING, "operations", "partner",
        "auth_method COMMAND without authorization_reference",
        "Ask the CPO to keep the reference of the command.",
        fields.names_its_authorization,
    ),
    Check(
        106, Reason.FIELD_AGREED_MISSING, SEVERE, "operations", "partner",
        "no meter_start_wh where the agreement asks for it", "Ask for the CDR again, complete.",
        fields.has_the_fields_agreed, within="evidence.fields",
    ),
    Check(
        107, Reason.TOKEN_NOT_OF_EMSP, SEVERE, "operations", "backend",
        "contract DE-ABC… in a CDR for DE*EMP", "Ask whose driver it was; exclude or resubmit.",
        fields.has_a_token_of_its_emsp,
    ),
    Check(
        108, Reason.CDR_NOT_SUPPORTED, SEVERE, "platform", "ourselves",
        "home_charging_compensation true", "Settle it outside and exclude it.",
        fields.is_a_kind_we_book, is_releasable=False,
    ),
    Check(
        201, Reason.LOCAL_TIME_AS_UTC, SEVERE, "operations", "backend",
        "the session starts 08:00Z, the CDR 10:00Z, Amsterdam is +02:00",
        "Ask the CPO to send UTC; correct the times by the offset named.",
        times.is_in_utc, within="clock",
    ),
    Check(
        202, Reason.ENDS_IN_FUTURE, SEVERE, "operations", "backend",
        "received 10:00Z, end 11:55Z", "Wait, or ask the CPO about its clock.",
        times.has_ended_when_it_arrives, within="clock",
    ),
    Check(
        203, Reason.PERIODS_OUT_OF_ORDER, SEVERE, "operations", "backend",
        "a charging period that starts after the end", "Ask for the CDR again.",
        times.has_periods_in_order, is_releasable=False,
    ),
    Check(
        204, Reason.PERIODS_DO_NOT_COVER, WARNING, "operations", "backend",
        "start 10:00, first charging period 10:20", "Ask what happened before the first period.",
        times.has_periods_from_the_start, within="clock",
    ),
    Check(
        205, Reason.PARKING_BEFORE_ENERGY_STOPPED, WARNING, "operations", "charger",
        "PARKING_TIME in a period before one with ENERGY", "Look at the charger's states.",
        times.parks_after_energy_stopped,
    ),
    Check(
        301, Reason.LOCATION_UNKNOWN, WARNING, "operations", "backend",
        "no location LOC9 of NL*XYZ was published", "Ask the CPO to publish the location.",
        places.is_at_a_place_we_know,
    ),
    Check(
        302, Reason.CONNECTOR_UNKNOWN, WARNING, "operations", "backend",
        "LOC1 has no EVSE E9", "Ask the CPO to publish the EVSE, or record the remap.",
        places.is_at_a_connector_we_know,
    ),
    Check(
        303, Reason.METER_NOT_LEGAL, SEVERE, "operations", "charger",
        "the register says the meter may not be billed by", "Bill by time, or exclude.",
        places.has_a_meter_to_bill_by,
    ),
    Check(
        304, Reason.METER_OUT_OF_CALIBRATION, SEVERE, "operations", "charger",
        "calibrated until 2026-06-30, charged on 2026-10-10", "Ask for the new certificate.",
        places.has_a_meter_to_bill_by,
    ),
    Check(
        305, Reason.LOCATION_MOVED, SEVERE, "operations", "backend",
        "LOC1 went on as NL*ABC/loc2 on 2026-10-15, charged at LOC1 on 2026-10-16",
        "Ask for the CDR under the other id, or release it.",
        places.goes_by_its_name_of_the_time,
    ),
    Check(
        306, Reason.SITE_NOT_VALID, WARNING, "operations", "backend",
        "the register has LOC1 until 2026-06-30, charged on 2026-10-10",
        "Record since when and until when the site is in operation.",
        places.is_at_a_site_in_operation,
    ),
    Check(
        307, Reason.SITE_SUSPENDED, SEVERE, "operations", "backend",
        "LOC1 is suspended since 2026-10-01, charged on 2026-10-10",
        "Ask the CPO how it could charge; release it, or end the suspension.",
        places.is_at_a_site_that_is_not_suspended,
    ),
    Check(
        401, Reason.SESSION_MISSING, SEVERE, "operations", "backend",
        "session S-17 has not arrived", "It is decided again when the session arrives.",
        sessions.belongs_to_a_session, within="evidence.session",
    ),
    Check(
        402, Reason.SESSION_NOT_COMPLETED, SEVERE, "operations", "backend",
        "the session's last update says ACTIVE", "It is decided again with the next update.",
        sessions.has_a_session_that_is_complete,
    ),
    Check(
        403, Reason.SESSION_INVALID, SEVERE, "operations", "charger",
        "the session's last update says INVALID", "Ask the CPO whether it was a charge at all.",
        sessions.has_a_session_that_is_complete,
    ),
    Check(
        404, Reason.SESSION_TIMES_DIFFER, SEVERE, "operations", "backend",
        "the session ends 11:00, the CDR 11:20", "Correct the times, or ask for the CDR again.",
        time_sources.agrees_with_the_times_of_truth, within="tolerances.time",
    ),
    Check(
        405, Reason.SESSION_CHARGER_DIFFERS, SEVERE, "operations", "backend",
        "session at E1, CDR at E2", "Ask which charger it was.",
        sessions.tells_what_its_session_tells,
    ),
    Check(
        406, Reason.SESSION_TOKEN_DIFFERS, SEVERE, "operations", "backend",
        "session and CDR name two tokens", "Ask whose charge it was.",
        sessions.tells_what_its_session_tells,
    ),
    Check(
        407, Reason.CDR_FOR_SAME_SESSION, SEVERE, "operations", "backend",
        "C-17 and C-18 for session S-17", "Exclude or credit the one too many.",
        duplicates.is_the_only_one_of_its_session, is_releasable=False,
    ),
    Check(
        408, Reason.CONNECTOR_OVERLAP, SEVERE, "operations", "charger",
        "two charges at one plug at once", "Ask which of them took place.",
        duplicates.is_alone_at_its_connector, within="clock",
    ),
    Check(
        409, Reason.TOKEN_OVERLAP, WARNING, "operations", "unknown",
        "one card at two chargers at once", "A fleet card, or a cloned one: ask the eMSP.",
        duplicates.is_the_tokens_only_charge, within="clock",
    ),
    Check(
        411, Reason.CDR_COVERS_SEVERAL_SESSIONS, WARNING, "operations", "backend",
        "session S-18, not billed yet, lies in the time of the CDR of S-17",
        "Ask whether one CDR bills both.",
        duplicates.covers_one_session,
    ),
    Check(
        412, Reason.TIME_NOT_THAT_OF_TRUTH, SEVERE, "operations", "backend",
        "the agreement trusts signed data: it ends 11:00; the CDR 11:20",
        "Correct the CDR to the source the agreement trusts.",
        time_sources.agrees_with_the_times_of_truth, within="truth.time",
    ),
    Check(
        413, Reason.TIME_SOURCES_DIFFER, WARNING, "operations", "backend",
        "the session ends 11:00, the CDR, which the agreement trusts, 11:20",
        "Ask the CPO which of them is right.",
        time_sources.agrees_with_the_times_of_truth, within="truth.time",
    ),
    Check(
        414, Reason.SESSION_TELLS_ANOTHER, WARNING, "operations", "backend",
        "session at E1, CDR, which the agreement trusts, at E2", "Ask which charger it was.",
        sessions.tells_what_its_session_tells, within="truth.session",
    ),
    Check(
        410, Reason.CDR_CONFLICT, SEVERE, "operations", "partner",
        "C-17 arrives again with another total",
        "The first stands; ask for a credit CDR, or for a resubmission.",
        is_releasable=False,
    ),
    Check(
        501, Reason.CDR_ENERGY_DIFFERS, SEVERE, "operations", "backend",
        "periods of 10 kWh, total_energy 12", "Correct the total, or ask for the CDR again.",
        energy.periods_add_up_to_the_energy, within="tolerances.energy",
    ),
    Check(
        502, Reason.ENERGY_NOT_THAT_OF_TRUTH, SEVERE, "operations", "backend",
        "the agreement trusts signed data: 9.8 kWh; the CDR states 10.2",
        "Correct the CDR to the source the agreement trusts.",
        energy.agrees_with_the_other_sources, within="truth.energy",
    ),
    Check(
        503, Reason.ENERGY_SOURCES_DIFFER, WARNING, "operations", "charger",
        "the meter says 10.4 kWh, the CDR 10.2", "Look at the charger's meter.",
        energy.agrees_with_the_other_sources, within="tolerances.energy",
    ),
    Check(
        504, Reason.METER_RUNS_BACKWARDS, SEVERE, "operations", "charger",
        "start 1200 Wh, stop 900 Wh", "Ask whether the meter was replaced.",
        energy.has_a_meter_that_runs_forwards,
    ),
    Check(
        505, Reason.ENERGY_IMPOSSIBLE, SEVERE, "operations", "charger",
        "80 kWh in 20 minutes at 50 kW", "Ask for the meter readings.",
        energy.is_physically_possible, within="clock",
    ),
    Check(
        506, Reason.CDR_TIME_DIFFERS, WARNING, "operations", "backend",
        "periods of 1.0 h, total_time 1.5 h", "Ask the CPO which of them is billed.",
        within="tolerances.time",
    ),
    Check(
        507, Reason.PARKING_TIME_DIFFERS, WARNING, "operations", "backend",
        "stated 0.2 h, by the agreement's rule 0.5 h", "Agree on when parking starts.",
        within="parking_starts",
    ),
    Check(
        601, Reason.SIGNED_DATA_MISSING, SEVERE, "operations", "partner",
        "no signed_data where the agreement demands it", "Ask for the signed data.",
        evidence.has_signed_data_where_agreed, within="evidence.signed_data",
    ),
    Check(
        602, Reason.SIGNED_DATA_FALSE, SEVERE, "operations", "charger",
        "the signature is not that of the meter's key", "Ask for the meter's public key.",
        evidence.has_a_signature_that_is_true,
    ),
    Check(
        603, Reason.SIGNED_DATA_NOT_VERIFIED, WARNING, "operations", "unknown",
        "no public key is known", "Record the meter's public key.",
        evidence.has_a_signature_that_can_be_verified,
    ),
)  # fmt: skip
