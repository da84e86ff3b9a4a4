"""Texts for people fit every column that we write; keys and codes are never cut."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Column, String, Table, Unicode, insert, select, update
from sqlalchemy.dialects import registry
from sqlalchemy.exc import DBAPIError

from relay.base.width import width
from relay.cobra.tables import SourceTables, source_tables
from relay.database import Failure, Words, dialect_of
from relay.extras.documents.change import fit
from relay.extras.documents.tables import ANSWERS, document_tables
from relay.sage.tables import TargetTables, target_tables
from tests.world.databases import Databases

COMPARED = {
    "entity", "entity_key", "operation", "cause", "status", "waiting_on", "error_code",
    "year", "sage_key", "server", "database_name", "fingerprint", "name", "generation", "state",
    "scope", "action", "mark", "number", "decision", "id", "role", "uid_number", "open_item",
    "address_key", "content", "topic", "cobra", "night",
}  # fmt: skip
"""Columns of keys, codes and names: a part of such a text is another one."""
LONG = "Grund 🧀 mit é" * 400


def own_columns(dialect: str) -> Iterator[Column[Any]]:
    """Yield every column of ours that holds a text of a limited length."""
    sides: list[SourceTables | TargetTables] = [source_tables(dialect), target_tables(dialect)]
    for side in sides:
        for name in side.__slots__:
            table: Table = getattr(side, name)
            yield from (c for c in table.c if isinstance(c.type, String | Words) and c.type.length)


@pytest.mark.parametrize("dialect", ["mssql", "sqlite"])
def test_each_text_is_for_people_or_compared(dialect: str) -> None:
    """Whoever adds a column has to say which of both."""
    told = {column.name: isinstance(column.type, Words) for column in own_columns(dialect)}
    assert {name for name, for_people in told.items() if not for_people} == COMPARED
    assert {name for name, for_people in told.items() if for_people}.isdisjoint(COMPARED)


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=3000))
def test_every_text_for_people_fits_its_column(text: str) -> None:
    """As SQL Server counts, on both dialects, whatever the text is."""
    for name in ("mssql", "sqlite"):
        dialect = registry.load(name)()
        for column in own_columns(name):
            if isinstance(column.type, Words):
                told = column.type.process_bind_param(text, dialect)
                assert told is not None
                assert width(told) <= column.type.length
                assert told == text or told.endswith("…")
    documents = document_tables("mssql")
    for table in (documents.document, documents.position, documents.handed_over):
        for column in table.c:
            if column.name in ANSWERS:
                continue  # Sage's name of a year, from the configuration
            if isinstance(column.type, Unicode) and column.type.length is not None:
                assert width(fit(text, table, column.name) or "") <= column.type.length


def test_a_long_reason_is_kept_in_part(databases: Databases) -> None:
    """By an INSERT, an UPDATE and an UPDATE of many rows, and it is found by its whole text."""
    dialect = dialect_of(databases.cobra)
    tables = source_tables(dialect.name)
    o, a = tables.outbox, tables.audit
    row = {"entity": "address", "entity_key": "1", "operation": "insert"}
    with dialect.engine(databases.cobra, lock_timeout_ms=2000).begin() as connection:
        for key in ("1", "2", "3"):
            connection.execute(insert(o).inline().values(row | {"entity_key": key}))
        connection.execute(insert(a).inline().values(who=LONG, action="x", subject=LONG))
        connection.execute(update(o).where(o.c.entity_key == "1").values(reason=LONG))
        ids = connection.execute(select(o.c.id).order_by(o.c.id)).scalars().all()
        rows = [{"id": number, "reason": LONG} for number in ids[1:]]
        dialect.update_rows(connection, o, rows, by=["id"])
        kept = set(connection.execute(select(o.c.reason)).scalars())
        (short,) = kept
        assert (width(short), short[-1]) == (1000, "…")
        found = connection.execute(select(a.c.who).where(a.c.subject == LONG)).scalar_one()
        assert (width(found), found[-1]) == (128, "…")


def test_sql_server_refuses_a_key_that_is_too_long(databases: Databases) -> None:
    """Cut, it would be another record's."""
    dialect = dialect_of(databases.cobra)
    if dialect.name == "sqlite":
        pytest.skip("SQLite knows no lengths and keeps the whole key")
    o = source_tables(dialect.name).outbox
    row = {"entity": "address", "entity_key": "ä" * 451, "operation": "insert"}
    with dialect.engine(databases.cobra, lock_timeout_ms=2000).connect() as connection:
        with pytest.raises(DBAPIError) as caught:
            connection.execute(insert(o).inline().values(row))
        assert dialect.failure(caught.value) is Failure.DATA
