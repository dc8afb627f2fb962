"""Personal values by their refs: what a recorded statement stands for, while nobody erased it.

Only whoever speaks to a partner again needs them; rules, books and read models work on refs.
"""

from collections.abc import Iterable, Mapping
from typing import TypeVar

import psycopg
from msgspec.structs import replace

from ledger.log.connection import LogUnreachable
from ledger.log.store import PostgresLog
from ledger.roaming.statements import CdrStatement, SessionStatement
from ledger.values.reasons import Reason, Refusal, Refused


def values_of(log: PostgresLog, refs: Iterable[str]) -> Mapping[str, str]:
    """Return the values of refs; an erased subject's ref is left out. Raises LogUnreachable."""
    try:
        rows = log.connection.execute(
            "SELECT ref, value FROM log.subject WHERE ref = ANY(%s)", (sorted(set(refs)),)
        ).fetchall()
    except psycopg.OperationalError as error:
        raise LogUnreachable(f"DATABASE_UNREACHABLE: {str(error).strip()}") from error
    return dict(rows)


S = TypeVar("S", SessionStatement, CdrStatement)


def with_personal_data(log: PostgresLog, statement: S) -> S:
    """Return a recorded session or CDR as its CPO stated it: values in place of refs.

    Refuses: SUBJECT_ERASED with the field, where the value was erased.
    """
    token, reference = statement.cdr_token, statement.authorization_reference
    refs = {"cdr_token.uid": token.uid, "cdr_token.contract_id": token.contract_id}
    if reference:
        refs["authorization_reference"] = reference
    signed = statement.signed_data if isinstance(statement, CdrStatement) else None
    for number, row in enumerate(signed.signed_values if signed else ()):
        refs[f"signed_data.signed_values[{number}].plain_data"] = row.plain_data
        refs[f"signed_data.signed_values[{number}].signed_data"] = row.signed_data
    values = values_of(log, refs.values())
    erased = [path for path, ref in refs.items() if ref not in values]
    if erased:
        raise Refused(*(Refusal(Reason.SUBJECT_ERASED, path) for path in erased))
    said = replace(
        statement,
        cdr_token=replace(
            token, uid=values[token.uid], contract_id=values[token.contract_id], issuer=None
        ),
        authorization_reference=values[reference] if reference else None,
    )
    if signed is None or not isinstance(said, CdrStatement):
        return said
    rows = tuple(
        replace(row, plain_data=values[row.plain_data], signed_data=values[row.signed_data])
        for row in signed.signed_values
    )
    return replace(said, signed_data=replace(signed, signed_values=rows))
