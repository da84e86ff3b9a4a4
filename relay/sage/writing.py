"""Knows how rows of Sage's own tables are written: the one place of inserting and of changing.

A view is written like a table. Nobody tells how many rows a trigger wrote behind it, so what was
written is read again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import uuid4

from relay.base.errors import RowCountError, StoredOtherwiseError
from relay.database import among, chunks
from relay.database.columns import is_view
from relay.rules.invoice.books import Raw
from relay.sage.additional import Filled
from relay.sage.layout import SageTable
from relay.sage.reference import KEYS
from relay.sage.year import SageYear
from relay.settings.profile import Expression

Typed = list[dict[str, Any]]
"""Rows as their columns take them, by the real columns' names."""


def insert_rows(year: SageYear, name: str, rows: Sequence[Raw]) -> None:
    """Insert rows of one of Sage's tables, by tag; the same tags in all of them."""
    if not rows:
        return
    table = year.sage_table(name)
    tags = [tag for tag in table.columns if any(tag in row for row in rows)]
    typed = table.typed(rows, tags)
    more = _additional(year, table, rows)
    if more:
        typed = [row | other for row, other in zip(typed, more, strict=True)]
    year.insert_rows(table.table, typed)
    if is_view(table.table):
        _prove(year, name, typed, KEYS[name])


def update_rows(year: SageYear, name: str, key: str, rows: Iterable[Raw]) -> None:
    """Change rows that a tag finds; those that change the same columns in one statement."""
    table = year.sage_table(name)
    alike: dict[tuple[str, ...], list[Raw]] = defaultdict(list)
    for row in rows:
        tags = tuple(tag for tag in table.columns if tag in row and tag not in {key, *table.kept})
        alike[tags].append(row)
    for tags, changes in alike.items():
        if tags:
            update_typed(year, name, key, table.typed(changes, (key, *tags)))


def update_typed(year: SageYear, name: str, key: str, typed: Typed) -> None:
    """Change rows whose values are as their columns take them."""
    table = year.sage_table(name)
    only = table.additional.only
    filled = _filled(year, table.additional.filled_on("update"), [{}] * len(typed))
    if only or filled:
        more = filled or [{}] * len(typed)
        typed = [{**row, **only, **other} for row, other in zip(typed, more, strict=True)]
    by = [table.columns[key].name, *only]
    year.update_rows(table.table, typed, by=by)
    if is_view(table.table):
        _prove(year, name, typed, (key,), compared=True)


def _additional(year: SageYear, table: SageTable, rows: Sequence[Raw]) -> Typed:
    """Return what new rows have beside the tags; nothing for each where there is nothing."""
    more = table.additional
    filled = _filled(year, more.filled_on("insert"), rows)
    if not (filled or more.numbered or more.only):
        return []
    added = [{**more.only, **row} for row in filled or [{}] * len(rows)]
    for name, counter in more.numbered.items():
        first = counter.take(year.connection, len(rows))
        for number, row in enumerate(added, start=first):
            row[name] = number
    return added


def _filled(year: SageYear, columns: Sequence[Filled], rows: Sequence[Raw]) -> Typed:
    if not columns:
        return []
    values = [each.value for each in columns]
    now = year.dialect.local_time(year.connection) if Expression.NOW in values else None
    return [
        {each.name: each.convert(_meant(each.value, row, now)) for each in columns} for row in rows
    ]


def _meant(value: object, row: Raw, now: object) -> object:
    """Return what an expression means in a row."""
    if not isinstance(value, Expression):
        return value
    if value is Expression.GUID:
        return uuid4()
    row_of: Mapping[Expression, object] = {
        Expression.NOW: now,
        Expression.DOCUMENT: row.get("BlgNr"),
        Expression.PLACE: row.get("BkIdx"),
    }
    return row_of[value]


def _prove(
    year: SageYear, name: str, typed: Typed, keys: Sequence[str], *, compared: bool = False
) -> None:
    """Read again what was written through a view: each row is there once, as it was changed.

    Raises:
        RowCountError: a row is not there, or several times.
        StoredOtherwiseError: a changed value is not what was written.
    """
    table = year.sage_table(name)
    names = {column.name: tag for tag, column in table.columns.items()}
    wanted = [{names[n]: v for n, v in row.items() if n in names} for row in typed]
    column = table.columns[keys[0]]
    values = list(dict.fromkeys(row[keys[0]] for row in wanted))
    found: dict[tuple[object, ...], list[Any]] = defaultdict(list)
    for some in chunks(values):
        query = table.query().where(among(column, some))
        for read in year.connection.execute(query).mappings():
            found[tuple(table.got(tag, read[tag]) for tag in keys)].append(read)
    for row in wanted:
        there = found[tuple(table.got(tag, row[tag]) for tag in keys)]
        if len(there) != 1:
            raise RowCountError(table.table.name, 1, len(there))
        if compared:
            _compare(table, row, there[0])


def _compare(table: SageTable, wanted: Mapping[str, object], found: Mapping[str, object]) -> None:
    for tag, value in wanted.items():
        read, meant = table.got(tag, found[tag]), table.got(tag, value)
        if (read or None) != (meant or None):
            column = table.columns[tag].name
            raise StoredOtherwiseError(table.table.name, column, meant, read)
