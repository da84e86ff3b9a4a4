"""A captured cobra database as capture tests see it: a clerk saves, and we look at the outbox."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.engine import URL, Connection, Engine, make_url
from sqlalchemy.exc import DBAPIError

from relay.cobra import capture
from relay.cobra.tables import SourceTables, source_tables
from relay.database import capture_of, dialect_of
from relay.settings import Settings
from tests.world.databases import EXAMPLE, Databases, Server

_NO_YEARS = [make_url("sqlite:///is-never-opened")] * 2


class Noted(NamedTuple):
    """What an entry says."""

    key: str
    operation: str
    changed: str | None
    created_by: str | None


@dataclass
class Cobra:
    """One cobra database with the relay's schema, its configuration, and a clerk's session."""

    server: Server
    url: URL
    settings: Settings
    _clerks: list[Connection] = field(default_factory=list)

    @property
    def dialect(self) -> str:
        """`mssql` or `sqlite`."""
        return self.server.dialect

    @cached_property
    def engine(self) -> Engine:
        """The relay's own engine."""
        return dialect_of(self.url).engine(self.url, lock_timeout_ms=200)

    @property
    def tables(self) -> SourceTables:
        """The relay's tables."""
        return source_tables(self.dialect)

    @cached_property
    def clerk(self) -> Connection:
        """A clerk's session, which other programs' settings may have changed."""
        return self.connect()

    def connect(self, url: URL | None = None) -> Connection:
        """Open a further clerk's session; it is closed with the test."""
        connection = self.server.engine(url or self.url).connect()
        self._clerks.append(connection)
        return connection

    def close(self) -> None:
        """Close all sessions."""
        for connection in self._clerks:
            connection.close()

    def table(self, name: str = "ADDRESSES") -> str:
        """Return a plain table's name for SQL text."""
        return name if self.dialect == "sqlite" else f"dbo.{name}"

    def create(self, name: str, columns: str) -> str:
        """Create a table; return its name for SQL text."""
        self.save(f"CREATE TABLE {self.table(name)} ({columns})")
        return self.table(name)

    def save(self, *statements: str, values: tuple[object, ...] = ()) -> None:
        """Let the clerk run statements in one transaction."""
        with self.clerk.begin():
            for statement in statements:
                self.clerk.exec_driver_sql(statement, values)

    def ask(self, query: str) -> Any:
        """Return one value."""
        with self.clerk.begin():
            return self.clerk.exec_driver_sql(query).scalar_one()

    def trigger(self, name: str) -> str:
        """Return a trigger's name for SQL text."""
        return self.table(name)

    def create_trigger(self, name: str, table: str) -> None:
        """Create a trigger that is not ours."""
        watched = self.table(table)
        if self.dialect == "mssql":
            self.save(
                f"CREATE TRIGGER {self.trigger(name)} ON {watched} AFTER UPDATE AS SET NOCOUNT ON"
            )
        else:
            self.save(f"CREATE TRIGGER {name} AFTER UPDATE ON {watched} BEGIN SELECT 1; END")

    def trigger_names(self) -> list[str]:
        """Return the names of all triggers that begin like ours."""
        with self.engine.connect() as connection:
            return sorted(f.where.name for f in capture_of(connection).triggers(connection))

    def objection(self, statement: str) -> str | None:
        """Run a statement in a session of its own; return what the server has against it."""
        session = self.connect()
        transaction = session.begin()
        try:
            session.exec_driver_sql(statement)
        except DBAPIError as error:
            session.invalidate()  # Babelfish has rolled back already, and objects to a second one
            return str(error.orig)
        transaction.commit()
        return None

    def settings_with(self, **overrides: object) -> Settings:
        """Return the demo's settings with some overridden."""
        return Databases(self.server, self.url, _NO_YEARS).settings(**overrides)

    def install(self) -> None:
        """Install the triggers."""
        capture.install(self.engine, self.settings)

    def forget(self) -> None:
        """Empty the outbox."""
        with self.clerk.begin():
            self.clerk.execute(self.tables.outbox.delete())

    def noted(self) -> list[Noted]:
        """Return what is in the outbox, oldest first."""
        outbox = self.tables.outbox.c
        query = select(
            outbox.entity_key, outbox.operation, outbox.changed, outbox.created_by
        ).order_by(outbox.id)
        with self.clerk.begin():
            return [Noted(*row) for row in self.clerk.execute(query)]

    def changes(self) -> list[tuple[str, str, str | None]]:
        """Return (key, operation, changed fields) of what is in the outbox, oldest first."""
        return [(entry.key, entry.operation, entry.changed) for entry in self.noted()]

    def verify(self) -> list[tuple[str, str]]:
        """Return (code, trigger) of every finding."""
        with self.engine.connect() as connection:
            return [
                (f.code, str(f.values["trigger"]))
                for f in capture.verify(connection, self.settings)
            ]


@contextmanager
def cobra_on(server: Server) -> Iterator[Cobra]:
    """Give a new cobra database with the demo's address table, not captured yet."""
    url = server.create("cobra", "cobra")
    cobra = Cobra(server, url, Databases(server, url, _NO_YEARS).settings())
    try:
        yield cobra
    finally:
        cobra.close()


def configure(cobra: Cobra, table: str, key: str, fields: dict[str, str], **more: object) -> None:
    """Point the configuration at another table, with only these fields."""
    address = dict.fromkeys(EXAMPLE["cobra"]["address"])
    others = dict.fromkeys(EXAMPLE["cobra"]["address"]["fields"])
    selection = {"field": next(iter(fields)), "in": ["Kunde"]}
    told = {"table": table, "key": key, "required": [], "fields": others | fields}
    cobra.settings = Databases(cobra.server, cobra.url, _NO_YEARS).settings(
        cobra={"address": address | told | {"selection": selection} | more}
    )
