"""Knows what every section of `relay.toml` has in common, and how a condition is written."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class Section(BaseModel):
    """A section: its keys are known, and it never changes."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Condition(Section):
    """A column that says yes or no: `{ column = "DELETED0", is = 1 }` or `is = "not null"`."""

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
