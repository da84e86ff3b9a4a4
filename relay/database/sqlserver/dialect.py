"""Knows SQL Server (2016 or later) through pyodbc and Microsoft's ODBC driver."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import datetime
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
from sqlalchemy.sql.elements import ColumnElement

from relay.database.base import (
    KEY_LENGTH,
    Dialect,
    Rows,
    TableInfo,
)
from relay.database.columns import is_view, of_sql_server
from relay.database.names import split_name
from relay.database.one_text import JsonReading, reading
from relay.database.own_types import utcnow
from relay.database.rows import check_count, joined_change, portions, single_change
from relay.database.sqlserver import driver, errors, json_rows, place
from relay.database.sqlserver.counting import counted
from relay.database.sqlserver.driver import (
    name_types,
    prepare,
    pyodbc_module,
    typed_nulls,
    with_driver,
)
from relay.database.sqlserver.json_rows import Write

LOGIN_TIMEOUT_S = 5

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
            driver.note_reading(engine, driver.ask_reading(dbapi_connection))

        event.listen(engine, "do_setinputsizes", name_types)
        event.listen(engine, "before_cursor_execute", typed_nulls, retval=True)
        return engine

    # Answered as they stand by the functions of the modules beside this one.
    failure = staticmethod(errors.failure)
    refusal = staticmethod(errors.refusal)
    explain = staticmethod(errors.explain)
    whereabouts = staticmethod(place.whereabouts)
    place = staticmethod(place.place)
    together = staticmethod(json_rows.together)
    _counted = staticmethod(counted)

    def read_undecodable(self, connection: Connection) -> None:
        """Decode in the driver's place."""
        raw: Any = connection.connection.dbapi_connection
        for kind in driver.WIDE_TEXTS:
            raw.add_output_converter(kind, driver.decoded)

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

    def insert_rows(
        self, connection: Connection, table: Table, rows: Rows, *, now: Collection[str] = ()
    ) -> None:
        """Insert all rows by one statement, or many by each where the database reads no JSON."""
        if not rows:
            return
        if reading(connection.dialect) is JsonReading.NOT:
            values = insert(table).values(dict.fromkeys(now, utcnow()))
            check_count(table, rows, self.counted(connection, values, rows))
        else:
            write = Write(table, tuple(rows[0]), tuple(now))
            json_rows.write_rows(connection, write, rows)

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
        if is_view(table):
            self.counted(connection, *single_change(table, rows, by, now))
        elif reading(connection.dialect) is JsonReading.NOT:
            for some in portions(rows):
                change = joined_change(table, some, by, now)
                check_count(table, some, self.counted(connection, change))
        else:
            write = Write(table, tuple(rows[0]), tuple(now), tuple(by))
            json_rows.write_rows(connection, write, rows)

    def local_time(self, connection: Connection) -> datetime:
        """Ask the server."""
        found: datetime = connection.execute(text("SELECT SYSDATETIME()")).scalar_one()
        return found

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
