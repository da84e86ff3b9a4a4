"""Knows the page's tables in cobra's database as SQLAlchemy sees them; Alembic makes them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from sqlalchemy import Column, Integer, Table, Unicode

from relay.database import UtcDateTime, Words
from relay.database.tables import own_table, placed


@dataclass(frozen=True, slots=True)
class PageTables:
    """Who may sign in, and how things were."""

    user: Table = own_table(
        "page_user",
        Column("name", Words(100), primary_key=True),
        Column("id", Unicode(32)),  # another one with each token
        Column("token_hash", Unicode(64)),
        Column("role", Unicode(20)),  # viewer, operator
        Column("created_by", Words(128)),
        Column("created_at", UtcDateTime),
        Column("expires_at", UtcDateTime),  # NULL: never
        Column("revoked_by", Words(128)),
        Column("revoked_at", UtcDateTime),
    )
    measure: Table = own_table(
        "measure",
        Column("at", UtcDateTime, primary_key=True),
        Column("minutes", Integer),  # how long a time it tells of, at most
        Column("lag_seconds", Integer),  # the longest in that time, as the next two
        Column("open_entries", Integer),
        Column("held", Integer),
        Column("moved", Integer),  # records that Sage took in that time
    )


@lru_cache
def page_tables(dialect: str) -> PageTables:
    """Return them for a dialect (`mssql` or `sqlite`)."""
    return placed(PageTables, dialect)
