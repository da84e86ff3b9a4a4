"""Sits between the relay and its databases: names every boundary, and breaks where it is told.

Each statement, each COMMIT before and after it took effect, each connection and each milestone of
the relay is a boundary. What a break leaves behind is what the server would leave: an open
transaction is rolled back, a connection that was cut is never used again, and a relay that died
says nothing more to any database.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Engine

COBRA = "cobra"


class DeadError(BaseException):
    """Stands for the relay's death. Nothing in the relay catches it, as nothing catches SIGKILL."""


class Boundary:
    """Where the relay is: in which database, doing what."""

    __slots__ = ("cursor", "database", "label", "raw")

    def __init__(self, database: str, label: str, raw: Any = None, cursor: Any = None) -> None:
        """Take the database (a milestone has none), the name, and the driver's objects."""
        self.database = database
        self.label = label
        self.raw = raw
        self.cursor = cursor

    def __str__(self) -> str:
        """Say it to people."""
        return f"{self.database}:{self.label}" if self.database else self.label


Watch = Callable[[Boundary], None]


class Wires:
    """All connections of one relay."""

    def __init__(self, engines: dict[str, Engine]) -> None:
        """Take the engines by database; they stay wired for good."""
        self.watch: Watch = lambda _boundary: None
        self.committed: Callable[[str], None] = lambda _database: None
        """Told of each database in which a transaction took effect."""
        self.away: Counter[str] = Counter()
        """Database to the number of logins that will still fail."""
        self.passed: Counter[str] = Counter()
        self.dead = False
        self._broken: set[int] = set()
        self._writing: set[int] = set()
        self._open: dict[int, str] = {}
        self.errors = Errors(next(iter(engines.values())).dialect.name)
        for name, engine in engines.items():
            self._wire(name, engine)

    def fresh(self) -> None:
        """Begin with a new relay process."""
        self.dead = False
        self._broken.clear()
        self._writing.clear()
        self._open.clear()

    def milestone(self, name: str) -> None:
        """Pass one of the relay's own milestones."""
        self._pass(Boundary("", name))

    def is_writing(self, database: str = COBRA) -> bool:
        """Tell whether the relay has a transaction open that wrote to a database."""
        return any(self._open.get(raw) == database for raw in self._writing)

    def is_amid(self) -> bool:
        """Tell whether the relay has written something that is not committed yet, anywhere."""
        return bool(self._writing)

    def die(self) -> None:
        """Let the relay die here."""
        self.dead = True
        raise DeadError

    def cut(self, boundary: Boundary, logins: int) -> None:
        """Cut the connection in hand; the next `logins` tries to connect fail too."""
        self._break(boundary, logins)
        raise self.errors.lost()

    def _break(self, boundary: Boundary, logins: int) -> None:
        with suppress(Exception):
            boundary.raw.rollback()
        self._end(boundary.raw)
        self._broken.add(id(boundary.raw))
        self.away[boundary.database] = logins

    def victim(self, boundary: Boundary) -> None:
        """Choose the relay as a deadlock's victim: its transaction is gone, its connection not."""
        with suppress(Exception):
            boundary.raw.rollback()
        self._end(boundary.raw)
        raise self.errors.locked()

    def refuse(self) -> None:
        """Let a constraint refuse the statement in hand."""
        raise self.errors.data()

    def lose_commit(self, boundary: Boundary, logins: int, *, after: bool) -> None:
        """Cut the connection during COMMIT: before it took effect, or after."""
        if after:
            boundary.raw.commit()
            self.committed(boundary.database)
        self._break(boundary, logins)
        raise self.errors.lost()

    def _wire(self, name: str, engine: Engine) -> None:
        dialect: Any = engine.dialect
        for method in ("do_execute", "do_executemany"):
            setattr(dialect, method, self._executing(name, getattr(dialect, method)))
        no_parameters = dialect.do_execute_no_params

        def execute_plain(cursor: Any, statement: str, context: Any = None) -> Any:
            self._statement(name, cursor, statement)
            return no_parameters(cursor, statement, context)

        dialect.do_execute_no_params = execute_plain
        dialect.do_commit = self._committing(name, dialect.do_commit)
        dialect.do_rollback = self._rolling_back(dialect.do_rollback)
        event.listen(engine, "connect", self._connecting(name), insert=True)

    def _executing(self, name: str, execute: Callable[..., Any]) -> Callable[..., Any]:
        def wired(cursor: Any, statement: str, parameters: Any, context: Any = None) -> Any:
            self._statement(name, cursor, statement)
            return execute(cursor, statement, parameters, context)

        return wired

    def _statement(self, name: str, cursor: Any, statement: str) -> None:
        raw = cursor.connection
        if id(raw) in self._broken:
            raise self.errors.lost()
        label = _label(statement)
        self._open[id(raw)] = name
        self._pass(Boundary(name, label, raw, cursor))
        if label.split(" ")[0] in ("INSERT", "UPDATE", "DELETE"):
            self._writing.add(id(raw))

    def _committing(self, name: str, commit: Callable[..., Any]) -> Callable[..., Any]:
        def wired(raw_connection: Any) -> None:
            raw = _driver(raw_connection)
            if id(raw) in self._broken:
                raise self.errors.lost()
            self._pass(Boundary(name, "COMMIT", raw))
            commit(raw_connection)
            wrote = id(raw) in self._writing
            self._end(raw)
            if wrote:
                self.committed(name)
            self._pass(Boundary(name, "committed", raw))

        return wired

    def _rolling_back(self, roll_back: Callable[..., Any]) -> Callable[..., Any]:
        def wired(raw_connection: Any) -> None:
            raw = _driver(raw_connection)
            self._end(raw)
            if id(raw) not in self._broken:
                roll_back(raw_connection)

        return wired

    def _connecting(self, name: str) -> Callable[[Any, Any], None]:
        def connect(raw_connection: Any, _record: object) -> None:
            raw = _driver(raw_connection)
            self._broken.discard(id(raw))
            if self.dead or self.away[name] > 0:
                self.away[name] -= not self.dead
                raise DeadError if self.dead else self.errors.lost()
            self._pass(Boundary(name, "connected", raw))

        return connect

    def _end(self, raw: Any) -> None:
        self._writing.discard(id(raw))
        self._open.pop(id(raw), None)

    def _pass(self, boundary: Boundary) -> None:
        if self.dead:
            raise DeadError
        self.passed[str(boundary)] += 1
        self.watch(boundary)

    @contextmanager
    def watched(self, watch: Watch) -> Iterator[None]:
        """Let `watch` see every boundary while the context lasts."""
        before, self.watch = self.watch, watch
        try:
            yield
        finally:
            self.watch = before


