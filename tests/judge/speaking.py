"""Lets what knows SQL Server alone say all that it would: its catalogue, its locks, its options."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy.dialects.mssql.pyodbc import MSDialect_pyodbc

from relay.cobra.tables import source_tables
from relay.database import TableInfo, surface
from relay.database.scripts import run_script
from relay.database.sqlserver.capture import SqlServerCapture
from relay.database.sqlserver.dialect import SqlServer
from relay.database.sqlserver.survey import SqlServerSurvey
from tests.judge.twin import DIALECTS, Listener, called, engine

GIVEN: dict[str, Any] = {
    "where": TableInfo("dbo", "ADDRESSES"), "right": "SELECT", "what": "relay.outbox",
    "word": "ADDRESSES", "lock_ms": 200, "by": ("outbox_id",), "now": (),
}  # fmt: skip


def speak(hear: Callable[[str], None]) -> None:
    """Call every method of every part that takes a connection."""
    connections: list[Any] = [Listener(hear, dialect) for dialect in DIALECTS]
    for part in (SqlServer(), SqlServerCapture(), SqlServerSurvey()):
        for name, method in inspect.getmembers(part, inspect.ismethod):
            taken = list(inspect.signature(method).parameters)
            if not name.startswith("_") and taken[:1] == ["connection"]:
                told = {each: _given(part, each) for each in taken[1:]}
                for connection in connections:
                    called(method, connection, **told)
    connection = connections[0]
    called(surface.create, connection)
    called(surface.drop, connection)
    called(run_script, connection, "demo/cobra")
    _connect(hear)


def _given(part: object, name: str) -> Any:
    if name == "rows":
        return [{"outbox_id": 1, "year": "2026", "status": "held"}]
    if name == "table":
        tables = source_tables("mssql")
        return tables.delivery if isinstance(part, SqlServer) else GIVEN["where"]
    return GIVEN.get(name)


def _connect(hear: Callable[[str], None]) -> None:
    """Let a connection begin as the relay's do."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine().dialect.dbapi, "connection", Listener(hear).connection)
        patch.setattr(MSDialect_pyodbc, "initialize", lambda *_: None)
        called(engine().raw_connection)
