"""Knows how a table of somebody else's database looks: its columns, types and lengths."""

from __future__ import annotations

from sqlalchemy import Column, MetaData, Table, inspect
from sqlalchemy.engine import Connection
from sqlalchemy.exc import NoSuchTableError

from relay.dialect import TableInfo
from relay.errors import Refused


def read_table(connection: Connection, where: TableInfo) -> Table:
    """Read a table's columns from the catalogue.

    Only columns: nothing else is needed, and keys and constraints are not readable everywhere.

    Raises:
        Refused: `table_missing`.
    """
    try:
        found = inspect(connection).get_columns(where.name, schema=where.schema)
    except NoSuchTableError:
        found = []
    if not found:
        raise Refused("table_missing", table=where.name, schema=where.schema or "-")
    columns = [Column(c["name"], c["type"], nullable=c["nullable"]) for c in found]
    return Table(where.name, MetaData(), *columns, schema=where.schema, implicit_returning=False)


def column_named(table: Table, name: str) -> Column[object]:
    """Return a column by its configured name, exact first, else ignoring case.

    Raises:
        Refused: `column_missing`.
    """
    if name in table.c:
        return table.c[name]
    for column in table.c:
        if column.name.casefold() == name.casefold():
            return column
    raise Refused("column_missing", table=table.name, column=name)
