"""A NULL can be bound for every type of the relay's tables."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import uuid4

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Float,
    Integer,
    MetaData,
    Numeric,
    Table,
    Unicode,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.types import TypeEngine

from relay.cobra.tables import source_tables
from relay.database import dialect_of
from tests.world.databases import Databases


def test_update_with_bound_nulls_keeps_what_was_written_before(databases: Databases) -> None:
    """An UPDATE that binds NULLs neither fails nor loses the transaction's earlier writes."""
    dialect = dialect_of(databases.cobra)
    tables = source_tables(dialect.name)
    o, y = tables.outbox, tables.year
    engine = dialect.engine(databases.cobra, lock_timeout_ms=2000)
    with engine.begin() as connection:
        row = {"entity": "address", "entity_key": "1", "operation": "insert"}
        connection.execute(insert(o).values(**row))
        connection.execute(insert(y).values(name="A", acked_id=1, acked_uid=uuid4(), state="ready"))
    with engine.begin() as connection:
        connection.execute(insert(y).values(name="B", state="ready"))
        for table in (o, y):
            nullable = [c for c in table.c if c.name in _NULLED]
            connection.execute(update(table).values(dict.fromkeys(nullable)))
    with engine.connect() as connection:
        assert connection.execute(select(func.count()).select_from(y)).scalar_one() == 2
        found = connection.execute(select(y.c.acked_id, y.c.acked_uid)).all()
        assert [tuple(row) for row in found] == [(None, None)] * 2


def test_many_rows_with_nulls_keep_what_was_written_before(databases: Databases) -> None:
    """A long INSERT of rows with NULLs neither loses a row nor the transaction's earlier writes."""
    dialect = dialect_of(databases.cobra)
    tables = source_tables(dialect.name)
    d, y = tables.delivery, tables.year
    rows = [
        {
            "outbox_id": number,
            "year": "A",
            "status": "held",
            "attempts": 0,
            "sage_key": None,
            "sent": "ä" * 5000 if number % 7 else None,
            "waiting_on": None,
            "error": None if number % 3 else "warum",
        }
        for number in range(400)
    ]
    with dialect.engine(databases.cobra, lock_timeout_ms=2000).begin() as connection:
        connection.execute(insert(y).values(name="A", state="ready", server=None))
        connection.execute(insert(d), rows)
        assert connection.execute(select(func.count()).select_from(y)).scalar_one() == 1
        query = select(d.c.sent, d.c.error, d.c.sage_key).order_by(d.c.outbox_id)
        found = [tuple(row) for row in connection.execute(query)]
    assert found == [(row["sent"], row["error"], row["sage_key"]) for row in rows]


def test_nulls_beside_values_change_no_value(databases: Databases) -> None:
    """A row of NULLs in the same statement neither rounds nor cuts the other row's values."""
    dialect = dialect_of(databases.cobra)
    kinds: list[TypeEngine[Any]] = [
        Float(),
        Numeric(12, 4),
        Date(),
        DateTime(),
        Boolean(),
        BigInteger(),
        Unicode(40),
        Unicode(40),
    ]
    columns: list[Column[Any]] = [Column(f"c{number}", kind) for number, kind in enumerate(kinds)]
    table = Table("types", MetaData(), Column("id", Integer, primary_key=True), *columns)
    day = datetime(2026, 2, 28, 23, 59, 58)  # noqa: DTZ001 - a column without a zone
    told = [1.5, Decimal("1234.5678"), day.date(), day, True, 2**40, "ä" * 40, "🧀" * 20]
    empty = dict.fromkeys(column.name for column in columns)
    full = {column.name: value for column, value in zip(columns, told, strict=True)}
    with dialect.engine(databases.cobra, lock_timeout_ms=2000).begin() as connection:
        table.create(connection)
        connection.execute(insert(table), [{"id": 1} | empty, {"id": 2} | full, {"id": 3} | empty])
        rows = connection.execute(select(*columns).order_by(table.c.id)).all()
    assert [list(row) for row in rows] == [[None] * 8, told, [None] * 8]


_NULLED = {
    "next_attempt_at", "finished_at", "applied_by", "waiting_on", "error",
    "acked_id", "acked_uid", "server", "generation",
}  # fmt: skip
