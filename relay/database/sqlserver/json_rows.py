"""Knows how rows are written by a statement with one parameter: `OPENJSON (:rows) WITH (…)`.

Several such statements may go as one batch.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    Column,
    DateTime,
    Numeric,
    Table,
    TextClause,
    TypeDecorator,
    bindparam,
    event,
    text,
)
from sqlalchemy.dialects.mssql import DATETIME2, DECIMAL
from sqlalchemy.engine import Connection
from sqlalchemy.types import Float, NullType

from relay.database.base import Rows
from relay.database.columns import COLLATION, is_narrow, is_text
from relay.database.hints import HINT, Hint
from relay.database.one_text import JsonReading, JsonText, reading, sent
from relay.database.own_types import utcnow
from relay.database.rows import check_count
from relay.database.sqlserver.counting import BETWEEN, counted_each

KEY_TEXT, NARROW_KEY_TEXT = "nvarchar(4000)", "varchar(8000)"
"""Of texts that are compared: no index is sought by a text of unlimited length."""
ANY_TEXT = "nvarchar(max)"
"""Of texts that are written: one that is too long is refused by its column, not cut here."""
UNCUT = "ntext"
"""The same where `nvarchar(max)` is cut (`Reading.ESCAPED`)."""
SEEKING = "OPTION (LOOP JOIN, FORCE ORDER)"
"""The list comes first, and each of its rows is looked up: no other row is looked at."""
_ESCAPED = re.compile(r'["\\\x00-\x1f]')
"""What JSON does not write as it is."""
_PRIVATE = range(0xE000, 0xF8FF)
"""Characters that hardly a text has, so that most of them are free in a batch."""

Values = list[tuple[Any, ...]]
Instead = tuple[tuple[tuple[int, int], ...], ...]
_KEPT = "relay_kept_writes"
"""Where a connection keeps the writes that go as one batch."""


@dataclass(frozen=True, slots=True)
class Write:
    """What the text of a statement depends on."""

    table: Table
    names: tuple[str, ...]
    """The columns of a row, in its order."""
    now: tuple[str, ...]
    by: tuple[str, ...] = ()
    """Of an UPDATE: the columns by which rows are found."""
    instead: Instead = ()
    """Of each column, if any: characters that were put in the place of others, and those."""


Writes = Sequence[tuple[Write, Rows]]


def statement(dialect: Any, writes: Writes, between: str) -> tuple[TextClause, dict[str, Any]]:
    """Return the one batch that writes all rows, a statement for each write, and its parameters.

    `between` stands between two statements.
    """
    made: list[Write] = []
    parameters: dict[str, Any] = {}
    for number, (write, rows) in enumerate(writes):
        values, instead = _sent(dialect, write, rows), write.instead
        if reading(dialect) is JsonReading.ESCAPED:
            values, instead = _without_escapes(values)
        made.append(replace(write, instead=instead))
        parameters[f"rows{number}"] = values
    return _batch(dialect, reading(dialect), tuple(made), between), parameters


def _sent(dialect: Any, write: Write, rows: Rows) -> Values:
    """Return the rows' values as their columns' own types send them."""
    values = [tuple(map(row.__getitem__, write.names)) for row in rows]
    kinds = [write.table.c[name].type for name in write.names]
    if not any(isinstance(kind, TypeDecorator) for kind in kinds):
        return values
    return [tuple(sent(k, v, dialect) for k, v in zip(kinds, row, strict=True)) for row in values]


def _without_escapes(rows: Values) -> tuple[Values, Instead]:
    """Put characters that no text here has in the place of those that JSON would escape."""
    texts = ["".join(v for v in values if isinstance(v, str)) for values in zip(*rows, strict=True)]
    whole = "".join(texts)
    private = (code for code in _PRIVATE if chr(code) not in whole)
    free = {ord(each): next(private) for each in sorted(set(_ESCAPED.findall(whole)))}
    instead = tuple(
        tuple((free[code], code) for code in sorted({*map(ord, _ESCAPED.findall(text))}))
        for text in texts
    )
    if not free:
        return rows, instead

    def safe(value: Any) -> Any:
        return value.translate(free) if isinstance(value, str) else value

    return [tuple(map(safe, row)) for row in rows], instead


@lru_cache(maxsize=256)
def _batch(dialect: Any, how: JsonReading, writes: tuple[Write, ...], between: str) -> TextClause:
    names = [f"rows{number}" for number in range(len(writes))]
    statements = (
        _text(dialect, how, write).replace(":", "\\:").replace("\x00", f":{name}")
        for name, write in zip(names, writes, strict=True)
    )
    marks = (bindparam(name, type_=JsonText()) for name in names)
    return text(between.join(statements)).bindparams(*marks)


@lru_cache(maxsize=256)
def _text(dialect: Any, how: JsonReading, write: Write) -> str:
    """Return a statement, with a NUL where its rows stand."""
    quote = dialect.identifier_preparer.quote_identifier
    columns = [write.table.c[name] for name in write.names]
    types = [_type(dialect, how, column, is_key=column.name in write.by) for column in columns]
    schema = ", ".join(f"c{i} {kind} '$[{i}]'" for i, kind in enumerate(types))
    listed = f"OPENJSON(\x00) WITH ({schema}) AS listed"
    instead = write.instead or ((),) * len(columns)
    expressions = {
        quote(column.name): _value(column, f"listed.c{i}", put, is_key=column.name in write.by)
        for i, (column, put) in enumerate(zip(columns, instead, strict=True))
    }
    clock = str(utcnow().compile(dialect=dialect))
    values = expressions | {quote(name): clock for name in write.now}
    table = dialect.identifier_preparer.format_table(write.table)
    if write.by:
        by = [quote(name) for name in write.by]
        return _update(table, values, by, listed, write.table.info.get(HINT))
    return f"INSERT INTO {table} ({', '.join(values)}) SELECT {', '.join(values.values())} FROM {listed}"  # noqa: S608, E501 - quoted names


def _update(
    table: str, values: dict[str, str], by: list[str], listed: str, hint: Hint | None
) -> str:
    sets = ", ".join(f"{name} = {value}" for name, value in values.items() if name not in by)
    found = " AND ".join(f"written.{name} = {values[name]}" for name in by)
    target = f"{table} AS written" if hint is None else f"{table} AS written {hint.text}"
    return f"UPDATE written SET {sets} FROM {listed} JOIN {target} ON {found} {SEEKING}"  # noqa: S608 - quoted names


def _type(dialect: Any, how: JsonReading, column: Column[Any], *, is_key: bool) -> str:
    """Return the type of a list's column; never one that reads a day in a language's way."""
    kind = column.type
    if is_text(kind) or isinstance(kind, NullType):
        if is_key:
            return NARROW_KEY_TEXT if is_narrow(kind) else KEY_TEXT
        return UNCUT if how is JsonReading.ESCAPED else ANY_TEXT
    if isinstance(kind, DateTime) and not getattr(kind, "timezone", False):
        kind = DATETIME2(7)  # type: ignore[no-untyped-call] # as SQLAlchemy has it
    elif isinstance(kind, Numeric) and not isinstance(kind, Float) and kind.precision is None:
        kind = DECIMAL(38, 10)
    return str(dialect.type_compiler_instance.process(kind))


def _value(
    column: Column[Any], listed: str, instead: tuple[tuple[int, int], ...], *, is_key: bool
) -> str:
    """Return a list's value: of a text the characters that were meant, of a key its collation."""
    if instead:
        listed = f"{listed} COLLATE Latin1_General_100_BIN2"
    for other, meant in instead:
        listed = f"REPLACE({listed}, NCHAR({other}), NCHAR({meant}))"
    if not (is_key and is_text(column.type)):
        return listed
    return f"{listed} COLLATE {column.info.get(COLLATION, 'DATABASE_DEFAULT')}"


@contextmanager
def together(connection: Connection) -> Iterator[None]:
    """Keep what is written meanwhile, and send it as one batch: a round trip for all.

    Whatever else is executed meanwhile finds it there: it is sent before.
    """
    kept: list[tuple[Write, Rows]] = []

    def send(*_: object) -> None:
        if kept:
            writes = [*kept]
            kept.clear()
            _send(connection, writes)

    about = connection.info
    about[_KEPT] = kept
    event.listen(connection, "before_execute", send)
    try:
        yield
        send()
    finally:
        event.remove(connection, "before_execute", send)
        del about[_KEPT]


def write_rows(connection: Connection, write: Write, rows: Rows) -> None:
    """Write rows, or keep them for the batch."""
    kept: list[tuple[Write, Rows]] | None = connection.info.get(_KEPT)
    if kept is None:
        _send(connection, [(write, rows)])
    else:
        kept.append((write, rows))


def _send(connection: Connection, writes: Writes) -> None:
    batch, parameters = statement(connection.dialect, writes, BETWEEN)
    counts = counted_each(connection, batch, parameters, len(writes))
    for (write, rows), count in zip(writes, counts, strict=True):
        check_count(write.table, rows, count)
