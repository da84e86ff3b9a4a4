"""Knows how a table's columns are read from the catalogue: names, types, lengths, nullability."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import (
    BINARY,
    NCHAR,
    NVARCHAR,
    VARBINARY,
    Column,
    ColumnElement,
    LargeBinary,
    Numeric,
    Table,
    Text,
    Unicode,
    inspect,
    text,
)
from sqlalchemy.dialects.mssql import TIMESTAMP
from sqlalchemy.dialects.mssql.base import ischema_names
from sqlalchemy.engine import Connection
from sqlalchemy.exc import NoSuchTableError
from sqlalchemy.types import NULLTYPE, String, TypeEngine

from relay.database.own_types import Words

COLLATION = "collation"
"""In a column's `info`: its collation on SQL Server; without one it is the database's default."""
VIEW = "view"
"""In a column's `info`: it is one of a view, which nobody counts rows behind."""
UNREADABLE = "unreadable"
"""In a column's `info`: the driver has no value for its type (geography, sql_variant)."""
_BINARY = (LargeBinary, BINARY, VARBINARY, TIMESTAMP)
SOUGHT = "sought"
"""In a column's `info`: an index begins with it, so that its rows can be found by a seek."""

_SQL_SERVER = text(
    "SELECT c.name, COALESCE(TYPE_NAME(c.system_type_id), TYPE_NAME(c.user_type_id)) AS type,"
    " c.max_length, c.precision, c.scale, c.is_nullable, c.collation_name,"
    " CASE WHEN EXISTS (SELECT 1 FROM sys.index_columns AS ic JOIN sys.indexes AS i"
    " ON i.object_id = ic.object_id AND i.index_id = ic.index_id"
    " WHERE ic.object_id = c.object_id AND ic.column_id = c.column_id AND ic.key_ordinal = 1"
    " AND i.type IN (1, 2) AND i.is_disabled = 0 AND i.has_filter = 0"
    " AND i.is_hypothetical = 0)"
    " THEN 1 ELSE 0 END AS is_sought,"
    " CASE WHEN EXISTS (SELECT 1 FROM sys.views AS v WHERE v.object_id = c.object_id)"
    " THEN 1 ELSE 0 END AS is_view"
    " FROM sys.columns AS c WHERE c.object_id = OBJECT_ID(:name) ORDER BY c.column_id"
)


def collation_of(column: ColumnElement[Any]) -> str | None:
    """Return the collation that the catalogue names for a column, also for one of an alias."""
    collation: str | None = _info_of(column).get(COLLATION)
    return collation


def is_sought(column: ColumnElement[Any]) -> bool:
    """Tell whether the catalogue names an index that begins with a column."""
    return bool(_info_of(column).get(SOUGHT))


def is_plain(column: Column[Any]) -> bool:
    """Tell whether a column holds what people can read: no picture, no row version, no place."""
    return not (column.info.get(UNREADABLE) or isinstance(column.type, _BINARY))


def _info_of(column: ColumnElement[Any]) -> Mapping[str, Any]:
    real = next(iter(column.base_columns), column)
    info: Mapping[str, Any] = getattr(real, "info", {})
    return info


def is_view(table: Table) -> bool:
    """Tell whether what was read from the catalogue is a view."""
    return any(VIEW in column.info for column in table.columns)


def is_text(kind: TypeEngine[Any]) -> bool:
    """Tell whether values of a type have a collation."""
    return isinstance(kind, String | Words)


def is_narrow(kind: TypeEngine[Any]) -> bool:
    """Tell whether a type holds texts that are not Unicode (varchar, not nvarchar)."""
    return isinstance(kind, String) and not isinstance(kind, NVARCHAR | NCHAR | Unicode | Text)


def key_column(name: str, *, primary_key: bool = False) -> Column[Any]:
    """Return a column for the text of a key of cobra's: capital and small letters are two keys."""
    info = {COLLATION: "Latin1_General_100_BIN2"}
    return Column(name, Unicode(450), primary_key=primary_key, info=info)


def inspected(connection: Connection, name: str, schema: str | None) -> list[Column[Any]]:
    """Return the columns as SQLAlchemy's inspector finds them; none if there is no such table."""
    try:
        found = inspect(connection).get_columns(name, schema=schema)
    except NoSuchTableError:
        return []
    info = {}
    if all(c["nullable"] for c in found) and name.casefold() in _views(connection, schema):
        info = {VIEW: True}  # asked only where it can be: no column of SQLite's views is NOT NULL
    return [Column(c["name"], c["type"], nullable=c["nullable"], info=info) for c in found]


def _views(connection: Connection, schema: str | None) -> set[str]:
    return {view.casefold() for view in inspect(connection).get_view_names(schema=schema)}


def of_sql_server(connection: Connection, name: str, schema: str | None) -> list[Column[Any]]:
    """Return the columns by one look into `sys.columns`; none if there is no such table.

    The inspector's query joins seven catalogue views, only to read what is not needed here.
    """
    quote = connection.dialect.identifier_preparer.quote_identifier
    full = f"{quote(schema or 'dbo')}.{quote(name)}"
    rows = connection.execute(_SQL_SERVER, {"name": full}).all()
    return [
        Column(row.name, _type(row), nullable=bool(row.is_nullable), info=_info(row))
        for row in rows
    ]


def _info(row: Any) -> dict[str, Any]:
    is_sought = bool(row.is_sought) and not row.is_view  # no index of a view is used by itself
    info = {COLLATION: row.collation_name, SOUGHT: is_sought, VIEW: bool(row.is_view)}
    info[UNREADABLE] = ischema_names.get(row.type) is None or row.type == "sql_variant"
    return {name: value for name, value in info.items() if value}


def _type(row: Any) -> TypeEngine[Any]:
    kind: type[TypeEngine[Any]] | None = ischema_names.get(row.type)
    if kind is None:
        return NULLTYPE
    if issubclass(kind, String):
        per_character = 2 if row.type in ("nchar", "nvarchar") else 1
        length = None if row.max_length < 0 else row.max_length // per_character
        return kind(length=length)
    if row.type in ("decimal", "numeric") and issubclass(kind, Numeric):
        return kind(precision=row.precision, scale=row.scale)
    return kind()
