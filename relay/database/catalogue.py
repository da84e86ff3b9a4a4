"""Knows what the catalogue says of what a row of somebody else's table must and may hold."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum


class FilledBy(StrEnum):
    """By what the database itself fills a column, into which nobody else can write."""

    IDENTITY = "identity"
    COMPUTED = "computed"
    ROW_VERSION = "rowversion"


class RuleKind(StrEnum):
    """What a rule demands of a row."""

    FOREIGN_KEY = "foreign_key"
    CHECK = "check"
    UNIQUE = "unique"


@dataclass(frozen=True, slots=True)
class ColumnInfo:
    """A column as the catalogue describes it."""

    name: str
    quoted: str
    """The name for SQL text."""
    type: str
    """Base type in lower case, without length: `nvarchar`."""
    declared: str
    """The type as a person writes it: `nvarchar(40)`, `masked nvarchar(40)`."""
    length: int | None = None
    """Characters of a text, bytes of a binary value; None: without a limit."""
    scale: int = 0
    nullable: bool = True
    """Also of a view's: what it demands, its trigger fills in."""
    computed: bool = False
    """Computed whenever it is read, so that a trigger that reads it can fail."""
    veiled: bool = False
    """Encrypted or masked: not everybody sees what is in it."""
    has_default: bool = False
    filled: FilledBy | None = None
    collation: str | None = None
    is_numbered: bool = False
    """Who gives no number gets the next one, whether anybody meant that or not (SQLite)."""

    @property
    def is_demanded(self) -> bool:
        """Tell whether a new row needs a value for it."""
        return not (self.nullable or self.has_default or self.filled)


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule that each row of a table has to keep."""

    kind: RuleKind
    name: str
    columns: tuple[str, ...] = ()
    demands: str = ""
    """Of a check its condition, of a foreign key the table that it points to."""
    points_to: tuple[str, ...] = ()
    """The columns of that table, as many as its own."""
    schema: str | None = None
    """That table's."""


def joined(rules: Iterable[Rule]) -> list[Rule]:
    """Put the columns of each rule together, in their order."""
    found: dict[tuple[str, str], Rule] = {}
    for rule in rules:
        known = found.get((rule.kind, rule.name))
        columns = (*(known.columns if known else ()), *rule.columns)
        points_to = (*(known.points_to if known else ()), *rule.points_to)
        found[rule.kind, rule.name] = replace(rule, columns=columns, points_to=points_to)
    return list(found.values())
