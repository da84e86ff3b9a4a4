"""Knows which tables of a Sage year look like counters of keys that the profile gives otherwise."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, func, select
from sqlalchemy.engine import Connection

from relay.admin.doctor.sage_tables import Demands, demanding
from relay.admin.doctor.site import Finding, Reached, Site, warning
from relay.admin.learning.counting import row_named
from relay.admin.learning.readings import is_whole
from relay.database import TableInfo
from relay.database.columns import is_plain
from relay.database.names import by_name, written_name
from relay.database.reflection import read_table
from relay.database.survey import FoundKey
from relay.sage.counters import written
from relay.sage.layout import needed_tables, place_of
from relay.settings.profile import Counter

WHOLE = ("int", "integer", "bigint", "smallint", "numeric", "decimal")
MOST_ROWS = 200
"""A table of counters has no more."""
LEAST = 10
"""Below, a number is equal to too many others."""


@dataclass(frozen=True, slots=True)
class Number:
    """A number in a row of its own."""

    column: str
    """As a counter's column is written."""
    where: dict[str, str | int]
    value: int


def examine(site: Site, place: Reached) -> Iterator[Finding]:
    """Find numbers that stand just where the keys of a table do that we write."""
    keys = {folded(where): key for where, key in place.survey.keys(place.connection).items()}
    highest = [
        (demands.name, column.name, int(found))
        for demands in demanding(site, place)
        for column in _open_keys(
            demands,
            keys.get(folded(place_of(place.connection, site.settings.sage.profile, demands.name))),
        )
        if is_whole(found := place.connection.execute(select(func.max(column))).scalar())
        and found >= LEAST
    ]
    numbers = list(_numbers(site, place)) if highest else []
    for table, column, last in highest:
        for number in numbers:
            if number.value in (last, last + 1):
                is_last = number.value == last
                held = Counter(number.column, number.where, "last" if is_last else "next")
                values = {"table": table, "column": column, "highest": last}
                yield warning(
                    "sage_counter_unused", **values, counter=written(held), value=number.value
                )


def folded(where: TableInfo) -> TableInfo:
    """Return a place as all spellings have it: a profile need not spell as the catalogue does."""
    return TableInfo((where.schema or "").casefold(), where.name.casefold())


def _open_keys(demands: Demands, key: FoundKey | None) -> Iterator[Column[Any]]:
    """Return a table's only key, if it has no tag, the database does not give it, nor a counter."""
    for facts in demands.left():
        if facts.filled is None and key is not None and key.columns == (facts.name,):
            yield by_name(demands.table.table.c, facts.name)


def _numbers(site: Site, place: Reached) -> Iterator[Number]:
    connection, profile = place.connection, site.settings.sage.profile
    ours = {folded(place_of(connection, profile, name)) for name in needed_tables(site.settings)}
    keys = place.survey.keys(connection)
    for where, columns in place.survey.tables(connection).items():
        key = keys[where].columns if where in keys else ()
        whole = [c.name for c in columns if c.type.casefold().partition("(")[0] in WHOLE]
        others = [name for name in whole if name not in key] or whole
        if folded(where) not in ours and len(others) == 1:
            yield from _in_rows(connection, read_table(connection, where), others[0], key)


def _in_rows(connection: Connection, table: Any, name: str, key: Sequence[str]) -> Iterator[Number]:
    columns = [column for column in table.c if is_plain(column)]
    rows = connection.execute(select(*columns).limit(MOST_ROWS + 1)).mappings().all()
    named = [n for n in key if n != name] or [c.name for c in columns if c.name != name]
    for row in rows if len(rows) <= MOST_ROWS else ():
        if is_whole(row[name]):
            where = row_named(dict(row), named) if len(rows) > 1 else {}
            column = written_name(table.schema, table.name, name)
            yield Number(column, where, int(row[name]))
