"""Knows SQLite, the embedded default: one file for each database, WAL, one writer at a time."""

from __future__ import annotations

import os
import re
import sqlite3
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout
from sqlalchemy import Column, Table, Unicode, cast, create_engine, event, func, text
from sqlalchemy.engine import URL, Connection, Engine
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.pool import NullPool
from sqlalchemy.sql import Executable
from sqlalchemy.sql.elements import ColumnElement

from relay.base.errors import Unavailable
from relay.base.files import why
from relay.database.base import Dialect, Failure, Parameters, Rows, TableInfo, Whereabouts
from relay.database.names import split_name
from relay.database.refusals import Refusal, RefusalKind
from relay.database.rows import change, check_count, insertion
from relay.database.sqlite import refusals

_WRITER_PATIENCE_S = 30
_DATA = {"SQLITE_CONSTRAINT", "SQLITE_MISMATCH", "SQLITE_TOOBIG", "SQLITE_RANGE"}
_LOCKED = {"SQLITE_BUSY", "SQLITE_LOCKED"}
_CODES = {
    "database_full": {"SQLITE_FULL"},
    "database_read_only": {"SQLITE_READONLY"},
    "database_locked": _LOCKED,
}
_TECHNICAL = {
    "SQLITE_FULL", "SQLITE_READONLY", "SQLITE_IOERR", "SQLITE_CANTOPEN", "SQLITE_NOMEM",
    "SQLITE_PERM", "SQLITE_AUTH", "SQLITE_CORRUPT", "SQLITE_NOTADB", "SQLITE_PROTOCOL",
    "SQLITE_INTERRUPT", "SQLITE_SCHEMA", "SQLITE_NOLFS",
}  # fmt: skip


_ABSENT = re.compile(r"no such (table|column): |table .* has no column named ")


