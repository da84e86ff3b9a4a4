"""Which entries a person means: found by kind and key apart, by the index, in both dialects."""

from __future__ import annotations

import pytest
from sqlalchemy import insert, select
from sqlalchemy.dialects import registry

from relay.admin.selection import EntrySelection
from relay.cobra.tables import source_tables
from tests.world.servers import Server

LONGEST = "ä" * 450
KEYS = ("1", "2:3", "invoice:4", f"invoice:{LONGEST}", "order:5", "address:")
MEANT = {
    ("address", "1"),
    ("invoice", "1"),
    ("address", "2:3"),
    ("address", "invoice:4"),  # a key that looks like a kind and a key
    ("invoice", "4"),
    ("invoice", LONGEST),
    ("address", "order:5"),
}
OTHERS = {("address", "4"), ("address", "3"), ("address", LONGEST), ("invoice", "5")}


def test_a_key_means_its_records(server: Server) -> None:
    """Without a kind those of any kind, with one only that kind's; colons mislead nobody."""
    engine = server.engine(server.create("cobra", "cobra"))
    tables = source_tables(engine.dialect.name)
    o = tables.outbox
    with engine.begin() as connection:
        for entity, key in sorted(MEANT | OTHERS):
            row = {"entity": entity, "entity_key": key, "operation": "update"}
            connection.execute(insert(o).inline().values(row))
        query = select(o.c.entity, o.c.entity_key).where(
            EntrySelection(keys=KEYS).condition(tables)
        )
        assert {tuple(row) for row in connection.execute(query)} == MEANT


def test_keys_are_found_by_the_index(server: Server) -> None:
    """The outbox may hold millions of finished entries: a key is sought, never read past them."""
    if server.dialect != "sqlite":
        pytest.skip("only SQLite tells its plan in a word")
    engine = server.engine(server.create("cobra", "cobra"))
    tables = source_tables("sqlite")
    query = select(tables.outbox.c.id).where(EntrySelection(keys=KEYS).condition(tables))
    told = str(query.compile(dialect=engine.dialect, compile_kwargs={"literal_binds": True}))
    with engine.connect() as connection:
        plan = [row.detail for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {told}")]
    assert [step for step in plan if "SCAN" in step] == []
    assert any("(entity=? AND entity_key=?)" in step for step in plan)


def test_no_statement_puts_kind_and_key_together() -> None:
    """The one has the database's collation, the other its own: SQL Server refuses the sum (468)."""
    tables = source_tables("mssql")
    query = select(tables.outbox.c.id).where(EntrySelection(keys=KEYS).condition(tables))
    assert "+" not in str(query.compile(dialect=registry.load("mssql")()))
