"""Knows which Sage year was chosen for each invoice, committed before anything is written there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import bindparam, insert, select, update

from relay.cobra.lock import Lock
from relay.database import among, chunks, utcnow


def read_routes(lock: Lock, keys: Sequence[str]) -> dict[str, str]:
    """Return invoices to the year that was chosen for them."""
    r = lock.tables.route
    found: dict[str, str] = {}
    with lock.reading() as connection:
        for some in chunks(keys):
            query = select(r.c.entity_key, r.c.year).where(among(r.c.entity_key, some))
            found |= dict(connection.execute(query).all())
    return found


def write_routes(lock: Lock, new: Mapping[str, str], other: Mapping[str, str]) -> None:
    """Commit the years that were chosen: for the first time, or instead of another one."""
    r = lock.tables.route
    values = {"year": bindparam("p_year"), "chosen_at": utcnow()}
    with lock.writing() as connection:
        if new:
            first = insert(r).values(entity_key=bindparam("p_key"), **values)
            connection.execute(first, _rows(new))
        if other:
            again = update(r).where(r.c.entity_key == bindparam("p_key")).values(**values)
            connection.execute(again, _rows(other))


def _rows(chosen: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"p_key": key, "p_year": year} for key, year in chosen.items()]
