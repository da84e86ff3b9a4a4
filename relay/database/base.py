"""Knows what every database must be able to do for the relay, and the types that bridge them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import BindParameter, Column, Table, bindparam
from sqlalchemy.engine import URL, Connection, Engine
from sqlalchemy.sql import Executable
from sqlalchemy.sql.dml import Insert
from sqlalchemy.sql.elements import ColumnElement

from relay.base.errors import Unavailable
from relay.database.columns import inspected
from relay.database.refusals import Refusal
from relay.database.secrets import hidden, shown

CHUNK = 900
"""Values in one IN list: two of them stay below SQL Server's 2,100 parameters."""
KEY_LENGTH = 450
"""Characters of `entity_key`: 900 bytes, SQL Server's longest key of a clustered index."""
T = TypeVar("T")


def chunks(items: Sequence[T], size: int = CHUNK) -> Iterator[Sequence[T]]:
    """Split what goes into one list of values."""
    return (items[at : at + size] for at in range(0, len(items), size))


def given(name: str, column: Column[Any]) -> BindParameter[Any]:
    """Return what stands in a statement for a value that comes with each execution."""
    return bindparam(name, type_=column.type)


Rows = Sequence[dict[str, Any]]
"""Rows to write: names of columns to values, the same columns in each."""
Parameters = Mapping[str, Any] | Sequence[Mapping[str, Any]] | None
"""Values of a statement: one set of them, or one for each of its executions."""


class Failure(Enum):
    """What an error from a database means for the relay; only `DATA` holds a record."""

    DATA = auto()
    """The record's own values are refused: hold it."""
    LOCKED = auto()
    """Somebody has the row open: later, and no attempt counted."""
    TECHNICAL = auto()
    """The database is away, full, read-only or forbidden: pause it, count nothing."""
    ABSENT = auto()
    """A table or column is not there, as amid somebody's update of it: pause it as well."""
    UNKNOWN = auto()
    """Anything else: a fault of the record only if another record went through."""


PAUSING = (Failure.TECHNICAL, Failure.ABSENT)
"""The database's own trouble, which no record is held for."""


@dataclass(frozen=True, slots=True)
class TableInfo:
    """Where a table is: schema (None: the database's default) and name, unquoted."""

    schema: str | None
    name: str


class Whereabouts(NamedTuple):
    """Where a database is, and which life of it this is."""

    place: tuple[str, str]
    """(server, database) as the database itself names them."""
    generation: str | None
    """A marker that changes when the database is restored; None if not to be had."""
    instance: tuple[str, str]
    """The place without the availability group that it may be in: this server, this database."""


