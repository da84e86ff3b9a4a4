"""Knows how all of ours leaves cobra and the Sage years: kept in files first, then removed.

Sage before cobra: as long as cobra still has our tables, an interrupted removal is simply repeated.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import Table, func, inspect, select
from sqlalchemy.engine import Connection, Engine

from relay.base.errors import Refused
from relay.base.files import why
from relay.base.sheet import write_sheet
from relay.base.values import OPEN, Problem
from relay.cobra import access, capture
from relay.cobra.lock import hold
from relay.cobra.tables import source_tables
from relay.database import TableInfo, dialect_of, schema
from relay.database.connecting import connect
from relay.database.reflection import read_table
from relay.database.tables import table_name
from relay.settings import Settings

_NOT_IN_FILES = re.compile(r'[<>:"/\\|?*\x00-\x1f]')
_DEVICES = re.compile(r"(CON|PRN|AUX|NUL|COM\d|LPT\d)\s*\.", re.IGNORECASE)
"""What Windows takes for a device, whatever follows the dot."""


@dataclass(frozen=True, slots=True)
class Place:
    """A database that has something of ours."""

    name: str
    engine: Engine
    section: schema.Section
    connection: Connection


class Uninstall:
    """Removes all of ours, while no relay runs and none can start."""

    def __init__(self, settings: Settings, cobra: Place, years: list[Place]) -> None:
        """Take the databases that still have something of ours."""
        self._settings = settings
        self._cobra = cobra
        self._years = years
        self._kept = 0

    @property
    def places(self) -> list[str]:
        """Return the names of the databases, in the order in which they are cleared."""
        return [place.name for place in [*self._years, self._cobra]]

    def open_entries(self) -> int:
        """Return how many entries are not done: they would be lost."""
        o = source_tables(self._cobra.connection.dialect.name).outbox
        query = access.SHOWN.on(select(func.count()).where(o.c.status.in_(OPEN)), o)
        with self._cobra.connection.begin():
            return int(self._cobra.connection.execute(query).scalar_one())

    def _refuse_what_came_since(self, connection: Connection) -> None:
        """Refuse to lose what was noticed after the export; the triggers are already gone."""
        o = source_tables(connection.dialect.name).outbox
        query = access.ALL.on(select(func.count()).select_from(o), o)
        entries = int(connection.execute(query).scalar_one())
        if entries != self._kept:
            raise Refused("uninstall_meanwhile", entries=entries - self._kept)

    def export(self, folder: Path) -> dict[str, int]:
        """Write every table of ours into a folder, for people (CSV) and exactly (JSON lines).

        Returns the rows of each file.

        Raises:
            Refused: `uninstall_folder`: it is not empty, or cannot be written.
        """
        try:
            folder.mkdir(parents=True, exist_ok=True)
            if any(folder.iterdir()):
                raise Refused("uninstall_folder", folder=folder)
        except OSError as error:
            raise Refused("cli_file_not_written", file=folder, what=why(error)) from None
        written: dict[str, int] = {}
        for place in [self._cobra, *self._years]:
            with place.connection.begin():
                for name, table in own_tables(place.connection).items():
                    query = select(table)
                    if place is self._cobra and name == "outbox":
                        query = access.SHOWN.on(query, table)
                    rows = place.connection.execute(query).mappings()
                    file = file_name(f"{place.name}.{name}", written)
                    written[file] = _write(folder, file, table, rows)
        self._kept = written["cobra.outbox"]
        return written

    def remove(self) -> Iterator[Problem]:
        """Remove triggers, then our tables in each Sage year, then in cobra; tell each step.

        Raises:
            Refused: `uninstall_meanwhile`, somebody saved after the export; nothing was removed.
        """
        look = self._refuse_what_came_since
        for trigger in capture.drop(self._cobra.engine, self._settings, last=look):
            yield Problem("uninstall_trigger", {"what": trigger})
        for place in [*self._years, self._cobra]:
            schema.downgrade(place.engine, place.section)
            yield Problem("uninstall_cleared", {"what": place.name})


def own_tables(connection: Connection) -> dict[str, Table]:
    """Return all tables of ours in a database, by our name for them."""
    dialect = dialect_of(connection).name
    own = table_name(dialect, "").rpartition(".")
    names = inspect(connection).get_table_names(schema=own[0] or None)
    ours = sorted(name for name in names if name.startswith(own[2]))
    return {
        name.removeprefix(own[2]): read_table(connection, TableInfo(own[0] or None, name))
        for name in ours
    }


def file_name(wanted: str, taken: Collection[str]) -> str:
    """Return a name that Windows too takes for a file, and that no other file has."""
    plain = _NOT_IN_FILES.sub("_", wanted)
    if _DEVICES.match(plain):
        plain = f"_{plain}"
    others = {name.casefold() for name in taken}
    names = (plain if at == 1 else f"{plain}-{at}" for at in count(1))
    return next(name for name in names if name.casefold() not in others)


def _write(folder: Path, name: str, table: Table, rows: Any) -> int:
    heads = [str(column.name) for column in table.columns]
    kept = [{str(head): value for head, value in row.items()} for row in rows]
    with (folder / f"{name}.jsonl").open("wb") as file:
        for row in kept:
            file.write(orjson.dumps(row, default=str) + b"\n")
    return write_sheet(folder / f"{name}.csv", heads, ([row[h] for h in heads] for row in kept))


@contextmanager
def uninstalling(
    settings: Settings, cobra: Engine, years: Mapping[str, Engine]
) -> Iterator[Uninstall]:
    """Open cobra and every year that still has something of ours, with the relay's lock.

    Raises:
        Refused: `another_relay_works`, or nothing of ours is in cobra.
        Unavailable: a database cannot be reached: it would keep what is ours.
    """
    with ExitStack() as stack:
        if stack.enter_context(hold(cobra)) is None:
            raise Refused("another_relay_works")
        source = _place(stack, "cobra", cobra, "source")
        if source is None:
            raise Refused("uninstall_nothing")
        found = [_place(stack, name, engine, "target") for name, engine in years.items()]
        yield Uninstall(settings, source, [place for place in found if place is not None])


def _place(stack: ExitStack, name: str, engine: Engine, section: schema.Section) -> Place | None:
    what = name if section == "source" else f"Sage {name}"
    connection = stack.enter_context(connect(engine, what))
    with connection.begin():
        schema.refuse_newer(connection, section)
        is_there = schema.current(connection, section) is not None
    return Place(name, engine, section, connection) if is_there else None