class Errors:
    """What the driver of a dialect raises."""

    def __init__(self, dialect: str) -> None:
        """Take the dialect's name."""
        self._mssql = dialect == "mssql"

    def lost(self) -> Exception:
        """Return the error of a connection that is gone."""
        return self._error("08S01", "TCP Provider: Error code 0x68 (104)", "SQLITE_IOERR")

    def locked(self) -> Exception:
        """Return the error of a deadlock's victim."""
        return self._error("40001", "chosen as the deadlock victim. (1205)", "SQLITE_BUSY")

    def data(self) -> Exception:
        """Return the error of a constraint."""
        return self._error("23000", "The statement conflicted. (547)", "SQLITE_CONSTRAINT")

    def _error(self, state: str, words: str, name: str) -> Exception:
        if self._mssql:
            import pyodbc  # only where a server is tested

            data = state == "23000"
            kind: type[Exception] = pyodbc.IntegrityError if data else pyodbc.OperationalError
            return kind(state, f"[{state}] [Microsoft][ODBC Driver] {words} (SQLExecDirectW)")
        error = sqlite3.OperationalError(words)
        error.sqlite_errorname = name
        return error


def _driver(raw_connection: Any) -> Any:
    """Return the driver's own connection, also of one that is kept warm."""
    raw = getattr(raw_connection, "driver_connection", raw_connection)
    return getattr(raw, "__dict__", {}).get("_kept", raw)


def _label(statement: str) -> str:
    """Name a statement by its verb and table."""
    words = statement.replace("(", " ").split(None, 4)
    if not words:
        return "?"
    verb = words[0].upper()
    place = {"INSERT": 2, "DELETE": 2, "UPDATE": 1}.get(verb, len(words))
    return f"{verb} {_name(words[place])}" if place < len(words) else verb


def _name(quoted: str) -> str:
    return quoted.rsplit(".", maxsplit=1)[-1].strip('"[]').removeprefix("relay_")
