"""Knows in which ways a value of ours can stand in somebody else's column: a closed list. Pure."""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import TypeGuard

from relay.base.days import NO_DAYS

Token = tuple[str, object]
_NUMBER = re.compile(r"[+-]?\d{1,18}(?:\.\d{1,6})?")
_DAY = re.compile(r"(\d{4}-\d\d-\d\d)(?:[ T][\d:.]+)?")


class Reading(StrEnum):
    """How a column's value is to be read so that it is ours, the simplest first."""

    SAME = "same"
    MINOR = "minor"
    """In hundredths."""
    BY_SIDE = "by_side"
    """Debit positive, credit negative."""
    MINOR_BY_SIDE = "minor_by_side"
    NEGATED = "negated"
    SORTED_DAY = "%Y%m%d"
    """A day as a text or a whole number."""
    POINTED_DAY = "%d.%m.%Y"
    LINK = "link"
    """Another number than ours, the same in all rows that belong together."""


OF_AMOUNTS = (
    Reading.SAME, Reading.MINOR, Reading.BY_SIDE, Reading.MINOR_BY_SIDE, Reading.NEGATED,
)  # fmt: skip
OF_DAYS = (Reading.SAME, Reading.SORTED_DAY, Reading.POINTED_DAY)
OF_OTHERS = (Reading.SAME,)


def readings_of(value: object) -> tuple[Reading, ...]:
    """Return the ways in which a value of ours may be written."""
    if isinstance(value, Decimal):
        return OF_AMOUNTS
    return OF_DAYS if isinstance(value, date) else OF_OTHERS


def token(value: object, reading: Reading, *, is_debit: bool | None) -> Token | None:
    """Return what to look for among a column's `tokens`; None: this cannot be written so."""
    if isinstance(value, date):
        if reading is Reading.SAME:
            return "day", value
        return "text", value.strftime(reading.value)
    if isinstance(value, int | Decimal):
        return _amount(Decimal(value), reading, is_debit)
    return "text", str(value).strip()


def _amount(value: Decimal, reading: Reading, is_debit: bool | None) -> Token | None:  # noqa: FBT001 - of the posting
    if reading in (Reading.BY_SIDE, Reading.MINOR_BY_SIDE):
        if is_debit is None:
            return None
        value = value if is_debit else -value
    if reading is Reading.NEGATED:
        value = -value
    if reading in (Reading.MINOR, Reading.MINOR_BY_SIDE):
        value *= 100
    return "number", value + 0


def tokens(value: object) -> frozenset[Token]:
    """Return all that a value of Sage can be read as; none for an empty one."""
    if is_empty(value) and not isinstance(value, int | float | Decimal):
        return frozenset()
    if isinstance(value, date):
        day = value.date() if isinstance(value, datetime) else value
        return frozenset([("day", day)])
    if isinstance(value, int | float | Decimal):
        number = Decimal(str(int(value) if isinstance(value, bool) else value))
        found: list[Token] = [("number", number)]
        if number == number.to_integral_value():
            found.append(("text", str(int(number))))
        return frozenset(found)
    return frozenset(_of_text(str(value).strip()))


def _of_text(text: str) -> list[Token]:
    found: list[Token] = [("text", text)]
    if _NUMBER.fullmatch(text):
        found.append(("number", Decimal(text)))
    day = _DAY.fullmatch(text)
    if day is not None:
        try:
            found.append(("day", date.fromisoformat(day[1])))
        except ValueError:
            return found
    return found


def is_empty(value: object) -> bool:
    """Tell whether a value says nothing: none, an empty text, a zero, a day that is no day."""
    if value is None or value in NO_DAYS:
        return True
    if isinstance(value, str):
        text = value.strip()
        return not text or (_NUMBER.fullmatch(text) is not None and not Decimal(text))
    return isinstance(value, int | float | Decimal) and not value


def is_whole(value: object) -> TypeGuard[int | Decimal]:
    """Tell whether a value is a whole number, also one of a column that could hold others."""
    if isinstance(value, Decimal):
        return value == value.to_integral_value()
    return isinstance(value, int) and not isinstance(value, bool)


def trimmed(value: object) -> object:
    """Return a text of Sage without the blanks that fill its column."""
    return value.strip() if isinstance(value, str) else value


LONG, SHORT, ROUND = 6, 3, 10
"""Letters from which a text, or its beginning, tells rows apart; below the last no number does."""


def weight(value: object) -> float:
    """Return how much it proves that a value stands somewhere; zeros and ones prove nothing."""
    if is_empty(value):
        return 0
    if isinstance(value, date):
        return 1
    if isinstance(value, Decimal):
        return 2 if value != value.to_integral_value() or abs(value) >= ROUND else 0
    if isinstance(value, int):
        return 0 if abs(value) < ROUND else 1
    length = len(str(value).strip())
    return 3 if length >= LONG else 2 if length >= SHORT else 0.5
