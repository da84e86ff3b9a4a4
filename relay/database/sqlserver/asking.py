"""Knows how a database is asked whether it reads JSON: by letting it read some."""

from __future__ import annotations

from typing import Any

from sqlalchemy.engine import Engine

from relay.database.one_text import JsonReading, json_text
from relay.database.sqlserver.driver import pyodbc_module

_AWKWARD = '"\\\tü' + "a" * 4000
_QUESTION = "SELECT c0 FROM OPENJSON(CAST(? AS nvarchar(max))) WITH (c0 nvarchar(max) '$[0]')"


def ask_reading(dbapi_connection: Any) -> JsonReading:
    """Ask on a new connection; a database below compatibility level 130 knows no OPENJSON (208)."""
    cursor = dbapi_connection.cursor()
    try:
        answer = cursor.execute(_QUESTION, json_text([[_AWKWARD]])).fetchone()
    except pyodbc_module().Error:
        return JsonReading.NOT
    finally:
        cursor.close()
        dbapi_connection.rollback()
    return JsonReading.EXACT if answer[0] == _AWKWARD else JsonReading.ESCAPED


def note_reading(engine: Engine, how: JsonReading) -> None:
    """Let statements be written so; those of before were perhaps written otherwise."""
    dialect: Any = engine.dialect
    if getattr(dialect, "relay_reading", None) is not how:
        dialect.relay_reading = how
        engine.clear_compiled_cache()
