"""Why a message is unreadable, a record is held, or a command is refused.

Each code is published: partners, exports and the exception queue name it, so a code keeps its
meaning for ever and is never reused.
"""

from enum import StrEnum

import msgspec


class Reason(StrEnum):
    """The published codes. `SENTENCES` has one sentence for each."""

    # unreadable messages: the bytes never became a command
    UNKNOWN_TOPIC_VERSION = "UNKNOWN_TOPIC_VERSION"
    EMPTY_MESSAGE = "EMPTY_MESSAGE"
    WRONG_MAGIC_BYTE = "WRONG_MAGIC_BYTE"
    UNKNOWN_SCHEMA_ID = "UNKNOWN_SCHEMA_ID"
    SCHEMA_FOR_ANOTHER_TOPIC = "SCHEMA_FOR_ANOTHER_TOPIC"
    SCHEMA_NOT_COMPATIBLE = "SCHEMA_NOT_COMPATIBLE"
    CORRUPT_AVRO = "CORRUPT_AVRO"
    MISSING_KEY = "MISSING_KEY"
    KEY_PARTY_DIFFERS = "KEY_PARTY_DIFFERS"
    MISSING_FIELD = "MISSING_FIELD"
    UNKNOWN_FIELD = "UNKNOWN_FIELD"
    WRONG_TYPE = "WRONG_TYPE"
    WRONG_FORMAT = "WRONG_FORMAT"
    NEGATIVE_QUANTITY = "NEGATIVE_QUANTITY"
    NOT_A_NUMBER = "NOT_A_NUMBER"
    NUMBER_OUT_OF_RANGE = "NUMBER_OUT_OF_RANGE"
    DECIMAL_TOO_LONG = "DECIMAL_TOO_LONG"
    UNKNOWN_VALUE = "UNKNOWN_VALUE"
    TEXT_TOO_LONG = "TEXT_TOO_LONG"
    EMPTY_LIST = "EMPTY_LIST"
    TIME_WITHOUT_ZONE = "TIME_WITHOUT_ZONE"
    TIME_NOT_UTC = "TIME_NOT_UTC"
    END_BEFORE_START = "END_BEFORE_START"
    NOT_JSON = "NOT_JSON"
    UNKNOWN_OCPI_VERSION = "UNKNOWN_OCPI_VERSION"
    NOT_IN_THIS_VERSION = "NOT_IN_THIS_VERSION"
    HASH_DIFFERS = "HASH_DIFFERS"
    MESSAGE_TOO_LARGE = "MESSAGE_TOO_LARGE"
    SCHEMA_REGISTRY_UNREACHABLE = "SCHEMA_REGISTRY_UNREACHABLE"
    SENDER_NOT_ENTITLED = "SENDER_NOT_ENTITLED"
    WRONG_HEADER = "WRONG_HEADER"
    NAMED_TWICE = "NAMED_TWICE"
    CDR_OF_ANOTHER_PARTY = "CDR_OF_ANOTHER_PARTY"
    FIELD_NOT_APPLICABLE = "FIELD_NOT_APPLICABLE"
    SEQUENCE_ALTERED = "SEQUENCE_ALTERED"

    # held: a record that waits for a fact or for a person
    CDR_CONFLICT = "CDR_CONFLICT"
    SESSION_CONFLICT = "SESSION_CONFLICT"
    TARIFF_CONFLICT = "TARIFF_CONFLICT"
    LOCATION_CONFLICT = "LOCATION_CONFLICT"
    PARTY_CONFLICT = "PARTY_CONFLICT"
    PARTY_UNKNOWN = "PARTY_UNKNOWN"
    ENTITY_UNKNOWN = "ENTITY_UNKNOWN"
    PARTY_NOT_ACTIVE = "PARTY_NOT_ACTIVE"
    AGREEMENT_MISSING = "AGREEMENT_MISSING"
    SESSION_MISSING = "SESSION_MISSING"
    TARIFF_MISSING = "TARIFF_MISSING"
    TARIFF_NOT_NAMED = "TARIFF_NOT_NAMED"
    TARIFF_NOT_SUPPORTED = "TARIFF_NOT_SUPPORTED"
    CDR_NOT_SUPPORTED = "CDR_NOT_SUPPORTED"
    TERM_NOT_SUPPORTED = "TERM_NOT_SUPPORTED"
    TIME_ZONE_UNKNOWN = "TIME_ZONE_UNKNOWN"
    COUNTRY_UNKNOWN = "COUNTRY_UNKNOWN"
    CURRENCY_DIFFERS = "CURRENCY_DIFFERS"
    UNKNOWN_CURRENCY = "UNKNOWN_CURRENCY"
    CDR_TOTAL_COST_DIFFERS = "CDR_TOTAL_COST_DIFFERS"
    CDR_ENERGY_DIFFERS = "CDR_ENERGY_DIFFERS"
    PERIODS_OUT_OF_ORDER = "PERIODS_OUT_OF_ORDER"
    VAT_RATE_MISSING = "VAT_RATE_MISSING"
    VAT_REGISTRATION_MISSING = "VAT_REGISTRATION_MISSING"
    FX_RATE_MISSING = "FX_RATE_MISSING"
    CDR_TOO_OLD = "CDR_TOO_OLD"
    PRICE_ABOVE_PUBLIC = "PRICE_ABOVE_PUBLIC"
    TOKEN_NOT_OF_EMSP = "TOKEN_NOT_OF_EMSP"
    CHARGER_NOT_NAMED = "CHARGER_NOT_NAMED"
    FIELD_AGREED_MISSING = "FIELD_AGREED_MISSING"
    LOCAL_TIME_AS_UTC = "LOCAL_TIME_AS_UTC"
    ENDS_IN_FUTURE = "ENDS_IN_FUTURE"
    METER_NOT_LEGAL = "METER_NOT_LEGAL"
    METER_OUT_OF_CALIBRATION = "METER_OUT_OF_CALIBRATION"
    SESSION_NOT_COMPLETED = "SESSION_NOT_COMPLETED"
    SESSION_INVALID = "SESSION_INVALID"
    SESSION_TIMES_DIFFER = "SESSION_TIMES_DIFFER"
    SESSION_CHARGER_DIFFERS = "SESSION_CHARGER_DIFFERS"
    SESSION_TOKEN_DIFFERS = "SESSION_TOKEN_DIFFERS"
    SESSION_TELLS_ANOTHER = "SESSION_TELLS_ANOTHER"
    LATE_FACT_TO_REVIEW = "LATE_FACT_TO_REVIEW"
    CDR_NOT_WAITING = "CDR_NOT_WAITING"
    CDR_DISPUTED = "CDR_DISPUTED"
    TIME_NOT_THAT_OF_TRUTH = "TIME_NOT_THAT_OF_TRUTH"
    TIME_SOURCES_DIFFER = "TIME_SOURCES_DIFFER"
    CDR_FOR_SAME_SESSION = "CDR_FOR_SAME_SESSION"
    CONNECTOR_OVERLAP = "CONNECTOR_OVERLAP"
    ENERGY_NOT_THAT_OF_TRUTH = "ENERGY_NOT_THAT_OF_TRUTH"
    METER_RUNS_BACKWARDS = "METER_RUNS_BACKWARDS"
    ENERGY_IMPOSSIBLE = "ENERGY_IMPOSSIBLE"
    SIGNED_DATA_MISSING = "SIGNED_DATA_MISSING"
    SIGNED_DATA_FALSE = "SIGNED_DATA_FALSE"
    CREDIT_ORIGINAL_MISSING = "CREDIT_ORIGINAL_MISSING"
    CREDIT_NOT_IN_FULL = "CREDIT_NOT_IN_FULL"
    CREDIT_SECOND = "CREDIT_SECOND"
    SESSION_STUCK = "SESSION_STUCK"
    SESSION_UNBILLED = "SESSION_UNBILLED"
    SEQUENCE_GAP = "SEQUENCE_GAP"
    CONTROL_TOTALS_DIFFER = "CONTROL_TOTALS_DIFFER"
    CONTROL_TOTALS_CONFLICT = "CONTROL_TOTALS_CONFLICT"
    LOCATION_MOVED = "LOCATION_MOVED"
    SITE_SUSPENDED = "SITE_SUSPENDED"
    COMMAND_RESULT_CONFLICT = "COMMAND_RESULT_CONFLICT"
    OUT_OF_LAUNCH_SCOPE = "OUT_OF_LAUNCH_SCOPE"
    LAUNCH_CAP_REACHED = "LAUNCH_CAP_REACHED"
    AGREEMENT_SUSPENDED = "AGREEMENT_SUSPENDED"
    PAYMENT_CONFLICT = "PAYMENT_CONFLICT"
    PAYMENT_CURRENCY_DIFFERS = "PAYMENT_CURRENCY_DIFFERS"
    PAYMENT_EXCEEDS_AUTHORISED = "PAYMENT_EXCEEDS_AUTHORISED"
    PAYMENT_EXCEEDS_CAPTURED = "PAYMENT_EXCEEDS_CAPTURED"

    # findings: recorded with an accepted CDR, which they do not hold
    CDR_COST_PART_DIFFERS = "CDR_COST_PART_DIFFERS"
    CDR_TIME_DIFFERS = "CDR_TIME_DIFFERS"
    PARKING_TIME_DIFFERS = "PARKING_TIME_DIFFERS"
    DISPLAYED_PRICE_DIFFERS = "DISPLAYED_PRICE_DIFFERS"
    DISPLAYED_VERSION_DIFFERS = "DISPLAYED_VERSION_DIFFERS"
    AUTHORIZATION_NOT_NAMED = "AUTHORIZATION_NOT_NAMED"
    PERIODS_DO_NOT_COVER = "PERIODS_DO_NOT_COVER"
    PARKING_BEFORE_ENERGY_STOPPED = "PARKING_BEFORE_ENERGY_STOPPED"
    LOCATION_UNKNOWN = "LOCATION_UNKNOWN"
    CONNECTOR_UNKNOWN = "CONNECTOR_UNKNOWN"
    TOKEN_OVERLAP = "TOKEN_OVERLAP"
    CDR_COVERS_SEVERAL_SESSIONS = "CDR_COVERS_SEVERAL_SESSIONS"
    ENERGY_SOURCES_DIFFER = "ENERGY_SOURCES_DIFFER"
    SIGNED_DATA_NOT_VERIFIED = "SIGNED_DATA_NOT_VERIFIED"
    TAX_IMPLAUSIBLE = "TAX_IMPLAUSIBLE"
    DELIVERED_LATE = "DELIVERED_LATE"
    SITE_NOT_VALID = "SITE_NOT_VALID"

    # refused: a command that changes nothing
    CDR_NOT_HELD = "CDR_NOT_HELD"
    CDR_NOT_OPEN = "CDR_NOT_OPEN"
    FINDING_NOT_THERE = "FINDING_NOT_THERE"
    FINDING_NOT_RELEASABLE = "FINDING_NOT_RELEASABLE"
    NOTHING_TO_UNDO = "NOTHING_TO_UNDO"
    REASON_MISSING = "REASON_MISSING"
    AMOUNT_TOO_LARGE = "AMOUNT_TOO_LARGE"
    ACTOR_UNKNOWN = "ACTOR_UNKNOWN"
    ROLE_MISSING = "ROLE_MISSING"
    ASSERTED_NOT_ALLOWED = "ASSERTED_NOT_ALLOWED"
    SECOND_PERSON_REQUIRED = "SECOND_PERSON_REQUIRED"
    NOT_FOUND = "NOT_FOUND"
    ALREADY_EXISTS = "ALREADY_EXISTS"
    INVALID_DOCUMENT = "INVALID_DOCUMENT"
    SPLIT_NOT_WHOLE = "SPLIT_NOT_WHOLE"
    VALIDITY_OVERLAPS = "VALIDITY_OVERLAPS"
    WRONG_IDENTIFIER = "WRONG_IDENTIFIER"
    STEP_SIZE_NOT_POSITIVE = "STEP_SIZE_NOT_POSITIVE"
    AMOUNT_SCALE = "AMOUNT_SCALE"
    RATE_NOT_POSITIVE = "RATE_NOT_POSITIVE"
    PERIOD_NOT_OPEN = "PERIOD_NOT_OPEN"
    PERIOD_CLOSED = "PERIOD_CLOSED"
    PERIOD_NOT_OVER = "PERIOD_NOT_OVER"
    CLOSE_BLOCKED = "CLOSE_BLOCKED"
    FIGURES_MOVED = "FIGURES_MOVED"
    TRUE_UP_MISSING = "TRUE_UP_MISSING"
    ACCRUAL_NOT_DUE = "ACCRUAL_NOT_DUE"
    TARIFF_NOT_APPROVED = "TARIFF_NOT_APPROVED"
    WRONG_STATE = "WRONG_STATE"
    TARIFF_NOT_GOVERNED = "TARIFF_NOT_GOVERNED"
    TARIFF_HAS_ERRORS = "TARIFF_HAS_ERRORS"
    CDR_NOT_PRICED = "CDR_NOT_PRICED"
    SESSION_WITHOUT_END = "SESSION_WITHOUT_END"
    SESSION_BILLED = "SESSION_BILLED"
    LOCATION_MISSING = "LOCATION_MISSING"
    SUBJECT_ERASED = "SUBJECT_ERASED"
    DISPUTE_NOT_OPEN = "DISPUTE_NOT_OPEN"
    DISPUTE_NOT_ANSWERED = "DISPUTE_NOT_ANSWERED"
    DISPUTE_WINDOW_OVER = "DISPUTE_WINDOW_OVER"
    REFUNDS_NOT_AGREED = "REFUNDS_NOT_AGREED"
    WRONG_PARTY = "WRONG_PARTY"
    REMAP_CIRCULAR = "REMAP_CIRCULAR"
    IBAN_INVALID = "IBAN_INVALID"
    BIC_INVALID = "BIC_INVALID"
    VAT_NUMBER_INVALID = "VAT_NUMBER_INVALID"
    REGISTRATION_EXPIRED = "REGISTRATION_EXPIRED"
    ONBOARDING_INCOMPLETE = "ONBOARDING_INCOMPLETE"
    DECISIONS_AFFECTED = "DECISIONS_AFFECTED"
    LAUNCH_GATE_NOT_PASSED = "LAUNCH_GATE_NOT_PASSED"
    SIGN_OFF_MISSING = "SIGN_OFF_MISSING"
    PAYEE_UNKNOWN = "PAYEE_UNKNOWN"
    AGREEMENT_GAP = "AGREEMENT_GAP"
    AGREEMENT_CIRCULAR = "AGREEMENT_CIRCULAR"
    RETROACTIVE = "RETROACTIVE"
    CURRENCY_MISSING = "CURRENCY_MISSING"
    CURRENCY_ENDED = "CURRENCY_ENDED"
    TIERS_OUT_OF_ORDER = "TIERS_OUT_OF_ORDER"
    MINIMUM_ABOVE_MAXIMUM = "MINIMUM_ABOVE_MAXIMUM"
    TIME_ZONE_DIFFERS = "TIME_ZONE_DIFFERS"
    ACCOUNT_UNKNOWN = "ACCOUNT_UNKNOWN"
    CLEARING_NOT_MIRRORED = "CLEARING_NOT_MIRRORED"
    OPENING_EXISTS = "OPENING_EXISTS"
    PLAN_DIFFERS = "PLAN_DIFFERS"
    TOKEN_UNKNOWN = "TOKEN_UNKNOWN"
    TOKEN_EXPIRED = "TOKEN_EXPIRED"
    TOKEN_REVOKED = "TOKEN_REVOKED"
    NOT_SOLD_TO_DRIVER = "NOT_SOLD_TO_DRIVER"
    ACCOUNT_NOT_MAPPED = "ACCOUNT_NOT_MAPPED"
    RATE_DATE_IMPOSSIBLE = "RATE_DATE_IMPOSSIBLE"
    RATE_TWICE = "RATE_TWICE"
    RATE_DIFFERS = "RATE_DIFFERS"
    RATE_GAP = "RATE_GAP"
    REVALUATION_MISSING = "REVALUATION_MISSING"
    EARLIER_MONTH_OPEN = "EARLIER_MONTH_OPEN"
    TAX_BASIS_EXPIRES = "TAX_BASIS_EXPIRES"


