"""Knows under which numbers people know a record: an invoice's, or an address's in Sage."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import select
from sqlalchemy.engine import Connection

from relay.dialect import dialect_of
from relay.reflection import column_named, read_table
from relay.settings import Address, Invoice, Settings
from relay.values import Entity, RecordId

MOST = 50
"""Records that are shown for one number; more than one is a mistake in cobra already."""


def records_numbered(connection: Connection, settings: Settings, number: str) -> list[RecordId]:
    """Return the records of cobra that bear a number: invoices first, then addresses.

    Raises:
        Refused: a captured table or column is missing.
    """
    found: list[RecordId] = []
    if settings.invoices is not None:
        invoice, _ = settings.invoices
        column = invoice.fields["invoice_number"]
        found += _with(connection, Entity.INVOICE, invoice, column, number)
    address = settings.cobra.address
    column = address.fields["sage_address_number"]
    return [*found, *_with(connection, Entity.ADDRESS, address, column, number)]


def _with(
    connection: Connection, entity: Entity, told: Address | Invoice, column: str, number: str
) -> Iterator[RecordId]:
    dialect = dialect_of(connection)
    table = read_table(connection, dialect.locate(told.table, told.schema_name)).alias("record")
    numbered, key = column_named(table, column), column_named(table, told.key)
    typed = _typed(numbered, number)
    if typed is None:
        return
    query = select(dialect.key_text(key)).where(numbered == typed).order_by(key).limit(MOST)
    for found in connection.execute(query).scalars():
        yield RecordId(entity, found)


def _typed(column: Any, number: str) -> Any:
    try:
        return column.type.python_type(number)
    except NotImplementedError:
        return number
    except (ValueError, ArithmeticError):
        return None  # no value of the column's type
