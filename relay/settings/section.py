"""Knows what every section of `relay.toml` has in common, and how a condition is written."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, field_validator
from pydantic_core import PydanticCustomError


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


class Condition(Section):
    """A column that says yes or no: `{ column = "DELETED0", is = 1 }` or `is = "not null"`."""

    @field_validator("*", mode="before")
    @classmethod
    def _no_number(cls, value: Any) -> Any:
        return value

    column: str
    is_: int | str = Field(alias="is")

    def holds(self, value: object) -> bool:
        """Tell whether `value`, read from the column, fulfils the condition."""
        if self.is_ == "null":
            return value is None
        if self.is_ == "not null":
            return value is not None
        if isinstance(self.is_, int):
            return value is not None and str(int(value) if isinstance(value, bool) else value) == (
                str(self.is_)
            )
        return isinstance(value, str) and value.strip() == self.is_
