"""Knows how a script is cut into the statements that a database takes at once, and made of them."""

from __future__ import annotations

import re
import sqlite3
from typing import TYPE_CHECKING

from relay.base.files import read_sql
from relay.database import dialect_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from sqlalchemy.engine import Connection

_WRITTEN = {
    "mssql": ("SET QUOTED_IDENTIFIER ON;\nSET ANSI_NULLS ON;\nGO\n", "\nGO\n"),
    "sqlite": ("", ";\n"),
}
"""What a script begins with, and what ends each statement."""
_GO = re.compile(r"^[ \t]*GO[ \t]*$", re.IGNORECASE | re.MULTILINE)


def run_script(connection: Connection, name: str) -> None:
    """Run `sql/<dialect>/<name>.sql` in the connection's transaction: all of it or nothing."""
    run_statements(connection, read_sql(dialect_of(connection).name, name))


def run_statements(connection: Connection, script: str) -> None:
    """Run the statements of a script one after the other, without bound values."""
    for statement in statements_of(dialect_of(connection).name, script):
        connection.exec_driver_sql(statement)


def script_of(dialect: str, statements: Iterable[str]) -> str:
    """Write statements as a script that a person runs: in SSMS or sqlcmd, or SQLite's own program.

    SQL Server stores both options with what is created, and sqlcmd leaves the first one off.
    """
    begin, end = _WRITTEN[dialect]
    return begin + "".join(f"{each.rstrip().rstrip(';')}{end}" for each in statements)


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
