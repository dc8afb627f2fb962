"""What the VAT decision asks of a seller or a buyer."""

from typing import Literal

import msgspec

SupplyKind = Literal["electricity", "service", "parking"]
BuyerKind = Literal["dealer", "business", "consumer"]


class VatParty(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A seller or buyer on the tax point; countries are alpha-2.

    `established_in` is the seat, empty for a consumer of whom nobody knows where it lives.
    `numbers` are the VAT numbers in force, by country. `establishments` are the countries of its
    fixed establishments, the seat not among them; `supplied_at` those for which evidence says
    that electricity is bought there. `dealer_evidence` and `seat_evidence` name what proves that
    it resells and where its seat is; empty where nothing does.
    """

    established_in: str
    kind: BuyerKind
    numbers: tuple[tuple[str, str], ...] = ()
    establishments: tuple[str, ...] = ()
    supplied_at: tuple[str, ...] = ()
    dealer_evidence: str = ""
    seat_evidence: str = ""

    def number_in(self, country: str) -> str:
        """Return its VAT number in a country; empty where it is not identified there.

        >>> VatParty("NL", "dealer", (("NL", "NL000990012B01"),)).number_in("NL")
        'NL000990012B01'
        """
        return next((number for place, number in self.numbers if place == country), "")

    def own_number(self, country: str) -> str:
        """Return the number that identifies it: in a country, else at its seat, else any."""
        found = self.number_in(country) or self.number_in(self.established_in)
        return found or next((number for _, number in self.numbers), "")

    def is_established_in(self, country: str) -> bool:
        """True where it has its seat or a fixed establishment."""
        return country == self.established_in or country in self.establishments

    @property
    def is_business(self) -> bool:
        """True for who buys in the course of business; Directive 2006/112/EC Article 9."""
        return self.kind != "consumer"


A_DRIVER = VatParty("", "consumer")
"""A driver: a consumer, and nobody knows where it lives."""
