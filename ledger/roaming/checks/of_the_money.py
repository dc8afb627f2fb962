"""Checks of what a charge costs, by number: 7 price, 8 parties, terms and tax, 9 delivery and
credits. Most of them are found while deciding, and have no rule of their own.
"""

from ledger.roaming.checks import delivery, parties, tax
from ledger.roaming.checks.check import Check, Severity
from ledger.values.reasons import Reason

SEVERE, WARNING = Severity.SEVERE, Severity.WARNING

OF_THE_MONEY: tuple[Check, ...] = (
    Check(
        701, Reason.TARIFF_NOT_NAMED, SEVERE, "finance", "partner",
        "no tariff in the CDR, no wholesale tariff agreed", "Agree on a wholesale tariff.",
        is_releasable=False,
    ),
    Check(
        702, Reason.TARIFF_MISSING, SEVERE, "finance", "partner",
        "no version of T1 was valid on 2026-10-10", "It is decided again when one arrives.",
        is_releasable=False,
    ),
    Check(
        703, Reason.TARIFF_NOT_SUPPORTED, SEVERE, "platform", "partner",
        "prices with tax included and no rate", "Ask for a tariff that names its tax.",
        is_releasable=False,
    ),
    Check(
        704, Reason.CURRENCY_DIFFERS, SEVERE, "finance", "partner",
        "CDR in CHF, tariff in EUR", "Ask for the CDR in the tariff's currency.",
        is_releasable=False,
    ),
    Check(
        705, Reason.CDR_TOTAL_COST_DIFFERS, SEVERE, "finance", "partner",
        "stated 5.00, by the tariff 4.80",
        "Release at the computed or the stated price, or ask for the CDR again.",
        within="tolerances.money",
    ),
    Check(
        706, Reason.PRICE_ABOVE_PUBLIC, WARNING, "finance", "partner",
        "wholesale 0.60, public 0.55", "Talk to the CPO about its wholesale tariff.",
        within="tariffs.price_cap",
    ),
    Check(
        707, Reason.CDR_COST_PART_DIFFERS, WARNING, "finance", "partner",
        "the total agrees, the energy's part does not", "Note it.", within="tolerances.money",
    ),
    Check(
        708, Reason.DISPLAYED_PRICE_DIFFERS, WARNING, "finance", "partner",
        "0.45 shown, 0.49 billed", "Ask the CPO what its charger showed.",
    ),
    Check(
        709, Reason.DISPLAYED_VERSION_DIFFERS, WARNING, "finance", "partner",
        "version 7 shown, version 8 prices", "Ask which version was in force.",
    ),
    Check(
        710, Reason.STEP_SIZE_NOT_POSITIVE, SEVERE, "finance", "partner",
        "the tariff in force has a step_size of -1", "Ask the CPO for a corrected tariff.",
        is_releasable=False,
    ),
    Check(
        711, Reason.WRONG_FORMAT, SEVERE, "finance", "partner",
        "the tariff in force has start_time 7:00", "Ask the CPO for a corrected tariff.",
        is_releasable=False,
    ),
    Check(
        712, Reason.UNKNOWN_VALUE, SEVERE, "finance", "partner",
        "the tariff in force has day_of_week FUNDAY", "Ask the CPO for a corrected tariff.",
        is_releasable=False,
    ),
    Check(
        713, Reason.EMPTY_LIST, SEVERE, "finance", "partner",
        "the tariff in force has no elements", "Ask the CPO for a corrected tariff.",
        is_releasable=False,
    ),
    Check(
        801, Reason.PARTY_UNKNOWN, SEVERE, "finance", "ourselves",
        "DE*NEW is not registered", "Register the party.", is_releasable=False,
    ),
    Check(
        802, Reason.ENTITY_UNKNOWN, SEVERE, "finance", "ourselves",
        "the party's legal entity is not registered", "Register the entity.",
        is_releasable=False,
    ),
    Check(
        803, Reason.AGREEMENT_MISSING, SEVERE, "finance", "ourselves",
        "no agreement NL*XYZ>DE*EMP on 2026-10-10", "Agree, or exclude.", is_releasable=False,
    ),
    Check(
        804, Reason.TERM_NOT_SUPPORTED, SEVERE, "platform", "ourselves",
        "the agreement had a term without behaviour; every term has one now",
        "Recheck the CDR.", is_releasable=False,
    ),
    Check(
        805, Reason.TIME_ZONE_UNKNOWN, SEVERE, "operations", "backend",
        "no time zone in CDR or location", "Ask the CPO to publish the location.",
        is_releasable=False,
    ),
    Check(
        806, Reason.COUNTRY_UNKNOWN, SEVERE, "operations", "partner",
        "country XXX", "Ask for the CDR again.", is_releasable=False,
    ),
    Check(
        807, Reason.VAT_RATE_MISSING, SEVERE, "finance", "ourselves",
        "no VAT rate of that country is known", "Add the rate with its source.",
        is_releasable=False,
    ),
    Check(
        808, Reason.VAT_REGISTRATION_MISSING, SEVERE, "finance", "ourselves",
        "the seller is not registered where it must be", "Record the registration.",
        is_releasable=False,
    ),
    Check(
        809, Reason.FX_RATE_MISSING, SEVERE, "finance", "ourselves",
        "no rate of CHF for that day", "Import the rates.", is_releasable=False,
    ),
    Check(
        810, Reason.TAX_IMPLAUSIBLE, WARNING, "finance", "partner",
        "tax of 16 % stated in Germany in 2026", "Ask the CPO which rate it meant.",
        tax.states_a_tax_that_exists,
    ),
    Check(
        811, Reason.PARTY_NOT_ACTIVE, SEVERE, "finance", "ourselves",
        "DE*EMP is suspended since 2026-10-01",
        "It is decided again when the party's state changes; or release the one charge.",
        parties.is_between_active_parties,
    ),
    Check(
        813, Reason.OUT_OF_LAUNCH_SCOPE, SEVERE, "operations", "ourselves",
        "phase 1 of the launch has LOC1 in scope, the charge was at LOC2",
        "Let the launch expand when its gate is passed, or release the one charge.",
        within="launch",
    ),
    Check(
        814, Reason.LAUNCH_CAP_REACHED, SEVERE, "operations", "ourselves",
        "20 CDRs of the day were accepted, and no more are let through",
        "Let the launch expand when its gate is passed, or release the one charge.",
        within="launch",
    ),
    Check(
        815, Reason.AGREEMENT_SUSPENDED, SEVERE, "finance", "ourselves",
        "the agreement is suspended since 2026-10-01", "Resume the agreement, or exclude.",
        is_releasable=False,
    ),
    Check(
        812, Reason.SPLIT_NOT_WHOLE, SEVERE, "finance", "ourselves",
        "two steps of a split take what remains of this channel's charges",
        "Agree on a version in which one does.", is_releasable=False,
    ),
    Check(
        901, Reason.DELIVERED_LATE, WARNING, "operations", "partner",
        "delivered after 30 h, agreed were 24", "Show it in the partner's quality.",
        delivery.arrives_in_time, within="sla.delivery_h",
    ),
    Check(
        902, Reason.CDR_TOO_OLD, SEVERE, "finance", "partner",
        "delivered after 200 days, agreed were 180", "Release as goodwill, or exclude.",
        delivery.is_within_the_age_limit, within="age_limit_days",
    ),
    Check(
        911, Reason.CREDIT_ORIGINAL_MISSING, SEVERE, "finance", "partner",
        "a credit CDR for C-17, which has not arrived", "It is decided again when it arrives.",
        is_releasable=False,
    ),
    Check(
        912, Reason.CREDIT_NOT_IN_FULL, SEVERE, "finance", "partner",
        "credit of 3.00 for a CDR of 5.00", "OCPI credits in full: ask for the CDR again.",
        is_releasable=False,
    ),
    Check(
        913, Reason.CREDIT_SECOND, SEVERE, "finance", "partner",
        "a second credit CDR for C-17", "Exclude it.", is_releasable=False,
    ),
)  # fmt: skip