class Dialect(ABC):
    """One kind of database. Two exist: SQL Server, and SQLite as the embedded default."""

    name: str
    """`mssql` or `sqlite`: the folder of its SQL files."""

    @abstractmethod
    def engine(self, url: URL, *, lock_timeout_ms: int) -> Engine:
        """Build an engine without a pool; whoever needs a connection keeps it."""

    @abstractmethod
    def failure(self, error: BaseException) -> Failure:
        """Tell what an error of this database means."""

    def cannot_decode(self, error: BaseException) -> bool:
        """Tell whether the driver cannot decode a text: half a character, as a cut one leaves."""
        return isinstance(error, UnicodeError)

    @abstractmethod
    def read_undecodable(self, connection: Connection) -> None:
        """Let this connection read U+FFFD for what cannot be decoded, to be shown to people."""

    @abstractmethod
    def refusal(self, error: BaseException) -> Refusal | None:
        """Tell what this database has against a row or a login.

        None: the trouble is its own (it is away, full, out of memory).
        """

    @abstractmethod
    def explain(self, error: BaseException) -> tuple[str, str]:
        """Return a code of the catalogue and the driver's words for what keeps a database away."""

    def unavailable(
        self,
        error: BaseException,
        url: URL,
        database: str,
        *,
        kind: type[Unavailable] = Unavailable,
        **more: object,
    ) -> Unavailable:
        """Say in plain words, without secrets, what keeps a database from being used.

        `database` names it for the reader; `more` are further values of the error.
        """
        code, words = self.explain(error)
        return kind(code, database=database, url=shown(url), what=hidden(words, url), **more)

    @abstractmethod
    def place(self, connection: Connection) -> tuple[str, str]:
        """Return (server, database) as the database itself names them."""

    @abstractmethod
    def whereabouts(self, connection: Connection) -> Whereabouts:
        """Return the place, and what tells a restored database."""

    @abstractmethod
    def lock(self, connection: Connection) -> AbstractContextManager[bool]:
        """Try, without waiting, to be the one relay of this cobra database.

        Yields whether the lock was taken. It is freed when the context ends, when the
        connection ends, and when the process dies.
        """

    def forget_lock(self, url: URL) -> None:
        """Remove what a lock leaves behind that nobody takes any more."""
        return

    def is_locked(self, connection: Connection) -> bool:
        """Tell whether a relay has the lock; without a way to ask, it is tried and let go."""
        with self.lock(connection) as taken:
            return not taken

    @abstractmethod
    def own_writes(self, connection: Connection) -> AbstractContextManager[None]:
        """Mark what is written inside as the relay's own; capture triggers ignore it."""

    @abstractmethod
    def locate(self, configured: str, schema: str | None) -> TableInfo:
        """Read a configured table name: `schema.table`, quoted parts allowed, or with `schema`."""

    @abstractmethod
    def key_text(self, column: Column[Any]) -> ColumnElement[str]:
        """Return the key as the text that the triggers write."""

    @abstractmethod
    def time_text(self, column: Column[Any], length: int) -> ColumnElement[str]:
        """Return the first letters of a day or a time as ISO 8601 writes it: 2026-01-31T12:30."""

    @abstractmethod
    def as_key(self, column: Column[Any], text: str) -> str:
        """Return SQL that gives a key's text as the column's type, so that its index is used."""

    def counted(
        self, connection: Connection, statement: Executable, parameters: Parameters = None
    ) -> int:
        """Execute a statement that writes; returns how many rows it wrote itself.

        That is neither what triggers write beside it, nor what options of the session let the
        driver tell. A list of parameters executes it for each of them, none for an empty list.
        """
        if isinstance(statement, Insert):
            statement = statement.inline()  # nothing is to be told of the new rows but their count
        if isinstance(parameters, Sequence) and not parameters:
            return 0
        return self._counted(connection, statement, parameters)

    @abstractmethod
    def _counted(
        self, connection: Connection, statement: Executable, parameters: Parameters
    ) -> int:
        """Do so for a statement that tells nothing else."""

    @abstractmethod
    def insert_rows(
        self, connection: Connection, table: Table, rows: Rows, *, now: Collection[str] = ()
    ) -> None:
        """Insert rows, names of columns to values; the same columns in each.

        Columns `now` take the server's clock.
        """

    @abstractmethod
    def update_rows(
        self,
        connection: Connection,
        table: Table,
        rows: Rows,
        *,
        by: Collection[str],
        now: Collection[str] = (),
    ) -> None:
        """Update rows; each is found by its columns `by`, and has the same columns as the others.

        Raises:
            RowCountError: a row is not there.
        """

    def together(self, connection: Connection) -> AbstractContextManager[None]:
        """Let what is inserted and updated by rows meanwhile be sent at the end, in its order.

        Or before, where something else is read or written. Where no network lies between, each
        write goes at once.
        """
        del connection
        return nullcontext()

    @abstractmethod
    def local_time(self, connection: Connection) -> datetime:
        """Return the time on the clock of the database's server, in its zone and without it."""

    def columns(self, connection: Connection, where: TableInfo) -> list[Column[Any]]:
        """Read a table's columns from the catalogue; none if there is no such table."""
        return inspected(connection, where.name, where.schema)
