"""Personal data leaves a statement before it is recorded: a ref takes its place.

Token uid, contract id, authorization reference and signed meter data identify a person. Each
value has one ref; erasing the subject's row leaves log, hashes and books valid.
"""

import re
from collections.abc import Iterable, Mapping
from typing import TypeVar

from msgspec.structs import replace

from ledger.application.commands import AcceptCdr, MessageCommand, UpdateSession
from ledger.application.control_commands import TellPayment
from ledger.evidence.signed_data import SignedEvidence, Value, evidence_of
from ledger.roaming.payment_statements import PaymentStatement
from ledger.roaming.statements import CdrStatement, SessionStatement, SignedData

TOKEN_UID = "token_uid"
CONTRACT_ID = "contract_id"
AUTHORIZATION = "authorization_reference"
SIGNED = "signed_data"

Values = dict[str, set[str]]
Refs = Mapping[tuple[str, str], str]
S = TypeVar("S", CdrStatement, SessionStatement)


def personal_values(commands: Iterable[MessageCommand | None]) -> Values:
    """Collect what has to become a ref, by kind."""
    values: Values = {TOKEN_UID: set(), CONTRACT_ID: set(), AUTHORIZATION: set(), SIGNED: set()}
    for command in commands:
        if isinstance(command, TellPayment) and command.statement.authorization_reference:
            values[AUTHORIZATION].add(command.statement.authorization_reference)
        if not isinstance(command, (AcceptCdr, UpdateSession)):
            continue
        statement = command.statement
        values[TOKEN_UID].add(statement.cdr_token.uid)
        values[CONTRACT_ID].add(statement.cdr_token.contract_id)
        if statement.authorization_reference:
            values[AUTHORIZATION].add(statement.authorization_reference)
        if isinstance(statement, CdrStatement) and statement.signed_data:
            for signed in statement.signed_data.signed_values:
                values[SIGNED].update((signed.plain_data, signed.signed_data))
    return {kind: found for kind, found in values.items() if found}


def without_personal_data(statement: S, refs: Refs) -> S:
    """Return the statement with refs in place of personal values."""
    token = statement.cdr_token
    reference = statement.authorization_reference
    cleaned = replace(
        statement,
        cdr_token=replace(
            token,
            uid=refs[TOKEN_UID, token.uid],
            contract_id=refs[CONTRACT_ID, token.contract_id],
        ),
        authorization_reference=refs[AUTHORIZATION, reference] if reference else None,
    )
    if isinstance(cleaned, CdrStatement) and cleaned.signed_data:
        cleaned = replace(cleaned, signed_data=_signed_refs(cleaned.signed_data, refs))
    return cleaned


def without_reference(statement: PaymentStatement, refs: Refs) -> PaymentStatement:
    """Return a payment's statement with a ref in place of what names its driver."""
    reference = statement.authorization_reference
    if not reference:
        return statement
    return replace(statement, authorization_reference=refs[AUTHORIZATION, reference])


def _signed_refs(signed: SignedData, refs: Refs) -> SignedData:
    return replace(
        signed,
        signed_values=tuple(
            replace(
                value,
                plain_data=refs[SIGNED, value.plain_data],
                signed_data=refs[SIGNED, value.signed_data],
            )
            for value in signed.signed_values
        ),
    )


_CONTRACT = re.compile(r"([A-Z]{2})[-*]?([A-Z0-9]{3})[-*]?[A-Z0-9]{4,}", re.IGNORECASE)


def with_issuer(statement: CdrStatement, contract_id: str) -> CdrStatement:
    """Return the statement with the party that its contract id begins with, where it has one.

    Source: eMI3 contract ids, ISO 15118-1 Annex C: country, provider, instance, check digit.
    """
    found = _CONTRACT.fullmatch(contract_id)
    if found is None:
        return statement
    issuer = f"{found[1]}*{found[2]}".upper()
    return replace(statement, cdr_token=replace(statement.cdr_token, issuer=issuer))


def evidence_in(
    signed: SignedData | None, *, registered_key: str | None = None
) -> SignedEvidence | None:
    """Return what signed meter data proves; read before refs take the place of its texts.

    `registered_key`: the meter's public key, where the register has it.
    """
    if signed is None:
        return None
    values = [Value(row.nature, row.plain_data, row.signed_data) for row in signed.signed_values]
    return evidence_of(
        encoding_method=signed.encoding_method,
        values=values,
        stated_key=signed.public_key,
        registered_key=registered_key,
    )
