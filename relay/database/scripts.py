"""Knows how a file with many SQL statements is cut into those that a database takes at once."""

from __future__ import annotations

import re
import sqlite3
from typing import TYPE_CHECKING

from relay.base.files import read_sql
from relay.database import dialect_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy.engine import Connection

_GO = re.compile(r"^[ \t]*GO[ \t]*$", re.IGNORECASE | re.MULTILINE)


def run_script(connection: Connection, name: str) -> None:
    """Run `sql/<dialect>/<name>.sql` in the connection's transaction: all of it or nothing."""
    run_statements(connection, read_sql(dialect_of(connection).name, name))


def run_statements(connection: Connection, script: str) -> None:
    """Run the statements of a script one after the other, without bound values."""
    for statement in statements_of(dialect_of(connection).name, script):
        connection.exec_driver_sql(statement)


def statements_of(dialect: str, script: str) -> Iterator[str]:
    """Cut a script into what the database takes at once."""
    return _CUT[dialect](script)


def _batches(script: str) -> Iterator[str]:
    """Cut at the lines that say GO, as sqlcmd and SSMS do."""
    for batch in _GO.split(script):
        if batch.strip():
            yield batch.strip()


def _complete_statements(script: str) -> Iterator[str]:
    """Cut where SQLite itself sees a statement's end, so that a trigger stays whole."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement.strip()
            statement = ""
    if any(line.strip() and not line.lstrip().startswith("--") for line in statement.splitlines()):
        yield statement.strip()


_CUT: dict[str, Callable[[str], Iterator[str]]] = {
    "mssql": _batches,
    "sqlite": _complete_statements,
}
