"""A session has the options that the relay needs, whatever it had before."""

from __future__ import annotations

import re
from typing import Any

import pytest
from sqlalchemy.engine import Connection

from relay.database import dialect_of
from relay.database.sqlserver.driver import OPTIONS, batch, prepare
from tests.world.databases import Databases

USER_OPTIONS = {
    "CURSOR_CLOSE_ON_COMMIT", "ANSI_WARNINGS", "ANSI_PADDING", "ANSI_NULLS", "ARITHABORT",
    "ARITHIGNORE", "QUOTED_IDENTIFIER", "NOCOUNT", "ANSI_NULL_DFLT_ON",
    "CONCAT_NULL_YIELDS_NULL", "NUMERIC_ROUNDABORT", "XACT_ABORT",
}  # fmt: skip
"""What the server option `user options` presets for each login, but IMPLICIT_TRANSACTIONS."""

SPOILT = (
    "SET NOCOUNT ON; SET ROWCOUNT 1; SET XACT_ABORT OFF; SET CONCAT_NULL_YIELDS_NULL OFF;"
    " SET TEXTSIZE 4; SET DATEFORMAT dmy; SET DATEFIRST 3; SET LOCK_TIMEOUT -1;"
    " SET TRANSACTION ISOLATION LEVEL READ UNCOMMITTED"
)


def test_batch_sets_all_that_a_server_presets() -> None:
    """Each option once, each with its reason; the driver's manual commit is left alone."""
    names = [option.split(" ", 1)[0] for option, _why in OPTIONS]
    assert set(names) >= USER_OPTIONS
    assert len(names) == len(set(names))
    assert all(why for _option, why in OPTIONS)
    assert "IMPLICIT_TRANSACTIONS" not in batch(200)
    assert re.fullmatch(r"(SET [A-Z_]+ [\w ]+;)+", batch(200))
    assert "SET LOCK_TIMEOUT 200;" in batch(200)


@pytest.fixture
def spoilt(databases: Databases) -> Any:
    """Return a connection that somebody else's options came with, prepared as a new one is."""
    if dialect_of(databases.cobra).name != "mssql":
        pytest.skip("SQLite's sessions have no such options")
    engine = dialect_of(databases.cobra).engine(databases.cobra, lock_timeout_ms=1234)
    with engine.connect() as connection:
        raw: Any = connection.connection.dbapi_connection
        raw.execute(SPOILT)
        raw.commit()
        prepare(raw, 1234)
        yield connection


def test_options_of_others_are_gone(spoilt: Connection) -> None:
    """Counts are told, nothing is cut off, days are read as we write them, locks are waited for."""
    spoilt.exec_driver_sql("CREATE TABLE t (id int, day datetime, words nvarchar(max))")
    several = "INSERT INTO t VALUES (1, '2026-02-01', NULL), (2, '2026-02-01', NULL)"
    assert spoilt.exec_driver_sql(several).rowcount == 2
    assert spoilt.exec_driver_sql("UPDATE t SET words = REPLICATE(N'a', 9)").rowcount == 2
    asked = "SELECT DATEPART(month, day), words, 'a' + NULL, @@LOCK_TIMEOUT, @@DATEFIRST FROM t"
    assert spoilt.exec_driver_sql(asked).all() == [(2, "a" * 9, None, 1234, 1)] * 2
    spoilt.rollback()


def test_transactions_stay_ours(spoilt: Connection) -> None:
    """What is not committed is taken back."""
    spoilt.exec_driver_sql("CREATE TABLE t (id int)")
    spoilt.commit()
    spoilt.exec_driver_sql("INSERT INTO t VALUES (1)")
    spoilt.rollback()
    assert spoilt.exec_driver_sql("SELECT COUNT(*) FROM t").scalar() == 0
