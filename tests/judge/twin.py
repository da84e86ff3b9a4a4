"""What the relay would send to SQL Server, told while it works on SQLite.

SQLAlchemy's statements are compiled once more, for SQL Server, where they are executed. What
SQLite's dialect does in its own way (writing many rows, marking its own writes) is done a second
time by SQL Server's dialect on a connection that only listens.
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from functools import cache
from typing import Any
from unittest.mock import MagicMock

import pytest
from sqlalchemy import ClauseElement, ColumnElement, FromClause, Table, make_url
from sqlalchemy.dialects.mssql.pyodbc import MSDialect_pyodbc
from sqlalchemy.ext.compiler import compiles

from relay.cobra.tables import source_tables
from relay.database.base import Dialect
from relay.database.one_text import JsonReading
from relay.database.sqlite.dialect import Sqlite
from relay.database.sqlserver import dialect as sqlserver_dialect
from relay.database.sqlserver.dialect import SqlServer
from relay.extras.answers.tables import answer_tables
from relay.extras.documents.tables import document_tables
from relay.extras.page.tables import page_tables
from relay.sage.tables import target_tables

Hear = Callable[[str], None]
"""Takes what would be sent."""
URL = make_url("mssql+pyodbc://relay@server/cobra?driver=none")
_LIMIT = re.compile(r"\b(TOP|OFFSET|FETCH FIRST|FETCH NEXT) __\[POSTCOMPILE_\w+\]")
"""A number that is written into the text when it is executed."""
_POSTCOMPILE = re.compile(r"__\[POSTCOMPILE_\w+(?:~~.*?~~.*?~~)?\]")


def _sql_server_2016(how: JsonReading) -> MSDialect_pyodbc:
    dialect: Any = MSDialect_pyodbc(paramstyle="qmark")  # type: ignore[no-untyped-call] # as SQLAlchemy has it
    dialect.relay_reading = how
    dialect.server_version_info = (13, 0, 5026, 0)
    dialect._setup_version_attributes()  # noqa: SLF001 - what a connection would do
    return dialect  # type: ignore[no-any-return] # the same


DIALECTS = (_sql_server_2016(JsonReading.EXACT), _sql_server_2016(JsonReading.NOT))
"""Of a database that reads JSON, and of one below compatibility level 130."""
DIALECT = DIALECTS[0]


def _own(dialect: str) -> tuple[Any, ...]:
    kinds = (source_tables, target_tables, document_tables, answer_tables, page_tables)
    return tuple(tables(dialect) for tables in kinds)


def _own_names() -> re.Pattern[str]:
    tables = _own("sqlite")
    names = [getattr(each, slot).name for each in tables for slot in each.__slots__]
    told = "|".join(name.removeprefix("relay_") for name in names)
    return re.compile(rf"\[?\brelay_({told}|source_version|target_version|v_\w+)\b\]?")


_OWN = _own_names()


def translated(statement: ClauseElement, *, dialect: Any = DIALECT, **options: Any) -> str:
    """Write a statement on SQLite's tables as it is written for SQL Server."""
    told = str(statement.compile(dialect=dialect, **options))
    told = _POSTCOMPILE.sub("?", _LIMIT.sub(r"\1 1", told))
    return _OWN.sub(r"relay.[\1]", told)


@cache
def engine() -> Any:
    """Return an engine as the relay builds it for SQL Server, with a driver that does nothing."""
    driver = MagicMock(version="5.2.0", paramstyle="qmark", apilevel="2.0")
    driver.connect.side_effect = lambda *_args, **_options: driver.connection
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sqlserver_dialect, "pyodbc_module", lambda: driver)
        return SqlServer().engine(URL, lock_timeout_ms=200)


class Listener:
    """A connection to SQL Server that only hears what is sent; its answers are made up."""

    closed = invalidated = False
    engine = MagicMock(url=URL, dialect=DIALECT)
    """What a caller may ask it for."""

    def __init__(self, hear: Hear, dialect: Any = DIALECT) -> None:
        """Take who listens, and to which kind of database."""
        self._hear = hear
        self.dialect = dialect

    @property
    def connection(self) -> Any:
        """Return what the driver would give, and a cursor that listens as well."""
        cursor = MagicMock(description=[("r",)])
        cursor.execute = self.exec_driver_sql
        cursor.fetchone.return_value = (0,)
        return MagicMock(cursor=lambda: cursor)

    def execute(self, statement: Any, rows: Any = None, **options: Any) -> Any:
        """Hear a statement."""
        many = isinstance(rows, list)
        keys = list(rows[0] if many else rows) if rows else None
        how = {"dialect": self.dialect, "column_keys": keys, "for_executemany": many}
        self._hear_whole(translated(statement, **how), options)
        return _answer(len(rows) if many else 1)

    def exec_driver_sql(self, statement: str, _rows: Any = None, **options: Any) -> Any:
        """Hear a text."""
        self._hear_whole(statement, options)
        return _answer(1)

    def _hear_whole(self, sql: str, options: Mapping[str, Any]) -> None:
        """Hear a text with what the relay's own listeners add on the way to the driver."""
        told = options.get("execution_options") or {}
        context = MagicMock(execution_options=told, compiled=None)
        for listener in engine().dispatch.before_cursor_execute:
            if str(listener.__module__).startswith("relay."):  # and none of a test's
                sql, _ = listener(self, None, sql, (), context, False)  # noqa: FBT003 - as SQLAlchemy
        self._hear(sql)

    def commit(self) -> None:
        """Do nothing."""

    rollback = invalidate = commit


