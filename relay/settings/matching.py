"""Knows when a value of cobra is the one that the configuration names: by the column's type."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from relay.base.numbers import exact
from relay.base.spelling import as_key
from relay.base.width import width

Named = int | date | str
"""A value as the configuration names it."""


def matches(named: Named, value: object) -> bool:
    """Tell whether a value is the one that is named; text by what people see of it."""
    if value is None:
        return False
    wanted = meant(named, type(value))
    if isinstance(value, datetime) and not isinstance(wanted, datetime):
        return value.date() == wanted
    if isinstance(value, str):
        return as_key(value) == wanted
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        return wanted is not None and exact(value) == wanted
    return value == wanted


def meant(named: Named, kind: type) -> object:
    """Return what a column of a type would hold; None: no value of it can be the one named."""
    if isinstance(named, bool):
        named = int(named)
    read = _READ.get(kind) or next(
        (read for base, read in _READ.items() if issubclass(kind, base)), None
    )
    try:
        return None if read is None else read(as_key(str(named)))
    except ValueError:
        return None


def is_possible(named: Named, kind: type, length: int | None) -> bool:
    """Tell whether a column of a type, and a length of its texts, can hold what is named."""
    wanted = meant(named, kind)
    if isinstance(wanted, str):
        return length is None or width(wanted) <= length
    if issubclass(kind, int) and isinstance(wanted, Decimal):
        return wanted == wanted.to_integral_value()
    return wanted is not None


def _flag(text: str) -> bool | None:
    return {"1": True, "true": True, "0": False, "false": False}.get(text.casefold())


def _time(text: str) -> date:
    """Return a day where only a day is named: any time of it is meant."""
    return date.fromisoformat(text) if len(text) <= len("2026-01-31") else _at(text)


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _day(text: str) -> date:
    return datetime.fromisoformat(text).date()


_READ: Mapping[type, Callable[[str], object]] = {
    bool: _flag, int: exact, float: exact, Decimal: exact, datetime: _time, date: _day,
    UUID: UUID, str: str,
}  # fmt: skip
"""Python's type of a column to how it reads what is named; the first that fits counts."""
