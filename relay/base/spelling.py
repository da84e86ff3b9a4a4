"""Knows how a text is written once and for all: texts as they are read, keys as people see them.

Source of what nobody sees: Unicode's property Default_Ignorable_Code_Point (DerivedCoreProperties).
"""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal
from functools import lru_cache
from uuid import UUID

from relay.base.numbers import of_float

IGNORED = (
    (0xAD, 0xAD), (0x34F, 0x34F), (0x61C, 0x61C), (0x115F, 0x1160), (0x17B4, 0x17B5),
    (0x180B, 0x180F), (0x200B, 0x200F), (0x202A, 0x202E), (0x2060, 0x206F), (0x3164, 0x3164),
    (0xFE00, 0xFE0F), (0xFEFF, 0xFEFF), (0xFFA0, 0xFFA0), (0xFFF0, 0xFFFB), (0x1BCA0, 0x1BCA3),
    (0x1D173, 0x1D17A), (0xE0000, 0xE0FFF),
)  # fmt: skip
"""First and last of the letters that nobody sees."""

SHAPING = (
    (0x34F, 0x34F), (0x115F, 0x1160), (0x17B4, 0x17B5), (0x180B, 0x180F), (0x200C, 0x200D),
    (0x3164, 0x3164), (0xFE00, 0xFE0F), (0xFFA0, 0xFFA0), (0xE0020, 0xE01EF),
)  # fmt: skip
"""Those among them that change how their neighbours look: a text keeps them, a key does not."""

CONTROL = ((0x00, 0x1F), (0x7F, 0x9F))
"""First and last of the letters that steer a device (Unicode's category Cc)."""

NARROW = "cp1252"
"""The letters of keys and of columns that are not Unicode (varchar): those that Sage's import
format knows (Sage50 TAF Format, 2012)."""

ALIKE = ("<wide>", "<narrow>", "<font>")
"""How Unicode marks a letter that is another one in other type."""


def _letters(*ranges: tuple[int, int]) -> str:
    return "".join(f"{chr(first)}-{chr(last)}" for first, last in ranges)


_IGNORED = re.compile(f"[{_letters(*IGNORED)}]")
_NO_TEXT = re.compile(rf"(?![\s{_letters(*SHAPING)}])[{_letters(*CONTROL, *IGNORED)}]")
"""What does not belong to a text: nobody sees it, and it neither parts nor shapes others."""


def as_text(value: object) -> str:
    """Return a field as one line of text: composed, blanks trimmed, a number without idle zeros.

    >>> as_text(Decimal("1000.00"))
    '1000'
    """
    if value is None:
        return ""
    if not isinstance(value, str):
        value = _number_text(value)
    if value.isascii() and value.isprintable():
        return " ".join(value.split())
    return unicodedata.normalize("NFC", " ".join(_NO_TEXT.sub("", value).split()))


def as_key(value: object) -> str:
    r"""Return a number, code or reference as people see it: what looks alike is one key.

    >>> as_key("\uff12\uff10\uff12\uff16\u20130001\u200d"), as_key("\u0664\u0662")
    ('2026-0001', '42')
    """
    text = as_text(value)
    if text.isascii():
        return text
    return unicodedata.normalize("NFC", " ".join("".join(map(_seen, text)).split()))


def ways_to_type(key: str) -> list[str]:
    r"""Return how a number that a person typed or pasted may stand in a database: as is, or seen.

    >>> ways_to_type("20260001\u200b") == ["20260001\u200b", "20260001"]
    True
    """
    return list(dict.fromkeys((key, as_key(key))))


def odd_letters(key: str) -> str:
    r"""Return what a key holds though no key has it: it may look like something else.

    >>> odd_letters("K\u00e4se-1"), ascii(odd_letters("\u0410-1"))  # the latter is Cyrillic
    ('', "'\\u0410'")
    """
    if key.isascii() and key.isprintable():
        return ""
    return "".join(dict.fromkeys(e for e in key if not _is_of_keys(e)))


def visible(text: str, odd: str = "") -> str:
    r"""Return a text with what nobody sees, and the letters `odd`, written as their number.

    >>> visible("20260001\u200b")
    '20260001\\u200b'
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(_number(each) if each in odd or not _is_seen(each) else each for each in text)


def named(letters: str) -> str:
    """Name letters by their numbers and Unicode's names, for people to look for."""
    return ", ".join(f"{_number(each)} {unicodedata.name(each, '?')}" for each in letters)


def _number_text(value: object) -> str:
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, float):
        value = of_float(value)
    if isinstance(value, Decimal) and value.is_finite():
        return f"{value.normalize():f}" if value else "0"
    return str(value)


@lru_cache(maxsize=1024)
def _seen(letter: str) -> str:
    if _IGNORED.match(letter) or unicodedata.category(letter) == "Cf":
        return ""
    if unicodedata.category(letter) == "Nd":
        return str(unicodedata.decimal(letter))
    if letter == "\N{MINUS SIGN}" or unicodedata.category(letter) == "Pd":
        return "-"
    if unicodedata.decomposition(letter).startswith(ALIKE):
        return unicodedata.normalize("NFKC", letter)
    return letter


@lru_cache(maxsize=1024)
def _is_of_keys(letter: str) -> bool:
    return _is_seen(letter) and is_windows_1252(letter)


def is_windows_1252(text: str) -> bool:
    """Tell whether a text has letters of Windows-1252 only."""
    try:
        text.encode(NARROW)
    except UnicodeEncodeError:
        return False
    return True


def _is_seen(letter: str) -> bool:
    return letter.isprintable() and not _IGNORED.match(letter)


def _number(letter: str) -> str:
    place = f"{ord(letter):04x}"
    return f"\\u{place}" if len(place) == len("0000") else f"\\U{place:0>8}"


def spellings_of(key: str) -> list[str]:
    """Return how a key may stand in the outbox that a person wrote: a GUID is written in many ways.

    >>> spellings_of("{0f8fad5b-d9cb-469f-a165-70867728950e}")[1]
    '0F8FAD5B-D9CB-469F-A165-70867728950E'
    """
    try:
        guid = str(UUID(key)) if len(key) >= len("0f8fad5bd9cb469fa16570867728950e") else None
    except ValueError:
        guid = None
    return [key] if guid is None else list(dict.fromkeys((key, guid.upper(), guid)))
