"""Knows how numbers are read exactly, from whatever type a column has."""

from __future__ import annotations

import math
import struct
from decimal import Decimal, InvalidOperation

DIGITS = 18
"""Of a whole number that a database's largest type (bigint) surely holds."""
NOISE_OF_REAL = Decimal(2) ** -23
"""How far, of its size, what a column of type real holds may lie from what was written into it."""
NOISE = Decimal("0.000000001")
"""What adding up inexact numbers leaves."""
MOST_NOISE = Decimal("0.001")
"""More than this of an amount is never noise: somebody meant it."""


def exact(value: object) -> Decimal | None:
    """Return a value as an exact number, None if it is none; blanks around it do not count."""
    if isinstance(value, float):
        return of_float(value)
    try:
        found = value if isinstance(value, Decimal) else Decimal(str(value).strip())
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


def is_whole(text: str) -> bool:
    """Tell whether a text is a whole number without a sign that any column of numbers can hold."""
    return text.isascii() and text.isdigit() and len(text) <= DIGITS


def fits_number(text: str, kind: type) -> bool:
    """Tell whether a column of numbers, of Python's type `kind`, can hold what a text says."""
    if issubclass(kind, bool):
        return text in {"0", "1"}
    found = exact(text)
    if found is None or abs(found) >= Decimal(10) ** DIGITS:
        return False
    return not issubclass(kind, int) or is_whole(text.removeprefix("-"))


def of_float(value: float) -> Decimal | None:
    """Return the shortest number that an inexact one stands for; None for no number at all.

    A column of type real has seven digits, one of type float has fifteen.

    >>> of_float(3.3000000000000003), of_float(3.299999952316284)
    (Decimal('3.3'), Decimal('3.3'))
    """
    if not math.isfinite(value):
        return None
    if _as_real(value) == value:
        short = float(f"{value:.7g}")
        if _as_real(short) == value:
            return Decimal(repr(short))
    return Decimal(repr(float(f"{value:.15g}")))


def is_noise(difference: Decimal, value: Decimal) -> bool:
    """Tell whether an inexact amount may differ so much from the one that was meant."""
    return abs(difference) <= min(MOST_NOISE, abs(value) * NOISE_OF_REAL + NOISE)


def _as_real(value: float) -> float | None:
    try:
        return float(struct.unpack("f", struct.pack("f", value))[0])
    except OverflowError:
        return None
