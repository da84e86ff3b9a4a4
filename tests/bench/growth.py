"""How much room SQL Server gives the relay's own rows, by Microsoft's way of estimating tables.

What is counted are the rows that the relay has written here, on whatever database; how many bytes
a row and a row of each index take on SQL Server follows from their values (Microsoft: "Estimate the
size of a clustered index", "… of a nonclustered index"). Pages are taken to be full.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from math import ceil
from typing import Any

from sqlalchemy import Column, Dialect, Table, inspect, select, text
from sqlalchemy.dialects import mssql
from sqlalchemy.engine import Connection, Engine

from relay.cobra.tables import source_tables
from relay.engine.service import drain_until_empty, sayer
from relay.extras.answers.tables import answer_tables
from relay.extras.documents.recording import recorders
from relay.extras.documents.tables import document_tables
from relay.sage.tables import target_tables
from tests.bench.report import Figure
from tests.bench.sizes import Sizes
from tests.bench.stock import Stock
from tests.world.databases import YEARS
from tests.world.servers import Server

MSSQL: Dialect = mssql.dialect()  # type: ignore[no-untyped-call] # SQLAlchemy says none
PAGE, PAGE_DATA = 8192, 8096
MANY = 10_000
MB = 1024 * 1024
FIXED = {"BIGINT": 8, "INTEGER": 4, "DATE": 3, "DATETIME2": 7, "NUMERIC": 9, "UNIQUEIDENTIFIER": 16}
"""Bytes of a value; numeric(19, …) and datetime2(3) are the only ones of their kinds."""
LETTER = {"NVARCHAR": 2, "VARCHAR": 1}
KEPT_FOR_A_TIME = ("outbox", "delivery", "route", "applied")
"""These go after `[retention]`; all others stay."""


def growth(server: Server, sizes: Sizes) -> list[Figure]:
    """Let addresses be handed over and changed, and invoices be booked; add up what is written."""
    stock = Stock(server)
    stock.install()
    stock.addresses(sizes.grown)
    _carry_over(stock)
    figures = list(_told("new addresses", stock, {}, sizes.grown))
    before = _rows(stock)
    with stock.cobra.begin() as connection:
        table = stock.table("ADDRESSES")
        connection.execute(text(f"UPDATE {table} SET PHONE0 = REPLACE(PHONE0, '034', '033')"))
    _carry_over(stock)
    figures += _told("changes of addresses", stock, before, sizes.grown)
    stock = Stock(server, invoices=True, documents={}, answers={})
    stock.addresses(1)
    stock.install()
    stock.invoices(sizes.grown, 1)  # the invoice, its number, and each position are noticed
    _carry_over(stock)
    return figures + list(_told("invoices of five positions", stock, {}, sizes.grown))


def _carry_over(stock: Stock) -> None:
    parts = recorders(stock.settings, sayer(stock.settings))
    drain_until_empty(stock.settings, recorders=parts)


Written = Mapping[tuple[str, str], tuple[int, float]]
"""Place (cobra or a year) and table to how many rows are there, and their bytes."""


def _told(what: str, stock: Stock, before: Written, count: int) -> Iterable[Figure]:
    now = _rows(stock)
    added = {
        place: (rows - before.get(place, (0, 0.0))[0], size - before.get(place, (0, 0.0))[1])
        for place, (rows, size) in now.items()
    }
    entries = added["cobra", "outbox"][0] * MANY // count
    for where, name in (("cobra", "cobra"), (YEARS[1], "each Sage year")):
        for kind, is_kept in (("for a time", True), ("for ever", False)):
            sizes = {
                table: size * MANY / count / MB
                for (place, table), (rows, size) in sorted(added.items())
                if place == where and (table in KEPT_FOR_A_TIME) is is_kept and rows >= count
            }
            if sizes:
                parts = ", ".join(f"{table} {size:.2g}" for table, size in sizes.items())
                total = f"{sum(sizes.values()):.2g} MB ({parts})"
                yield Figure(f"{MANY:,} {what}, {entries:,} entries: {name}, kept {kind}", total)


def _rows(stock: Stock) -> Written:
    """Return what the relay has written."""
    places = {"cobra": stock.cobra, YEARS[1]: stock.years[YEARS[1]]}
    dialect = "mssql" if stock.mssql else "sqlite"
    ours = {
        "cobra": (source_tables(dialect), document_tables(dialect), answer_tables(dialect)),
        YEARS[1]: (target_tables(dialect),),
    }
    found: dict[tuple[str, str], tuple[int, float]] = {}
    for place, engine in places.items():
        for several in ours[place]:
            for field in fields(several):
                table: Table = getattr(several, field.name)
                name = table.name.removeprefix("relay_")
                found[place, name] = _measured(engine, table)
    return found


def _measured(engine: Engine, table: Table) -> tuple[int, float]:
    """Return the number of a table's rows, and what they and their indexes take in pages."""
    with engine.connect() as connection:
        indexes = _indexes(connection, table)
        rows = connection.execute(select(table)).mappings().all()
        key = [column.name for column in table.primary_key]
        size = 0
        for row in rows:
            size += _row([(table.c[name], value) for name, value in row.items()], header=4)
            for columns in indexes:
                names = dict.fromkeys((*columns, *key))
                size += _row([(table.c[name], row[name]) for name in names], header=1)
    return len(rows), size * PAGE / PAGE_DATA


def _indexes(connection: Connection, table: Table) -> list[Sequence[str]]:
    """Return the columns of each index but the primary key's, which is the table itself."""
    catalogue = inspect(connection)
    where: dict[str, Any] = {"table_name": table.name, "schema": table.schema}
    known = [*catalogue.get_indexes(**where)]
    if connection.dialect.name == "sqlite":  # there unique constraints are no indexes by name
        known += catalogue.get_unique_constraints(**where)  # type: ignore[arg-type] # the same keys
    found = (tuple(str(name) for name in each["column_names"]) for each in known)
    return list(dict.fromkeys(found))


def _row(values: Sequence[tuple[Column[Any], Any]], *, header: int) -> int:
    """Return a row's bytes: header, values, the map of NULLs, and its place on the page."""
    kinds = [(_kind(column), value) for column, value in values]
    fixed = sum(FIXED[kind] for kind, _ in kinds if kind in FIXED)
    texts = [LETTER[kind] * len(str(value or "")) for kind, value in kinds if kind in LETTER]
    variable = 2 + 2 * len(texts) + sum(texts) if texts else 0
    return header + fixed + variable + 2 + ceil(len(kinds) / 8) + 2


def _kind(column: Column[Any]) -> str:
    """Return the name of a column's type on SQL Server."""
    return str(column.type.compile(dialect=MSSQL)).partition("(")[0]
