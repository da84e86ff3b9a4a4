"""Knows SQL Server (2016 or later) through pyodbc and Microsoft's ODBC driver."""

from __future__ import annotations

import re
import socket
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import (
    Column,
    String,
    Table,
    Unicode,
    cast,
    create_engine,
    event,
    func,
    insert,
    literal_column,
    text,
)
from sqlalchemy.dialects.mssql.base import MSDialect
from sqlalchemy.engine import URL, Connection, Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool
from sqlalchemy.sql import Executable
from sqlalchemy.sql.elements import ColumnElement

from relay.database.base import KEY_LENGTH, Dialect, Failure, Parameters, Rows, TableInfo
from relay.database.clock import utcnow
from relay.database.columns import of_sql_server
from relay.database.names import split_name
from relay.database.one_text import Reading, reading
from relay.database.rows import check_count, joined_change, portions
from relay.database.sqlserver import asking, json_rows
from relay.database.sqlserver.counting import counted
from relay.database.sqlserver.driver import name_types, pyodbc_module, typed_nulls, with_driver
from relay.database.sqlserver.session import prepare

LOGIN_TIMEOUT_S = 5

_LOCKED = {1204, 1205, 1222, 3960, 3961}
# Lock timeouts, deadlocks and snapshot conflicts: somebody was in the way, try again.
# Full disk or log, read-only, out of memory, rights, logins, deadlock, snapshot conflict,
# failover: the database's trouble, never the record's.
_TECHNICAL = {
    229, 230, 262, 297, 300, 596, 601, 615, 701, 802, 823, 824, 825, 844, 845, 846, 847, 905,
    911, 913, 916, 922, 923, 924, 926, 927, 942, 945, 947, 952, 976, 978, 979, 982, 983,
    1101, 1105, 1807, 1827, 3041, 3906, 3908, 4060, 4064, 8645, 8651, 9001, 9002,
    10053, 10054, 10060, 10061, 10928, 10929, 11001, 14355, 17142, 18451, 18452, 18456, 18486,
    18487, 18488, 40197, 40501, 40613, 40143, 49918, 49919, 49920,
}  # fmt: skip

_ABSENT = {207, 208, 308, 2801, 4413, 4502, 8622}
# A column, a table, what a view reads, or an index to seek by, is not there (any more).
_CODES = {
    "login_failed": {18451, 18452, 18456, 18486, 18487, 18488},
    "database_not_open": {911, 4060},
    "right_missing": {229, 230, 262, 297, 300, 916},
    "database_full": {1101, 1105, 1827, 9002},
    "database_read_only": {976, 978, 3906, 3908},
    "database_locked": _LOCKED,
    "table_absent": _ABSENT,
}
_STATES = {"28": "login_failed", "08": "server_unreachable", "HYT": "server_unreachable"}


_COMPILED = MSDialect()  # type: ignore[no-untyped-call] # as SQLAlchemy has it
"""How SQL Server writes a type."""


