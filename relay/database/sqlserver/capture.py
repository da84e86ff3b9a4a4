"""Knows SQL Server's catalogue, and the expressions of a trigger, which sees rows as two sets.

`i` is `inserted`, `d` is `deleted`. A trigger's failure undoes the clerk's save, so nothing here
can fail: no conversions except to text. Minimum is SQL Server 2016. Where Babelfish, which stands
in for it in tests, tells something else, it is said beside.
"""

from __future__ import annotations

from sqlalchemy import RowMapping, text
from sqlalchemy.engine import Connection

from relay.database.base import KEY_LENGTH, TableInfo
from relay.database.capture import CaptureDialect, FoundTable, FoundTrigger, Notice, noted, quoted
from relay.database.catalogue import ColumnInfo
from relay.database.sqlserver import catalogue
from relay.database.sqlserver.catalogue import BINARY, EXACT, TEXT, WIDE_TEXT

_WHOLE = {"tinyint", "smallint", "int", "bigint"}
# Compared with <>. What is in none of these sets is refused: text, ntext and image are not in
# `inserted`; xml, geography, geometry and json cannot be compared; rowversion changes at each
# save; hierarchyid, sql_variant and other CLR types cannot be read by the driver.
_PLAIN = (
    _WHOLE
    | EXACT
    | {"bit", "money", "smallmoney", "float", "real", "uniqueidentifier"}
    | {"date", "time", "datetime", "datetime2", "smalldatetime"}
)
_PADDED = {"varchar", "nvarchar", "sysname", "varbinary"}
"""Types of any length, which are compared as if the shorter one were filled up."""
COMPARABLE = TEXT | BINARY | _PLAIN | {"datetimeoffset"}
WITH_ONE_TEXT = _WHOLE | TEXT | {"uniqueidentifier"}
"""Types whose values have one text each; of `EXACT` those without decimals, too."""
_BYTEWISE = "COLLATE Latin1_General_100_BIN2"
_LONGEST_NVARCHAR = 4000
_TABLE = """
SELECT o.id, t.object_id AS of_a_table
FROM (SELECT OBJECT_ID(:name) AS id) AS o
LEFT JOIN sys.tables AS t ON t.object_id = o.id AND t.is_memory_optimized = 0
"""
_UNIQUE = """
SELECT COL_NAME(i.object_id, MIN(k.column_id))
FROM sys.indexes AS i
JOIN sys.index_columns AS k
    ON k.object_id = i.object_id AND k.index_id = i.index_id AND k.key_ordinal > 0
WHERE i.object_id = OBJECT_ID(:name)
    AND i.is_unique = 1 AND i.has_filter = 0 AND i.is_disabled = 0 AND i.is_hypothetical = 0
GROUP BY i.object_id, i.index_id
HAVING COUNT(*) = 1
"""
# In Babelfish the role db_owner owns the schema dbo, as the user dbo does in SQL Server; and
# USER_NAME of what we may not see is not NULL, but ourselves.
_OWNERS = """
SELECT CASE
    WHEN o.id IS NULL THEN NULL
    WHEN o.owner = N'db_owner' AND SERVERPROPERTY('Babelfish') IS NOT NULL THEN N'dbo'
    ELSE o.owner END
FROM (
    SELECT n.id, USER_NAME(OBJECTPROPERTY(n.id, 'OwnerId')) AS owner, n.place
    FROM (VALUES
        (OBJECT_ID(:name), 1),
        (OBJECT_ID(N'relay.outbox'), 2),
        (OBJECT_ID(N'relay.outbox_id'), 3)
    ) AS n (id, place)
) AS o
ORDER BY o.place
"""
_MAY_ALTER = "SELECT HAS_PERMS_BY_NAME(:name, N'OBJECT', N'ALTER')"
_TRIGGERS = """
SELECT
    OBJECT_SCHEMA_NAME(t.object_id) AS schema_name,
    t.name,
    t.parent_id,
    OBJECT_SCHEMA_NAME(t.parent_id) + N'.' + OBJECT_NAME(t.parent_id) AS table_name,
    t.is_disabled,
    m.definition, m.uses_quoted_identifier, m.uses_ansi_nulls
FROM sys.triggers AS t
LEFT JOIN sys.sql_modules AS m ON m.object_id = t.object_id
WHERE t.parent_class = 1 AND t.name LIKE N'relay[_]%'
"""


def placeholders(notice: Notice) -> dict[str, str]:
    """Spell the one null-safe comparison out for each column."""
    return {
        "entity": _literal(notice.entity),
        "new_key": _key_text("i", notice.record),
        "old_key": _key_text("d", notice.record),
        "same_record": " AND ".join(map(_same, notice.alike)),
        "changed": _changed(notice),
        **noted(notice, _literal),
        "created_by": _created_by(notice),
    }


def _literal(value: str) -> str:
    return "N'" + value.replace("'", "''") + "'"


def _of(alias: str, column: ColumnInfo) -> str:
    return f"{alias}.{column.quoted}"


def _key_text(alias: str, key: ColumnInfo) -> str:
    return f"CONVERT(nvarchar({KEY_LENGTH}), {_of(alias, key)})"


