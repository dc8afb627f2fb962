"""Credit CDRs: which CDR one cancels, and whether it may.

Source: OCPI 2.2.1 and 2.3.0, mod_cdrs, «Credit CDRs»: a credit CDR has an id of its own, names
the CDR it cancels in `credit_reference_id`, and repeats it; only `total_cost` is negative. OCPI
credits in full: what is owed instead comes as a new CDR.
"""

from decimal import Decimal

from ledger.roaming.decided_cdr import DecidedCdr
from ledger.roaming.statements import CdrStatement
from ledger.values.identifiers import party_key, record_key
from ledger.values.reasons import Reason, Refusal

_CENT = Decimal("0.01")


def credited_key_of(credit: CdrStatement) -> str | None:
    """Return the key of the CDR that a credit CDR cancels, None where it names none."""
    if not credit.credit_reference_id:
        return None
    return record_key(party_key(credit.country_code, credit.party_id), credit.credit_reference_id)


def refusal_of_credit(credit: CdrStatement, original: DecidedCdr | None) -> Refusal | None:
    """Return why a credit CDR is held: CREDIT_ORIGINAL_MISSING, CREDIT_SECOND,
    CREDIT_NOT_IN_FULL; None where it may cancel its original.

    The amounts are compared as the partner stated them, to the cent: what is reversed is what was
    booked, to the last digit, whatever either of them states.
    """
    if original is None or original.statement is None or original.state not in _KNOWN:
        return Refusal(
            Reason.CREDIT_ORIGINAL_MISSING,
            "credit_reference_id",
            "a CDR that is accepted",
            credit.credit_reference_id or "none named",
        )
    if original.state == "credited":
        return Refusal(
            Reason.CREDIT_SECOND, "credit_reference_id", "one credit", original.credited_by or ""
        )
    stated, credited = original.statement.total_cost.before_taxes, credit.total_cost.before_taxes
    same_currency = original.statement.currency == credit.currency
    if not same_currency or abs(stated + credited) > _CENT:
        return Refusal(
            Reason.CREDIT_NOT_IN_FULL,
            "total_cost.before_taxes",
            f"{-stated} {original.statement.currency}",
            f"{credited} {credit.currency}",
        )
    return None


_KNOWN = ("accepted", "credited")
