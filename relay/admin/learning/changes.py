"""Knows what Sage itself has written since the notes were taken, table by table, row by row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
from sqlalchemy import or_, type_coerce
from sqlalchemy.engine import Connection
from sqlalchemy.types import NullType

from relay.admin.learning import snapshot
from relay.admin.learning.snapshot import (
    VERSION,
    SageRows,
    checksums,
    count_of,
    digest,
    end_of,
    rows_of,
    tables_of,
)
from relay.base.errors import Refused
from relay.database import dialect_of

MOST = 500
"""New rows, and changed ones, that are kept of one table: a sample has a few."""
FEW = 20
"""Rows that nothing tells apart, among which a raised number is looked for."""
Row = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class ChangedRow:
    """A row that was there before, and which of its columns are not as they were."""

    row: Row
    columns: tuple[str, ...]
    risen: Mapping[str, int] = field(default_factory=dict)
    """Those of the columns in which a whole number was raised, and by how much."""


@dataclass(slots=True)
class TableChanges:
    """What became of one table."""

    table: SageRows
    rows: int = 0
    """How many it has now, if it was read."""
    is_new: bool = False
    """It was not there when the notes were taken."""
    is_large: bool = False
    """It was noted by the ends of its key: only rows beyond them are seen."""
    inserted: list[Row] = field(default_factory=list)
    changed: list[ChangedRow] = field(default_factory=list)
    deleted: int = 0
    """Rows that are gone; without a key also those that are not as they were."""
    more: int = 0
    """New or changed rows beyond `MOST`."""

    @property
    def any(self) -> bool:
        """Tell whether anything is otherwise."""
        return bool(self.inserted or self.changed or self.deleted or self.more)


@dataclass(frozen=True, slots=True)
class _Noted:
    """What the notes say of a table, and its rows."""

    head: Mapping[str, Any]
    rows: list[list[Any]]


def notes_head(line: bytes) -> Mapping[str, Any]:
    """Return what the first line of notes says.

    Raises:
        Refused: it is not of such notes.
    """
    try:
        head = orjson.loads(line)
    except ValueError:
        head = None
    if not isinstance(head, dict) or head.get("relay_learn") != VERSION:
        raise Refused("learn_no_notes")
    return head


def require_place(head: Mapping[str, Any], connection: Connection) -> None:
    """Make sure that notes are of the database that is now connected.

    Raises:
        Refused: they are of another one.
    """
    noted, here = tuple(head["place"]), dialect_of(connection).place(connection)
    if noted != here:
        there = {"noted": " / ".join(noted), "here": " / ".join(here)}
        raise Refused("learn_other_database", **there)


def changes_since(lines: Iterable[bytes], connection: Connection) -> Iterator[TableChanges]:
    """Compare notes (without their first line) with the year as it is now.

    Both are gone through in the order of the tables' names, one table in memory at a time.
    """
    noted = _by_table(lines)
    before = next(noted, None)
    for table in tables_of(connection):
        here = table.where.schema or "", table.where.name
        while before is not None and _place_of(before) < here:
            before = next(noted, None)
        if before is not None and _place_of(before) == here:
            yield _compared(connection, table, before)
        else:
            yield _all_new(connection, table)


def _place_of(noted: _Noted) -> tuple[str, str]:
    return noted.head["schema"] or "", noted.head["table"]


def _by_table(lines: Iterable[bytes]) -> Iterator[_Noted]:
    current: _Noted | None = None
    for line in lines:
        if line.startswith(b"{"):
            if current is not None:
                yield current
            current = _Noted(orjson.loads(line), [])
        elif current is not None and line.strip():
            current.rows.append(orjson.loads(line))
    if current is not None:
        yield current


def _all_new(connection: Connection, table: SageRows) -> TableChanges:
    found = TableChanges(table, is_new=True)
    if count_of(connection, table) <= snapshot.LARGE:
        for row in rows_of(connection, table.query()):
            _insert(found, row)
    return found


def _compared(connection: Connection, table: SageRows, before: _Noted) -> TableChanges:
    found = TableChanges(table, is_large=before.head["large"])
    if found.is_large:
        _beyond(connection, found, before)
    elif table.key and list(table.key) == before.head["key"]:
        _by_key(connection, found, before)
    else:
        _by_digest(connection, found, before)
    return found


def _by_key(connection: Connection, found: TableChanges, before: _Noted) -> None:
    stood = {tuple(key): bytes.fromhex(sums) for key, sums in before.rows}
    before.rows.clear()
    names, then = found.table.names, before.head["columns"]
    for row in rows_of(connection, found.table.query()):
        found.rows += 1
        sums = stood.pop(found.table.key_of(row), None)
        if sums is None:
            _insert(found, row)
        elif (now := checksums(row)) != sums or len(names) != len(then):
            _change(found, row, _named(then, sums), _named(names, now))
    found.deleted = len(stood)
    if len(stood) == len(found.inserted) == found.rows == 1:
        (key,) = stood
        _one_again(found, lambda row: snapshot.rise_of_key(found.table, row, key))


def _named(names: Sequence[str], sums: bytes) -> dict[str, bytes]:
    return {name: sums[4 * at : 4 * at + 4] for at, name in enumerate(names)}


def _change(
    found: TableChanges, row: Sequence[Any], was: Mapping[str, bytes], now: Mapping[str, bytes]
) -> None:
    columns = tuple(name for name in found.table.names if now[name] != was.get(name))
    if columns and len(found.changed) < MOST:
        values = _row(found.table, row)
        tried = {n: snapshot.rise_of_value(values[n], was[n]) for n in columns if n in was}
        risen = {name: by for name, by in tried.items() if by}
        found.changed.append(ChangedRow(values, columns, risen))
    elif columns:
        found.more += 1


def _by_digest(connection: Connection, found: TableChanges, before: _Noted) -> None:
    """Compare a table whose rows nothing tells apart: a changed row is a new one and one gone."""
    stood: Counter[str] = Counter()
    if not before.head["key"]:
        stood.update(dict(before.rows))
    for row in rows_of(connection, found.table.query()):
        found.rows += 1
        whole = digest(row)
        if stood[whole] > 0:
            stood[whole] -= 1
        else:
            _insert(found, row)
    found.deleted = stood.total()
    gone = {whole for whole, count in stood.items() if count}
    if 0 < found.deleted == len(found.inserted) <= FEW:
        _one_again(found, lambda row: snapshot.rise_of_row(row, gone))


def _one_again(found: TableChanges, risen: Callable[[Row], Mapping[str, int]]) -> None:
    """Take new rows for what they are: one that stood there, but for a number that was raised."""
    for row in list(found.inserted):
        if by := risen(row):
            found.inserted.remove(row)
            found.changed.append(ChangedRow(row, tuple(by), by))
            found.deleted -= 1


def _beyond(connection: Connection, found: TableChanges, before: _Noted) -> None:
    table, ends = found.table, before.head["ends"]
    if ends is None or not table.key:
        now = count_of(connection, table)
        found.more = max(now - before.head["rows"], 0)
        found.deleted = max(before.head["rows"] - now, 0)
        return
    column = type_coerce(table.column(table.key[0]), NullType())
    lowest, highest = map(end_of, ends)
    if lowest is None or highest is None:
        query = table.query()
    else:
        query = table.query().where(or_(column > highest, column < lowest))
    for row in rows_of(connection, query.limit(MOST + 1)):
        _insert(found, row)


def _insert(found: TableChanges, row: Sequence[Any]) -> None:
    if len(found.inserted) < MOST:
        found.inserted.append(_row(found.table, row))
    else:
        found.more += 1


def _row(table: SageRows, row: Sequence[Any]) -> Row:
    return dict(zip(table.names, row, strict=True))
