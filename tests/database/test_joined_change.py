"""An UPDATE of many rows does not depend on what stands in them, nor on anybody's collation."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
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
    UnicodeText,
    Uuid,
    insert,
    select,
)
from sqlalchemy.dialects import registry
from sqlalchemy.types import TypeEngine

from relay.cobra.tables import source_tables
from relay.database import TableInfo, UtcDateTime, dialect_of
from relay.database.reflection import column_named, read_table
from relay.database.rows import joined_change
from relay.sage.tables import target_tables
from tests.world.databases import Databases
from tests.world.servers import Server

NOON = datetime(2026, 2, 28, 12, 59, 58, 123000, tzinfo=UTC)
VALUES: list[tuple[TypeEngine[Any], Any]] = [
    (Date(), date(2026, 2, 28)),
    (DateTime(), datetime(2026, 2, 28, 12, 59, 58)),  # noqa: DTZ001 - a column without a zone
    (UtcDateTime(), NOON),
    (Uuid(), UUID(int=7)),
    (Boolean(), True),
    (Integer(), 7),
    (BigInteger(), 2**40),
    (Float(), 1.5),
    (Numeric(12, 4), Decimal("1234.5678")),
    (Unicode(40), "ä" * 40),
    (UnicodeText(), "🧀" * 5000),
]
COLUMNS = [f"c{number}" for number, _ in enumerate(VALUES)]
EMPTY: dict[str, Any] = dict.fromkeys(COLUMNS)
FULL: dict[str, Any] = dict(zip(COLUMNS, (value for _, value in VALUES), strict=True))


@pytest.mark.parametrize("order", ["values first", "nulls first"])
def test_a_column_may_be_null_in_each_row(databases: Databases, order: str) -> None:
    """Days, GUIDs and all other types are cleared in every row at once, and filled beside NULLs."""
    dialect = dialect_of(databases.cobra)
    columns = [Column(name, kind) for name, (kind, _) in zip(COLUMNS, VALUES, strict=True)]
    table = Table("types", MetaData(), Column("id", Integer, primary_key=True), *columns)
    some, none = {"id": 1} | FULL, {"id": 2} | EMPTY
    mixed = [some, none] if order == "values first" else [none, some]
    query = select(*columns).order_by(table.c.id)
    with dialect.engine(databases.cobra, lock_timeout_ms=2000).begin() as connection:
        table.create(connection)
        connection.execute(insert(table), [{"id": 1} | FULL, {"id": 2} | FULL])
        dialect.update_rows(connection, table, mixed, by=["id"])
        rows = [list(row) for row in connection.execute(query)]
        assert rows == [list(FULL.values()), list(EMPTY.values())]
        dialect.update_rows(connection, table, [{"id": 1} | EMPTY, none], by=["id"])
        assert [list(row) for row in connection.execute(query)] == [list(EMPTY.values())] * 2


def test_every_null_of_a_list_has_its_columns_type() -> None:
    """SQL Server takes a column that is NULL in each row for an int: no day, no GUID (206)."""
    mssql = registry.load("mssql")()
    year = source_tables("mssql").year
    empty = {column.name: None for column in year.c if column.name != "name"}
    rows: list[dict[str, Any]] = [{"name": "A"} | empty, {"name": "B"} | empty]
    told = str(joined_change(year, rows, ["name"], []).compile(dialect=mssql))
    first = told[told.index("VALUES (") :].split("), (", maxsplit=1)[0]
    assert first.count("CAST(") == len(empty)


def test_keys_are_compared_in_their_own_collation() -> None:
    """A list's texts have a collation that depends on the server: the statement says which."""
    mssql = registry.load("mssql")()
    target, source = target_tables("mssql"), source_tables("mssql")
    said: dict[str, tuple[Table, dict[str, Any]]] = {
        "Latin1_General_100_BIN2": (target.booking, {"entity_key": "a", "version": 1}),
        "DATABASE_DEFAULT": (source.year, {"name": "MUSTER2026"}),
    }
    for collation, (table, key) in said.items():
        row = key | {"server": "x"} if table is source.year else key | {"open_item": "x"}
        told = str(joined_change(table, [row], list(key), []).compile(dialect=mssql))
        assert told.count("COLLATE") == 1
        assert f"(listed.c0 COLLATE {collation})" in told


def test_a_vendors_key_is_compared_in_its_own_collation(server: Server) -> None:
    """Whatever the database's default is: the catalogue says it, so that the index is used."""
    engine = server.engine(server.create("sage", "sage"))
    dialect = dialect_of(engine)
    with engine.connect() as connection:
        adr = read_table(connection, TableInfo("dbo" if server.dialect == "mssql" else None, "Adr"))
        if server.dialect == "sqlite":
            assert "collation" not in column_named(adr, "AdrId").info
            return
        key, name = column_named(adr, "AdrId"), column_named(adr, "Corp")
        query = "SELECT collation_name FROM sys.columns WHERE name = 'AdrId'"
        told = joined_change(adr, [{key.name: "1", name.name: "A"}], [key.name], [])
        (collation,) = set(connection.exec_driver_sql(query).scalars())
        assert f"(listed.c0 COLLATE {collation})" in str(told.compile(dialect=connection.dialect))
        connection.execute(insert(adr).values({key.name: "1", name.name: "alt"}))
        dialect.update_rows(connection, adr, [{key.name: "1", name.name: "neu"}], by=[key.name])
        assert connection.execute(select(name)).scalar_one() == "neu"
