"""One CDR's JSON text, and a tariff's where it is given, become one priced result."""

from console.pricing.cdr_reader import PATH, CdrRead, read_cdr
from console.pricing.choose import choose_tariffs, choose_time_zone
from console.pricing.engine import Places, charge_of, price_charge, refusals_of, result_of
from console.pricing.findings import DocumentRefused, Notes
from console.pricing.result import Result, refused
from console.pricing.tariff_reader import TariffRead, read_tariff, read_tariffs
from console.pricing.versions import stated
from ledger.values.reasons import Refused


def price_document(
    cdr: bytes,
    *,
    tariff: bytes | None = None,
    time_zone: object = None,
    ocpi_version: object = None,
) -> Result:
    """Price a CDR; the tariff is the CDR's own where none is given.

    Without `time_zone` the CDR's own zone or country decides, where a tariff asks for local time;
    without `ocpi_version` the CDR's fields do. Never raises for what a document says: what cannot
    be priced is a refused result with codes and paths.
    >>> price_document(b"{}").refusals[0].code
    'MISSING_FIELD'
    """
    notes = Notes()
    places = Places()
    try:
        version = stated(ocpi_version, "$.ocpi_version", notes)
        read = read_cdr(cdr, notes, ocpi_version=version, tariff=tariff or b"")
        tariffs = _tariffs(read, tariff, version)
        chosen = choose_tariffs(read, tariffs, notes)
        used = tuple({found.path: found for found in chosen.values()}.values())
        places = Places(used[0].path if len(used) == 1 else f"{PATH}.tariffs", read)
        zone = choose_time_zone(
            time_zone, read, notes, is_local=any(found.is_local for found in used)
        )
        charge = charge_of(read, chosen, zone)
        statements = tuple(found.statement for found in used)
        return result_of(price_charge(charge, statements), charge, statements, notes, places)
    except DocumentRefused as error:
        return refused(error.finding, warnings=tuple(notes.found))
    except Refused as error:
        return refused(*refusals_of(error, places), warnings=tuple(notes.found))


def _tariffs(cdr: CdrRead, given: bytes | None, ocpi_version: str | None) -> tuple[TariffRead, ...]:
    """Return the tariff that is given, or the list of them, else those in the CDR."""
    if given is not None and given.lstrip()[:1] == b"[":
        return read_tariffs(given, "$.tariff", cdr.version, cdr.currency)
    if given is not None:
        return (read_tariff(given, "$.tariff", ocpi_version, cdr.currency),)
    return read_tariffs(cdr.tariffs, f"{PATH}.tariffs", cdr.version, cdr.currency)