SENTENCES: dict[Reason, str] = {
    Reason.UNKNOWN_TOPIC_VERSION: "The topic's version is not one this installation reads.",
    Reason.EMPTY_MESSAGE: "The message has no value.",
    Reason.WRONG_MAGIC_BYTE: "The value does not begin with the Confluent magic byte 0.",
    Reason.UNKNOWN_SCHEMA_ID: "The schema registry does not know the schema id of the value.",
    Reason.SCHEMA_FOR_ANOTHER_TOPIC: "The schema id of the value belongs to another topic.",
    Reason.SCHEMA_NOT_COMPATIBLE: "The schema that wrote the value cannot be read as ours.",
    Reason.CORRUPT_AVRO: "The value does not decode with the schema it names.",
    Reason.MISSING_KEY: "The message has no key; the key is country_code*party_id of the CPO.",
    Reason.KEY_PARTY_DIFFERS: "The key names another party than the value.",
    Reason.MISSING_FIELD: "A required field is missing.",
    Reason.UNKNOWN_FIELD: "A field that the contract does not know is present.",
    Reason.WRONG_TYPE: "A field has another type than the contract.",
    Reason.WRONG_FORMAT: "A field's text has not the shape that the contract asks for.",
    Reason.NEGATIVE_QUANTITY: "A quantity that cannot be negative is.",
    Reason.NOT_A_NUMBER: "A number is NaN or infinite.",
    Reason.NUMBER_OUT_OF_RANGE: "A number is outside what the field allows.",
    Reason.DECIMAL_TOO_LONG: "A number has more digits than decimal(38,9) holds.",
    Reason.UNKNOWN_VALUE: "A field has a value that its enumeration does not know.",
    Reason.TEXT_TOO_LONG: "A text is longer than its field allows.",
    Reason.EMPTY_LIST: "A list that needs at least one entry is empty.",
    Reason.TIME_WITHOUT_ZONE: "An instant has no offset; instants are UTC.",
    Reason.TIME_NOT_UTC: "An instant has another offset than UTC's.",
    Reason.END_BEFORE_START: "The end lies before the start.",
    Reason.NOT_JSON: "The text is not JSON.",
    Reason.UNKNOWN_OCPI_VERSION: "The object does not show which version of OCPI it follows.",
    Reason.NOT_IN_THIS_VERSION: "This version of OCPI cannot say what the object says.",
    Reason.HASH_DIFFERS: "The hash of the original document is not that of its bytes.",
    Reason.MESSAGE_TOO_LARGE: "The message is larger than 4 MiB.",
    Reason.SCHEMA_REGISTRY_UNREACHABLE: "The schema registry did not answer.",
    Reason.SENDER_NOT_ENTITLED: "The sender may not speak for the party of the message.",
    Reason.WRONG_HEADER: "A header of the message cannot be read.",
    Reason.NAMED_TWICE: "A list names the same thing twice.",
    Reason.CDR_OF_ANOTHER_PARTY: "A CDR belongs to another party than the message says.",
    Reason.FIELD_NOT_APPLICABLE: "The field means nothing beside what the message says elsewhere.",
    Reason.SEQUENCE_ALTERED: "Another message of the sender has the same sequence number.",
    Reason.CDR_CONFLICT: "A CDR of this id with other content was recorded first.",
    Reason.SESSION_CONFLICT: "An update of this session with the same last_updated differs.",
    Reason.TARIFF_CONFLICT: "A tariff version with the same last_updated differs.",
    Reason.LOCATION_CONFLICT: "A location with the same last_updated differs.",
    Reason.PARTY_CONFLICT: "What the party said of itself with the same last_updated differs.",
    Reason.PARTY_NOT_ACTIVE: "A party was not active when the session started.",
    Reason.PARTY_UNKNOWN: "A party that the record names is not registered.",
    Reason.ENTITY_UNKNOWN: "The legal entity of a party is not registered.",
    Reason.AGREEMENT_MISSING: "No agreement between the parties was in force.",
    Reason.SESSION_MISSING: "The session of the CDR has not arrived.",
    Reason.TARIFF_MISSING: "No version of the tariff was valid when the session started.",
    Reason.TARIFF_NOT_NAMED: "The CDR names no tariff and the agreement has no default.",
    Reason.TARIFF_NOT_SUPPORTED: "The tariff uses something that cannot be priced yet.",
    Reason.CDR_NOT_SUPPORTED: "The CDR uses something that cannot be priced yet.",
    Reason.TERM_NOT_SUPPORTED: "The agreement has a term whose behaviour does not exist yet.",
    Reason.TIME_ZONE_UNKNOWN: "The time zone is missing, or is not one of IANA's.",
    Reason.COUNTRY_UNKNOWN: "The country code is not one of ISO 3166-1.",
    Reason.CURRENCY_DIFFERS: "The CDR's currency is not the tariff's.",
    Reason.UNKNOWN_CURRENCY: "The currency is not an ISO 4217 currency.",
    Reason.CDR_TOTAL_COST_DIFFERS: "The total cost stated is not the one the tariff gives.",
    Reason.CDR_ENERGY_DIFFERS: "The charging periods do not add up to the total energy.",
    Reason.PERIODS_OUT_OF_ORDER: "The charging periods are not in order or outside the session.",
    Reason.VAT_RATE_MISSING: "No VAT rate is known for the country on the tax point.",
    Reason.VAT_REGISTRATION_MISSING: "A party lacks the VAT registration that the rule needs.",
    Reason.FX_RATE_MISSING: "No exchange rate is known for the day the agreement names.",
    Reason.CDR_TOO_OLD: "The CDR arrived after the age limit of the agreement.",
    Reason.PRICE_ABOVE_PUBLIC: "The sale costs more than at the connector's public tariff.",
    Reason.TOKEN_NOT_OF_EMSP: "The token's contract is not one of the eMSP that the CDR names.",
    Reason.CHARGER_NOT_NAMED: "The charger or its connector is not named.",
    Reason.FIELD_AGREED_MISSING: "A field that the agreement asks for is missing.",
    Reason.LOCAL_TIME_AS_UTC: "Local time was sent as UTC.",
    Reason.ENDS_IN_FUTURE: "The charge ends after the CDR was received.",
    Reason.METER_NOT_LEGAL: "The register says that the meter may not be billed by.",
    Reason.METER_OUT_OF_CALIBRATION: "The meter's calibration had run out.",
    Reason.SESSION_NOT_COMPLETED: "The session's last update does not say that it is completed.",
    Reason.SESSION_INVALID: "The session's last update says that it is invalid.",
    Reason.SESSION_TIMES_DIFFER: "Start or end are not those of the session.",
    Reason.SESSION_CHARGER_DIFFERS: "The charger is not that of the session.",
    Reason.SESSION_TOKEN_DIFFERS: "The token is not that of the session.",
    Reason.CDR_NOT_WAITING: "It does not wait for approval.",
    Reason.CDR_DISPUTED: "A dispute about it is open.",
    Reason.LATE_FACT_TO_REVIEW: "A late fact would change what is booked, if a person lets it.",
    Reason.SESSION_TELLS_ANOTHER: "The session tells another charger or token than the CDR.",
    Reason.TIME_NOT_THAT_OF_TRUTH: "Start or end is not that of the source the agreement trusts.",
    Reason.TIME_SOURCES_DIFFER: "Another source tells another start or end.",
    Reason.CDR_FOR_SAME_SESSION: "Another CDR is accepted for the same session.",
    Reason.CONNECTOR_OVERLAP: "Another accepted charge at the same connector overlaps in time.",
    Reason.ENERGY_NOT_THAT_OF_TRUTH: "The energy is not that of the source the agreement trusts.",
    Reason.METER_RUNS_BACKWARDS: "The meter stands lower at the end than at the start.",
    Reason.ENERGY_IMPOSSIBLE: "The energy does not fit the duration at the connector's power.",
    Reason.SIGNED_DATA_MISSING: "Signed meter data is demanded, and missing or unreadable.",
    Reason.SIGNED_DATA_FALSE: "The signature of the meter data is false.",
    Reason.CREDIT_ORIGINAL_MISSING: "The CDR that a credit CDR cancels has not been accepted.",
    Reason.CREDIT_NOT_IN_FULL: "A credit CDR does not cancel its original in full.",
    Reason.CREDIT_SECOND: "The CDR that a credit CDR cancels is credited already.",
    Reason.SESSION_STUCK: "Nothing was heard of the unfinished session for too long.",
    Reason.SESSION_UNBILLED: "The session has energy and ended, and no CDR came in time.",
    Reason.SEQUENCE_GAP: "Sequence numbers of the sender's messages are missing.",
    Reason.CONTROL_TOTALS_DIFFER: "What the sender says it sent is not what was received.",
    Reason.CONTROL_TOTALS_CONFLICT: "The sender stated other totals at the same time.",
    Reason.LOCATION_MOVED: "The location or EVSE had another identity when the charge started.",
    Reason.SITE_SUSPENDED: "The site was suspended when the charge started.",
    Reason.COMMAND_RESULT_CONFLICT: "The result of a command differs at the same time.",
    Reason.OUT_OF_LAUNCH_SCOPE: "The charge is outside what the launch has in scope.",
    Reason.LAUNCH_CAP_REACHED: "The launch lets no more through on that day.",
    Reason.AGREEMENT_SUSPENDED: "The agreement was suspended when the session started.",
    Reason.PAYMENT_CONFLICT: "Something else was told of this event of the payment first.",
    Reason.PAYMENT_CURRENCY_DIFFERS: "The payment began in another currency.",
    Reason.PAYMENT_EXCEEDS_AUTHORISED: "More would be captured than is authorised.",
    Reason.PAYMENT_EXCEEDS_CAPTURED: "More would be given back than was captured.",
    Reason.CDR_COST_PART_DIFFERS: "A part of the cost stated is not the one the tariff gives.",
    Reason.CDR_TIME_DIFFERS: "The times of the charging periods do not add up to the total.",
    Reason.PARKING_TIME_DIFFERS: "The parking time stated is not that of the agreement's rule.",
    Reason.DISPLAYED_PRICE_DIFFERS: "The price shown to the driver is not one that is billed.",
    Reason.DISPLAYED_VERSION_DIFFERS: "The tariff version shown is not the one that prices.",
    Reason.AUTHORIZATION_NOT_NAMED: "The authorization that started the charge is not named.",
    Reason.PERIODS_DO_NOT_COVER: "The charging periods do not begin with the charge.",
    Reason.PARKING_BEFORE_ENERGY_STOPPED: "Parking is counted before the energy stopped.",
    Reason.LOCATION_UNKNOWN: "The location is not in the register.",
    Reason.CONNECTOR_UNKNOWN: "The EVSE or the connector is not in the register.",
    Reason.TOKEN_OVERLAP: "Another accepted charge with the same token overlaps in time.",
    Reason.CDR_COVERS_SEVERAL_SESSIONS: "Unbilled sessions at the charger lie in the CDR's time.",
    Reason.ENERGY_SOURCES_DIFFER: "Sources of the energy differ by more than the tolerance.",
    Reason.SIGNED_DATA_NOT_VERIFIED: "The signature of the meter data could not be verified.",
    Reason.TAX_IMPLAUSIBLE: "The tax stated is not at a rate of the charger's country.",
    Reason.DELIVERED_LATE: "The CDR was delivered after the time agreed.",
    Reason.SITE_NOT_VALID: "The register's site was not valid when the charge started.",
    Reason.CDR_NOT_HELD: "The CDR is not held.",
    Reason.CDR_NOT_OPEN: "The CDR is not in a state that allows this.",
    Reason.FINDING_NOT_THERE: "The CDR is not held for this.",
    Reason.FINDING_NOT_RELEASABLE: "It cannot be released: booking needs what is missing.",
    Reason.NOTHING_TO_UNDO: "There is nothing to undo.",
    Reason.REASON_MISSING: "A reason is needed.",
    Reason.AMOUNT_TOO_LARGE: "The amount is more than what is left of the record.",
    Reason.ACTOR_UNKNOWN: "The actor is not registered.",
    Reason.ROLE_MISSING: "The actor has not the role that this command needs.",
    Reason.ASSERTED_NOT_ALLOWED: "This installation accepts authenticated actors only.",
    Reason.SECOND_PERSON_REQUIRED: "A second person must do this.",
    Reason.NOT_FOUND: "There is no such record.",
    Reason.ALREADY_EXISTS: "The record exists already with other content.",
    Reason.INVALID_DOCUMENT: "The document is not valid.",
    Reason.SPLIT_NOT_WHOLE: "The shares of the split do not sum to the whole.",
    Reason.VALIDITY_OVERLAPS: "The validity overlaps an existing version.",
    Reason.WRONG_IDENTIFIER: "The identifier has not the shape of its kind.",
    Reason.STEP_SIZE_NOT_POSITIVE: "A step size must be greater than zero.",
    Reason.AMOUNT_SCALE: "The amount has more decimals than its scale allows.",
    Reason.RATE_NOT_POSITIVE: "An exchange rate must be greater than zero.",
    Reason.PERIOD_NOT_OPEN: "The period is not open.",
    Reason.PERIOD_CLOSED: "The period is closed.",
    Reason.PERIOD_NOT_OVER: "The period has not ended yet.",
    Reason.CLOSE_BLOCKED: "Something blocks the close.",
    Reason.FIGURES_MOVED: "The figures changed after the preview; look again.",
    Reason.TRUE_UP_MISSING: "A clause owes another amount over the period than is booked.",
    Reason.ACCRUAL_NOT_DUE: "What the period accrued has not fallen due.",
    Reason.TARIFF_NOT_APPROVED: "The version of a tariff governed here was not published here.",
    Reason.WRONG_STATE: "The record is not in the state that this command needs.",
    Reason.TARIFF_NOT_GOVERNED: "The party's tariff versions are not made and approved here.",
    Reason.TARIFF_HAS_ERRORS: "Lint finds something wrong in the tariff.",
    Reason.CDR_NOT_PRICED: "The CDR is not accepted, so it has no price to show.",
    Reason.SESSION_WITHOUT_END: "The session states no end.",
    Reason.SESSION_BILLED: "A CDR of this session was recorded already.",
    Reason.LOCATION_MISSING: "The register has no such connector at the location.",
    Reason.SUBJECT_ERASED: "Personal data that this needs was erased.",
    Reason.DISPUTE_NOT_OPEN: "The dispute is not in a state that allows this.",
    Reason.DISPUTE_NOT_ANSWERED: "The other party may still answer the dispute.",
    Reason.DISPUTE_WINDOW_OVER: "The time to dispute the CDR is over, or none was agreed.",
    Reason.REFUNDS_NOT_AGREED: "The agreement's refund rules do not allow this.",
    Reason.WRONG_PARTY: "Another party has the word here.",
    Reason.REMAP_CIRCULAR: "The remap leads back to where it began.",
    Reason.IBAN_INVALID: (
        "The IBAN has not the length, the form or the check digits of its country."
    ),
    Reason.BIC_INVALID: "The BIC has not the form of ISO 9362.",
    Reason.VAT_NUMBER_INVALID: (
        "The VAT number has not the form or the check digits of its country."
    ),
    Reason.REGISTRATION_EXPIRED: "The VAT registration has expired.",
    Reason.ONBOARDING_INCOMPLETE: "Something that the party's roles need is not recorded yet.",
    Reason.DECISIONS_AFFECTED: "It would change recorded decisions and is not marked a correction.",
    Reason.LAUNCH_GATE_NOT_PASSED: "The evidence does not meet a criterion of the phase.",
    Reason.SIGN_OFF_MISSING: "A role has not signed the phase off.",
    Reason.PAYEE_UNKNOWN: "A party that the agreement pays is not registered.",
    Reason.AGREEMENT_GAP: "Between two versions nothing is agreed.",
    Reason.AGREEMENT_CIRCULAR: "What the agreement pays comes back to who pays it.",
    Reason.RETROACTIVE: "It would change what was agreed for a time that began already.",
    Reason.CURRENCY_MISSING: "An amount has no currency.",
    Reason.CURRENCY_ENDED: "The currency is money no more.",
    Reason.TIERS_OUT_OF_ORDER: "Tiers begin at zero and ascend.",
    Reason.MINIMUM_ABOVE_MAXIMUM: "The minimum is more than the maximum.",
    Reason.TIME_ZONE_DIFFERS: "The settlement calendar's group has another time zone.",
    Reason.ACCOUNT_UNKNOWN: "The chart has no account of this name.",
    Reason.CLEARING_NOT_MIRRORED: "What one book is owed is not what the other book owes.",
    Reason.OPENING_EXISTS: "The book was opened with other balances; reverse them first.",
    Reason.PLAN_DIFFERS: "What would be done is not what was checked; check it again.",
    Reason.TOKEN_UNKNOWN: "Nobody was given this token.",
    Reason.TOKEN_EXPIRED: "The token has expired.",
    Reason.TOKEN_REVOKED: "The token was revoked.",
    Reason.NOT_SOLD_TO_DRIVER: "Nothing of the CDR was sold to its driver.",
    Reason.ACCOUNT_NOT_MAPPED: "The chart says nothing of an account.",
    Reason.RATE_DATE_IMPOSSIBLE: "No rate can have been published on this day.",
    Reason.RATE_TWICE: "Two rates are given for one day.",
    Reason.RATE_DIFFERS: (
        "Another rate is known for the day, and the import is not marked a correction."
    ),
    Reason.RATE_GAP: "Between the known rates and these there are days of which nothing is known.",
    Reason.REVALUATION_MISSING: (
        "What is open in a foreign currency is not at the rate of the month's end."
    ),
    Reason.EARLIER_MONTH_OPEN: (
        "An earlier month of the book is open; its exchange differences come first."
    ),
    Reason.TAX_BASIS_EXPIRES: "What tax decisions rest on ends soon.",
}


