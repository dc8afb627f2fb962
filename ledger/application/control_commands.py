"""Commands of the control topics: a sender's totals, and what is said of a dispute.

A sender must be entitled to speak for `statement.speaker`; `statement.country_code` and `party_id`
are the party of the message's key, as with every other command.
"""

from typing import ClassVar

import msgspec

from ledger.roaming.control_statements import ControlTotalsStatement, DisputeStatement
from ledger.roaming.party_statements import PartyStatement
from ledger.roaming.payment_statements import PaymentStatement
from ledger.roaming.remote_commands import CommandResultStatement


class StateControlTotals(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A sender told what it sent on a topic in a day."""

    statement: ControlTotalsStatement

    # Clearwatt's own contracts have no other form that bytes could be kept of.
    original: ClassVar[None] = None


class DisputeCommand(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A party opened, answered, withdrew or accepted a dispute."""

    statement: DisputeStatement

    original: ClassVar[None] = None


class TellCommandResult(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A CPO told what became of a remote command."""

    statement: CommandResultStatement

    original: ClassVar[None] = None


class StateParty(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A party told what is to be known of it and of its legal entity."""

    statement: PartyStatement

    original: ClassVar[None] = None


class TellPayment(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A collector told an event of a driver's payment."""

    statement: PaymentStatement

    original: ClassVar[None] = None


ControlCommand = StateControlTotals | DisputeCommand | TellCommandResult | StateParty | TellPayment
