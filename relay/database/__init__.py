"""Knows every difference between databases; nobody else asks which one it is talking to.

Imports `base` and `settings`. Look first into `base` (Dialect, what both can do) and `tables`.
"""

from __future__ import annotations

from sqlalchemy.engine import URL, Connection, Engine
from sqlalchemy.sql import Executable

from relay.base.width import shortened, told_shorter, width
from relay.database.base import (
    PAUSING,
    Dialect,
    Failure,
    Parameters,
    TableInfo,
    UtcDateTime,
    among,
    chunks,
    days_ago,
    given,
    listed,
    utc_in,
    utcnow,
)
from relay.database.columns import key_column
from relay.database.exact import Exact
from relay.database.sqlite.dialect import Sqlite
from relay.database.sqlserver.dialect import SqlServer
from relay.database.words import Words

__all__ = [
    "PAUSING",
    "Dialect",
    "Exact",
    "Failure",
    "Parameters",
    "TableInfo",
    "UtcDateTime",
    "Words",
    "among",
    "chunks",
    "counted",
    "days_ago",
    "dialect_of",
    "given",
    "key_column",
    "listed",
    "shortened",
    "told_shorter",
    "utc_in",
    "utcnow",
    "width",
]

_DIALECTS: dict[str, Dialect] = {d.name: d for d in (SqlServer(), Sqlite())}


def dialect_of(database: URL | Engine | Connection) -> Dialect:
    """Return the dialect for a URL, engine or connection; the settings admit no other kinds."""
    name = database.get_backend_name() if isinstance(database, URL) else database.dialect.name
    return _DIALECTS[name]


def counted(connection: Connection, statement: Executable, parameters: Parameters = None) -> int:
    """Execute a statement that writes; returns how many rows it wrote: see `Dialect.counted`."""
    return dialect_of(connection).counted(connection, statement, parameters)