def _answer(count: int) -> Any:
    """Say yes to what can be asked by yes and no, so that nothing is left out."""
    answer = MagicMock(rowcount=count)
    answer.scalar.return_value = answer.scalar_one.return_value = 1
    return answer


def called(method: Callable[..., Any], *args: Any, **named: Any) -> None:
    """Call a method of SQL Server's, whatever becomes of the answers that are made up."""
    with suppress(Exception):
        answer = method(*args, **named)
        if isinstance(answer, AbstractContextManager):
            with answer:
                pass


@contextmanager
def mirrored(hear: Hear) -> Iterator[None]:
    """Let SQLite's dialect tell what SQL Server's would send, too."""
    server = SqlServer()
    with pytest.MonkeyPatch.context() as patch:
        for name, parameters in _methods():
            first = parameters[0] if parameters else ""
            if first == "connection":
                patch.setattr(Sqlite, name, _both(server, name, hear))
            elif first == "select":  # what is added there is told to SQL Server only
                patch.setattr(Sqlite, name, _instead(server, name))
            elif first == "column" and name != "as_key":  # which gives a text, not an expression
                patch.setattr(Sqlite, name, _either(server, name))
        yield


def _methods() -> Iterator[tuple[str, list[str]]]:
    for name, method in inspect.getmembers(Dialect, inspect.isfunction):
        if not name.startswith("_"):
            yield name, list(inspect.signature(method).parameters)[1:]


def _both(server: SqlServer, name: str, hear: Hear) -> Callable[..., Any]:
    own, theirs = getattr(Sqlite, name), getattr(server, name)
    heard: set[object] = set()

    def both(self: Sqlite, connection: Any, *args: Any, **named: Any) -> Any:
        caller = sys._getframe(1)  # noqa: SLF001 - the standard library's own way
        shape = (caller.f_code, caller.f_lineno, *map(_shape, args))
        if shape not in heard:
            heard.add(shape)
            for dialect in DIALECTS:
                called(theirs, Listener(hear, dialect), *map(_on_server, args), **named)
        return own(self, connection, *args, **named)

    return both


def _shape(value: Any) -> object:
    """Return what a statement's text depends on."""
    if isinstance(value, list) and value and isinstance(value[0], dict):
        nothing = {name for name in value[0] if all(row.get(name) is None for row in value)}
        return (tuple(value[0]), frozenset(nothing), len(value) > 1)
    if isinstance(value, ClauseElement) and not isinstance(value, Table):
        key: Any = value._generate_cache_key()  # noqa: SLF001 - made for each execution anyway
        return None if key is None else key.key
    return str(value)


def _on_server(value: Any) -> Any:
    """Return one of our tables as it is on SQL Server, and anything else as it is."""
    match = _OWN.fullmatch(str(getattr(value, "name", "")))
    return _SERVERS.get(match[1], value) if match else value


def _servers() -> Mapping[str, Any]:
    tables = _own("mssql")
    found = [getattr(each, slot) for each in tables for slot in each.__slots__]
    return {table.name: table for table in found}


_SERVERS = _servers()


def _instead(server: SqlServer, name: str) -> Callable[..., Any]:
    theirs = getattr(server, name)

    def instead(self: Sqlite, *args: Any, **named: Any) -> Any:  # noqa: ARG001 - in its place
        return theirs(*args, **named)

    return instead


class _Either(ColumnElement[Any]):
    """An expression that each dialect writes in its own way."""

    inherit_cache = False

    def __init__(self, own: ColumnElement[Any], theirs: ColumnElement[Any]) -> None:
        self.own, self.theirs = own, theirs
        self.type = own.type

    @property
    def _from_objects(self) -> list[FromClause]:
        return self.own._from_objects  # noqa: SLF001 - it stands for that expression


@compiles(_Either)
def _write_own(element: _Either, compiler: Any, **kw: Any) -> str:
    return str(compiler.process(element.own, **kw))


@compiles(_Either, "mssql")
def _write_theirs(element: _Either, compiler: Any, **kw: Any) -> str:
    return str(compiler.process(element.theirs, **kw))


def _either(server: SqlServer, name: str) -> Callable[..., Any]:
    own, theirs = getattr(Sqlite, name), getattr(server, name)

    def either(self: Sqlite, *args: Any, **named: Any) -> Any:
        return _Either(own(self, *args, **named), theirs(*args, **named))

    return either
