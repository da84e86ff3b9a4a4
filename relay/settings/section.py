"""Knows what all sections of `relay.toml` have in common, and which values a condition means."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator
from pydantic_core import PydanticCustomError

from relay.base.days import is_empty
from relay.base.numbers import exact
from relay.base.spelling import as_key
from relay.base.width import width


def _seen(value: object) -> object:
    return as_key(value) if isinstance(value, str) else value


AS_SEEN = BeforeValidator(_seen)
Seen = Annotated[str, AS_SEEN]
"""A value that is compared with one of cobra's, which is read as people see it."""


class Section(BaseModel):
    """A section: its keys are known, and it never changes."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    @field_validator("*", mode="before")
    @classmethod
    def _no_number(cls, value: Any) -> Any:
        """Refuse true and false, which would pass for 1 and 0; no setting is one of them."""
        if isinstance(value, bool):
            raise PydanticCustomError("bool", "true and false are not possible here")
        return value


_TIME = re.compile(r"([01]?\d|2[0-3])[:.]([0-5]\d)(?::00)?", re.ASCII)


def _time_of_day(value: object) -> time:
    """Read a time of day; a number would pass for seconds after midnight."""
    found = value if isinstance(value, time) else None
    if isinstance(value, str) and (known := _TIME.fullmatch(value)):
        found = time(int(known[1]), int(known[2]))
    if found is None or found.tzinfo is not None:
        raise PydanticCustomError("time_of_day", "not a time of day")
    return found


TimeOfDay = Annotated[time, BeforeValidator(_time_of_day)]
"""`"07:00"`, by this machine's clock."""


class Condition(Section):
    """A column that says yes or no: `{ column = "DELETED0", is = 1 }` or `is = "not null"`.

    What counts as null is what says nothing: blanks, and days such as 1900-01-01, too.
    """

    @field_validator("*", mode="before")
    @classmethod
    def _no_number(cls, value: Any) -> Any:
        return value

    column: str
    is_: int | date | str = Field(alias="is")

    @property
    def asks_for_null(self) -> bool:
        """Tell whether it asks only for the absence or the presence of a value."""
        return self.is_ in {"null", "not null"}

    def holds(self, value: object) -> bool:
        """Tell whether `value`, read from the column, fulfils the condition."""
        if self.asks_for_null:
            return is_empty(value) == (self.is_ == "null")
        return matches(self.is_, value)

    def can_tell(self, kind: type, length: int | None, *, nullable: bool) -> bool:
        """Tell whether some values of a column fulfil it, and others do not.

        `kind` is its type, `length` that of its texts. What may not be NULL says that there is
        nothing by blanks, or by a day that stands for none.
        """
        if self.asks_for_null:
            return nullable or issubclass(kind, str | date)
        return is_possible(self.is_, kind, length)


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
