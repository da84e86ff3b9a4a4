"""Compares what databases hold before and after something that must write nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event, select
from sqlalchemy.engine import Engine

from relay.database import TableInfo
from relay.database.reflection import read_table
from tests.world.backups import tables_in

WRITES = ("INSERT", "UPDATE", "DELETE", "MERGE", "CREATE", "DROP", "ALTER", "EXEC")


def contents(*engines: Engine) -> list[dict[str, list[str]]]:
    """Return every row of every table, cobra's, Sage's and ours, of each database."""
    return [_of(engine) for engine in engines]


def _of(engine: Engine) -> dict[str, list[str]]:
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            names = connection.exec_driver_sql(
                "SELECT name FROM sqlite_master WHERE type = 'table'"
            )
            tables = [
                read_table(connection, TableInfo(None, name)) for name in names.scalars().all()
            ]
        else:
            tables = tables_in(connection)
        return {
            f"{table.schema}.{table.name}": sorted(
                repr(tuple(row)) for row in connection.execute(select(table))
            )
            for table in tables
        }


@contextmanager
def statements() -> Iterator[list[str]]:
    """Collect each statement that is sent to any database meanwhile, and begins as a write does."""
    written: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if statement.lstrip().upper().startswith(WRITES):
            written.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield written
    finally:
        event.remove(Engine, "before_cursor_execute", note)
