"""Creates and drops databases for tests: SQLite files, and databases on a T-SQL server."""

from __future__ import annotations

import gc
import shutil
import sqlite3
import tempfile
import uuid
from abc import ABC, abstractmethod
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import IO, TYPE_CHECKING

from filelock import FileLock
from sqlalchemy import create_engine, event, text
from sqlalchemy.engine import URL, Connection, Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from relay.database import schema
from relay.database.scripts import run_script, run_statements, statements_of

if TYPE_CHECKING:
    from collections.abc import Iterator

CONTENTS: dict[str, tuple[schema.Section, str]] = {
    "cobra": ("source", "demo/cobra"),
    "sage": ("target", "sage50/schema"),
}
"""What `create` can put into a database: the relay's schema, and the vendor's tables."""


class Server(ABC):
    """A place for databases, which are dropped after the test."""

    dialect: str

    @abstractmethod
    def create(self, prefix: str, content: str | None = None) -> URL:
        """Create a database whose name begins with `prefix`; `content` is a key of `CONTENTS`."""

    @abstractmethod
    def engine(self, url: URL) -> Engine:
        """Return a plain engine, as a clerk or an admin with another program would use it.

        It does not mark its writes as the relay's own. To insert into a captured table through
        SQLAlchemy's Core, declare the table with `implicit_returning=False`.
        """

    @abstractmethod
    def run_as_dba(self, url: URL, script: str) -> None:
        """Run a script that opens and ends its transactions itself, as sqlcmd would."""

    def run_as_vendor(self, url: URL, script: str) -> None:
        """Run a script that is none of the product's: what another program builds is not judged."""
        self.run_as_dba(url, script)


class SqliteServer(Server):
    """Files in a folder, which pytest removes; filled ones are copies of one that is built once."""

    dialect = "sqlite"

    def __init__(self, folder: Path, templates: Path, *, durable: bool = False) -> None:
        """Take the test's own folder, and the one where finished templates are kept.

        Durable: what is written waits for the disk, as it does for whoever measures.
        """
        self._folder = folder
        self._templates = templates
        self._durable = durable

    def create(self, prefix: str, content: str | None = None) -> URL:
        """Create a file, empty or a copy of a template."""
        path = self._folder / f"{prefix}_{uuid.uuid4().hex[:8]}.db"
        if content is None:
            path.touch()
        else:
            shutil.copyfile(self._template(content), path)
        return _sqlite_url(path)

    def _template(self, content: str) -> Path:
        path = self._templates / f"{content}.db"
        if not path.exists():
            path.touch()
            section, vendor = CONTENTS[content]
            engine = self.engine(_sqlite_url(path))
            with engine.begin() as connection:
                run_script(connection, vendor)
            schema.upgrade(engine, section)
        return path

    def engine(self, url: URL) -> Engine:
        """Return an engine whose transactions hold DDL too, and that waits for other writers."""
        engine = create_engine(url, poolclass=NullPool, connect_args={"timeout": 30})
        event.listen(engine, "connect", _leave_begin_to_us)
        if not self._durable:
            event.listen(engine, "connect", _spare_the_disk)
        event.listen(engine, "begin", _begin)
        return engine

    def run_as_dba(self, url: URL, script: str) -> None:
        """Run it as the command-line program would."""
        connection = sqlite3.connect(str(url.database))
        connection.executescript(script)
        connection.close()


class MssqlServer(Server):
    """A T-SQL server, SQL Server or Babelfish."""

    dialect = "mssql"

    def __init__(self, session: MssqlSession) -> None:
        """Take the run's connection to the server."""
        self.session = session

    def create(self, prefix: str, content: str | None = None) -> URL:
        """Create a database under a name that no other test run takes."""
        return self.session.create(f"{prefix}_{uuid.uuid4().hex[:8]}", content)

    def engine(self, url: URL) -> Engine:
        """Return an engine without a pool: what a test closes is closed on the server too."""
        return create_engine(url, poolclass=NullPool)

    def run_as_dba(self, url: URL, script: str) -> None:
        """Run it by the product's own code, so that it is judged."""
        with self.session.inside(str(url.database)) as admin:
            run_statements(admin, script)

    def run_as_vendor(self, url: URL, script: str) -> None:
        """Run it past the product's code, by which the judge of T-SQL knows what is ours."""
        with self.session.inside(str(url.database)) as admin:
            for statement in statements_of(self.dialect, script):
                admin.exec_driver_sql(statement)


