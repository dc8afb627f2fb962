"""Which tariff of a connector is the public one: what a driver without a contract pays there."""

from collections.abc import Callable, Iterable
from datetime import datetime

from ledger.pricing.tariff import TariffVersion
from ledger.roaming.location import Location
from ledger.roaming.tariff import Tariff
from ledger.values.identifiers import record_key

AD_HOC_PAYMENT = "AD_HOC_PAYMENT"


def tariff_keys_of(
    location: Location | None, *, evse_uid: str, connector_id: str, instant: datetime
) -> tuple[str, ...]:
    """Return the keys of the tariffs that a connector names, in its order.

    The location is taken as it stood at `instant`; ids compare case-insensitively. Empty where
    the location, the EVSE or the connector is not known.
    """
    version = location.version_valid_at(instant) if location else None
    connector = version.connector(evse_uid, connector_id) if version else None
    if location is None or connector is None:
        return ()
    party = location.key.partition("/")[0]
    return tuple(dict.fromkeys(record_key(party, id) for id in connector.tariff_ids))


def public_tariff_of(
    find_tariff: Callable[[str], Tariff | None],
    location: Location | None,
    *,
    evse_uid: str,
    connector_id: str,
    instant: datetime,
) -> tuple[Tariff, TariffVersion] | None:
    """Return the public tariff of a connector with its version valid at `instant`, else None."""
    keys = tariff_keys_of(location, evse_uid=evse_uid, connector_id=connector_id, instant=instant)
    return public_of(find_tariff, keys, instant=instant)


def public_of(
    find_tariff: Callable[[str], Tariff | None], keys: Iterable[str], *, instant: datetime
) -> tuple[Tariff, TariffVersion] | None:
    """Return the public one of the tariffs that a connector names, in its order, else None.

    Of the tariffs that the connector names: the one for ad-hoc payment; where there is none, the
    one without a type, which is valid for every session. Of several, the connector's first.
    A type belongs to a version, so a tariff may become public, or cease to be, with its next one.
    Source: OCPI 2.2.1 and 2.3.0, mod_tariffs, Tariff.type; mod_locations, Connector.tariff_ids.
    """
    of_every_session: tuple[Tariff, TariffVersion] | None = None
    for key in keys:
        tariff = find_tariff(key)
        version = tariff.version_valid_at(instant) if tariff else None
        if tariff is None or version is None:
            continue
        if version.statement.type == AD_HOC_PAYMENT:
            return tariff, version
        if version.statement.type is None and of_every_session is None:
            of_every_session = tariff, version
    return of_every_session
