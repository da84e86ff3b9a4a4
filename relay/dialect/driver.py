"""Knows Microsoft's ODBC driver: where it is, and what it must be told."""

from __future__ import annotations

import importlib.util
import platform
import sys
from pathlib import Path
from typing import Any

from sqlalchemy import Integer, Uuid
from sqlalchemy.engine import URL
from sqlalchemy.types import TypeEngine

from relay.dialect.base import UtcDateTime
from relay.errors import Unavailable

_TYPES: dict[type[TypeEngine[Any]], tuple[int, int, int]] = {
    UtcDateTime: (93, 23, 3),  # SQL_TYPE_TIMESTAMP
    Integer: (-5, 0, 0),  # SQL_BIGINT, also for BigInteger
    Uuid: (-11, 0, 0),  # SQL_GUID
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


def name_types(inputsizes: dict[Any, Any], *_context: object) -> None:
    """Tell the driver each parameter's type, so that it need not ask the server about a NULL.

    The question costs a round trip, and a server that cannot answer it (Babelfish, for some
    updates) ends the transaction without an error that anybody sees.
    """
    for parameter, given in inputsizes.items():
        if given is None:
            inputsizes[parameter] = next(
                (sizes for kind, sizes in _TYPES.items() if isinstance(parameter.type, kind)), None
            )
