"""OCPI tariffs as they are recorded, and which version prices a charge.

Source: OCPI 2.2.1 and 2.3.0, mod_tariffs. Field names are OCPI's. Prices are per kWh, per hour,
or per session (FLAT), before tax; `step_size` is in Wh or seconds.
"""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

import msgspec


class PriceComponent(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """What one unit of a dimension costs."""

    type: str
    price: Decimal
    step_size: int
    vat: Decimal | None = None


class TariffRestrictions(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """When an element applies; all parts that are given must hold."""

    start_time: str | None = None
    end_time: str | None = None
    start_date: str | None = None
    end_date: str | None = None
    min_kwh: Decimal | None = None
    max_kwh: Decimal | None = None
    min_current: Decimal | None = None
    max_current: Decimal | None = None
    min_power: Decimal | None = None
    max_power: Decimal | None = None
    min_duration: int | None = None
    max_duration: int | None = None
    day_of_week: tuple[str, ...] = ()
    reservation: str | None = None


class TariffElement(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """Price components under one set of restrictions."""

    price_components: tuple[PriceComponent, ...]
    restrictions: TariffRestrictions | None = None


class DisplayText(msgspec.Struct, frozen=True, gc=False):
    """A text in a language."""

    language: str
    text: str


class TaxAmount(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A named tax (2.3.0)."""

    name: str
    amount: Decimal
    account_number: str | None = None
    percentage: Decimal | None = None


class Price(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """An amount as a partner states it: before taxes, after them, and the taxes by name."""

    before_taxes: Decimal
    after_taxes: Decimal | None = None
    taxes: tuple[TaxAmount, ...] = ()


class PriceLimit(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A least or greatest price of a session."""

    before_taxes: Decimal
    after_taxes: Decimal | None = None


class EnergySource(msgspec.Struct, frozen=True, gc=False):
    """A share of the energy mix, in percent."""

    source: str
    percentage: Decimal


class EnvironmentalImpact(msgspec.Struct, frozen=True, gc=False):
    """An environmental figure of the energy mix, in g/kWh."""

    category: str
    amount: Decimal


class EnergyMix(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """Where the energy comes from, as the partner says."""

    is_green_energy: bool
    energy_sources: tuple[EnergySource, ...] = ()
    environ_impact: tuple[EnvironmentalImpact, ...] = ()
    supplier_name: str | None = None
    energy_product_name: str | None = None


class Displayed(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """The price the driver was shown, per kWh or in all: when, and by which party or system."""

    price: Decimal
    version: str | None = None
    by: str | None = None
    at: datetime | None = None


class Extension(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """What OCPI has no field for (`clearwatt` in a message). Meter readings are Wh.

    `reject_id` is the reject that a resubmission answers; `token_group` and `membership` are what
    an agreement's clauses select by.
    """

    outcome: str | None = None
    stop_reason: str | None = None
    error_code: str | None = None
    meter_start_wh: Decimal | None = None
    meter_stop_wh: Decimal | None = None
    metering_source: str | None = None
    authorized_at: datetime | None = None
    authorized_via: str | None = None
    tariff_version: str | None = None
    displayed: Displayed | None = None
    channel: str | None = None
    firmware_version: str | None = None
    reject_id: str | None = None
    token_group: str | None = None
    membership: str | None = None


class TariffStatement(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A tariff as its CPO stated it, with all of OCPI's fields.

    Inside a CDR it is the bare object: `ocpi_version` and `clearwatt` are the CDR's own there.
    """

    country_code: str
    party_id: str
    id: str
    currency: str
    elements: tuple[TariffElement, ...]
    last_updated: datetime
    type: str | None = None
    tariff_alt_text: tuple[DisplayText, ...] = ()
    tariff_alt_url: str | None = None
    min_price: PriceLimit | None = None
    max_price: PriceLimit | None = None
    tax_included: str | None = None
    start_date_time: datetime | None = None
    end_date_time: datetime | None = None
    energy_mix: EnergyMix | None = None
    ocpi_version: str | None = None
    clearwatt: Extension | None = None


class TariffVersion(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """One recorded version of a tariff; `content_sha256` identifies what it says.

    `withdrawn_from` is the instant from which on it prices no session any more.
    """

    number: int
    content_sha256: str
    received_at: datetime
    statement: TariffStatement
    withdrawn_from: datetime | None = None

    @property
    def valid_from(self) -> datetime:
        """The instant from which this version applies.

        Source: OCPI 2.2.1 `start_date_time`; without it a version applies from `last_updated`
        to the next, as OCPI 2.1.1 has it.
        """
        return self.statement.start_date_time or self.statement.last_updated

    def covers(self, instant: datetime) -> bool:
        """True where the instant lies in the version's half-open validity, before a withdrawal."""
        if self.withdrawn_from is not None and instant >= self.withdrawn_from:
            return False
        end = self.statement.end_date_time
        return self.valid_from <= instant and (end is None or instant < end)


def version_valid_at(versions: Iterable[TariffVersion], instant: datetime) -> TariffVersion | None:
    """Choose the version that prices a session started at `instant`.

    Of the versions valid then, the one that became valid last; of those, the one updated last.
    The answer depends on what the versions say, never on the order in which they arrived.
    """
    covering = [version for version in versions if version.covers(instant)]
    if len(covering) < 2:
        return covering[0] if covering else None
    return max(
        covering,
        key=lambda version: (
            version.valid_from,
            version.statement.last_updated,
            version.content_sha256,
        ),
    )
