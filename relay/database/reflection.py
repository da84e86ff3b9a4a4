"""Knows how a configured table or view is read for SQLAlchemy, and its columns found by name."""

from __future__ import annotations

from typing import Any

from sqlalchemy import FromClause, MetaData, Table, quoted_name
from sqlalchemy.engine import Connection

from relay.base.errors import Unfit
from relay.database import TableInfo, dialect_of
from relay.database.names import by_name
from relay.settings.cobra import TableSection


def read_table(connection: Connection, where: TableInfo) -> Table:
    """Read a table's columns from the catalogue.

    Only columns: nothing else is needed, and keys and constraints are not readable everywhere.

    Raises:
        Unfit: `table_missing`.
    """
    columns = dialect_of(connection).columns(connection, where)
    if not columns:
        raise Unfit("table_missing", table=where.name, schema=where.schema or "-")
    # Quoted, since SQLAlchemy would read dots and brackets in a schema's name as syntax.
    schema = None if where.schema is None else quoted_name(where.schema, quote=True)
    return Table(where.name, MetaData(), *columns, schema=schema, implicit_returning=False)


def table_of(connection: Connection, section: TableSection) -> Table:
    """Read the table that a section of the configuration names; raises as `read_table`."""
    dialect = dialect_of(connection)
    return read_table(connection, dialect.locate(section.table, section.schema_name))


def column_named(table: FromClause, name: str) -> Any:
    """Return a column by its configured name, exact first, else ignoring case.

    Raises:
        Unfit: `column_missing`.
    """
    column = by_name(table.c, name)
    if column is not None:
        return column
    real = getattr(table, "element", table)  # of an alias, whose name is ours
    raise Unfit("column_missing", table=str(getattr(real, "name", real)), column=name)


def python_type(column: Any, unknown: type = str) -> type:
    """Return what a column's values are in Python; `unknown` where it has none (SQLite)."""
    try:
        kind: type = column.type.python_type
    except NotImplementedError:
        return unknown
    return kind


def typed_key(column: Any, key: str) -> Any:
    """Return a key as its column compares it; None if no value of the column's type is meant."""
    try:
        return python_type(column)(key)
    except (ValueError, ArithmeticError):
        return None
