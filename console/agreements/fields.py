"""Every term: where it stands in the document, where in `Terms`, and how it is written.

The table is the contract's order, and the one place that knows both sides: reader, writer and
differ go by it, and a test finds every term in it.
"""

from typing import Any, Final, NamedTuple

from console.agreements.clauses import DISCOUNT, FEE, STEP
from console.agreements.shapes import Shape, names, one, rows
from console.agreements.taxes import OVERRIDE, TAX_CLASS
from console.agreements.words import (
    BASIS_POINTS,
    COUNT,
    OF_THE_SALE,
    PERCENT,
    SALE_MONEY,
    TEXT,
    YES_NO,
    choice,
    span,
    tolerance,
)


class Field(NamedTuple):
    """A term: its path in the document, its path in `Terms`, its shape."""

    path: str
    term: str
    shape: Shape


_HOURS, _DAYS, _SECONDS = one(span("h")), one(span("days")), one(span("s"))
_YES_NO, _NAME = one(YES_NO), one(TEXT)


def _choice(*values: str) -> Shape:
    return one(choice(*values))


FIELDS: Final[tuple[Field, ...]] = (
    Field("flow", "flow", _choice("roaming", "ad_hoc", "share")),
    Field("tariffs.wholesale", "tariffs.wholesale", _NAME),
    Field("tariffs.retail", "tariffs.retail", _NAME),
    Field("tariffs.price_cap", "tariffs.price_cap", _choice("none", "public")),
    Field("tariffs.version_at", "tariffs.version_at", _choice("session_start", "charging_period")),
    Field("tariffs.step_size", "step_size", _choice("per_session", "per_period")),
    Field("fees", "fees", rows(FEE)),
    Field("split.locations", "split.locations", names(TEXT)),
    Field("split.steps", "split.steps", rows(STEP)),
    Field("discounts", "discounts", rows(DISCOUNT)),
    Field("tolerances.energy", "tolerances.energy", one(tolerance("kWh"))),
    Field("tolerances.time", "tolerances.time", one(tolerance("s"))),
    Field("tolerances.money", "tolerances.money", one(tolerance(OF_THE_SALE))),
    Field("deadlines.delivery", "sla.delivery_h", _HOURS),
    Field("deadlines.correction", "sla.correction_h", _HOURS),
    Field("deadlines.silence", "sla.stuck_h", _HOURS),
    Field("deadlines.age_limit", "age_limit_days", _DAYS),
    Field("deadlines.objection", "windows.objection_days", _DAYS),
    Field("deadlines.dispute", "windows.dispute_days", _DAYS),
    Field("late_facts", "late_facts", _choice("apply", "review", "refuse")),
    Field("measuring.clock_skew", "clock.skew_s", _SECONDS),
    Field("measuring.clock_time_zone", "clock.time_zone", _NAME),
    Field(
        "measuring.parking_starts",
        "parking_starts",
        _choice("as_stated", "energy_stopped", "not_requesting"),
    ),
    Field("measuring.cut_periods", "cut_periods", _YES_NO),
    Field("sources_of_truth.tariff", "truth.tariff", names(TEXT, is_ordered=True)),
    Field("sources_of_truth.session", "truth.session", names(TEXT, is_ordered=True)),
    Field("sources_of_truth.energy", "truth.energy", names(TEXT, is_ordered=True)),
    Field("sources_of_truth.time", "truth.time", names(TEXT, is_ordered=True)),
    Field("rounding.level", "rounding.level", _choice("invoice", "per_cdr", "per_period")),
    Field("rounding.mode", "rounding.mode", _choice("half_up", "half_even")),
    Field("currency.settled_in", "currency", _NAME),
    Field("currency.rates_of", "fx.source", _NAME),
    Field(
        "currency.rate_of_day",
        "fx.date_rule",
        _choice("session_end", "cut_off_day", "previous_publication", "fixed_monthly"),
    ),
    Field("currency.markup", "fx.markup_bps", one(BASIS_POINTS)),
    Field("vat.model", "vat.model", _choice("CHAIN", "CHAIN_ELECTRICITY_ONLY", "AGENT")),
    Field("vat.tax_point", "vat.tax_point", _choice("session_end", "invoice_date")),
    Field("vat.classes", "vat.classes", rows(TAX_CLASS)),
    Field("vat.overrides", "vat.overrides", rows(OVERRIDE)),
    Field("settlement.group", "calendar.group", _NAME),
    Field("settlement.span", "calendar.span", _choice("month")),
    Field("settlement.time_zone", "calendar.time_zone", _NAME),
    Field("settlement.netting", "netting", _choice("GROSS", "BILATERAL", "MULTILATERAL", "CCP")),
    Field("settlement.due_after", "payment.due_days", _DAYS),
    Field("settlement.minimum_payment", "payment.minimum", one(SALE_MONEY)),
    Field("settlement.four_eyes_above", "four_eyes_amount", one(SALE_MONEY)),
    Field("refunds.rule", "refunds.rule", _choice("full", "partial", "none")),
    Field("refunds.part", "refunds.part", one(PERCENT)),
    Field("refunds.borne_by", "refunds.borne_by", _choice("seller", "buyer")),
    Field("evidence.session", "evidence.session", _YES_NO),
    Field("evidence.signed_data", "evidence.signed_data", _YES_NO),
    Field("evidence.fields", "evidence.fields", names(TEXT)),
    Field("launch.required", "launch.required", _YES_NO),
    Field("launch.cdrs_per_day", "launch.cdrs_per_day", one(COUNT)),
    Field("launch.money_per_day", "launch.money_per_day", one(SALE_MONEY)),
)
"""Every term of an agreement, in the order of the document."""

BY_TERM: Final = {field.term: field for field in FIELDS}

SECTIONS: Final[dict[str, str]] = {
    "flow": "Who collects: roaming, the buyer from its driver, and owes the seller; ad_hoc, the "
    "buyer at the charger; share, nobody: the seller gets a part of what the buyer sells.",
    "tariffs": "Which prices apply. retail is what the buyer's driver pays.",
    "fees": "What one side owes a third party for each charge, or each month.",
    "split": "Who gets what of a sale, step by step; the last one takes what remains.",
    "discounts": "Discounts and surcharges on the sale before tax, each a line of its own.",
    "tolerances": "How far a CDR's figures may differ from those computed; the larger counts.",
    "deadlines": "When things are due, and until when one may object or dispute.",
    "late_facts": "What becomes of a settled charge when a tariff or session arrives late.",
    "measuring": "Clocks, parking, and charging periods that cross a change of price.",
    "sources_of_truth": "Whose figures count, the first that has them.",
    "rounding": "Where amounts are rounded to the minor unit.",
    "currency": "The currency settled in (else the tariff's), and which rates convert.",
    "vat": "Which supplies there are, which day picks the rate, and what is taxed otherwise.",
    "settlement": "Periods, netting and payment.",
    "refunds": "What is given back after an upheld dispute, and who bears it.",
    "evidence": "What every CDR must bring along.",
    "launch": "What must be proven before everything is let through.",
}
"""What each section is about, in the words of the person who signs."""


def value_at(terms: Any, path: str) -> Any:
    """Return a term by its path.

    >>> from ledger.roaming.terms import Terms
    >>> value_at(Terms(), "sla.delivery_h")
    24
    """
    for name in path.split("."):
        terms = getattr(terms, name)
    return terms
