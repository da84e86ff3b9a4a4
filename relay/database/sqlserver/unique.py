"""Knows what SQL Server says of primary keys and unique indexes, of all tables at once."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import text
from sqlalchemy.engine import Connection

from relay.database.base import TableInfo
from relay.database.survey import FoundKey, KeyColumn, best_keys

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


def found_keys(connection: Connection) -> Mapping[TableInfo, FoundKey]:
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
