"""Knows how much of a column a text takes: SQL Server and its driver count as UTF-16 does."""

from __future__ import annotations

import unicodedata

JOINER = "\u200d"
"""Makes one letter of the two beside it."""
SKIN_TONES = ("\U0001f3fb", "\U0001f3ff")
MORE = "…"
"""Ends a text that was cut."""


def width(text: str) -> int:
    """Return the length of a text as nvarchar counts it.

    >>> width("Zoë"), width("🧀")
    (3, 2)
    """
    if text.isascii():
        return len(text)
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def shortened(text: str, length: int) -> str:
    """Cut a text so that it fits into a column of this length; no letter is cut in two.

    A letter and what is combined with it stay together (Unicode: combining marks, joiners, skin
    tones), unless they alone are longer than the column.

    >>> shortened("Zoë", 2), shortened("ab🧀", 3), shortened("ae\u0301", 2)
    ('Zo', 'ab', 'a')
    """
    short = text[:length]
    while width(short) > length:
        short = short[:-1]
    whole = len(short)
    while 0 < whole < len(text) and _is_joined(text[whole - 1], text[whole]):
        whole -= 1
    return short[:whole] or short


def abbreviated(text: str, length: int) -> str:
    """Cut a text for people to a column of this length; it ends with "…" where it was cut.

    >>> abbreviated("Zoë", 3), abbreviated("Zürich", 4)
    ('Zoë', 'Zür…')
    """
    if width(text) <= length:
        return text
    return shortened(text, length - 1).rstrip() + MORE


def _is_joined(before: str, after: str) -> bool:
    return (
        unicodedata.category(after).startswith("M")
        or JOINER in (before, after)
        or SKIN_TONES[0] <= after <= SKIN_TONES[1]
    )
