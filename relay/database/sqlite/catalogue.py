"""Knows what SQLite tells of columns and rules of a table, by its pragmas and its own text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import text
from sqlalchemy.engine import Connection

from relay.database.base import TableInfo
from relay.database.capture import quote
from relay.database.catalogue import ColumnInfo, FilledBy, Rule, RuleKind, joined

_COLUMNS = """
SELECT c.name, c."notnull" AS required, c.dflt_value, c.hidden, c.pk, c.type, m.sql
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
_DECLARED = re.compile(r"\s*([^(]*?)\s*(?:\(\s*(\d+)\s*(?:,\s*(\d+)\s*)?\))?\s*")
TEXT = ("char", "clob", "text")
_VIRTUAL, _STORED = 2, 3


def columns(connection: Connection, where: TableInfo) -> list[ColumnInfo]:
    """Read the columns with their declared types, which SQLite itself takes as advice."""
    rows = _rows(connection, where)
    key = _row_id(rows)
    return [_column(row, quote(connection, row.name), is_key=row.name == key) for row in rows]


def row_id(connection: Connection, table: TableInfo) -> str | None:
    """Return the column that is the row's own number, which is never NULL."""
    return _row_id(_rows(connection, table))


def _rows(connection: Connection, table: TableInfo) -> Sequence[Any]:
    return connection.execute(text(_COLUMNS), {"name": table.name}).all()


def _row_id(rows: Sequence[Any]) -> str | None:
    key = [row for row in rows if row.pk]
    alone = len(key) == 1 and key[0].type.upper() == _ROW_ID
    return str(key[0].name) if alone else None


def _column(row: Any, quoted: str, *, is_key: bool) -> ColumnInfo:
    match = _DECLARED.fullmatch(row.type)
    base, size, scale = match.groups() if match else (row.type, None, None)
    kind = base.lower()
    of_text = any(word in kind for word in TEXT)
    return ColumnInfo(
        name=row.name,
        quoted=quoted,
        type=kind,
        declared=row.type or "-",
        length=int(size) if size and of_text else None,
        scale=int(scale or 0),
        nullable=not row.required and not is_key,
        computed=row.hidden == _VIRTUAL,
        has_default=row.dflt_value is not None or is_key,
        filled=FilledBy.COMPUTED if row.hidden in (_VIRTUAL, _STORED) else None,
        is_numbered=is_key and "AUTOINCREMENT" not in row.sql.upper(),
    )


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
