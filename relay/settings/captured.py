"""Knows what sections about tables of cobra's have in common: its place, its key, its fields."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field, field_validator
from pydantic_core import PydanticCustomError

from relay.settings.section import Condition, Section


class TableSection(Section):
    """A table of cobra's, and the columns that our fields have there."""

    known: ClassVar[frozenset[str]]
    """Our names for the fields."""
    needed: ClassVar[tuple[str, ...]] = ()

    table: str
    schema_name: str | None = Field(default=None, alias="schema")
    key: str
    fields: dict[str, str]

    @field_validator("fields")
    @classmethod
    def _names(cls, fields: dict[str, str]) -> dict[str, str]:
        for name in fields:
            if name not in cls.known:
                values = {"name": name, "known": ", ".join(sorted(cls.known))}
                raise PydanticCustomError("unknown_field", "unknown field {name}", values)
        missing = [name for name in cls.needed if name not in fields]
        if missing:
            values = {"names": ", ".join(missing)}
            raise PydanticCustomError("field_needed", "not mapped: {names}", values)
        return fields


class CapturedSection(TableSection):
    """A table that is captured."""

    others: ClassVar[tuple[str, ...]]
    """Keys beside `fields` that name a column, or a condition of one."""

    changed_by: str | None = None

    def captured(self) -> dict[str, str]:
        """Return every mapped column: our name for it, to cobra's column.

        Only a change of one of these is noticed.
        """
        columns = self.fields | {"key": self.key}
        for name in self.others:
            column: str | Condition | None = getattr(self, name)
            if column is not None:
                columns[name] = column.column if isinstance(column, Condition) else column
        return columns
