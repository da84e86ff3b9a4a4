"""Knows Microsoft's ODBC driver: where it is, and what it must be told."""

from __future__ import annotations

import importlib.util
import platform
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import Boolean, Date, DateTime, Float, Integer, Numeric, String, Uuid
from sqlalchemy.engine import URL
from sqlalchemy.types import TypeEngine

from relay.base.errors import Unavailable
from relay.base.width import width
from relay.database.clock import UtcDateTime
from relay.database.one_text import JsonText
from relay.database.rows import LONGEST_TEXT
from relay.database.words import Words

SQL_WVARCHAR = -9
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
        machine = "arm64" if "aarch64" in _machine() else "x86_64"
        folder = Path(spec.submodule_search_locations[0]) / "libs" / "linux"
        flavour = _flavour()
        found = sorted((folder / flavour / machine / "lib").glob("libmsodbcsql-*.so*"))
        if found:
            return str(found[-1])
    raise Unavailable("driver_missing", what="ODBC Driver 18 for SQL Server")


def _machine() -> str:
    return platform.machine()


def _flavour() -> str:
    if Path("/etc/alpine-release").exists():
        return "alpine"
    if Path("/etc/redhat-release").exists():
        return "rhel"
    if Path("/etc/SuSE-release").exists():
        return "suse"
    return "debian_ubuntu"


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
