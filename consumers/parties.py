"""`parties.v1`: a party told what is to be known of it and of its legal entity."""

import msgspec

from ledger.application.control_commands import StateParty
from ledger.roaming.party_statements import PartyStatement
from schemas import PartyV1


def to_command(message: PartyV1) -> StateParty:
    """Return the command of a party's document; every field keeps its name and its exact value.

    >>> from pathlib import Path
    >>> import schemas
    >>> example = Path(schemas.__file__).parent / "examples" / "parties.v1.json"
    >>> message = schemas.from_control_json("party", example.read_bytes())
    >>> statement = to_command(message).statement
    >>> statement.speaker, statement.roles, statement.entity.bank_accounts[0].id
    ('NL*XYZ', ('CPO',), 'main')
    """
    return StateParty(msgspec.convert(message, type=PartyStatement, from_attributes=True))
