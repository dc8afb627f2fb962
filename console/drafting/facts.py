"""The register that the ledger keeps: recorded locations, tariff versions and agreements."""

from datetime import datetime

from console.drafting.register import Place, TariffInForce, place_of, tariff_in_force
from ledger.application.facts import Facts
from ledger.roaming.agreement import Agreement
from ledger.roaming.location import Location
from ledger.roaming.tariff import Tariff
from ledger.values.identifiers import pair_key, record_key


class FactsRegister:
    """Answers from the ledger's shared facts, with the versions in force at the instant asked."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts

    def place(
        self, party: str, location_id: str, evse_uid: str, connector_id: str, at: datetime
    ) -> Place | None:
        location = self._facts.find(Location, record_key(party, location_id))
        version = location.version_valid_at(at) if location else None
        return place_of(version.statement, evse_uid, connector_id) if version else None

    def tariff(self, party: str, tariff_id: str, at: datetime) -> TariffInForce | None:
        tariff = self._facts.find(Tariff, record_key(party, tariff_id))
        version = tariff.version_valid_at(at) if tariff else None
        return tariff_in_force(version.statement) if version else None

    def wholesale(self, seller: str, buyer: str, at: datetime) -> str | None:
        agreement = self._facts.find(Agreement, pair_key(seller, buyer))
        version = agreement.version_valid_at(at) if agreement else None
        return version.terms.tariffs.wholesale if version else None
