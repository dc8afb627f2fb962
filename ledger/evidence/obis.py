"""OBIS codes: which quantity a reading is of.

Source: IEC 62056-6-1, A-B:C.D.E*F, as OCMF writes them: hexadecimal, with letters (b, e) or other
digits where a group means nothing, F left out or after a point; the groups C that OCMF 1.4
reserves (table 25). C 98 and 9E are makers' own registers of imported energy, 98 with the loss in
the cable taken out, as S.A.F.E.'s Transparenzsoftware reads them.
"""

import re
from functools import lru_cache

import msgspec

CODE = re.compile(
    r"([0-9a-f]{1,2})-([0-9a-f]{1,2}):([0-9a-f]{1,2})\.([0-9a-f]{1,2})\.([0-9a-f]{1,2})"
    r"(?:[*.]([0-9a-f]{1,3}))?",
    re.IGNORECASE,
)
CURRENT_VALUE = 0xFF
ELECTRICITY = 1
ENERGY = 8
IMPORTED = (0xB3, 0xB1, 0x98, 0xB2, 0xB0, 0x01, 0x9E)
"""Groups C of imported energy, in order of precedence: what the car got, then what the meter saw.
"""


class Obis(msgspec.Struct, frozen=True, order=True, gc=False):
    """The groups of one code; equal codes are one register."""

    a: int
    b: int
    c: int
    d: int
    e: int
    f: int

    @property
    def is_imported_energy(self) -> bool:
        """True for a register that counts energy taken from the grid."""
        return self.a == ELECTRICITY and self.d == ENERGY and self.c in IMPORTED

    @property
    def precedence(self) -> tuple[int, int, int]:
        """The lower, the rather this register is billed; a total comes before its tariffs."""
        return IMPORTED.index(self.c), self.e, -self.f


@lru_cache(maxsize=256)
def obis(text: str) -> Obis | None:
    """Return the groups of a code, or None where the text is none.

    >>> obis("01-00:01.08.00.FF") == obis("1-0:1.8.0")
    True
    >>> obis("1-0:2.8.0*255").is_imported_energy
    False
    """
    match = CODE.fullmatch(text)
    if match is None:
        return None
    a, b, c, d, e = (int(group, 16) for group in match.groups()[:5])
    last = match[6]
    # Group F is hexadecimal in some meters (FF), decimal in others (255): both mean «current».
    is_current = last is None or last.upper() in {"FF", "255"}
    return Obis(a, b, c, d, e, CURRENT_VALUE if is_current else int(last, 16))
