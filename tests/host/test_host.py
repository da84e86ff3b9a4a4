"""A clerk's statement never fails or waits through the relay."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError

from relay.base.values import Status
from relay.cobra.identity import identify
from relay.cobra.lock import Lock
from relay.cobra.purge import purge
from relay.database import dialect_of
from tests.bench.stock import Stock
from tests.cobra.capture.marks import only_mssql
from tests.host.triggers import SIZES, triggers
from tests.world.servers import Server

WAIT_MS = 500
"""A clerk who would wait longer for a lock gets an error, and the test fails."""


@pytest.fixture
def stock(server: Server) -> Stock:
    """Four customers and two invoices with five positions each, captured; the outbox is empty."""
    stock = Stock(server, invoices=True)
    stock.addresses(4)
    stock.invoices(2, 2)
    stock.install()
    return stock


def test_cost_is_measured(server: Server) -> None:
    """The command that measures the triggers works and counts what they noted."""
    assert all(figure.value for figure in triggers(server, SIZES["taste"]))


@only_mssql
@pytest.mark.parametrize(
    "level", ["READ UNCOMMITTED", "REPEATABLE READ", "SERIALIZABLE", "SNAPSHOT"]
)
def test_every_isolation_level_saves(stock: Stock, level: str) -> None:
    """Programs choose their own isolation level: their saves are noted like any other."""
    _allow_snapshots(stock)
    with _clerk(stock) as clerk:
        try:
            _run(clerk, f"SET TRANSACTION ISOLATION LEVEL {level}")
        except DBAPIError as error:
            if "not currently supported in Babelfish" not in str(error):
                raise
            pytest.skip(f"this server knows no {level}")
        clerk.commit()
        with clerk.begin():
            _run(clerk, "SELECT COUNT(*) FROM dbo.ADDRESSES")
            _run(clerk, "UPDATE dbo.ADDRESSES SET CITY0 = 'Thun' WHERE ID <= 2")
    assert stock.count("operation = 'update'") == 2


@only_mssql
def test_header_and_positions_are_saved_in_any_order(stock: Stock) -> None:
    """One clerk saves header, then positions, another the other way round: neither waits."""
    with _clerk(stock) as one, _clerk(stock) as other, one.begin(), other.begin():
        _run(one, "UPDATE dbo.INVOICES SET SUBJECT = 'A' WHERE ID = 1")
        _run(other, "UPDATE dbo.POSITIONS SET NET = 1 WHERE INVOICEID = 2")
        _run(one, "UPDATE dbo.POSITIONS SET NET = 2 WHERE INVOICEID = 1")
        _run(other, "UPDATE dbo.INVOICES SET SUBJECT = 'B' WHERE ID = 2")
    assert stock.count("entity_key = '1'") == stock.count("entity_key = '2'") == 6


@only_mssql
def test_open_transaction_of_the_relay_keeps_nobody_waiting(stock: Stock) -> None:
    """While the relay acknowledges a record's entries, the record is saved again."""
    stock.notice("address", 1, 4)
    with _relay(stock) as lock, lock.writing() as connection, _clerk(stock) as clerk:
        _run(connection, "UPDATE relay.outbox SET status = 'held' WHERE status = 'pending'")
        with clerk.begin():
            _run(clerk, "UPDATE dbo.ADDRESSES SET CITY0 = 'Thun'")
            _run(clerk, "INSERT INTO dbo.ADDRESSES (CITY0) VALUES ('Chur')")
            _run(clerk, "DELETE FROM dbo.ADDRESSES WHERE ID = 4")
    assert stock.count("status = 'pending'") == 6


@only_mssql
def test_purge_keeps_nobody_waiting(stock: Stock) -> None:
    """While the relay deletes finished entries, their records are saved."""
    stock.notice("address", 1, 4)
    with stock.cobra.begin() as connection:
        old = "status = 'applied', finished_at = '2020-01-01'"
        _run(connection, f"UPDATE relay.outbox SET {old}")
    with _relay(stock) as lock, lock.writing() as connection, _clerk(stock) as clerk:
        assert purge(connection, lock.tables, [Status.APPLIED], 1) == 4
        with clerk.begin():
            _run(clerk, "UPDATE dbo.ADDRESSES SET CITY0 = 'Thun'")
    assert stock.count() == stock.count("status = 'pending'") == 4


def test_longest_values_are_saved(stock: Stock) -> None:
    """Columns filled to their length, and a note of a megabyte, are saved; all is noted at once."""
    lengths = {"COMPANY1": 100, "COMPANY2": 100, "STREET0": 100, "CITY0": 100, "LASTNAME0": 60}
    told = ", ".join(f"{name} = :{name}" for name in (*lengths, "NOTES0"))
    values = {name: "😀" * (length // 2) for name, length in lengths.items()}
    with stock.cobra.begin() as clerk:
        clerk.execute(
            text(f"UPDATE {stock.table('ADDRESSES')} SET {told} WHERE ID = 1"),
            values | {"NOTES0": "ü" * 1_000_000},
        )
    noted = "changed = 'firm,firm2,last_name,street,city'"
    assert stock.count(f"{noted} AND entity_key = '1'") == stock.count() == 1


@contextmanager
def _clerk(stock: Stock) -> Iterator[Connection]:
    """Open a session of a clerk who waits for nobody."""
    with stock.cobra.connect() as connection:
        _run(connection, f"SET LOCK_TIMEOUT {WAIT_MS}")
        connection.commit()
        yield connection


@contextmanager
def _relay(stock: Stock) -> Iterator[Lock]:
    """Open the relay's own connection to cobra."""
    url = stock.databases.cobra
    with dialect_of(url).engine(url, lock_timeout_ms=2000).connect() as connection:
        lock = Lock(connection)
        identify(lock, stock.settings.fingerprint())
        lock.take_epoch(0)
        yield lock


def _allow_snapshots(stock: Stock) -> None:
    """SQL Server wants it said once for each database; Babelfish always allows them."""
    allow = "ALTER DATABASE CURRENT SET ALLOW_SNAPSHOT_ISOLATION ON"
    real = "CAST(SERVERPROPERTY('Babelfish') AS int) IS NULL"
    stock.databases.server.run_as_dba(stock.databases.cobra, f"IF {real} EXEC('{allow}')")


def _run(connection: Connection, statement: str) -> Any:
    result = connection.exec_driver_sql(statement)
    return result.fetchall() if result.returns_rows else None
