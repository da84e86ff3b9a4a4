"""Knows which records of cobra Sage should have: their keys, page by page."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.engine import Connection

from relay.admin.lookup import day_as
from relay.admin.naming import captured_table
from relay.base.values import Entity, RecordId
from relay.database import dialect_of, rows_among
from relay.database.reflection import column_named, typed_key
from relay.settings import Address, InvoiceSection, Settings

PAGE = 1000
"""Rows that one query reads of all."""


class KeyPage(NamedTuple):
    """A page of rows."""

    keys: list[str]
    """Of those among them that are meant."""
    last: str | None
    """The key of the last row; None: there are no more."""


class Meant:
    """The records of a captured table that Sage should have."""

    def __init__(
        self,
        connection: Connection,
        section: Address | InvoiceSection,
        columns: Mapping[str, str],
        holds: Callable[[Mapping[str, Any]], bool],
    ) -> None:
        """Find the table; `holds` tells by these `columns` (our name to cobra's) who is meant.

        Raises:
            Refused: the table or a column is missing.
        """
        self._holds = holds
        table = captured_table(connection, section)
        self._key = column_named(table, section.key)
        self._columns = {name: column_named(table, real) for name, real in columns.items()}
        key = dialect_of(connection).key_text(self._key).label("record_key")
        read_as = (column.label(f"f_{at}") for at, column in enumerate(self._columns.values()))
        self._query = select(key, *read_as)
        self._where: ColumnElement[bool] | None = None

    def since(self, day: date) -> None:
        """Mean only what is dated on a day or later, or not at all."""
        dated = self._columns["dated"]
        self._where = or_(dated >= day_as(dated, day), dated.is_(None))

    def page(self, connection: Connection, after: str, limit: int) -> KeyPage:
        """Return what is meant of the next rows; `after` is empty for the first ones."""
        query = self._query.order_by(self._key).limit(limit)
        if self._where is not None:
            query = query.where(self._where)
        if after:
            query = query.where(self._key > typed_key(self._key, after))
        rows = connection.execute(query).all()
        keys = [
            row[0] for row in rows if self._holds(dict(zip(self._columns, row[1:], strict=True)))
        ]
        return KeyPage(keys, rows[-1][0] if len(rows) == limit else None)

    def count(self, connection: Connection) -> int:
        """Return how many rows there are to look at."""
        rows = self._query.with_only_columns(func.count(), maintain_column_froms=True)
        return int(connection.execute(rows).scalar_one())

    def keys(self, connection: Connection, after: str | None = None) -> Iterator[str]:
        """Yield the keys that are meant after one, a page for each query; holds no cursor open."""
        last: str | None = after or ""
        while last is not None:
            page = self.page(connection, last, PAGE)
            yield from page.keys
            last = page.last

    def but_older(self, connection: Connection, keys: Sequence[str], day: date) -> list[str]:
        """Return these keys but those of records that are dated before a day."""
        dated = self._columns["dated"]
        older = self._query.where(dated < day_as(dated, day))
        typed = [each for each in (typed_key(self._key, key) for key in keys) if each is not None]
        found = {row[0] for row in rows_among(connection, older, self._key, typed)}
        return [key for key in keys if key not in found]


def selected_addresses(connection: Connection, address: Address) -> Meant:
    """Return the addresses that the configuration selects, and no flag keeps from Sage."""
    selection = address.selection
    flags = {"deleted": address.deleted, "restricted": address.restricted}
    columns = {name: flag.column for name, flag in flags.items() if flag is not None}
    if selection is not None:
        columns["selected"] = address.fields[selection.field]

    def holds(row: Mapping[str, Any]) -> bool:
        if any(flag is not None and flag.holds(row[name]) for name, flag in flags.items()):
            return False
        return selection is None or selection.holds(row["selected"])

    return Meant(connection, address, columns, holds)


def selected_records(connection: Connection, settings: Settings) -> Iterator[RecordId]:
    """Yield the addresses that the configuration selects for Sage."""
    for key in selected_addresses(connection, settings.cobra.address).keys(connection):
        yield RecordId(Entity.ADDRESS, key)


def final_invoices(connection: Connection, invoice: InvoiceSection) -> Meant:
    """Return the invoices that are final, and neither cancelled nor deleted."""
    columns = {"final": invoice.final.column, "dated": invoice.fields["invoice_date"]}
    off = {"cancelled": invoice.cancelled, "deleted": invoice.deleted}
    columns |= {name: of.column for name, of in off.items() if of is not None}

    def holds(row: Mapping[str, Any]) -> bool:
        is_off = any(of is not None and of.holds(row[name]) for name, of in off.items())
        return not is_off and invoice.final.holds(row["final"])

    return Meant(connection, invoice, columns, holds)
