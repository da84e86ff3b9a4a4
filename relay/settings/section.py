"""Knows what every section of `relay.toml` has in common, and how a condition is written."""

from __future__ import annotations

import re
from datetime import date, time
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator
from pydantic_core import PydanticCustomError

from relay.base.days import is_empty
from relay.base.spelling import as_key
from relay.settings.matching import is_possible, matches


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
