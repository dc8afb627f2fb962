"""What fell due in words of one line each, for the tests of VAT returns."""

from datetime import date
from decimal import Decimal
from typing import Any

from ledger.vat.currencies import tax_currency
from projections.queries.vat_return import DueLine

NUMBERS = {"DE": "DE819900016", "NL": "NL000990012B01", "CH": "CHE-999.000.019 TVA"}


def due(side: str, words: str, base: str, tax: str = "0", **more: Any) -> DueLine:
    """Return a line of what fell due: `NL>DE S 19 place`, who sells to whom and how it is taxed.

    `words` are seller's seat > buyer's seat, category, rate, place. AE and O are at the buyer's
    rate: the tax is self-assessed. Amounts are in the currency of where it is declared.
    """
    between, category, percent, place = words.split()
    seller_seat, _, buyer_seat = between.partition(">")
    is_own = category in ("AE", "O")
    is_sold = side == "sold"
    country = seller_seat if is_sold and is_own else place
    currency = tax_currency(country, date(2026, 10, 31))
    amounts = (
        Decimal(base),
        Decimal(0) if is_own else Decimal(tax),
        Decimal(tax) if is_own and not is_sold else Decimal(0),
    )
    fields: dict[str, Any] = {
        "side": side,
        "book": "book",
        "country": country,
        "seller": f"{seller_seat}*SEL",
        "buyer": f"{buyer_seat}*BUY" if buyer_seat else "driver",
        "seller_country": seller_seat,
        "buyer_country": buyer_seat,
        "seller_number": NUMBERS.get(seller_seat, ""),
        "buyer_number": NUMBERS.get(buyer_seat, ""),
        "rule": "",
        "place": place,
        "category": category,
        "percent": Decimal(0) if is_own else Decimal(percent),
        "buyer_percent": Decimal(percent) if is_own and percent != "-" else None,
        "tax_class": "",
        "supply": "",
        "for_driver": False,
        "tax_period": "2026-10",
        "accounting_month": "2026-10",
        "currency": currency,
        "book_currency": currency,
        "tax_currency": currency,
        "net": amounts[0],
        "tax": amounts[1],
        "self_assessed": amounts[2],
        "book_net": amounts[0],
        "book_tax": amounts[1],
        "book_self_assessed": amounts[2],
        "tax_net": amounts[0],
        "tax_tax": amounts[1],
        "tax_self_assessed": amounts[2],
    }
    return DueLine(**(fields | more))
