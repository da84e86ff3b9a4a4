"""Makes the databases that tests use: empty ones, and a whole set of cobra and two Sage years."""

from __future__ import annotations

import gc
import shutil
import tempfile
import uuid
from abc import ABC, abstractmethod
from contextlib import suppress
from copy import deepcopy
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from filelock import FileLock
from sqlalchemy import create_engine, event, text
from sqlalchemy.engine import URL, Connection, Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from relay import schema
from relay.scripts import run_script, run_statements
from relay.settings import Settings

if TYPE_CHECKING:
    import sqlite3

CONTENTS: dict[str, tuple[schema.Section, str]] = {
    "cobra": ("source", "demo/cobra"),
    "sage": ("target", "sage50/schema"),
}
"""What `create` can put into a database: the relay's schema, and the vendor's tables."""

# Between test processes too: Babelfish keeps all databases in one catalogue, and two who create
# at once fail with "tuple concurrently updated".
_ONE_AT_A_TIME = FileLock(Path(tempfile.gettempdir()) / "relay-test-databases.lock")

YEARS = ("MUSTER2025", "MUSTER2026")


class Server(ABC):
    """A place for databases. What it created is dropped when the test ends."""

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
    def drop_all(self) -> None:
        """Drop every database that `create` made, also when somebody is still connected."""


class SqliteServer(Server):
    """Files in a folder; filled ones are copies of a file that is built once."""

    dialect = "sqlite"

    def __init__(self, folder: Path, templates: Path) -> None:
        """Take the test's own folder, and the one where finished templates are kept."""
        self._folder = folder
        self._templates = templates

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
        event.listen(engine, "begin", _begin)
        return engine

    def drop_all(self) -> None:
        """Do nothing: pytest removes the folder."""


class MssqlServer(Server):
    """A T-SQL server, SQL Server or Babelfish, whose `master` a URL names."""

    dialect = "mssql"

    def __init__(self, url: URL, admin: Connection) -> None:
        """Take the URL of the server's master database, and a connection that `admin_of` made."""
        self._url = url
        self._admin = admin
        self._created: list[str] = []

    def create(self, prefix: str, content: str | None = None) -> URL:
        """Create a database under a name that no other test run takes."""
        name = f"{prefix}_{uuid.uuid4().hex[:8]}"
        with _ONE_AT_A_TIME:
            self._admin.exec_driver_sql(f"CREATE DATABASE [{name}]")
            self._created.append(name)
            if content is not None:
                self._fill(name, content)
        return self._url.set(database=name)

    def _fill(self, name: str, content: str) -> None:
        # As a script on the connection that is there: each new one costs Babelfish half a second.
        section, vendor = CONTENTS[content]
        self._admin.exec_driver_sql(f"USE [{name}]")
        try:
            run_script(self._admin, vendor)
            run_statements(self._admin, _script(section))
        finally:
            self._admin.exec_driver_sql("USE master")

    def engine(self, url: URL) -> Engine:
        """Return an engine without a pool: what a test closes is closed on the server too."""
        return create_engine(url, poolclass=NullPool)

    def drop_all(self) -> None:
        """End the connections that a test left open, then drop."""
        for name in self._created:
            with _ONE_AT_A_TIME:
                self._drop(name)
        self._created.clear()

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


def admin_of(url: URL) -> Connection:
    """Connect to a T-SQL server's master database, to create and drop databases."""
    import pyodbc

    pyodbc.pooling = False  # else a connection that a test closed would keep its database in use
    return create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT").connect()


@cache
def _script(section: schema.Section) -> str:
    return schema.script(section, "mssql")


@dataclass(frozen=True, slots=True)
class Databases:
    """Cobra with the relay's schema and the demo's table ADDRESSES, and two Sage years."""

    server: Server
    cobra: URL
    years: list[URL]
    """MUSTER2025 and MUSTER2026: the reference schema and the relay's side of it."""

    def settings(self, **overrides: Any) -> Settings:  # noqa: ANN401 - as free as the file
        """Build settings for these databases; nested `overrides` are merged, None removes a key.

        >>> databases.settings(relay={"poll_ms": 10}, cobra={"address": {"parent": None}})
        """
        return Settings(**_merged(self._told(), overrides))

    def _told(self) -> dict[str, Any]:
        told = deepcopy(EXAMPLE)
        told["cobra"]["url"] = _with_password(self.cobra)
        told["sage"]["year"] = [
            {
                "name": name,
                "mandant": "MUSTER",
                "first_day": f"{name[-4:]}-01-01",
                "last_day": f"{name[-4:]}-12-31",
                "url": _with_password(url),
            }
            for name, url in zip(YEARS, self.years, strict=True)
        ]
        return told


def make_databases(server: Server) -> Databases:
    """Create cobra and both years on a server."""
    years = [server.create(name, "sage") for name in YEARS]
    return Databases(server, server.create("cobra", "cobra"), years)


EXAMPLE: dict[str, Any] = {
    "language": "de",
    "relay": {"poll_ms": 10},
    "cobra": {
        "address": {
            "table": "dbo.ADDRESSES",
            "key": "ID",
            "parent": "MAINID",
            "debtor": "main",
            "required": ["firm|last_name", "zip", "city"],
            "selection": {"field": "address_type", "in": ["Kunde"]},
            "deleted": {"column": "DELETED0", "is": 1},
            "on_delete": "keep",
            "changed_by": "CHANGEDBY0",
            "fields": {
                "sage_address_number": "SAGENR0",
                "debtor_number": "SAGENR0",
                "salutation": "SALUTATION0",
                "firm": "COMPANY1",
                "firm2": "COMPANY2",
                "last_name": "LASTNAME0",
                "first_name": "FIRSTNAME0",
                "street": "STREET0",
                "house_number": "HOUSENO0",
                "zip": "ZIP0",
                "city": "CITY0",
                "country": "COUNTRY0",
                "language": "LANGUAGE0",
                "phone": "PHONE0",
                "terms": "TERMS0",
                "address_type": "ADDRTYPE0",
            },
        },
    },
    "map": {
        "terms": {"30": "30T"},
        "language": {"deutsch": "D", "français": "F", "italiano": "I"},
    },
    "sage": {"mode": "addresses"},
}
"""A configuration without URLs and years, which each test's databases add."""


def _merged(told: dict[str, Any], overrides: dict[str, Any]) -> dict[str, Any]:
    merged = dict(told)
    for key, value in overrides.items():
        if value is None:
            merged.pop(key, None)
        elif isinstance(value, dict) and isinstance(merged.get(key), dict):
            merged[key] = _merged(merged[key], value)
        else:
            merged[key] = value
    return merged


def _with_password(url: URL) -> str:
    return url.render_as_string(hide_password=False)


def _sqlite_url(path: Path) -> URL:
    return URL.create("sqlite", database=str(path))


def _leave_begin_to_us(dbapi_connection: sqlite3.Connection, _record: object) -> None:
    dbapi_connection.isolation_level = None


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN")