class Refusal(msgspec.Struct, frozen=True, omit_defaults=True):
    """One reason with its facts: where, what was expected, what was there."""

    reason: Reason
    path: str = ""
    expected: str = ""
    actual: str = ""

    def __str__(self) -> str:
        facts = []
        if self.path:
            facts.append(f"at {self.path}")
        if self.expected:
            facts.append(f"expected {self.expected}")
        if self.actual:
            facts.append(f"got {self.actual}")
        tail = f" ({', '.join(facts)})" if facts else ""
        return f"{self.reason.value}: {SENTENCES[self.reason]}{tail}"


class Refused(Exception):
    """A command was refused; nothing changed.

    >>> str(Refused(Refusal(Reason.PERIOD_NOT_OPEN, "state", expected="OPEN", actual="CUT_OFF")))
    'PERIOD_NOT_OPEN: The period is not open. (at state, expected OPEN, got CUT_OFF)'
    """

    def __init__(self, *refusals: Refusal) -> None:
        super().__init__("; ".join(str(refusal) for refusal in refusals))
        self.refusals = refusals

    @property
    def reason(self) -> Reason:
        """The first code, for callers that name only one."""
        return self.refusals[0].reason


class InvariantBroken(Exception):
    """Something that can never happen did: a defect of Clearwatt, not of its input."""
