"""Knows how a process of Babelfish that has learnt T-SQL is kept for the next connection.

Babelfish starts a process for each connection, and that process learns its parser's grammar anew
from the statements it is given: a view takes it seconds the first time, milliseconds the next. So
a connection that a test closes is reset, as a pool of SQL Server's own driver would, and handed
to the next one who connects with the tests' own login. SQL Server needs none of this.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from relay.database.sqlserver.driver import pyodbc_module

if TYPE_CHECKING:
    from sqlalchemy.engine import URL

RESET_CONNECTION = 1246
"""SQL_COPT_SS_RESET_CONNECTION: the server forgets settings, locks, temporary tables, work."""
KEPT = 8

_DATABASE = re.compile(r";Database=([^;{}\[\]]+)")
_pyodbc = pyodbc_module()
_connect = _pyodbc.connect
_idle: dict[str, list[Any]] = {}


def keep_connections(url: URL) -> None:
    """Let everybody in this process who uses the URL's login connect through here."""
    user = f";UID={url.username};"

    def connect(told: str, **options: Any) -> Any:
        database = _DATABASE.search(told)
        if database is None or user not in told:
            return _connect(told, **options)
        return _warm(told, database, options)

    _pyodbc.connect = connect


def _warm(told: str, database: re.Match[str], options: dict[str, Any]) -> Warm:
    """Return a reset connection in the database asked for, or a new one."""
    login = told.replace(database[0], "")
    while _idle.get(login):
        kept = _idle[login].pop()
        try:
            kept.execute(f"USE [{database[1]}]")
            kept.autocommit = options.get("autocommit", False)
        except _pyodbc.Error:  # it has died, or the database is not there: let the driver say so
            kept.close()
        else:
            return Warm(kept, login)
    return Warm(_connect(told, **options), login)


class Warm:
    """A connection that is kept when it is closed."""

    def __init__(self, connection: Any, login: str) -> None:
        """Take an open connection, and what tells whom it belongs to."""
        self.__dict__.update(_kept=connection, _login=login)

    def __getattr__(self, name: str) -> Any:
        """Ask the connection itself."""
        return getattr(self._open(), name)

    def __setattr__(self, name: str, value: object) -> None:
        """Set it on the connection itself."""
        setattr(self._open(), name, value)

    def _open(self) -> Any:
        connection = self.__dict__["_kept"]
        if connection is None:
            raise _pyodbc.ProgrammingError("HY000", "Attempt to use a closed connection.")
        return connection

    def close(self) -> None:
        """Reset the connection and keep it; one that cannot be reset is closed."""
        connection = self._open()
        self.__dict__["_kept"] = None
        idle = _idle.setdefault(self._login, [])
        try:
            if len(idle) == KEPT:
                connection.close()
                return
            connection.rollback()
            connection.timeout = 0
            connection.autocommit = True
            connection.set_attr(RESET_CONNECTION, 1)
            connection.execute("EXEC sp_set_session_context N'relay_own', NULL")
            connection.execute("SET TRANSACTION ISOLATION LEVEL READ COMMITTED; USE master")
        except _pyodbc.Error:
            connection.close()
        else:
            idle.append(connection)
