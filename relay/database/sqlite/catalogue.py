"""Knows what SQLite tells of columns and rules of a table, by its pragmas and its own text."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sqlalchemy import text
from sqlalchemy.engine import Connection

from relay.database.base import TableInfo
from relay.database.catalogue import ColumnFacts, FilledBy, Rule, RuleKind, joined

_COLUMNS = """
SELECT c.name, c."notnull" AS is_demanded, c.dflt_value, c.hidden, c.pk, c.type, m.sql
FROM sqlite_master AS m, pragma_table_xinfo(m.name) AS c
WHERE m.name = :name COLLATE NOCASE AND m.type IN ('table', 'view') ORDER BY c.cid
"""
_FOREIGN_KEYS = """
SELECT k.id, k."from" AS column_name, k."table" AS other,
    COALESCE(k."to", (SELECT c.name FROM pragma_table_info(k."table") AS c WHERE c.pk = k.seq + 1))
        AS other_column
FROM pragma_foreign_key_list(:name) AS k ORDER BY k.id, k.seq
"""
_UNIQUE = """
SELECT i.name, k.name AS column_name
FROM pragma_index_list(:name) AS i, pragma_index_info(i.name) AS k
WHERE i."unique" = 1 ORDER BY i.name, k.seqno
"""
_TEXT = "SELECT sql FROM sqlite_master WHERE type = 'table' AND name = :name COLLATE NOCASE"
_CHECK = re.compile(r'CONSTRAINT\s+"?(\w+)"?\s+CHECK\s*(\(.*\))', re.IGNORECASE)
"""A check with a name, on a line of its own; SQLite keeps none of them but in the table's text."""
_ROW_ID = "INTEGER"


def column_facts(connection: Connection, table: TableInfo) -> list[ColumnFacts]:
    """Read the columns of a table or a view, by the pragmas."""
    rows = connection.execute(text(_COLUMNS), {"name": table.name}).all()
    keys = [row for row in rows if row.pk]
    numbered = {row.name for row in keys if len(keys) == 1 and row.type.upper() == _ROW_ID}
    return [
        ColumnFacts(
            row.name,
            nullable=not row.is_demanded,
            has_default=row.dflt_value is not None or row.name in numbered,
            filled=FilledBy.COMPUTED if row.hidden in (2, 3) else None,
            is_numbered=row.name in numbered and "AUTOINCREMENT" not in row.sql.upper(),
        )
        for row in rows
    ]


def rules(connection: Connection, table: TableInfo) -> list[Rule]:
    """Read what is demanded of each row of a table: checks by the table's own text."""
    return joined(_rules(connection, {"name": table.name}))


def _rules(connection: Connection, name: dict[str, str]) -> Iterator[Rule]:
    for row in connection.execute(text(_FOREIGN_KEYS), name):
        rule, columns = f"{row.other} {row.id}", (row.column_name,)
        yield Rule(RuleKind.FOREIGN_KEY, rule, columns, row.other, (row.other_column,))
    definition = connection.execute(text(_TEXT), name).scalar() or ""
    for check in _CHECK.finditer(definition):
        yield Rule(RuleKind.CHECK, check[1], (), check[2])
    for row in connection.execute(text(_UNIQUE), name):
        yield Rule(RuleKind.UNIQUE, row.name, (row.column_name,))
