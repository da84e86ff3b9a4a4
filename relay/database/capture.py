"""Knows what capture needs of a database: its catalogue, and the expressions of its triggers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sqlalchemy.engine import Connection

from relay.database.base import TableInfo
from relay.database.catalogue import ColumnInfo

TRIGGER_PREFIX = "relay_"
"""Each of our triggers is named so; a foreign one that is named so too is reported."""


@dataclass(frozen=True, slots=True)
class FoundTable:
    """What has a table's name."""

    id: object
    """What identifies it in the catalogue."""
    carries_triggers: bool
    """It is no view, no synonym and no kind of table that our triggers cannot watch."""


@dataclass(frozen=True, slots=True)
class FoundTrigger:
    """An installed trigger whose name begins like ours."""

    where: TableInfo
    """The trigger's own schema and name."""
    table_id: object
    """The table that it watches, as `FoundTable` has it."""
    table: str
    """That table's name, for people."""
    definition: str | None
    """None: we may not read it; empty: the server keeps none (Babelfish, odd schema names)."""
    enabled: bool


@dataclass(frozen=True, slots=True)
class Notice:
    """What the triggers of a table write down, and which columns make them do so."""

    entity: str
    key: ColumnInfo
    record: ColumnInfo
    """The column whose text an entry carries: the key itself, or a position's invoice."""
    part: str | None
    """What the rows are of the record that they belong to; None: they are the record."""
    fields: Mapping[str, ColumnInfo]
    """Our name to the column, for every mapped column but the key."""
    changed_by: ColumnInfo | None

    @property
    def alike(self) -> tuple[ColumnInfo, ...]:
        """The columns that are equal in the old and the new row of one record."""
        return (self.key,) if self.part is None else (self.key, self.record)

    def changed(self, field: str) -> str:
        """Return the name under which a changed field is listed."""
        return field if self.part is None else f"{self.part}.{field}"


class CaptureDialect(ABC):
    """One kind of database, as far as capture is concerned."""

    name: str
    """`mssql` or `sqlite`: the folder of its templates."""

    @abstractmethod
    def table(self, connection: Connection, where: TableInfo) -> FoundTable | None:
        """Return the table or view of this name; None if there is none."""

    @abstractmethod
    def columns(self, connection: Connection, where: TableInfo) -> list[ColumnInfo]:
        """Return the columns of a table."""

    @abstractmethod
    def unique_columns(self, connection: Connection, where: TableInfo) -> set[str]:
        """Return the columns that alone are the key of a unique index without a filter."""

    @abstractmethod
    def owners(self, connection: Connection, where: TableInfo) -> tuple[str | None, str | None]:
        """Return the effective owners of the table, and of what its triggers write to.

        None: we may not see it.
        """

    @abstractmethod
    def may_alter(self, connection: Connection, where: TableInfo) -> bool:
        """Tell whether we are allowed to put triggers on the table."""

    @abstractmethod
    def triggers(self, connection: Connection) -> list[FoundTrigger]:
        """Return all triggers of the database whose names begin with `TRIGGER_PREFIX`."""

    @abstractmethod
    def comparable(self, column: ColumnInfo) -> bool:
        """Tell whether a trigger can see each change of the column's value, and only changes."""

    @abstractmethod
    def has_one_text(self, column: ColumnInfo) -> bool:
        """Tell whether each value of the column has exactly one text, as a key must."""

    @abstractmethod
    def placeholders(self, notice: Notice) -> dict[str, str]:
        """Return the values of the templates' placeholders, except `trigger` and `table`."""

    @abstractmethod
    def ready_for_ddl(self, connection: Connection, lock_ms: int) -> None:
        """Set how triggers are created, and how long to wait: clerks queue up behind us."""


def noted(notice: Notice, literal: Callable[[str], str]) -> dict[str, str]:
    """Return what an entry says of a row that came or went, as the templates' placeholders.

    What happens to a part is an update of its record.
    """
    said = {}
    for name, action in (("inserted", "insert"), ("deleted", "delete")):
        part = notice.part
        said[name] = literal(action if part is None else "update")
        said[f"{name}_changed"] = "NULL" if part is None else literal(f"{part}.{action}")
    return said


def quoted(connection: Connection, where: TableInfo) -> str:
    """Return a name for SQL text; each part is always quoted."""
    parts = (where.schema, where.name)
    return ".".join(quote(connection, part) for part in parts if part is not None)


def quote(connection: Connection, name: str) -> str:
    """Return one part of a name for SQL text."""
    return connection.dialect.identifier_preparer.quote_identifier(name)
