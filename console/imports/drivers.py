"""Who charged: the eMSP and the token of a session, drawn from a seed and the session's id.

The draw of one session does not depend on any other, so a table with more or other rows gives the
rows it shares the same drivers.
"""

from functools import cache
from hashlib import sha256
from random import Random

from console.imports.mapping import DriversMapping
from schemas.parts import CdrToken

APP_PERCENT = 20
"""How many of a hundred tokens are an app's; the others are cards."""


class Drivers:
    """The drivers that charge at a CPO.

    >>> from console.imports.mapping import Provider
    >>> drivers = Drivers(DriversMapping(seed=1, providers=(Provider(party="DE*FST", weight=1),)))
    >>> drivers.token_for("s1") == drivers.token_for("s1")
    True
    """

    def __init__(self, mapping: DriversMapping) -> None:
        self._seed = mapping.seed
        self._providers = mapping.providers
        self._weights = [provider.weight for provider in mapping.providers]

    def token_for(self, session_id: str) -> CdrToken:
        """Return the token that started a session."""
        draw = Random(f"{self._seed}/{session_id}")
        point = draw.randrange(sum(self._weights))
        for provider, weight in zip(self._providers, self._weights, strict=True):
            if point < weight:
                return token_of(provider.party, draw.randrange(provider.tokens))
            point -= weight
        raise AssertionError("a point below the sum of the weights lies in one of them")


@cache
def token_of(party: str, number: int) -> CdrToken:
    """Return one invented token of an eMSP: a card's uid of 7 bytes, or an app's.

    >>> token_of("DE*FST", 7).contract_id
    'DE-FST-C00000007'
    """
    country_code, _, party_id = party.partition("*")
    digest = sha256(f"{party}/{number}".encode()).hexdigest().upper()
    is_app = int(digest[:8], 16) % 100 < APP_PERCENT
    return CdrToken(
        country_code=country_code,
        party_id=party_id,
        uid=f"APP-{digest[8:24]}" if is_app else f"04{digest[8:20]}",
        type="APP_USER" if is_app else "RFID",
        contract_id=f"{country_code}-{party_id}-C{number:08d}",
    )
