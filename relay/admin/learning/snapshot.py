"""Knows what is noted of a Sage year before a sample is entered: keys and checksums, no values.

The notes are lines of JSON: one that says of which database they are, then for each table one
that describes it, and one for each of its rows. A table without a key is noted as a multiset of
row checksums, one with more than `LARGE` rows by its number of rows and the ends of its key. By how
much a number was raised of which only a checksum was noted, is tried.
"""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from hashlib import blake2b
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Column, Select, func, select, type_coerce
from sqlalchemy.engine import Connection
from sqlalchemy.types import NullType

from relay.admin.learning.readings import is_whole
from relay.database import TableInfo, dialect_of, survey_of
from relay.database.columns import is_plain
from relay.database.reflection import read_table
from relay.database.survey import FoundKey

VERSION = 1
"""Of the notes' form."""
LARGE = 1_000_000
"""Tables with more rows are noted by the ends of their key only."""
AT_ONCE = 1000
"""Rows that are fetched together."""
FURTHEST = 1000
"""A sample raises no counter further."""


@dataclass(frozen=True, slots=True)
class SageRows:
    """A table of the year's database, and how its rows are read."""

    where: TableInfo
    columns: tuple[Column[Any], ...]
    """Those that people can read."""
    key: tuple[str, ...]
    """The columns by which rows are told apart; none: nothing does."""
    numbered: str | None
    """The column of the key whose numbers the database gives."""
    left_out: tuple[str, ...]
    """Pictures, row versions and the like, which are not looked at."""

    @property
    def name(self) -> str:
        """The name as people write it."""
        return ".".join(filter(None, (self.where.schema, self.where.name)))

    @property
    def names(self) -> list[str]:
        """The names of the columns that are read."""
        return [str(column.name) for column in self.columns]

    def query(self) -> Select[Any]:
        """Return a query of all rows, with values as the driver has them."""
        return select(*(raw(column) for column in self.columns))

    def key_of(self, row: Sequence[Any]) -> tuple[str, ...]:
        """Return what tells a row from all others, as text."""
        places = [self.names.index(name) for name in self.key]
        return tuple(str(row[place]) for place in places)

    def column(self, name: str) -> Column[Any]:
        """Return a column by its name."""
        return next(column for column in self.columns if column.name == name)


def raw(column: Column[Any]) -> Any:
    """Return a column as the driver has it: in a year that nobody knows, no type is believed."""
    return type_coerce(column, NullType()).label(column.name)


def tables_of(connection: Connection) -> Iterator[SageRows]:
    """Return all tables of the year but the relay's own, in the order of their names."""
    survey = survey_of(connection)
    keys = survey.keys(connection)
    for where in sorted(survey.tables(connection), key=lambda t: (t.schema or "", t.name)):
        table = read_table(connection, where)
        plain = tuple(column for column in table.c if is_plain(column))
        names = {column.name for column in plain}
        found = keys.get(where, FoundKey(()))
        key = found.columns if names.issuperset(found.columns) else ()
        left_out = tuple(str(column.name) for column in table.c if column.name not in names)
        if plain:
            yield SageRows(where, plain, key, found.numbered, left_out)


def checksums(row: Sequence[Any]) -> bytes:
    """Return four bytes for each value: enough to see a change, too little to tell the value."""
    return b"".join(zlib.crc32(repr(value).encode()).to_bytes(4, "big") for value in row)


def digest(row: Sequence[Any]) -> str:
    """Return a checksum of a whole row."""
    return blake2b(repr(tuple(row)).encode(), digest_size=12).hexdigest()


def count_of(connection: Connection, table: SageRows) -> int:
    """Return the number of a table's rows."""
    whole = table.columns[0].table
    return int(connection.execute(select(func.count()).select_from(whole)).scalar_one())


def ends_of(connection: Connection, table: SageRows) -> tuple[Any, Any] | None:
    """Return the lowest and the highest value of a key's first column."""
    if not table.key:
        return None
    first = type_coerce(table.column(table.key[0]), NullType())
    lowest, highest = connection.execute(select(func.min(first), func.max(first))).one()
    return lowest, highest


_KINDS: Mapping[str, Callable[[str], object]] = {
    "int": int,
    "str": str,
    "float": float,
    "Decimal": Decimal,
    "datetime": datetime.fromisoformat,
    "date": date.fromisoformat,
    "UUID": UUID,
}


def _told(end: object) -> list[str] | None:
    return None if end is None else [type(end).__name__, str(end)]


def end_of(written: Sequence[str] | None) -> object:
    """Return an end of a key as it was noted; None where there was no row, or none that counts."""
    if written is None or written[0] not in _KINDS:
        return None
    return _KINDS[written[0]](written[1])


def rows_of(connection: Connection, query: Select[Any]) -> Iterator[Sequence[Any]]:
    """Return the rows of a query, some at a time: a table need not fit into memory."""
    yield from connection.execute(query, execution_options={"yield_per": AT_ONCE})


def noted(connection: Connection, year: str) -> Iterator[bytes]:
    """Return the notes of a year line by line, as the year is now."""
    server, database = dialect_of(connection).place(connection)
    yield orjson.dumps(
        {
            "relay_learn": VERSION,
            "year": year,
            "place": [server, database],
            "taken_at": datetime.now(UTC).isoformat(timespec="seconds"),
        }
    )
    for table in tables_of(connection):
        count = count_of(connection, table)
        is_large = count > LARGE
        ends = ends_of(connection, table) if is_large else None
        yield orjson.dumps(
            {
                "schema": table.where.schema,
                "table": table.where.name,
                "key": table.key,
                "columns": table.names,
                "rows": count,
                "large": is_large,
                "ends": None if ends is None else [_told(end) for end in ends],
            }
        )
        if not is_large:
            yield from _rows(connection, table)


def _rows(connection: Connection, table: SageRows) -> Iterator[bytes]:
    rows = rows_of(connection, table.query())
    if table.key:
        for row in rows:
            yield orjson.dumps([table.key_of(row), checksums(row).hex()])
    else:
        for whole, count in Counter(map(digest, rows)).items():
            yield orjson.dumps([whole, count])


def _less(value: object) -> list[object]:
    """Return what a number may have been before, the nearest first."""
    if is_whole(value):
        return [value - by for by in range(1, FURTHEST + 1)]
    return []


def rise_of_value(value: object, before: bytes) -> int:
    """Return by how much a value was raised since this was its checksum; 0: nobody can tell."""
    return next((by for by, was in enumerate(_less(value), 1) if checksums([was]) == before), 0)


def rise_of_row(row: Mapping[str, object], before: AbstractSet[str]) -> Mapping[str, int]:
    """Return by how much one value of a row was raised since it had one of these checksums."""
    for name, value in row.items():
        for by, was in enumerate(_less(value), 1):
            if digest([*{**row, name: was}.values()]) in before:
                return {name: by}
    return {}


def rise_of_key(
    table: SageRows, row: Mapping[str, object], before: tuple[str, ...]
) -> Mapping[str, int]:
    """Return by how much one part of a row's key was raised since it was this one."""
    key = [row[name] for name in table.key]
    for at, name in enumerate(table.key):
        for by, was in enumerate(_less(key[at]), 1):
            if (*map(str, key[:at]), str(was), *map(str, key[at + 1 :])) == before:
                return {name: by}
    return {}
