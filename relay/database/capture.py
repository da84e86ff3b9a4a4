"""Knows which database's way of capturing is meant."""

from __future__ import annotations

from sqlalchemy.engine import Connection, Engine

from relay.database.capture_base import CaptureDialect, ColumnInfo, FoundTrigger, Notice, quoted
from relay.database.sqlite.capture import SqliteCapture
from relay.database.sqlserver.capture import SqlServerCapture

__all__ = [
    "CaptureDialect",
    "ColumnInfo",
    "FoundTrigger",
    "Notice",
    "capture_of",
    "quoted",
]

_DIALECTS: dict[str, CaptureDialect] = {d.name: d for d in (SqlServerCapture(), SqliteCapture())}


def capture_of(database: Engine | Connection) -> CaptureDialect:
    """Return the way to capture in a database that `dialect_of` knows."""
    return _DIALECTS[database.dialect.name]