class Sqlite(Dialect):
    """SQLite files; real triggers, the same relay code."""

    name = "sqlite"

    def engine(self, url: URL, *, lock_timeout_ms: int) -> Engine:
        """Build an engine that never creates a file: a wrong path must not look like a database."""
        path = url.database or ""

        def connect() -> sqlite3.Connection:
            if not Path(path).is_file():
                raise sqlite3.OperationalError(f"no such file: {path}")  # noqa: TRY003 - the driver's kind of error
            return sqlite3.connect(path, timeout=_WRITER_PATIENCE_S, check_same_thread=False)

        engine = create_engine(url, creator=connect, poolclass=NullPool)
        event.listen(engine, "connect", _on_connect)
        event.listen(engine, "begin", _on_begin)
        return engine

    def failure(self, error: BaseException) -> Failure:
        """Read SQLite's own name of the error (primary code)."""
        cause = error.orig if isinstance(error, DBAPIError) else error
        if not isinstance(cause, sqlite3.Error):
            return Failure.UNKNOWN
        primary = _primary(cause)
        if primary in _DATA or isinstance(cause, sqlite3.IntegrityError | sqlite3.DataError):
            return Failure.DATA
        if primary in _LOCKED:
            return Failure.LOCKED
        if primary in _TECHNICAL or str(cause).startswith("no such file"):
            return Failure.TECHNICAL
        return Failure.ABSENT if _ABSENT.match(str(cause)) else Failure.UNKNOWN

    def cannot_decode(self, error: BaseException) -> bool:
        """Read the message: the driver has no code for it."""
        cause = error.orig if isinstance(error, DBAPIError) else error
        return str(cause).startswith("Could not decode to UTF-8") or super().cannot_decode(error)

    def read_undecodable(self, connection: Connection) -> None:
        """Decode in the driver's place."""
        raw: Any = connection.connection.dbapi_connection
        raw.text_factory = partial(str, encoding="utf-8", errors="replace")

    def refusal(self, error: BaseException) -> Refusal | None:
        """Read SQLite's own name of the error, and the names in its message."""
        cause = error.orig if isinstance(error, DBAPIError) else error
        known = refusals.refusal(getattr(cause, "sqlite_errorname", None) or "", str(cause))
        if known is not None:
            return known
        is_theirs = self.failure(error) in (Failure.DATA, Failure.UNKNOWN)
        return Refusal(RefusalKind.OTHER, str(cause)) if is_theirs else None

    def explain(self, error: BaseException) -> tuple[str, str]:
        """Say whether the file is missing, full, not to be written, in use, or no database."""
        cause = error.orig if isinstance(error, DBAPIError) else error
        if str(cause).startswith("no such file"):
            return "file_missing", str(cause)
        if _ABSENT.match(str(cause)):
            return "table_absent", str(cause)
        code = next((code for code, names in _CODES.items() if _primary(cause) in names), None)
        return "database_unusable" if code is None else code, str(cause)

    def place(self, connection: Connection) -> tuple[str, str]:
        """Name the file; a copied or moved file is another database."""
        return "", str(Path(_file(connection)).resolve())

    def whereabouts(self, connection: Connection) -> Whereabouts:
        """Return no marker: SQLite keeps no restore history; the uids alone must tell."""
        place = self.place(connection)
        return Whereabouts(place, None, place)

    @contextmanager
    def lock(self, connection: Connection) -> Iterator[bool]:
        """Take a file lock beside cobra's file; the system frees it when the process dies."""
        lock = FileLock(f"{_file(connection)}.relay.lock", is_singleton=False)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            yield False
            return
        except OSError as error:
            raise Unavailable("lock_file", file=lock.lock_file, what=why(error)) from error
        try:
            yield True
        finally:
            lock.release()

    def forget_lock(self, url: URL) -> None:
        """Delete the lock's file."""
        Path(f"{url.database}.relay.lock").unlink(missing_ok=True)

    @contextmanager
    def own_writes(self, connection: Connection) -> Iterator[None]:
        """Mark by a row that lives only inside our transaction, which nobody else can see."""
        connection.execute(
            text("INSERT INTO relay_own_write (process) VALUES (:process)"),
            {"process": os.getpid()},
        )
        yield
        connection.execute(text("DELETE FROM relay_own_write"))

    def locate(self, configured: str, schema: str | None) -> TableInfo:
        """Read the table's name; SQLite has no schemas, so one that is configured is dropped."""
        return TableInfo(None, configured if schema is not None else split_name(configured)[-1])

    def _counted(
        self, connection: Connection, statement: Executable, parameters: Parameters
    ) -> int:
        """Believe the driver: SQLite counts without what triggers write."""
        done: Any = connection.execute(statement, parameters)
        return int(done.rowcount)

    def insert_rows(
        self, connection: Connection, table: Table, rows: Rows, *, now: Collection[str] = ()
    ) -> None:
        """Execute one prepared statement for each row."""
        if rows:
            statement = insertion(connection.dialect, table, tuple(rows[0]), tuple(now))
            check_count(table, rows, statement.execute(connection, rows))

    def update_rows(
        self,
        connection: Connection,
        table: Table,
        rows: Rows,
        *,
        by: Collection[str],
        now: Collection[str] = (),
    ) -> None:
        """Execute one prepared statement for each row."""
        if rows:
            names = tuple(rows[0])
            statement = change(connection.dialect, table, names, tuple(by), tuple(now))
            check_count(table, rows, statement.execute(connection, rows))

    def local_time(self, connection: Connection) -> datetime:
        """Look at this machine's clock: there is no server."""
        return datetime.now()  # noqa: DTZ005 - as other programs write it there

    def key_text(self, column: Column[Any]) -> ColumnElement[str]:
        """Cast the key to text as the triggers do."""
        return cast(column, Unicode)

    def time_text(self, column: Column[Any], length: int) -> ColumnElement[str]:
        """Take what stands there: SQLite keeps days and times as texts."""
        return func.substr(func.replace(column, " ", "T"), 1, length)

    def as_key(self, column: Column[Any], text: str) -> str:
        """Leave it: SQLite compares as the column's affinity says, by its index."""
        return text


def _primary(error: BaseException | None) -> str:
    """Return SQLite's name of the error without what further describes it."""
    name = getattr(error, "sqlite_errorname", None) or ""
    return "_".join(name.split("_")[:2])


def _file(connection: Connection) -> str:
    return str(connection.engine.url.database)


def _on_connect(dbapi_connection: sqlite3.Connection, record: Any) -> None:
    path = dbapi_connection.execute("PRAGMA database_list").fetchone()[2]
    record.info["file"] = _identity(path)
    dbapi_connection.isolation_level = None  # BEGIN is ours: see _on_begin
    dbapi_connection.execute("PRAGMA journal_mode = WAL")
    dbapi_connection.execute("PRAGMA synchronous = FULL")
    dbapi_connection.execute("PRAGMA recursive_triggers = ON")


def _identity(path: str) -> tuple[int, int] | None:
    """Tell a file from another one of the same name; None if there is none."""
    try:
        stat = os.stat(path)  # noqa: PTH116 - before each transaction, and half of what one cost
    except FileNotFoundError:
        return None
    return stat.st_dev, stat.st_ino


def _on_begin(connection: Connection) -> None:
    # Deferred: a reader never blocks a clerk. Our writing transactions write first,
    # so they take the write lock before they read anything.
    path = _file(connection)
    if _identity(path) != connection.info["file"]:
        # The system would let us go on in a file that was moved away or replaced by a backup.
        gone = sqlite3.OperationalError(f"no such file: {path}")
        raise OperationalError("BEGIN", None, gone)
    raw: Any = connection.connection.dbapi_connection
    raw.execute("BEGIN")  # without what SQLAlchemy does beside it: nothing can go wrong here
