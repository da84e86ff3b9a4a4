"""Knows a connection by Microsoft's ODBC driver: where that is, and what each is told and asked."""

from __future__ import annotations

import importlib.util
import platform
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import Boolean, Date, DateTime, Float, Integer, Numeric, String, Uuid
from sqlalchemy.engine import URL, Engine
from sqlalchemy.types import TypeEngine

from relay.base.errors import Unavailable
from relay.base.width import width
from relay.database.one_text import JsonReading, JsonText, json_text
from relay.database.own_types import UtcDateTime, Words
from relay.database.rows import LONGEST_TEXT

SQL_WVARCHAR = -9
WIDE_TEXTS = (-8, SQL_WVARCHAR, -10)
"""The driver's types of a text of two bytes for each character."""
SQL_DECIMAL = 3
SQL_DOUBLE = (8, 53, 0)
UNKNOWN_SCALE = 10
"""Decimals of a number whose column does not say how many it has."""
_TYPES: dict[type[TypeEngine[Any]], tuple[int, int, int]] = {
    UtcDateTime: (93, 23, 3),  # SQL_TYPE_TIMESTAMP
    Integer: (-5, 0, 0),  # SQL_BIGINT, also for BigInteger
    Uuid: (-11, 0, 0),  # SQL_GUID
    Date: (91, 10, 0),  # SQL_TYPE_DATE
    DateTime: (93, 27, 7),  # SQL_TYPE_TIMESTAMP
    Boolean: (-7, 0, 0),  # SQL_BIT
}
STATEMENT_TIMEOUT_S = 60

OPTIONS: tuple[tuple[str, str], ...] = (
    ("NOCOUNT OFF", "ON hides the driver's counts (server option `user options`, 512)"),
    ("ROWCOUNT 0", "a limit would cut off what a statement reads or writes"),
    ("XACT_ABORT ON", "an error ends the batch and its transaction: nothing goes on half done"),
    ("ANSI_NULLS ON", "= NULL is never true; our views and indexes are made so"),
    ("ANSI_NULL_DFLT_ON ON", "a column that a migration adds is nullable unless it says NOT NULL"),
    (
        "ANSI_PADDING ON",
        "trailing blanks stay; DML on a vendor's indexed view fails without (1934)",
    ),
    ("ANSI_WARNINGS ON", "OFF cuts a text that is too long without a word; 1934 as well"),
    ("ARITHABORT ON", "a number that overflows is an error, not NULL; 1934; and SSMS's plans"),
    ("ARITHIGNORE OFF", "the same"),
    ("NUMERIC_ROUNDABORT OFF", "lost decimals of a quotient are no error; 1934 as well"),
    ("CONCAT_NULL_YIELDS_NULL ON", "a text and NULL is NULL, as SQLite has it; 1934 as well"),
    ("QUOTED_IDENTIFIER ON", "we quote names, some by SQLAlchemy with double quotes; 1934"),
    ("CURSOR_CLOSE_ON_COMMIT OFF", "the driver's own way: rows that are fetched outlive a commit"),
    ("TEXTSIZE 2147483647", "a smaller one cuts nvarchar(max) off when it is read"),
    ("DATEFORMAT ymd", "2026-02-01 is the first of February, whatever the login's language"),
    ("DATEFIRST 1", "a week begins on Monday, whatever the login's language"),
    ("DEADLOCK_PRIORITY LOW", "a clerk must never be the victim of a deadlock with us"),
    ("TRANSACTION ISOLATION LEVEL READ COMMITTED", "what the hints and the order of reading need"),
)
"""What is set at each connect, and why.

Left alone: IMPLICIT_TRANSACTIONS, since the driver's manual commit *is* that option (OFF would
commit each statement by itself), and LANGUAGE, since nothing of ours reads the words of a message
or the name of a month, and an admin reads the server's messages in the login's language.
"""
_AWKWARD = '"\\\tü' + "a" * 4000
_QUESTION = "SELECT c0 FROM OPENJSON(CAST(? AS nvarchar(max))) WITH (c0 nvarchar(max) '$[0]')"


def pyodbc_module() -> Any:
    """Import pyodbc, which needs the system's ODBC library; nobody else imports it.

    Raises:
        Unavailable: `odbc_missing`.
    """
    try:
        import pyodbc
    except ImportError as error:
        raise Unavailable("odbc_missing", what=error) from error
    pyodbc.pooling = False  # a pooled connection would keep our session lock
    return pyodbc


