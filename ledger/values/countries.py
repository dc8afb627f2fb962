"""Country codes: OCPI gives parties alpha-2 codes and locations alpha-3 codes.

Source: ISO 3166-1, the countries of Europe; more rows are added as partners need them.
"""

from ledger.values.reasons import Reason, Refusal, Refused

_ROWS = """
ALB:AL AND:AD AUT:AT BEL:BE BGR:BG BIH:BA CHE:CH CYP:CY CZE:CZ DEU:DE DNK:DK ESP:ES EST:EE
FIN:FI FRA:FR GBR:GB GRC:GR HRV:HR HUN:HU IRL:IE ISL:IS ITA:IT LIE:LI LTU:LT LUX:LU LVA:LV
MCO:MC MDA:MD MKD:MK MLT:MT MNE:ME NLD:NL NOR:NO POL:PL PRT:PT ROU:RO SMR:SM SRB:RS SVK:SK
SVN:SI SWE:SE TUR:TR UKR:UA
"""
_ALPHA_2 = {row[:3]: row[4:] for row in _ROWS.split()}
_KNOWN = frozenset(_ALPHA_2.values())


def alpha_2(code: str) -> str:
    """Return the alpha-2 code of an alpha-3 or alpha-2 code. Refuses: COUNTRY_UNKNOWN.

    >>> alpha_2("NLD"), alpha_2("nl")
    ('NL', 'NL')
    """
    upper = code.upper()
    found = _ALPHA_2.get(upper, upper)
    if found not in _KNOWN:
        raise Refused(Refusal(Reason.COUNTRY_UNKNOWN, "country", "ISO 3166-1, in Europe", code))
    return found
