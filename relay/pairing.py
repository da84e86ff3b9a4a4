"""Knows whether cobra and a Sage year belong together, or one was restored, copied, mistaken.

The handshake stands before the first write on every connection. It compares what each side
remembers of the other: the installation, its incarnation, the newest acknowledged and the
newest ledgered entry (by uid: ids return after a restore), and a marker of each database
that a restore changes, kept on the opposite side.
"""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import insert, select, update
from sqlalchemy.engine import Connection

from relay.dialect import utcnow
from relay.errors import Refused
from relay.lock import Lock
from relay.sage import Peer, SageYear


@dataclass(frozen=True, slots=True)
class Identity:
    """What cobra's database says of itself."""

    installation: UUID
    incarnation: int
    server: str
    database_name: str
    generation: str | None


def identify(lock: Lock, fingerprint: str) -> Identity:
    """Return cobra's identity; the first relay ever gives it one.

    Raises:
        Refused: `cobra_copied`, the database has another name or server than at pairing.
    """
    i = lock.tables.identity
    with lock.reading() as connection:
        server, database = lock.dialect.place(connection)
        generation = lock.dialect.generation(connection)
        found = connection.execute(select(i).where(i.c.id == 1)).mappings().one_or_none()
    row = dict(found) if found is not None else None
    here = f"{socket.gethostname()}:{os.getpid()}"
    if row is None:
        row = _first_identity(lock, server, database)
    elif (row["server"], row["database_name"]) != (server, database):
        raise Refused(
            "cobra_copied",
            was=_place(row["server"], row["database_name"]),
            now=_place(server, database),
        )
    with lock.reading() as connection:
        told = {"fingerprint": fingerprint, "relay": here}
        connection.execute(update(i).where(i.c.id == 1).values(**told))
    return Identity(row["installation"], row["incarnation"], server, database, generation)


def _first_identity(lock: Lock, server: str, database: str) -> dict[str, Any]:
    row = {
        "installation": uuid4(),
        "incarnation": 1,
        "server": server,
        "database_name": database,
    }
    with lock.reading() as connection:
        connection.execute(insert(lock.tables.identity).values(id=1, epoch=0, **row))
    return row


def shake_hands(lock: Lock, identity: Identity, year: SageYear) -> None:
    """Compare both sides; pair them if they never met.

    Our epoch has already been raised in this year, so nobody else writes meanwhile.

    Raises:
        Refused: the year or cobra was restored or copied, or they do not belong together.
            Nothing was written.
    """
    peer = year.peer()
    row = _year_row(lock, year.name)
    if peer is None:
        if row is not None and row["server"] is not None:
            raise Refused("sage_restored", year=year.name)
        _pair(lock, identity, year)
        return
    if peer.installation != identity.installation:
        raise Refused("wrong_installation", year=year.name)
    if peer.year != year.name:
        raise Refused("year_copied", year=year.name, other=peer.year)
    if peer.incarnation != identity.incarnation:
        raise Refused("cobra_restored", year=year.name)
    with year.transaction(lock.epoch) as connection:
        _compare_sage(connection, year, row)
    _compare_cobra(lock, identity, peer)
    if row is None or row["server"] is None:
        _remember(lock, year)


def _compare_sage(connection: Connection, year: SageYear, row: Any) -> None:  # a mapping or None
    if row is None or row["server"] is None:
        return
    place = year.dialect.place(connection)
    if (row["server"], row["database_name"]) != place:
        was = _place(row["server"], row["database_name"])
        raise Refused("year_moved", year=year.name, was=was, now=_place(*place))
    marker = year.dialect.generation(connection)
    if marker is not None and row["generation"] is not None and marker != row["generation"]:
        raise Refused("sage_restored", year=year.name)
    acked = row["acked_uid"]
    if acked is not None and acked not in year.ledgered(connection, [acked]):
        raise Refused("sage_restored", year=year.name)


def _compare_cobra(lock: Lock, identity: Identity, peer: Peer) -> None:
    marker = identity.generation
    if marker is not None and peer.generation is not None and marker != peer.generation:
        raise Refused("cobra_restored", year=peer.year)
    if peer.newest_uid is None:
        return
    o = lock.tables.outbox
    with lock.reading() as connection:
        known = connection.execute(select(o.c.id).where(o.c.uid == peer.newest_uid)).first()
    if known is None:
        raise Refused("cobra_restored", year=peer.year)


def _pair(lock: Lock, identity: Identity, year: SageYear) -> None:
    peer = Peer(
        year=year.name,
        installation=identity.installation,
        incarnation=identity.incarnation,
        epoch=lock.epoch,
        newest_id=None,
        newest_uid=None,
        generation=identity.generation,
    )
    with year.transaction(lock.epoch, first=peer):
        pass
    _remember(lock, year)


def _remember(lock: Lock, year: SageYear) -> None:
    with year.transaction(lock.epoch) as connection:
        server, database = year.dialect.place(connection)
        marker = year.dialect.generation(connection)
    told = {"server": server, "database_name": database, "generation": marker}
    _write_year(lock, year.name, told)


def note_state(
    lock: Lock, year: str, state: str, code: str | None = None, text: str | None = None
) -> None:
    """Write whether a year is ready, away or refused, where it can be asked in SQL."""
    told = {"state": state, "error_code": code, "error": text, "state_since": utcnow()}
    _write_year(lock, year, told)


def _write_year(lock: Lock, year: str, told: dict[str, Any]) -> None:
    y = lock.tables.year
    with lock.writing() as connection:
        done = connection.execute(update(y).where(y.c.name == year).values(**told))
        if done.rowcount == 0:
            start = {"state": "ready", "state_since": utcnow()}
            connection.execute(insert(y).values(**(start | {"name": year} | told)))


def _year_row(lock: Lock, year: str) -> Any:  # a mapping or None
    y = lock.tables.year
    with lock.reading() as connection:
        return connection.execute(select(y).where(y.c.name == year)).mappings().one_or_none()


def _place(server: str, database: str) -> str:
    return f"{server}/{database}" if server else database
