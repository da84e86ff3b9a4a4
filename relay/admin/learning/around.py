"""Knows what is around a sample: tables by known names, keys of new rows, clock and login."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.engine import Connection

from relay.admin.learning.changes import TableChanges
from relay.admin.learning.filling import Surroundings
from relay.admin.learning.pairing import KnownTable, PairedTable
from relay.admin.learning.readings import is_whole
from relay.admin.learning.snapshot import SageRows
from relay.database import dialect_of
from relay.sage.reference import REFERENCE
from relay.settings import Profile, Year

NAMES_ENOUGH = 2
"""So many columns by known names make a table of a known name the one that is meant."""


@dataclass(frozen=True, slots=True)
class YearSeen:
    """A year as it is now, beside its notes."""

    year: Year
    user: str
    """By whom it is looked at."""
    numbers_unasked: bool
    """The database numbers keys without being told to."""
    changes: list[TableChanges]
    known: Mapping[str, KnownTable]
    viewed: frozenset[str]
    """Tables of the reference that the profile reads through a view."""


def known_tables(
    connection: Connection, profile: Profile, tables: Sequence[SageRows]
) -> Mapping[str, KnownTable]:
    """Return the tables of the reference that are there by the names that the profile says."""
    found = {}
    for name, tags in REFERENCE.items():
        where = dialect_of(connection).locate(profile.tables.get(name, name), None)
        table = next((t for t in tables if _is_at(t, where.schema, where.name)), None)
        if table is None:
            continue
        real = {column.casefold(): column for column in table.names}
        wanted = {tag: profile.columns.get(name, {}).get(tag, tag).casefold() for tag in tags}
        columns = {tag: real[column] for tag, column in wanted.items() if column in real}
        if len(columns) >= NAMES_ENOUGH or name in profile.tables:
            found[name] = KnownTable(table.name, columns)
    return found


def _is_at(table: SageRows, schema: str | None, name: str) -> bool:
    same = table.where.name.casefold() == name.casefold()
    return same and (schema is None or (table.where.schema or "").casefold() == schema.casefold())


def surroundings(seen: YearSeen, pairings: Sequence[PairedTable]) -> Surroundings:
    """Return what the values of a sample can come from."""
    paired = {pairing.table for pairing in pairings}
    others = {name: table for name, table in seen.known.items() if name not in paired}
    tables = [each.table for each in seen.changes]
    numbered = {t.name: t.numbered or t.key[0] for t in tables if t.numbered or len(t.key) == 1}
    return Surroundings(
        now=datetime.now().astimezone().replace(tzinfo=None),
        user=seen.user,
        year=seen.year.name,
        mandant=seen.year.mandant,
        numbered=numbered,
        new=_new(numbered, seen.changes),
        given=frozenset(t.name for t in tables if t.numbered and not seen.numbers_unasked),
        masters=_masters(others, seen.changes),
        raised=_raised(others, seen.changes),
    )


def _new(
    numbered: Mapping[str, str], changes: Sequence[TableChanges]
) -> Mapping[int, Sequence[str]]:
    new: dict[int, list[str]] = {}
    for each in changes:
        column = numbered.get(each.table.name)
        for row in each.inserted if column else ():
            if column and is_whole(number := row[column]):
                new.setdefault(int(number), []).append(f"{each.table.name}.{column}")
    return new


def _masters(
    known: Mapping[str, KnownTable], changes: Sequence[TableChanges]
) -> Mapping[str, list[str]]:
    """Return all columns of known tables."""
    columns = {each.table.name: each.table.names for each in changes}
    return {name: columns[table.name] for name, table in known.items()}


def _raised(
    known: Mapping[str, KnownTable], changes: Sequence[TableChanges]
) -> Mapping[str, list[dict[str, object]]]:
    """Return the rows of known tables that have changed, by tag."""
    changed = {each.table.name: [one.row for one in each.changed] for each in changes}
    return {
        name: [{tag: row[column] for tag, column in table.columns.items()} for row in rows]
        for name, table in known.items()
        if (rows := changed[table.name])
    }
