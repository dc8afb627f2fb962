"""The situation of a charge, by which clauses choose: channel, site, token group, membership."""

from typing import NamedTuple

from ledger.roaming.clauses import CHANNELS, Audience, Channel
from ledger.roaming.statements import CdrStatement

_CHANNEL_OF_TOKEN: dict[str, Channel] = {
    "AD_HOC_USER": "ad_hoc",
    "APP_USER": "app",
    "EMAID": "plug_and_charge",
}


class Situation(NamedTuple):
    """What a clause's audience is compared with; ids and names compare case-insensitively."""

    channel: Channel
    location: str
    site_groups: frozenset[str] = frozenset()
    token_group: str | None = None
    membership: str | None = None

    def concerns(self, audience: Audience) -> bool:
        """True where the charge is among those that a clause is for.

        >>> ad_hoc = Situation("ad_hoc", "LOC1")
        >>> ad_hoc.concerns(Audience(channels=("ad_hoc", "app"), locations=("loc1",)))
        True
        >>> ad_hoc.concerns(Audience(memberships=("gold",)))
        False
        """
        return (
            (not audience.channels or self.channel in audience.channels)
            and _named(self.location, audience.locations)
            and _named(self.token_group, audience.token_groups)
            and _named(self.membership, audience.memberships)
            and (not audience.site_groups or self._is_in_one_of(audience.site_groups))
        )

    def _is_in_one_of(self, groups: tuple[str, ...]) -> bool:
        own = {group.lower() for group in self.site_groups}
        return any(group.lower() in own for group in groups)


def _named(value: str | None, names: tuple[str, ...]) -> bool:
    if not names:
        return True
    return value is not None and value.lower() in {name.lower() for name in names}


def situation_of(cdr: CdrStatement, site_groups: frozenset[str] = frozenset()) -> Situation:
    """Return the situation of a CDR; `site_groups` are those the register gives to its site."""
    own = cdr.clearwatt
    return Situation(
        channel_of(cdr),
        cdr.cdr_location.id,
        site_groups,
        own.token_group if own is not None else None,
        own.membership if own is not None else None,
    )


def channel_of(cdr: CdrStatement) -> Channel:
    """Return the way the driver came: as stated, else by the kind of the token.

    Source: OCPI 2.3.0, mod_tokens, TokenType: AD_HOC_USER is paid on the spot, APP_USER is an
    app's, EMAID comes from the car (ISO 15118). Everything else roams.

    >>> from tests.ledger_statements import cdr
    >>> channel_of(cdr("C1", "5.00").statement)
    'roaming'
    """
    stated = (cdr.clearwatt.channel or "").lower() if cdr.clearwatt is not None else ""
    for channel in CHANNELS:
        if stated == channel:
            return channel
    return _CHANNEL_OF_TOKEN.get(cdr.cdr_token.type, "roaming")