def _same(key: ColumnInfo) -> str:
    """Return the join of old and new row; a key's case and trailing blanks count."""
    if key.type not in TEXT:
        return f"{_of('i', key)} = {_of('d', key)}"
    return (
        f"{_key_text('i', key)} = {_key_text('d', key)} {_BYTEWISE}"
        f" AND DATALENGTH({_of('i', key)}) = DATALENGTH({_of('d', key)})"
    )


def _changed(notice: Notice) -> str:
    parts = [
        f"CASE WHEN {_differs(column)} THEN {_literal(f',{notice.changed(field)}')} ELSE N'' END"
        for field, column in notice.fields.items()
    ]
    return f"\n{' ' * 20}+ ".join(parts)


def _differs(column: ColumnInfo) -> str:
    new, old = _of("i", column), _of("d", column)
    if column.type in TEXT:
        values = [f"{_wide(new, column)} <> {_wide(old, column)} {_BYTEWISE}"]
    elif column.type == "datetimeoffset":  # <> would not see that only the offset changed
        values = [f"CONVERT(nvarchar(40), {new}, 121) <> CONVERT(nvarchar(40), {old}, 121)"]
    else:
        values = [f"{new} <> {old}"]
    if column.type in _PADDED:  # <> would not see trailing blanks or zero bytes
        values.append(f"DATALENGTH({new}) <> DATALENGTH({old})")
    one_is_null = [f"({a} IS NULL AND {b} IS NOT NULL)" for a, b in ((new, old), (old, new))]
    return " OR ".join([*values, *one_is_null])


def _wide(value: str, column: ColumnInfo) -> str:
    """Return a text as Unicode: the comparison's own code page lacks letters of others."""
    if column.type in WIDE_TEXT:
        return value
    return f"CONVERT({_nvarchar(column)}, {value})"


def _nvarchar(column: ColumnInfo) -> str:
    if column.length is None or column.length > _LONGEST_NVARCHAR:
        return "nvarchar(max)"
    return f"nvarchar({column.length})"


def _created_by(notice: Notice) -> str:
    if notice.changed_by is None:
        return "ORIGINAL_LOGIN()"
    written = f"CONVERT(nvarchar(128), {_of('i', notice.changed_by)})"
    return f"COALESCE(NULLIF({written}, N''), ORIGINAL_LOGIN())"


class SqlServerCapture(CaptureDialect):
    """Microsoft SQL Server."""

    name = "mssql"
    columns = staticmethod(catalogue.columns)
    placeholders = staticmethod(placeholders)

    def table(self, connection: Connection, where: TableInfo) -> FoundTable | None:
        """Return it by the object's number.

        Views, synonyms and memory-optimised tables, whose triggers are native, carry none of ours.
        """
        row = connection.execute(text(_TABLE), _named(connection, where)).one()
        return None if row.id is None else FoundTable(row.id, row.of_a_table is not None)

    def unique_columns(self, connection: Connection, where: TableInfo) -> set[str]:
        """Ask the indexes; included columns do not count."""
        return set(connection.execute(text(_UNIQUE), _named(connection, where)).scalars())

    def owners(self, connection: Connection, where: TableInfo) -> tuple[str | None, str | None]:
        """Return the table's owner, and the owner (or both) of the outbox and its sequence."""
        table, *ours = connection.execute(text(_OWNERS), _named(connection, where)).scalars()
        return table, None if None in ours else ", ".join(dict.fromkeys(ours))

    def may_alter(self, connection: Connection, where: TableInfo) -> bool:
        """Ask for the right that CREATE TRIGGER needs."""
        answer = connection.execute(text(_MAY_ALTER), _named(connection, where)).scalar_one()
        return bool(answer == 1)

    def triggers(self, connection: Connection) -> list[FoundTrigger]:
        """Read the triggers with their texts and switches."""
        return [
            FoundTrigger(
                where=TableInfo(row["schema_name"], row["name"]),
                table_id=row["parent_id"],
                table=row["table_name"],
                definition=_definition(row),
                enabled=not row["is_disabled"],
            )
            for row in connection.execute(text(_TRIGGERS)).mappings()
        ]

    def comparable(self, column: ColumnInfo) -> bool:
        """Accept only types for which the triggers' text knows a way."""
        return column.type in COMPARABLE and not column.veiled

    def has_one_text(self, column: ColumnInfo) -> bool:
        """Accept whole numbers, texts and GUIDs: their text does not depend on a style."""
        if column.type in EXACT:
            return column.scale == 0
        return column.type in WITH_ONE_TEXT

    def ready_for_ddl(self, connection: Connection, lock_ms: int) -> None:
        """Set what is stored with each trigger, and a short wait for the table's schema lock."""
        connection.exec_driver_sql("SET QUOTED_IDENTIFIER ON")
        connection.exec_driver_sql("SET ANSI_NULLS ON")
        connection.exec_driver_sql(f"SET LOCK_TIMEOUT {int(lock_ms)}")


def _named(connection: Connection, where: TableInfo) -> dict[str, str]:
    return {"name": quoted(connection, where)}


def _definition(row: RowMapping) -> str | None:
    definition: str | None = row["definition"]
    if definition and not (row["uses_quoted_identifier"] and row["uses_ansi_nulls"]):
        return f"-- created with other SET options\n{definition}"
    return definition
