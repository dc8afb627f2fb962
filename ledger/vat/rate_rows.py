"""Standard VAT rates since 2018-01-01: one row per country and change, typed from the law.

A row holds until the country's next one. Territories with rates of their own (the Canaries,
Büsingen, Madeira …) and reduced rates for electricity are not here: what is charged at another
rate than the standard one is agreed as a dated override with its source.
"""

from datetime import date
from decimal import Decimal
from typing import Final, NamedTuple


class VatRate(NamedTuple):
    """The standard rate of a country, in percent, from a day on, until its next row."""

    country: str
    valid_from: date
    percent: Decimal
    source: str


def _row(country: str, valid_from: str, percent: str, source: str) -> VatRate:
    return VatRate(country, date.fromisoformat(valid_from), Decimal(percent), source)


RATES: Final = (
    _row("AT", "2018-01-01", "20", "UStG 1994 § 10 (1)"),
    _row("BE", "2018-01-01", "21", "Arrêté royal n° 20 du 20 juillet 1970, art. 1"),
    _row("BG", "2018-01-01", "20", "ZDDS art. 66 (1)"),
    _row("CH", "2018-01-01", "7.7", "MWSTG Art. 25 (1), AS 2017 6305"),
    _row("CH", "2024-01-01", "8.1", "MWSTG Art. 25 (1), AS 2022 863"),
    _row("CY", "2018-01-01", "19", "N. 95(I)/2000 art. 17 (1)"),
    _row("CZ", "2018-01-01", "21", "Zákon č. 235/2004 Sb. § 47 (1) a)"),
    _row("DE", "2018-01-01", "19", "UStG § 12 (1)"),
    _row("DE", "2020-07-01", "16", "UStG § 28 (1), BGBl. 2020 I 1512"),
    _row("DE", "2021-01-01", "19", "UStG § 12 (1)"),
    _row("DK", "2018-01-01", "25", "Momsloven § 33"),
    _row("EE", "2018-01-01", "20", "Käibemaksuseadus § 15 (1)"),
    _row("EE", "2024-01-01", "22", "Käibemaksuseadus § 15 (1), as amended for 2024-01-01"),
    _row("EE", "2025-07-01", "24", "Käibemaksuseadus § 15 (1), as amended for 2025-07-01"),
    _row("ES", "2018-01-01", "21", "Ley 37/1992 art. 90 Uno"),
    _row("FI", "2018-01-01", "24", "Arvonlisäverolaki 1501/1993 84 §"),
    _row("FI", "2024-09-01", "25.5", "Arvonlisäverolaki 1501/1993 84 §, as amended for 2024-09-01"),
    _row("FR", "2018-01-01", "20", "CGI art. 278"),
    _row("GB", "2018-01-01", "20", "Value Added Tax Act 1994 s. 2 (1)"),
    _row("GR", "2018-01-01", "24", "Kodikas FPA (N. 2859/2000) art. 21 (1)"),
    _row("HR", "2018-01-01", "25", "Zakon o PDV (NN 73/2013) čl. 38 (1)"),
    _row("HU", "2018-01-01", "27", "2007. évi CXXVII. törvény 82. § (1)"),
    _row("IE", "2018-01-01", "23", "Value-Added Tax Consolidation Act 2010 s. 46 (1) (a)"),
    _row("IE", "2020-09-01", "21", "VATCA 2010 s. 46 (1) (a), for 2020-09-01 to 2021-02-28"),
    _row("IE", "2021-03-01", "23", "Value-Added Tax Consolidation Act 2010 s. 46 (1) (a)"),
    _row("IT", "2018-01-01", "22", "D.P.R. 633/1972 art. 16 (1)"),
    _row("LI", "2018-01-01", "7.7", "MWSTG (LGBl. 2009 Nr. 330) Art. 25 (1), with Switzerland"),
    _row("LI", "2024-01-01", "8.1", "MWSTG (LGBl. 2009 Nr. 330) Art. 25 (1), with Switzerland"),
    _row("LT", "2018-01-01", "21", "PVM įstatymas IX-751 19 str. 1 d."),
    _row("LU", "2018-01-01", "17", "Loi TVA du 12 février 1979, art. 39 (3)"),
    _row("LU", "2023-01-01", "16", "Loi du 26 octobre 2022, for 2023"),
    _row("LU", "2024-01-01", "17", "Loi TVA du 12 février 1979, art. 39 (3)"),
    _row("LV", "2018-01-01", "21", "Pievienotās vērtības nodokļa likums 41. pants (1)"),
    _row("MT", "2018-01-01", "18", "Value Added Tax Act (Cap. 406) art. 19 (1)"),
    _row("NL", "2018-01-01", "21", "Wet OB 1968, art. 9 (1)"),
    _row("NO", "2018-01-01", "25", "Stortingets vedtak om merverdiavgift; mval. § 5-1"),
    _row("PL", "2018-01-01", "23", "Ustawa o VAT art. 41 (1) z art. 146a, 146aa, 146ef"),
    _row("PT", "2018-01-01", "23", "CIVA art. 18 (1) c)"),
    _row("RO", "2018-01-01", "19", "Codul fiscal (Legea 227/2015) art. 291 (1)"),
    _row("RO", "2025-08-01", "21", "Codul fiscal art. 291 (1), Legea 141/2025"),
    _row("SE", "2018-01-01", "25", "ML 1994:200 7 kap. 1 §; since 2023-07-01 ML 2023:200"),
    _row("SI", "2018-01-01", "22", "ZDDV-1 41. člen (1)"),
    _row("SK", "2018-01-01", "20", "Zákon č. 222/2004 Z. z. § 27 (1)"),
    _row("SK", "2025-01-01", "23", "Zákon č. 222/2004 Z. z. § 27 (1), zákon č. 278/2024 Z. z."),
)  # fmt: skip
