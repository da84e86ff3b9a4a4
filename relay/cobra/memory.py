"""Knows what cobra's side remembers of each Sage year, and how the year is now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import and_, insert, null, select, update
from sqlalchemy.engine import Connection

from relay.cobra.lock import Lock
from relay.cobra.tables import source_tables
from relay.database import counted, dialect_of, utcnow


@dataclass(frozen=True, slots=True)
class Memory:
    """What cobra's side remembers of a Sage year: where it was, and what it last acknowledged."""

    place: tuple[str, str] | None = None
    """Server and database when it was paired; None: they never met."""
    generation: str | None = None
    acked_uid: UUID | None = None
    was_removed: bool = False
    """It was taken out of the configuration, and the relay worked without it."""

    @property
    def met(self) -> bool:
        """Tell whether the two have been paired."""
        return self.place is not None


def read_memories(connection: Connection) -> Mapping[str, Memory]:
    """Return what cobra's side remembers of each year that it ever met."""
    y = source_tables(dialect_of(connection).name).year
    query = select(
        y.c.name, y.c.server, y.c.database_name, y.c.generation, y.c.acked_uid, y.c.state
    )
    return {
        name: Memory(None if at is None else (at, database), generation, acked, state == "removed")
        for name, at, database, generation, acked, state in connection.execute(query)
    }


def note_state(
    lock: Lock, year: str, state: str, code: str | None = None, text: str | None = None
) -> None:
    """Write whether a year is ready, away or refused, where it can be asked in SQL."""
    columns = {"state": state, "error_code": code, "error": text, "state_since": utcnow()}
    with lock.writing() as connection:
        write_year(connection, year, columns)


def note_taken_over(lock: Lock, ready: Sequence[str], configured: Sequence[str]) -> None:
    """Write which years are ready, and mark those that are not in the configuration any more.

    What is known of those stays.
    """
    y = lock.tables.year
    with lock.writing() as connection:
        for state, which in (
            ("ready", y.c.name.in_(ready)),
            ("removed", and_(y.c.name.not_in(configured), y.c.state != "removed")),
        ):
            as_it_is = {"state": state, "state_since": utcnow()}
            as_it_is |= {"error_code": null(), "error": null()}
            connection.execute(update(y).where(which).values(**as_it_is))


def write_year(connection: Connection, year: str, columns: dict[str, Any]) -> None:
    """Write columns of what cobra's side remembers of a year."""
    y = source_tables(dialect_of(connection).name).year
    # A bound NULL has no type that the driver could name.
    values = {name: null() if value is None else value for name, value in columns.items()}
    if counted(connection, update(y).where(y.c.name == year).values(**values)) == 0:
        start = {"state": "ready", "state_since": utcnow()}
        connection.execute(insert(y).values(**(start | {"name": year} | values)))
