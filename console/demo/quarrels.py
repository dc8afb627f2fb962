"""The two disputes that people open in the parties' names: one is upheld, one dismissed.

A third one comes by messages (`cases`), and stays open over the close.
"""

from collections.abc import Sequence
from typing import Final

from console.demo.charge import Charge, cdr_of, pair_of
from console.demo.desk import FINANCE, OPERATIONS, Desk
from ledger.application.dispute_desk import dismiss_dispute, reply, speak, uphold_dispute
from ledger.roaming.control_statements import CdrReference, DisputeStatement
from ledger.values.identifiers import record_key

UPHELD: Final = "D-PRICE"
DISMISSED: Final = "D-ENERGY"
SPOKEN: Final = ("dispute.opened.v1", "dispute.answered.v1")
DECIDED: Final = ("dispute.decided.v1", "dispute.closed.v1")
_ANSWER: Final = "We have looked at the charger."


def open_the_first(desk: Desk, charges: Sequence[Charge]) -> None:
    """Dispute a CDR's price."""
    _open(desk, UPHELD, charges, "PRICE", "The driver was shown another price.")


def open_the_second(desk: Desk, charges: Sequence[Charge]) -> None:
    """Dispute the energy of several CDRs."""
    _open(desk, DISMISSED, charges, "ENERGY", "The cars took less than that.")


def uphold_the_first(desk: Desk, charges: Sequence[Charge]) -> None:
    """Decide for the eMSP: the CDR is credited."""
    key, text = _key_of(UPHELD, charges), "The display showed another price."
    uphold_dispute(desk.ledger, key, text=text, by=desk.by(FINANCE[0]))


def dismiss_the_second(desk: Desk, charges: Sequence[Charge]) -> None:
    """Decide for the CPO: what had left clearing comes back."""
    key, text = _key_of(DISMISSED, charges), "The meter's readings bear the CDRs out."
    dismiss_dispute(desk.ledger, key, text=text, by=desk.by(FINANCE[0]))


def _open(desk: Desk, name: str, charges: Sequence[Charge], reason_code: str, text: str) -> None:
    """Open a dispute in the eMSP's name, and answer it in the CPO's."""
    seller, buyer = pair_of(charges[0])
    country_code, _, party_id = seller.partition("*")
    statement = DisputeStatement(
        country_code,
        party_id,
        command_id="",
        dispute_id=name,
        action="OPEN",
        by=buyer,
        last_updated=desk.at,
        cdrs=tuple(CdrReference(country_code, party_id, cdr_of(row).id) for row in charges),
        reason_code=reason_code,
        text=text,
    )
    speak(desk.ledger, statement, by=desk.by(OPERATIONS))
    key = _key_of(name, charges)
    reply(desk.ledger, key, "ANSWER", text=_ANSWER, by=desk.by(OPERATIONS))


def _key_of(name: str, charges: Sequence[Charge]) -> str:
    return record_key(pair_of(charges[0])[0], name)
