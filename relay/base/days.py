"""Knows how days are read, and which of them only say that there is none."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime

NO_DAYS = frozenset(
    [
        date(1, 1, 1),  # .NET's first one
        date(1601, 1, 1),  # Windows counts from here
        date(1753, 1, 1),  # the first one of datetime
        date(1899, 12, 30),  # OLE Automation, Access and Delphi count from here
        date(1899, 12, 31),
        date(1900, 1, 1),  # what SQL Server makes of '' and of 0
        date(1970, 1, 1),  # Unix counts from here
    ]
)
"""Days that programs write where there is none."""

_BEGINS_AS_DAY = re.compile(r"\d{4}-\d\d-\d\d")


@dataclass(frozen=True, slots=True)
class Days:
    """The days that can be right, both ends included."""

    first: date = date(1990, 1, 1)
    last: date = date(2099, 12, 31)

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last


def day_of(value: object) -> date | None:
    """Return a day, from a date, a time or a text that begins with one; None if there is none.

    Raises:
        ValueError: a text is no day.
    """
    day = _day(value)
    return None if day in NO_DAYS else day


def is_empty(value: object) -> bool:
    """Tell whether a column says nothing: NULL, blanks, or a day that stands for none."""
    if isinstance(value, str):
        return not value.strip() or (
            _BEGINS_AS_DAY.match(value) is not None and _safely(value) in NO_DAYS
        )
    return value is None or (isinstance(value, date) and _day(value) in NO_DAYS)


def _day(value: object) -> date | None:
    if isinstance(value, datetime):
        return value.date()
    if value is None or isinstance(value, date):
        return value
    text = str(value).strip()
    return datetime.fromisoformat(text).date() if text else None


def _safely(value: str) -> date | None:
    try:
        return _day(value)
    except ValueError:
        return None