class SqlServer(Dialect):
    """Microsoft SQL Server."""

    name = "mssql"

    def engine(self, url: URL, *, lock_timeout_ms: int) -> Engine:
        """Build an engine for one kept connection; reads never wait longer than the timeout."""
        engine = create_engine(
            with_driver(url),
            module=pyodbc_module(),
            poolclass=NullPool,
            connect_args={"timeout": LOGIN_TIMEOUT_S},
        )

        @event.listens_for(engine, "connect")
        def _on_connect(dbapi_connection: Any, _record: object) -> None:
            prepare(dbapi_connection, lock_timeout_ms)
            asking.note_reading(engine, asking.ask_reading(dbapi_connection))

        event.listen(engine, "do_setinputsizes", name_types)
        event.listen(engine, "before_cursor_execute", typed_nulls, retval=True)
        return engine

    def failure(self, error: BaseException) -> Failure:
        """Read SQLSTATE and the server's error number from the driver's message."""
        state, number, words = _parts(error)
        if number in _LOCKED or "due to lock timeout" in words:  # the latter: Babelfish
            return Failure.LOCKED
        if number in _TECHNICAL or state[:2] in ("08", "28") or state in ("HYT00", "HYT01"):
            return Failure.TECHNICAL
        if isinstance(error, DBAPIError) and error.connection_invalidated:
            return Failure.TECHNICAL
        if number in _ABSENT:
            return Failure.ABSENT
        if state[:2] in ("22", "23"):
            return Failure.DATA
        return Failure.UNKNOWN

    def explain(self, error: BaseException) -> tuple[str, str]:
        """Tell a wrong password, an unknown database, a certificate and a dead server apart."""
        state, number, words = _parts(error)
        by_number = next((code for code, numbers in _CODES.items() if number in numbers), None)
        if by_number is not None:
            return by_number, words
        lowered = words.lower()
        if state.startswith("08") and ("certificate" in lowered or "ssl provider" in lowered):
            return "certificate", words
        if state.startswith("08") and "encryption not supported" in lowered:
            return "encryption_missing", words
        if state in ("IM002", "01000") and "driver" in lowered:
            return "driver_missing", words
        by_state = next((code for begin, code in _STATES.items() if state.startswith(begin)), None)
        return "database_unusable" if by_state is None else by_state, words

    def place(self, connection: Connection) -> tuple[str, str]:
        """Ask the server for its own name and the database's."""
        row = connection.execute(text("SELECT @@SERVERNAME AS server, DB_NAME() AS name")).one()
        return str(row.server or socket.gethostname()), str(row.name)

    def generation(self, connection: Connection) -> str | None:
        """Return the recovery fork, which a restore changes, where rights allow to see it."""
        view = "sys.database_recovery_status"
        if connection.execute(text("SELECT OBJECT_ID(:view)"), {"view": view}).scalar() is None:
            return None
        query = text(f"SELECT recovery_fork_guid FROM {view} WHERE database_id = DB_ID()")  # noqa: S608 - a constant
        fork = connection.execute(query).scalar_one_or_none()
        return None if fork is None else str(fork).lower()

    @contextmanager
    def lock(self, connection: Connection) -> Iterator[bool]:
        """Take an application lock owned by the session: it dies with its connection."""
        taken = _first_row(
            connection,
            "DECLARE @r int; DECLARE @n nvarchar(255) = N'relay ' + DB_NAME();"
            " EXEC @r = sp_getapplock @Resource = @n, @LockMode = 'Exclusive',"
            " @LockOwner = 'Session', @LockTimeout = 0; SELECT @r",
        )[0]
        connection.commit()
        try:
            yield taken >= 0
        finally:
            if taken >= 0 and not connection.closed and not connection.invalidated:
                self._unlock(connection)

    def _unlock(self, connection: Connection) -> None:
        """Give the lock back; a connection that breaks meanwhile takes it with it."""
        try:
            connection.rollback()
            connection.execute(
                text(
                    "DECLARE @n nvarchar(255) = N'relay ' + DB_NAME();"
                    " EXEC sp_releaseapplock @Resource = @n, @LockOwner = 'Session'"
                )
            )
            connection.commit()
        except DBAPIError:
            connection.invalidate()

    def is_locked(self, connection: Connection) -> bool:
        """Ask the server, which takes nothing."""
        query = "SELECT APPLOCK_TEST('public', N'relay ' + DB_NAME(), 'Exclusive', 'Session')"
        return bool(connection.execute(text(query)).scalar_one() == 0)

    @contextmanager
    def own_writes(self, connection: Connection) -> Iterator[None]:
        """Mark by the session's context, which the triggers read."""
        connection.execute(text("EXEC sp_set_session_context N'relay_own', 1"))
        try:
            yield
        finally:
            connection.execute(text("EXEC sp_set_session_context N'relay_own', NULL"))

    def locate(self, configured: str, schema: str | None) -> TableInfo:
        """Read `schema.table`; without a schema it is `dbo`."""
        if schema is not None:
            return TableInfo(schema, configured)
        parts = split_name(configured)
        return TableInfo(parts[-2] if len(parts) > 1 else "dbo", parts[-1])

    def _counted(
        self, connection: Connection, statement: Executable, parameters: Parameters
    ) -> int:
        """Ask the server in the statement's own batch."""
        return counted(connection, statement, parameters)

    def insert_rows(
        self, connection: Connection, table: Table, rows: Rows, *, now: Collection[str] = ()
    ) -> None:
        """Insert all rows by one statement, or many by each where the database reads no JSON."""
        if not rows:
            return
        if reading(connection.dialect) is Reading.NOT:
            values = insert(table).values(dict.fromkeys(now, utcnow()))
            check_count(table, rows, self.counted(connection, values, rows))
        else:
            write = json_rows.Write(table, tuple(rows[0]), tuple(now))
            self._write(connection, write, rows)

    def update_rows(
        self,
        connection: Connection,
        table: Table,
        rows: Rows,
        *,
        by: Collection[str],
        now: Collection[str] = (),
    ) -> None:
        """Update all rows by one statement, or many by each: joined with a list of them."""
        if not rows:
            return
        if reading(connection.dialect) is Reading.NOT:
            for some in portions(rows):
                change = joined_change(table, some, by, now)
                check_count(table, some, self.counted(connection, change))
        else:
            write = json_rows.Write(table, tuple(rows[0]), tuple(now), tuple(by))
            self._write(connection, write, rows)

    def _write(self, connection: Connection, write: json_rows.Write, rows: Rows) -> None:
        statement, parameter = json_rows.statement(connection.dialect, write, rows)
        check_count(write.table, rows, self.counted(connection, statement, parameter))

    def key_text(self, column: Column[Any]) -> ColumnElement[str]:
        """Convert the key to text as the triggers do."""
        return cast(column, Unicode(KEY_LENGTH))

    def time_text(self, column: Column[Any], length: int) -> ColumnElement[str]:
        """Convert it by the style of ISO 8601."""
        return func.convert(literal_column(f"nvarchar({length})"), column, literal_column("126"))

    def as_key(self, column: Column[Any], text: str) -> str:
        """Convert it; what is no value of the type is NULL, and equal to nothing."""
        if isinstance(column.type, String):
            return f"{text} COLLATE DATABASE_DEFAULT"
        return f"TRY_CONVERT({column.type.compile(_COMPILED)}, {text})"

    def columns(self, connection: Connection, where: TableInfo) -> list[Column[Any]]:
        """Read the columns by one look into the catalogue."""
        return of_sql_server(connection, where.name, where.schema)


def _first_row(connection: Connection, batch: str) -> Any:
    """Run a batch and return the first row of its first result set.

    The statements before it may answer with row counts only; SET NOCOUNT would outlast the
    batch and hide every later count.
    """
    cursor: Any = connection.connection.cursor()
    try:
        cursor.execute(batch)
        while cursor.description is None and cursor.nextset():
            pass
        return cursor.fetchone()
    finally:
        cursor.close()


def _parts(error: BaseException) -> tuple[str, int, str]:
    """Return (SQLSTATE, server's error number or 0, the driver's words)."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    args: tuple[object, ...] = getattr(cause, "args", ())
    state = str(args[0]) if args else ""
    words = str(args[1]) if len(args) > 1 else str(cause)
    numbers = re.findall(r"\((\d+)\) \(SQL", words) or re.findall(r"\((\d+)\)", words)
    return state, int(numbers[0]) if numbers else 0, words
