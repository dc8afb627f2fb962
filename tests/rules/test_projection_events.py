"""What the projections read of events exists in the events that the ledger records."""

import typing

import msgspec
import pytest

import ledger.application.intake
import ledger.fx.history
import ledger.roaming.actor
import ledger.roaming.agreement
import ledger.roaming.cdr
import ledger.roaming.location
import ledger.roaming.party
import ledger.roaming.session
import ledger.roaming.tariff
import ledger.settlement.accounting
import ledger.settlement.period  # noqa: F401
from ledger.application.intake import SenderCount, UnreadableMark
from ledger.application.mapper import UPCASTS
from ledger.books import due_groups
from ledger.books.invoice_groups import InvoiceGroup
from ledger.pricing import lines
from ledger.pricing import tariff as pricing_tariff
from ledger.roaming import (
    agreement,
    control_totals,
    interventions,
    legs,
    release,
    sender,
    statements,
    terms,
)
from ledger.roaming.payment_statements import PaymentStatement
from ledger.settlement import true_up
from ledger.settlement.payment_steps import PaymentDecision
from ledger.values import entries, provenance, reasons
from ledger.values.aggregate import EVENT_TYPES
from ledger.vat.decide import VatDecision
from projections import (
    cdr_events,
    control_events,
    event_parts,
    events,
    payment_events,
    period,
    period_events,
    tariff,
)

RECORDED_AS = {
    event_parts.Source: provenance.Source,
    event_parts.Provenance: provenance.Provenance,
    event_parts.Posting: entries.Posting,
    event_parts.Entry: entries.Entry,
    event_parts.Vat: VatDecision,
    event_parts.Step: legs.SplitStep,
    event_parts.Leg: legs.Leg,
    event_parts.Totals: lines.PricedTotals,
    event_parts.Booking: legs.Booking,
    event_parts.TariffStatement: pricing_tariff.TariffStatement,
    event_parts.TariffVersion: pricing_tariff.TariffVersion,
    event_parts.TariffUse: legs.TariffUse,
    event_parts.SessionUse: legs.SessionUse,
    event_parts.Decision: legs.Decision,
    event_parts.Refusal: reasons.Refusal,
    event_parts.CdrStatement: statements.CdrStatement,
    event_parts.CdrLocation: statements.CdrLocation,
    event_parts.Token: statements.Token,
    event_parts.Extension: pricing_tariff.Extension,
    event_parts.Release: release.Release,
    cdr_events.Reject: interventions.Reject,
    cdr_events.Proposal: interventions.Proposal,
    control_events.Difference: control_totals.Difference,
    control_events.Numbers: sender.Gap,
    period_events.Adjustment: true_up.Adjustment,
    period_events.Group: InvoiceGroup,
    period_events.DueGroup: due_groups.GroupDue,
    period_events.InTaxCurrency: due_groups.InTaxCurrency,
    events.AgreementVersion: agreement.AgreementVersion,
    events.Terms: terms.Terms,
    events.Sla: terms.Sla,
    event_parts.SenderCount: SenderCount,
    payment_events.PaymentStatement: PaymentStatement,
    payment_events.PaymentDecision: PaymentDecision,
    event_parts.Unreadable: UnreadableMark,
}


def test_every_event_of_the_ledger_is_known():
    assert set(EVENT_TYPES) | set(UPCASTS) == set(events.TYPES)


@pytest.mark.parametrize("topic", sorted(events.TYPES))
def test_what_is_required_of_an_event_is_recorded_in_it(topic):
    current = topic
    while current in UPCASTS:
        current, _ = UPCASTS[current]
    recorded = set(typing.get_type_hints(EVENT_TYPES[current]))
    read = msgspec.structs.fields(events.TYPES[topic])
    assert {field.name for field in read if field.required} <= recorded


@pytest.mark.parametrize(("read", "recorded"), RECORDED_AS.items())
def test_what_is_read_of_a_part_is_recorded_and_what_may_be_left_out_is_optional(read, recorded):
    fields = {field.name: field for field in msgspec.structs.fields(recorded)}
    omits_defaults = recorded.__struct_config__.omit_defaults
    for field in msgspec.structs.fields(read):
        may_be_missing = omits_defaults and not fields[field.name].required
        assert may_be_missing <= (not field.required), field.name


def test_every_step_of_a_period_has_a_state():
    steps = {topic for topic in EVENT_TYPES if topic.startswith("settlement_period.")}
    booked = {"settlement_period.trued_up.v1", "settlement_period.fell_due.v1"}
    assert set(period.STATES) == steps - booked


def test_every_event_about_a_version_leaves_it_in_a_state_or_held():
    about = {topic for topic in EVENT_TYPES if topic.startswith("tariff_version.")}
    assert {topic for topic in about if not topic.endswith("_held.v1")} == set(tariff.STATES)


def test_an_event_of_a_later_version_can_still_be_audited():
    event = events.decode("dispute.opened.v7", b'{"dispute": "D-1", "timestamp": "2026-10-01"}')
    assert (event.subject, event.provenance) == ("", None)
