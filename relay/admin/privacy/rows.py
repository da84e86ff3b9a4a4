"""Knows which rows of the relay's own tables are about a person."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Select, Table, and_, or_, select
from sqlalchemy.engine import Connection

from relay.admin.privacy.judged import COBRA, SAGE, Columns, Judged, of_kind
from relay.admin.privacy.subject import DataSubject, all_tables
from relay.base.values import Entity
from relay.cobra import access
from relay.database import among, chunks, rows_among

_BY_ADDRESS = {
    "handed_over": "entity_key", "sage_item": "customer_key", "customer": "entity_key",
    "difference": "entity_key", "link": "entity_key", "debtor": "entity_key",
}  # fmt: skip
"""Table to the column that names the address."""
_KEYS = {
    "outbox": ("id",), "delivery": ("outbox_id", "year"), "audit": ("id",), "mailed": ("id",),
    "decision": ("entity", "entity_key", "topic"), "document": ("entity_key",),
    "document_position": ("entity_key", "line"), "sage_item": ("year", "number"),
    "customer": ("entity_key", "mandant", "year"), "difference": ("entity_key", "year", "field"),
    "paused": ("scope",), "year": ("name",),
}  # fmt: skip
"""What finds a row again, in each table of cobra's that has something to erase."""
_BY_INVOICE = {"route", "document", "document_position", "booking"}
_BY_RECORD = {"outbox", "decision", "applied"}


@dataclass(frozen=True, slots=True)
class OwnRow:
    """A row of one of the relay's own tables that is about the person."""

    name: str
    """Of the table."""
    table: Table
    columns: Columns
    values: Mapping[str, Any]

    def of_kind(self, *kinds: Judged) -> dict[str, Any]:
        """Return what stands in the columns that are judged so, as far as something does."""
        names = of_kind(self.columns, *kinds)
        return {name: self.values[name] for name in names if self.values.get(name) is not None}

    @property
    def itself(self) -> ColumnElement[bool]:
        """What finds the row again."""
        return and_(*(self.table.c[name] == self.values[name] for name in _KEYS[self.name]))


def rows_in_cobra(connection: Connection, subject: DataSubject) -> Iterator[OwnRow]:
    """Yield what cobra's schema `relay` keeps of a person."""
    tables = subject.tables
    entries: list[int] = []
    for row in _rows(connection, tables, COBRA, subject):
        if row.name == "outbox":
            entries.append(row.values["id"])
        yield row
    delivery = tables["delivery"]
    for found in rows_among(connection, select(delivery), delivery.c.outbox_id, entries):
        yield OwnRow("delivery", delivery, COBRA["delivery"], found._asdict())
    yield from _by_subject(connection, tables["mailed"], subject)
    yield from _by_detail(connection, tables["audit"], subject)


def rows_in_sage(connection: Connection, subject: DataSubject) -> Iterator[OwnRow]:
    """Yield what a Sage year's schema `relay` keeps of a person."""
    yield from _rows(connection, all_tables(connection, SAGE), SAGE, subject)


def _rows(
    connection: Connection,
    tables: Mapping[str, Table],
    judged: Mapping[str, Columns],
    subject: DataSubject,
) -> Iterator[OwnRow]:
    for name, table in tables.items():
        for condition in _conditions(name, table, subject):
            query: Select[Any] = select(table).where(condition)
            if name == "outbox":
                query = access.SHOWN.on(query, table)
            for row in connection.execute(query):
                yield OwnRow(name, table, judged[name], row._asdict())


def _conditions(name: str, table: Table, subject: DataSubject) -> Iterator[ColumnElement[bool]]:
    """Yield what finds a person's rows in a table, a part of them each."""
    address = _BY_ADDRESS.get(name)
    if address is not None:
        yield table.c[address] == subject.key
    elif name in _BY_INVOICE:
        for some in chunks(subject.invoices):
            yield among(table.c.entity_key, some)
    elif name in _BY_RECORD:
        of_address = (table.c.entity == str(Entity.ADDRESS), table.c.entity_key == subject.key)
        yield and_(*of_address)
        for some in chunks(subject.invoices):
            yield and_(table.c.entity == str(Entity.INVOICE), among(table.c.entity_key, some))


def _by_subject(connection: Connection, mailed: Table, subject: DataSubject) -> Iterator[OwnRow]:
    named = [f"{one.entity}:{one.key}" for one in subject.records]
    for row in rows_among(connection, select(mailed), mailed.c.subject, sorted(named)):
        yield OwnRow("mailed", mailed, COBRA["mailed"], row._asdict())


def _by_detail(connection: Connection, audit: Table, subject: DataSubject) -> Iterator[OwnRow]:
    """Yield the actions that name one of the records."""
    named = {f"{one.entity} {one.key}" for one in subject.records}
    for row in connection.execute(select(audit).order_by(audit.c.id)):
        detail = orjson.loads(row.detail) if row.detail else None
        if isinstance(detail, list) and not named.isdisjoint(map(str, detail)):
            yield OwnRow("audit", audit, COBRA["audit"], row._asdict())


def words_of_all(
    connection: Connection, tables: Mapping[str, Table], phrases: Sequence[str]
) -> Iterator[tuple[OwnRow, list[str]]]:
    """Yield rows, whosesoever, with the columns of sentences in which a phrase may stand."""
    for name, table in tables.items():
        words = of_kind(COBRA[name], Judged.WORDS)
        if not words or not phrases:
            continue
        hits = [table.c[word].contains(one, autoescape=True) for word in words for one in phrases]
        query: Select[Any] = select(table).where(or_(*hits))
        if name == "outbox":
            query = access.SHOWN.on(query, table)
        for row in connection.execute(query):
            yield OwnRow(name, table, COBRA[name], row._asdict()), words
