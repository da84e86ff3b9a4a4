"""The watch over open results sees what SQL Server refuses, and nothing else."""

from __future__ import annotations

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError

from tests.world.open_results import OpenResults
from tests.world.servers import MssqlServer, Server

ROWS = text("SELECT 1 UNION ALL SELECT 2")


def test_rows_that_wait_are_seen(open_results: OpenResults) -> None:
    with create_engine("sqlite://").connect() as connection:
        rows = iter(connection.execute(ROWS))
        next(rows)
        connection.execute(text("SELECT 3")).scalar_one()
    (wrong,) = open_results.wrong()
    assert "SELECT 3" in wrong


def test_whatever_was_read_to_the_end_or_let_go_is_none() -> None:
    with create_engine("sqlite://").connect() as connection:
        connection.execute(ROWS).all()
        connection.execute(ROWS).first()
        next(iter(connection.execute(ROWS)))  # nobody keeps it
        rows = connection.execute(ROWS)
        rows.close()
        waiting = connection.execute(ROWS)
        connection.commit()
        connection.execute(ROWS).all()
        del waiting


def test_sql_server_refuses(server: Server) -> None:
    """What the watch is for."""
    if not isinstance(server, MssqlServer):
        pytest.skip("SQLite takes it")
    with server.engine(server.create("busy")).connect() as connection:
        rows = iter(connection.execute(ROWS))
        next(rows)
        with pytest.raises(DBAPIError, match="busy"):
            connection.execute(text("SELECT 3"))
