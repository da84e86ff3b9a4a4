"""Takes a backup of a test's database and puts it back, as an admin's restore would."""

from __future__ import annotations

import shutil
import sqlite3
import uuid
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from sqlalchemy import Table, create_engine, delete, insert, select, text
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from relay.database import TableInfo, dialect_of
from relay.database.reflection import read_table

TABLES = {
    "relay": ("outbox", "delivery", "identity", "year", "paused", "audit", "route", "decision"),
    "relay in Sage": ("applied", "link", "debtor", "booking", "peer"),
    "cobra": ("ADDRESSES", "INVOICES", "POSITIONS"),
    "Sage": ("Adr", "PKd", "OPd", "Blg", "Bk", "Acc", "Tax", "Zab", "Client"),
}


class Backup:
    """A database as it was at one moment."""

    def __init__(self, engine: Engine) -> None:
        """Take the backup."""
        self._engine = engine
        self._file = _file(engine)
        if self._file is not None:
            self._copy = self._file.with_suffix(f".{uuid.uuid4().hex}.backup")
            # Closed, or part of a copy stays in its write-ahead log.
            with (
                closing(sqlite3.connect(self._file)) as there,
                closing(sqlite3.connect(self._copy)) as copy,
            ):
                there.backup(copy)
            return
        with engine.connect() as connection:
            self._rows = {
                table: [dict(row) for row in connection.execute(select(table)).mappings()]
                for table in tables_in(connection)
            }

    def restore(self, *, disconnect: bool = False) -> None:
        """Put it back: on SQLite as another file, on a server with its rows, unseen by triggers.

        A server that restores a database disconnects everybody who uses it; `disconnect`
        does so where there is no such server.
        """
        if self._file is not None:
            shutil.copyfile(self._copy, new := self._file.with_suffix(".new"))
            for rest in ("-wal", "-shm"):
                Path(f"{self._file}{rest}").unlink(missing_ok=True)
            new.replace(self._file)
            return
        if disconnect:
            self._disconnect()
        with self._engine.begin() as connection:
            connection.execute(text("EXEC sp_set_session_context N'relay_own', 1"))
            for table, rows in self._rows.items():
                connection.execute(delete(table))
                if rows:
                    self._insert(connection, table, rows)
            connection.execute(text("EXEC sp_set_session_context N'relay_own', NULL"))

    def copy_to(self, engine: Engine) -> None:
        """Put it into another database, as when it moves; triggers come along with a file only."""
        if self._file is not None:
            shutil.copyfile(self._copy, Path(str(engine.url.database)))
            return
        self._engine = engine
        self.restore()

    def _insert(self, connection: Connection, table: Table, rows: list[dict[str, Any]]) -> None:
        name = f"[{table.schema}].[{table.name}]" if table.schema else f"[{table.name}]"
        numbered = table.name in TABLES["cobra"]
        if numbered:
            connection.exec_driver_sql(f"SET IDENTITY_INSERT {name} ON")
        connection.execute(insert(table), rows)
        if numbered:
            connection.exec_driver_sql(f"SET IDENTITY_INSERT {name} OFF")

    def _disconnect(self) -> None:
        name = self._engine.url.database
        users = text("SELECT spid FROM sys.sysprocesses WHERE db_name(dbid) = :name")
        plain = create_engine(self._engine.url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
        with plain.connect() as connection:
            me = connection.exec_driver_sql("SELECT @@SPID").scalar_one()
            for spid in set(connection.execute(users, {"name": name}).scalars()) - {me}:
                with suppress(DBAPIError):  # it may have ended by itself
                    connection.exec_driver_sql(f"KILL {int(spid)}")


def _file(engine: Engine) -> Path | None:
    return Path(str(engine.url.database)) if engine.dialect.name == "sqlite" else None


def tables_in(connection: Connection) -> list[Table]:
    dialect = dialect_of(connection)
    wanted = [
        TableInfo("relay" if kind.startswith("relay") else "dbo", name)
        for kind, names in TABLES.items()
        for name in names
    ]
    return [read_table(connection, where) for where in wanted if dialect.columns(connection, where)]
