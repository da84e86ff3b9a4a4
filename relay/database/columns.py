"""Knows how a table's columns are read from the catalogue: names, types, lengths, nullability."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column, Numeric, Unicode, inspect, text
from sqlalchemy.dialects.mssql.base import ischema_names
from sqlalchemy.engine import Connection
from sqlalchemy.exc import NoSuchTableError
from sqlalchemy.types import NULLTYPE, String, TypeEngine

COLLATION = "collation"
"""In a column's `info`: its collation on SQL Server; without one it is the database's default."""

_SQL_SERVER = text(
    "SELECT c.name, COALESCE(TYPE_NAME(c.system_type_id), TYPE_NAME(c.user_type_id)) AS type,"
    " c.max_length, c.precision, c.scale, c.is_nullable, c.collation_name"
    " FROM sys.columns AS c WHERE c.object_id = OBJECT_ID(:name) ORDER BY c.column_id"
)


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
    return [Column(c["name"], c["type"], nullable=c["nullable"]) for c in found]


def of_sql_server(connection: Connection, name: str, schema: str | None) -> list[Column[Any]]:
    """Return the columns by one look into `sys.columns`; none if there is no such table.

    The inspector's query joins seven catalogue views, only to read what is not needed here.
    """
    quote = connection.dialect.identifier_preparer.quote_identifier
    full = f"{quote(schema or 'dbo')}.{quote(name)}"
    rows = connection.execute(_SQL_SERVER, {"name": full}).all()
    return [
        Column(
            row.name,
            _type(row),
            nullable=bool(row.is_nullable),
            info={COLLATION: row.collation_name} if row.collation_name else {},
        )
        for row in rows
    ]


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