def with_driver(url: URL) -> URL:
    """Add the driver to a URL that does not name one."""
    if "driver" in url.query or "odbc_connect" in url.query or "dsn" in url.query:
        return url
    return url.update_query_dict({"driver": find_driver()})


def find_driver() -> str:
    """Return the ODBC driver to use: the system's 18, then 17, then the one of the extra `mssql`.

    Raises:
        Unavailable: with the ways to get a driver.
    """
    installed = pyodbc_module().drivers()
    for name in ("ODBC Driver 18 for SQL Server", "ODBC Driver 17 for SQL Server"):
        if name in installed:
            return name
    spec = importlib.util.find_spec("mssql_python_odbc")
    if spec is not None and spec.submodule_search_locations and sys.platform == "linux":
        machine = "arm64" if "aarch64" in platform.machine() else "x86_64"
        folder = Path(spec.submodule_search_locations[0]) / "libs" / "linux"
        flavour = _flavour()
        found = sorted((folder / flavour / machine / "lib").glob("libmsodbcsql-*.so*"))
        if found:
            return str(found[-1])
    raise Unavailable("driver_missing", what="ODBC Driver 18 for SQL Server")


def _flavour() -> str:
    if Path("/etc/alpine-release").exists():
        return "alpine"
    if Path("/etc/redhat-release").exists():
        return "rhel"
    if Path("/etc/SuSE-release").exists():
        return "suse"
    return "debian_ubuntu"


def decoded(raw: bytes | None) -> str | None:
    """Return the text that the driver read, with U+FFFD for half a character."""
    return None if raw is None else raw.decode("utf-16-le", "replace")


def name_types(
    inputsizes: dict[Any, Any],
    _cursor: object,
    _statement: str,
    _parameters: object,
    context: Any,
) -> None:
    """Name each parameter's type, where the driver could not tell it from the values.

    Called before `typed_nulls`, which needs it.
    """
    for parameter, given in inputsizes.items():
        name = context.compiled.bind_names.get(parameter)
        # Those of an IN list have names of their own, and are never NULL.
        values = [row[name] for row in context.compiled_parameters if name in row]
        inputsizes[parameter] = _sizes(parameter.type, values) or given


def _sizes(kind: TypeEngine[Any], values: list[Any]) -> tuple[int, int, int] | None:
    """Return (type, size, digits) as ODBC counts them; None leaves it to the driver."""
    if isinstance(kind, JsonText):
        return (SQL_WVARCHAR, 0, 0)
    if isinstance(kind, String | Words):
        if None not in values:
            return None
        longest = max((width(value) for value in values if isinstance(value, str)), default=1)
        return (SQL_WVARCHAR, 0 if longest > LONGEST_TEXT else max(longest, 1), 0)
    if isinstance(kind, Float):
        return SQL_DOUBLE if None in values else None
    if isinstance(kind, Numeric):
        scale = UNKNOWN_SCALE if kind.scale is None else kind.scale
        return (SQL_DECIMAL, kind.precision or 38, scale) if None in values else None
    return next((sizes for known, sizes in _TYPES.items() if isinstance(kind, known)), None)


def typed_nulls(
    _connection: object,
    _cursor: object,
    statement: str,
    parameters: Any,
    context: Any,
    _many: bool,  # noqa: FBT001 - SQLAlchemy passes it so
) -> tuple[str, Any]:
    """Bind a NULL that has a type, so that the driver need not ask the server for one.

    pyodbc asks for each None, a round trip each; a server that cannot answer (Babelfish reads
    4,000 characters of the statement) ends the transaction without an error that anybody sees.
    """
    if context is None or context.compiled is None or context.is_text:
        return statement, parameters
    null = pyodbc_module().BinaryNull
    if isinstance(parameters, list):
        return statement, [_without_none(row, null) for row in parameters]
    return statement, _without_none(parameters, null)


def _without_none(row: Sequence[Any], null: object) -> tuple[Any, ...]:
    return tuple(null if value is None else value for value in row)


def batch(lock_timeout_ms: int) -> str:
    """Return one batch that sets every option, and how long a statement waits for a lock."""
    settings = [*(option for option, _why in OPTIONS), f"LOCK_TIMEOUT {int(lock_timeout_ms)}"]
    return "".join(f"SET {setting};" for setting in settings)


def prepare(dbapi_connection: Any, lock_timeout_ms: int) -> None:
    """Set the options of a connection, new or from a pool."""
    dbapi_connection.timeout = STATEMENT_TIMEOUT_S
    cursor = dbapi_connection.cursor()
    cursor.execute(batch(lock_timeout_ms))
    cursor.close()
    dbapi_connection.commit()


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
