"""ECDSA verification on a short Weierstrass curve, for the one OCMF curve the library lacks.

Source: SEC 1 version 2.0, 4.1.4, and SEC 2 version 1.0, 2.5.1, for secp192k1. Verifying handles
public values only, so that its time may depend on them; nothing here could sign.
"""

from hashlib import sha256

import msgspec

Point = tuple[int, int, int]
"""Jacobian coordinates (X, Y, Z): x = X / Z², y = Y / Z³; Z is 0 at infinity."""

INFINITY: Point = (1, 1, 0)


class Curve(msgspec.Struct, frozen=True):
    """y² = x³ + a·x + b over the field of p, with a base point of prime order n (cofactor 1)."""

    name: str
    p: int
    a: int
    b: int
    g: tuple[int, int]
    n: int

    @property
    def coordinate_bytes(self) -> int:
        """The length of one coordinate."""
        return (self.p.bit_length() + 7) // 8

    def holds(self, x: int, y: int) -> bool:
        """True where the point lies on the curve."""
        return 0 <= x < self.p and 0 <= y < self.p and self._right_side(x) == y * y % self.p

    def point(self, encoded: bytes) -> tuple[int, int]:
        """Return the point of its SEC 1 encoding (2.3.4). Raises ValueError where it is none."""
        size = self.coordinate_bytes
        form, rest = encoded[:1], encoded[1:]
        x = int.from_bytes(rest[:size], "big")
        if form == b"\x04" and len(rest) == 2 * size:
            y = int.from_bytes(rest[size:], "big")
        elif form in {b"\x02", b"\x03"} and len(rest) == size:
            # The square root of a residue, as every curve used here has p = 3 (mod 4).
            y = pow(self._right_side(x), (self.p + 1) // 4, self.p)
            y = y if y % 2 == form[0] % 2 else self.p - y
        else:
            raise ValueError("no encoding of a point")
        if not self.holds(x, y):
            raise ValueError("no point of the curve")
        return x, y

    def _right_side(self, x: int) -> int:
        return (x**3 + self.a * x + self.b) % self.p


SECP192K1 = Curve(
    name="secp192k1",
    p=0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEFFFFEE37,
    a=0,
    b=3,
    g=(
        0xDB4FF10EC057E9AE26B07D0280B7F4341DA5D1B1EAE06C7D,
        0x9B2F2F6D9C5628A7844163D015BE86344082AA88D95E2F9D,
    ),
    n=0xFFFFFFFFFFFFFFFFFFFFFFFE26F2FC170F69466A74DEFD8D,
)


def is_signed(curve: Curve, public: tuple[int, int], message: bytes, *, r: int, s: int) -> bool:
    """True where (r, s) signs the message's SHA-256; `public` is what `Curve.point` returned."""
    if not (0 < r < curve.n and 0 < s < curve.n):
        return False
    digest = sha256(message).digest()
    excess_bits = max(0, 8 * len(digest) - curve.n.bit_length())
    hashed = int.from_bytes(digest, "big") >> excess_bits
    inverse = pow(s, -1, curve.n)
    x, _, z = _sum_of_two(curve, hashed * inverse % curve.n, public, r * inverse % curve.n)
    if z == 0:
        return False
    return x * pow(z, -2, curve.p) % curve.p % curve.n == r


def _sum_of_two(curve: Curve, u: int, public: tuple[int, int], v: int) -> Point:
    """Return u·G + v·Q in one pass over the bits of both (Shamir's trick)."""
    base, key = (*curve.g, 1), (*public, 1)
    addends = (INFINITY, base, key, _add(curve, base, key))
    total = INFINITY
    for bit in range(max(u.bit_length(), v.bit_length()) - 1, -1, -1):
        total = _double(curve, total)
        total = _add(curve, total, addends[(u >> bit & 1) | (v >> bit & 1) << 1])
    return total


def _double(curve: Curve, point: Point) -> Point:
    x, y, z = point
    if not y or not z:
        return INFINITY
    p, y_squared = curve.p, y * y
    distance = 4 * x * y_squared % p
    slope = (3 * x * x + curve.a * pow(z, 4, p)) % p
    x_new = (slope * slope - 2 * distance) % p
    return x_new, (slope * (distance - x_new) - 8 * y_squared * y_squared) % p, 2 * y * z % p


def _add(curve: Curve, one: Point, other: Point) -> Point:
    (x1, y1, z1), (x2, y2, z2), p = one, other, curve.p
    if not z1:
        return other
    if not z2:
        return one
    z1_squared, z2_squared = z1 * z1 % p, z2 * z2 % p
    u1, u2 = x1 * z2_squared % p, x2 * z1_squared % p
    s1, s2 = y1 * z2_squared * z2 % p, y2 * z1_squared * z1 % p
    if u1 == u2:
        return _double(curve, one) if s1 == s2 else INFINITY
    h, slope = u2 - u1, s2 - s1
    h_squared = h * h % p
    h_cubed, shared = h * h_squared % p, u1 * h_squared % p
    x = (slope * slope - h_cubed - 2 * shared) % p
    return x, (slope * (shared - x) - s1 * h_cubed) % p, h * z1 * z2 % p
