"""Knows SQLite's catalogue, and the expressions of a trigger that sees one row at a time."""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.engine import Connection

from relay.database.base import TableInfo
from relay.database.capture import (
    CaptureDialect,
    FoundTable,
    FoundTrigger,
    Notice,
    noted,
)
from relay.database.catalogue import ColumnInfo
from relay.database.sqlite import catalogue
from relay.database.sqlite.catalogue import TEXT

_OTHER_KEYS = {"decimal", "numeric", "guid", "uuid", "uniqueidentifier"}

_TABLE = """
SELECT name, type FROM sqlite_master
WHERE type IN ('table', 'view') AND name = :name COLLATE NOCASE
"""
_UNIQUE = """
SELECT MIN(c.name)
FROM pragma_index_list(:name) AS i, pragma_index_info(i.name) AS c
WHERE i."unique" = 1 AND i.partial = 0
GROUP BY i.name
HAVING COUNT(*) = 1 AND COUNT(c.name) = 1
"""
_TRIGGERS = r"""
SELECT t.name, t.sql, m.name AS table_name
FROM sqlite_master AS t JOIN sqlite_master AS m ON m.name = t.tbl_name COLLATE NOCASE
WHERE t.type = 'trigger' AND t.name LIKE 'relay!_%' ESCAPE '!' AND m.type IN ('table', 'view')
"""


class SqliteCapture(CaptureDialect):
    """SQLite: nobody owns anything, and any two values can be compared."""

    name = "sqlite"
    columns = staticmethod(catalogue.columns)

    def table(self, connection: Connection, where: TableInfo) -> FoundTable | None:
        """Return it by its name as it was created; a view carries no triggers."""
        row = connection.execute(text(_TABLE), {"name": where.name}).one_or_none()
        return None if row is None else FoundTable(row.name, row.type == "table")

    def unique_columns(self, connection: Connection, where: TableInfo) -> set[str]:
        """Count the row's own number in: it needs no index."""
        row_id = catalogue.row_id(connection, where)
        unique = set(connection.execute(text(_UNIQUE), {"name": where.name}).scalars())
        return unique | ({row_id} if row_id is not None else set())

    def owners(self, connection: Connection, where: TableInfo) -> tuple[str | None, str | None]:
        """Return the same owner twice."""
        del connection, where
        return "", ""

    def may_alter(self, connection: Connection, where: TableInfo) -> bool:
        """Allow it: who may write the file may do everything."""
        del connection, where
        return True

    def triggers(self, connection: Connection) -> list[FoundTrigger]:
        """Read the triggers' texts; SQLite cannot disable one."""
        return [
            FoundTrigger(
                where=TableInfo(None, row.name),
                table_id=row.table_name,
                table=row.table_name,
                definition=row.sql,
                enabled=True,
            )
            for row in connection.execute(text(_TRIGGERS))
        ]

    def comparable(self, column: ColumnInfo) -> bool:
        """Accept every column: a value carries its own type."""
        del column
        return True

    def has_one_text(self, column: ColumnInfo) -> bool:
        """Accept what is kept as an integer or a text."""
        if column.type in _OTHER_KEYS:
            return column.scale == 0
        return "int" in column.type or any(word in column.type for word in TEXT)

    def placeholders(self, notice: Notice) -> dict[str, str]:
        """Compare byte for byte, whatever the column's collation says."""
        return {
            "entity": _literal(notice.entity),
            "new_key": f"CAST({_new(notice.record)} AS TEXT)",
            "old_key": f"CAST({_old(notice.record)} AS TEXT)",
            "same_record": " AND ".join(map(_same, notice.alike)),
            "changed": _changed(notice),
            **noted(notice, _literal),
            "created_by": _created_by(notice),
        }

    def ready_for_ddl(self, connection: Connection, lock_ms: int) -> None:
        """Wait for another writer only so long."""
        connection.exec_driver_sql(f"PRAGMA busy_timeout = {int(lock_ms)}")


def _literal(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _new(column: ColumnInfo) -> str:
    return f"NEW.{column.quoted}"


def _old(column: ColumnInfo) -> str:
    return f"OLD.{column.quoted}"


def _same(column: ColumnInfo) -> str:
    return f"{_old(column)} IS {_new(column)} COLLATE BINARY"


def _changed(notice: Notice) -> str:
    parts = [
        f"CASE WHEN {_old(column)} IS NOT {_new(column)} COLLATE BINARY"
        f" THEN {_literal(f',{notice.changed(field)}')} ELSE '' END"
        for field, column in notice.fields.items()
    ]
    return f"\n{' ' * 16}|| ".join(parts)


def _created_by(notice: Notice) -> str:
    if notice.changed_by is None:
        return "NULL"
    return f"NULLIF(CAST({_new(notice.changed_by)} AS TEXT), '')"
