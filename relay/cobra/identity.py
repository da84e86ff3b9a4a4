"""Knows what cobra's database says of itself: which installation it is, and where."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import insert, select, update
from sqlalchemy.engine import Connection

from relay.base.errors import LockLost, Refused
from relay.base.values import Problem
from relay.cobra.lock import Lock
from relay.cobra.tables import source_tables
from relay.database import counted, dialect_of, utcnow


@dataclass(frozen=True, slots=True)
class Identity:
    """What cobra's database says of itself."""

    installation: UUID
    incarnation: int
    place: tuple[str, str]
    """Where cobra's database was when it got this identity: server and name."""
    generation: str | None
    here: tuple[str, str] = ("", "")
    """Where the database is now."""
    instance: tuple[str, str] = ("", "")
    """The same without the availability group that it may be in."""


def identify(lock: Lock, fingerprint: str) -> Identity:
    """Return cobra's identity; the first relay ever gives it one.

    Raises:
        Refused: `cobra_copied`, the database has another name or server than at pairing.
    """
    i = lock.tables.identity
    with lock.reading() as connection:
        found = read_identity(connection)
    if found is None:
        _first_identity(lock)
    elif problem := judge_place(found):
        raise Refused(problem.code, **problem.values)
    here = f"{socket.gethostname()}:{os.getpid()}"
    with lock.reading() as connection:
        values: dict[str, object] = {"fingerprint": fingerprint, "relay": here}
        values["verified_at"] = utcnow()  # by who takes over, before anything is drained
        if found is not None:  # it may have joined an availability group
            values |= dict(zip(("server", "database_name"), found.here, strict=True))
        mine = update(i).where(i.c.id == 1).values(**values)
        named = counted(connection, mine)
        identity = found if found is not None else read_identity(connection)
    if identity is None or named != 1:
        raise LockLost("lock_lost")
    return identity


def judge_place(identity: Identity) -> Problem | None:
    """Say why cobra's database may not be the one that was paired; None if it is. Pure."""
    was, now = identity.place, identity.here
    if was in {now, identity.instance}:
        return None
    return Problem("cobra_copied", {"was": place_name(was), "now": place_name(now)})


def read_identity(connection: Connection) -> Identity | None:
    """Return what cobra's database says of itself; None before the first relay."""
    dialect = dialect_of(connection)
    i = source_tables(dialect.name).identity
    row = connection.execute(select(i).where(i.c.id == 1)).one_or_none()
    if row is None:
        return None
    here, generation, instance = dialect.whereabouts(connection)
    return Identity(
        installation=row.installation,
        incarnation=row.incarnation,
        place=(row.server, row.database_name),
        generation=generation,
        here=here,
        instance=instance,
    )


def _first_identity(lock: Lock) -> None:
    with lock.reading() as connection:
        server, database = lock.dialect.whereabouts(connection).place
        row = {"installation": uuid4(), "incarnation": 1}
        row |= {"server": server, "database_name": database}
        connection.execute(insert(lock.tables.identity).values(id=1, epoch=0, **row))


def place_name(place: tuple[str, str]) -> str:
    """Return a server and its database as one word for people."""
    server, database = place
    return f"{server}/{database}" if server else database


def note_verified(lock: Lock) -> None:
    """Write that the triggers are as they should be now."""
    i = lock.tables.identity
    with lock.writing() as connection:
        connection.execute(update(i).where(i.c.id == 1).values(verified_at=utcnow()))


def last_verified(connection: Connection) -> datetime | None:
    """Return when the triggers were last seen as they should be; None: never."""
    i = source_tables(connection.dialect.name).identity
    query = select(i.c.verified_at).where(i.c.id == 1)
    return connection.execute(query).scalar_one_or_none()
