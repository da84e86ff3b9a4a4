"""Knows every difference between databases; nobody else asks which one it is talking to.

Imports `base` and `settings`. Look first into `base` (Dialect, what both can do) and `tables`.
"""

from __future__ import annotations

from sqlalchemy.engine import URL, Connection, Engine
from sqlalchemy.sql import Executable

from relay.base.width import abbreviated, shortened, width
from relay.database.base import (
    PAUSING,
    Dialect,
    Failure,
    Parameters,
    TableInfo,
    Whereabouts,
    chunks,
    given,
)
from relay.database.capture import CaptureDialect
from relay.database.columns import key_column
from relay.database.one_text import among, in_capitals, listed, rows_among
from relay.database.own_types import Exact, UtcDateTime, Words, days_ago, utc_in, utcnow
from relay.database.sqlite.capture import SqliteCapture
from relay.database.sqlite.dialect import Sqlite
from relay.database.sqlite.survey import SqliteSurvey
from relay.database.sqlserver.capture import SqlServerCapture
from relay.database.sqlserver.dialect import SqlServer
from relay.database.sqlserver.survey import SqlServerSurvey
from relay.database.survey import Survey

__all__ = [
    "PAUSING",
    "Dialect",
    "Exact",
    "Failure",
    "Parameters",
    "TableInfo",
    "UtcDateTime",
    "Whereabouts",
    "Words",
    "abbreviated",
    "among",
    "capture_of",
    "chunks",
    "counted",
    "days_ago",
    "dialect_of",
    "given",
    "in_capitals",
    "key_column",
    "listed",
    "rows_among",
    "shortened",
    "survey_of",
    "utc_in",
    "utcnow",
    "width",
]

_DIALECTS: dict[str, Dialect] = {d.name: d for d in (SqlServer(), Sqlite())}
_CAPTURES: dict[str, CaptureDialect] = {d.name: d for d in (SqlServerCapture(), SqliteCapture())}
_SURVEYS: dict[str, Survey] = {d.name: d for d in (SqlServerSurvey(), SqliteSurvey())}


def dialect_of(database: URL | Engine | Connection) -> Dialect:
    """Return the dialect for a URL, engine or connection; the settings admit no other kinds."""
    name = database.get_backend_name() if isinstance(database, URL) else database.dialect.name
    return _DIALECTS[name]


def capture_of(database: Engine | Connection) -> CaptureDialect:
    """Return the way to capture in a database that `dialect_of` knows."""
    return _CAPTURES[database.dialect.name]


def survey_of(database: Engine | Connection) -> Survey:
    """Return the way to examine a database that `dialect_of` knows."""
    return _SURVEYS[database.dialect.name]


def counted(connection: Connection, statement: Executable, parameters: Parameters = None) -> int:
    """Execute a statement that writes; returns how many rows it wrote: see `Dialect.counted`."""
    return dialect_of(connection).counted(connection, statement, parameters)
