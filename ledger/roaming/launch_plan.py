"""The plan of a launch, as people write it: what is in scope of each phase, and within which caps.

phases:
  - phase: 1
    scope: {locations: [LOC1], token_types: [RFID], tariffs: [T1]}
    caps: {cdrs_per_day: 20, money_per_day: 500.00, currency: EUR}
    exit: [{criterion: matched_percent, threshold: 95, minimum: 10}]
"""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal

import msgspec

from ledger.roaming.clauses import Audience, Channel
from ledger.roaming.launch_criteria import EXIT, PHASES, ExitRule
from ledger.values.money import currency_of
from ledger.values.reasons import Reason, Refusal, Refused


class Scope(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Which charges a phase lets through; an empty part asks nothing, all parts together count.

    `token_types` are OCPI's (RFID, APP_USER …), `tariffs` and `locations` the seller's ids,
    `site_groups` names that the register gives to sites. All compare case-insensitively.
    """

    locations: tuple[str, ...] = ()
    site_groups: tuple[str, ...] = ()
    channels: tuple[Channel, ...] = ()
    token_types: tuple[str, ...] = ()
    token_groups: tuple[str, ...] = ()
    tariffs: tuple[str, ...] = ()

    @property
    def audience(self) -> Audience:
        """The part of the scope that a clause of an agreement could have, too."""
        return Audience(self.channels, self.locations, self.site_groups, self.token_groups)


EVERYTHING = Scope()


class Caps(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """What a day of service lets through: accepted CDRs, and the net of their sales in `currency`.

    Where money is capped, a sale in another currency cannot be counted, so it does not pass.
    """

    cdrs_per_day: int | None = None
    money_per_day: Decimal | None = None
    currency: str | None = None


class PhasePlan(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """One phase: its scope, its caps, when it may begin at the earliest, and what ends it.

    `exit` replaces the rules of `EXIT` for this phase as a whole.
    """

    phase: int
    scope: Scope = EVERYTHING
    caps: Caps = Caps()
    not_before: datetime | None = None
    exit: tuple[ExitRule, ...] = ()

    @property
    def rules(self) -> tuple[ExitRule, ...]:
        """What lets the launch leave the phase."""
        return self.exit or EXIT[self.phase]


class LaunchPlan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The four phases of a launch, in order."""

    phases: tuple[PhasePlan, ...]

    def of_phase(self, number: int) -> PhasePlan:
        """Return the plan of a phase, 1 to 4."""
        return self.phases[number - 1]


def refuse_a_wrong_plan(plan: LaunchPlan) -> None:
    """Refuse a plan with everything that is wrong in it: INVALID_DOCUMENT, UNKNOWN_CURRENCY."""
    refusals = list(_errors_of(plan))
    if refusals:
        raise Refused(*refusals)


def _errors_of(plan: LaunchPlan) -> Iterator[Refusal]:
    numbers = [row.phase for row in plan.phases]
    if numbers != list(PHASES):
        wanted = ", ".join(map(str, PHASES))
        actual = ", ".join(map(str, numbers))
        yield Refusal(Reason.INVALID_DOCUMENT, "phases", f"phases {wanted}", actual)
    for index, row in enumerate(plan.phases):
        yield from _errors_of_caps(row.caps, f"phases[{index}].caps")
        named = [rule.criterion for rule in row.exit]
        for place, rule in enumerate(row.exit):
            path = f"phases[{index}].exit[{place}]"
            if named.index(rule.criterion) != place:
                yield Refusal(Reason.NAMED_TWICE, path, actual=rule.criterion)
            if rule.threshold < 0 or rule.minimum < 0:
                yield Refusal(Reason.INVALID_DOCUMENT, path, "0 or more")


def _errors_of_caps(caps: Caps, path: str) -> Iterator[Refusal]:
    if caps.cdrs_per_day is not None and caps.cdrs_per_day < 0:
        yield Refusal(Reason.INVALID_DOCUMENT, f"{path}.cdrs_per_day", "0 or more")
    if (caps.money_per_day is None) != (caps.currency is None):
        yield Refusal(Reason.INVALID_DOCUMENT, path, "money_per_day and currency, or neither")
    if caps.money_per_day is not None and caps.money_per_day < 0:
        yield Refusal(Reason.INVALID_DOCUMENT, f"{path}.money_per_day", "0 or more")
    if caps.currency is not None:
        try:
            currency_of(caps.currency)
        except Refused as refused:
            yield from (
                msgspec.structs.replace(row, path=f"{path}.currency") for row in refused.refusals
            )
