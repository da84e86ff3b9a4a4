"""Knows which Sage year was chosen for each invoice, committed before anything is written there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import select

from relay.cobra.lock import Lock
from relay.database import rows_among


def read_routes(lock: Lock, keys: Sequence[str]) -> dict[str, str]:
    """Return invoices to the year that was chosen for them."""
    r = lock.tables.route.c
    with lock.reading() as connection:
        query = select(r.entity_key, r.year)
        return dict(rows_among(connection, query, r.entity_key, keys))


def write_routes(lock: Lock, new: Mapping[str, str], other: Mapping[str, str]) -> None:
    """Commit the years that were chosen: for the first time, or instead of another one."""
    dialect, route, now = lock.dialect, lock.tables.route, ("chosen_at",)
    with lock.writing() as connection, dialect.together(connection):
        dialect.insert_rows(connection, route, _rows(new), now=now)
        dialect.update_rows(connection, route, _rows(other), by=("entity_key",), now=now)


def _rows(chosen: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"entity_key": key, "year": year} for key, year in chosen.items()]