class MssqlSession:
    """What a test process keeps for the server: a connection, and the databases it has to drop.

    Babelfish keeps the catalogue of all databases in one place. Who reads it (as every reflection
    does) while another database is dropped fails, and so do two who create at once. So a test
    holds a lock that it shares with tests in other processes, and dropping needs it alone.
    """

    def __init__(self, url: URL) -> None:
        """Connect to the server's master database."""
        import pyodbc

        pyodbc.pooling = False  # else what a test has closed keeps its database in use
        self._url = url
        engine = create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
        self._admin = engine.connect()
        if self._admin.execute(text("SELECT CAST(SERVERPROPERTY('Babelfish') AS int)")).scalar():
            from tests.world.warm import keep_connections  # noqa: PLC0415 - needs the driver

            keep_connections(url)
        self.created: list[str] = []
        locks = Path(tempfile.gettempdir()) / f"relay-test-{url.host}-{url.port}"
        self.creating = FileLock(f"{locks}-creating.lock")
        self._testing = Path(f"{locks}-testing.lock").open("w")  # noqa: SIM115 - kept open

    @contextmanager
    def test(self) -> Iterator[None]:
        """Hold off others' drops during a test; afterwards drop, unless others are testing."""
        _lock(self._testing, shared=True, wait=True)
        if self._admin.invalidated:  # the server hung up: one test fails of it, not all that follow
            self._admin.rollback()
        try:
            yield
        finally:
            _unlock(self._testing)
            if _lock(self._testing, shared=False, wait=False):
                self._drop_all()

    def close(self) -> None:
        """Drop what is left, as soon as nobody else is testing."""
        _lock(self._testing, shared=False, wait=True)
        self._drop_all()
        self._testing.close()
        self._admin.close()

    def create(self, name: str, content: str | None) -> URL:
        """Create a database and fill it."""
        with self.creating:
            self._admin.exec_driver_sql(f"CREATE DATABASE [{name}]")
            self.created.append(name)
            if content is not None:
                # As a script on this connection: a new one costs Babelfish half a second.
                section, vendor = CONTENTS[content]
                with self.inside(name) as admin:
                    run_script(admin, vendor)
                    run_statements(admin, _script(section))
        return self._url.set(database=name)

    @contextmanager
    def inside(self, name: str) -> Iterator[Connection]:
        """Use a database on the kept connection, which commits nothing by itself."""
        with self.creating:
            self._admin.exec_driver_sql(f"USE [{name}]")
            try:
                yield self._admin
            finally:
                self._admin.exec_driver_sql("USE master")

    def _drop_all(self) -> None:
        try:
            for name in self.created:
                self._drop(name)
            self.created.clear()
        finally:
            _unlock(self._testing)

    def _drop(self, name: str) -> None:
        drop = f"DROP DATABASE [{name}]"
        try:
            self._admin.exec_driver_sql(drop)
        except DBAPIError:
            gc.collect()  # closes what a test only forgot
            users = text("SELECT spid FROM sys.sysprocesses WHERE db_name(dbid) = :name")
            for spid in set(self._admin.execute(users, {"name": name}).scalars()):
                with suppress(DBAPIError):  # it may have ended by itself
                    self._admin.exec_driver_sql(f"KILL {int(spid)}")
            self._admin.exec_driver_sql(drop)


@cache
def _script(section: schema.Section) -> str:
    return schema.script(section, "mssql")


def _lock(file: IO[str], *, shared: bool, wait: bool) -> bool:
    try:
        import fcntl  # noqa: PLC0415 - not on Windows, where one process tests at a time
    except ImportError:
        return True
    kind = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
    with suppress(BlockingIOError):
        fcntl.flock(file, kind if wait else kind | fcntl.LOCK_NB)
        return True
    return False


def _unlock(file: IO[str]) -> None:
    with suppress(ImportError):
        import fcntl  # noqa: PLC0415 - not on Windows

        fcntl.flock(file, fcntl.LOCK_UN)


def _sqlite_url(path: Path) -> URL:
    return URL.create("sqlite", database=str(path))


def _leave_begin_to_us(dbapi_connection: sqlite3.Connection, _record: object) -> None:
    dbapi_connection.isolation_level = None


def _spare_the_disk(dbapi_connection: sqlite3.Connection, _record: object) -> None:
    """What a test writes need not outlive the machine; the relay itself waits for the disk."""
    dbapi_connection.execute("PRAGMA synchronous = OFF")


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN")
