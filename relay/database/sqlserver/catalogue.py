"""Knows where SQL Server's catalogue keeps columns, rules and keys of tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import text
from sqlalchemy.engine import Connection

from relay.database.base import TableInfo
from relay.database.capture import quote, quoted
from relay.database.catalogue import ColumnInfo, FilledBy, Rule, RuleKind, joined
from relay.database.survey import FoundKey, KeyColumn, best_keys

# An alias type counts as its base type; a CLR type has only its own name.
_COLUMNS = """
SELECT
    c.name,
    COALESCE(TYPE_NAME(c.system_type_id), TYPE_NAME(c.user_type_id)) AS type,
    c.max_length, c.precision, c.scale, c.is_nullable, c.is_masked, c.encryption_type,
    c.default_object_id, c.is_identity, c.is_computed, c.collation_name,
    OBJECTPROPERTY(c.object_id, N'IsView') AS is_view, COALESCE(cc.is_persisted, 1) AS is_stored
FROM sys.columns AS c
LEFT JOIN sys.computed_columns AS cc
    ON cc.object_id = c.object_id AND cc.column_id = c.column_id
WHERE c.object_id = OBJECT_ID(:name)
ORDER BY c.column_id
"""
_FOREIGN_KEYS = """
SELECT
    f.name, COL_NAME(k.parent_object_id, k.parent_column_id) AS column_name,
    OBJECT_NAME(f.referenced_object_id) AS other,
    OBJECT_SCHEMA_NAME(f.referenced_object_id) AS other_schema,
    COL_NAME(k.referenced_object_id, k.referenced_column_id) AS other_column
FROM sys.foreign_keys AS f
JOIN sys.foreign_key_columns AS k ON k.constraint_object_id = f.object_id
WHERE f.parent_object_id = OBJECT_ID(:name) AND f.is_disabled = 0
ORDER BY f.name, k.constraint_column_id
"""
_CHECKS = """
SELECT k.name, k.definition FROM sys.check_constraints AS k
WHERE k.parent_object_id = OBJECT_ID(:name) AND k.is_disabled = 0
ORDER BY k.name
"""
_UNIQUE = """
SELECT i.name, COL_NAME(k.object_id, k.column_id) AS column_name
FROM sys.indexes AS i
JOIN sys.index_columns AS k ON k.object_id = i.object_id AND k.index_id = i.index_id
WHERE i.object_id = OBJECT_ID(:name) AND i.is_unique = 1 AND i.is_disabled = 0
    AND k.key_ordinal > 0
ORDER BY i.name, k.key_ordinal
"""
_KEYS = """
SELECT
    s.name AS schema_name, t.name AS table_name, i.index_id, i.is_primary_key,
    c.name, c.is_nullable, c.is_identity
FROM sys.tables AS t
JOIN sys.schemas AS s ON s.schema_id = t.schema_id
JOIN sys.indexes AS i ON i.object_id = t.object_id
JOIN sys.index_columns AS k
    ON k.object_id = i.object_id AND k.index_id = i.index_id AND k.key_ordinal > 0
JOIN sys.columns AS c ON c.object_id = k.object_id AND c.column_id = k.column_id
WHERE i.is_unique = 1 AND i.has_filter = 0 AND i.is_disabled = 0 AND i.is_hypothetical = 0
    AND t.is_ms_shipped = 0 AND s.name NOT IN (N'relay', N'sys')
ORDER BY s.name, t.name, i.is_primary_key DESC, i.index_id, k.key_ordinal
"""
EXACT = {"decimal", "numeric"}
WIDE_TEXT = {"nchar", "nvarchar", "sysname"}
TEXT = {"char", "varchar"} | WIDE_TEXT
BINARY = {"binary", "varbinary"}
_ROW_VERSION = ("timestamp", "rowversion")


def columns(connection: Connection, where: TableInfo) -> list[ColumnInfo]:
    """Read the columns of a table or a view, with their base types."""
    rows = connection.execute(text(_COLUMNS), {"name": quoted(connection, where)})
    return [_column(row, quote(connection, row.name)) for row in rows]


def _column(row: Any, quoted_name: str) -> ColumnInfo:
    kind = row.type.lower()
    length = None
    if kind in TEXT | BINARY and row.max_length >= 0:
        length = row.max_length // 2 if kind in WIDE_TEXT else row.max_length
    veil = _veil(row)
    return ColumnInfo(
        name=row.name,
        quoted=quoted_name,
        type=kind,
        declared=f"{veil} {kind}{_size(row, kind, length)}".strip(),
        length=length,
        scale=row.scale,
        nullable=bool(row.is_nullable or row.is_view),
        computed=not row.is_stored,
        veiled=bool(veil),
        has_default=bool(row.default_object_id),
        filled=_filled(row.is_identity, row.is_computed, kind),
        collation=row.collation_name,
    )


def _veil(row: Any) -> str:
    if row.encryption_type is not None:
        return "encrypted"
    return "masked" if row.is_masked else ""


def _size(row: Any, kind: str, length: int | None) -> str:
    if kind in EXACT:
        return f"({row.precision},{row.scale})"
    if kind in TEXT | BINARY:
        return f"({'max' if length is None else length})"
    return ""


def _filled(is_identity: object, is_computed: object, kind: str) -> FilledBy | None:
    if is_identity:
        return FilledBy.IDENTITY
    if is_computed:
        return FilledBy.COMPUTED
    return FilledBy.ROW_VERSION if kind in _ROW_VERSION else None


def rules(connection: Connection, table: TableInfo) -> list[Rule]:
    """Read what is demanded of each row of a table; what is switched off demands nothing."""
    return joined(_rules(connection, {"name": quoted(connection, table)}))


def _rules(connection: Connection, name: dict[str, str]) -> Iterator[Rule]:
    for row in connection.execute(text(_FOREIGN_KEYS), name):
        columns, points_to = (row.column_name,), (row.other_column,)
        there = row.other or "", points_to, row.other_schema
        yield Rule(RuleKind.FOREIGN_KEY, row.name, columns, *there)
    for row in connection.execute(text(_CHECKS), name):
        yield Rule(RuleKind.CHECK, row.name, (), row.definition or "")
    for row in connection.execute(text(_UNIQUE), name):
        yield Rule(RuleKind.UNIQUE, row.name, (row.column_name,))


def keys(connection: Connection) -> Mapping[TableInfo, FoundKey]:
    """Return the key of each table but the relay's own, the primary one first."""
    return best_keys(
        KeyColumn(
            TableInfo(row.schema_name, row.table_name),
            str(row.index_id),
            row.name,
            bool(row.is_nullable),
            bool(row.is_identity),
            bool(row.is_primary_key),
        )
        for row in connection.execute(text(_KEYS))
    )
