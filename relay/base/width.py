"""Knows how much of a column a text takes: SQL Server and its driver count as UTF-16 does."""

from __future__ import annotations


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

    >>> shortened("Zoë", 2), shortened("ab🧀", 3)
    ('Zo', 'ab')
    """
    short = text[:length]
    while width(short) > length:
        short = short[:-1]
    return short
