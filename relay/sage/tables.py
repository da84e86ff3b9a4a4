"""Knows the relay's own tables in a Sage year as SQLAlchemy sees them; Alembic makes them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from sqlalchemy import BigInteger, Column, Integer, Table, Unicode, UnicodeText, Uuid

from relay.database import UtcDateTime, key_column
from relay.database.tables import own_table, placed


@dataclass(frozen=True, slots=True)
class TargetTables:
    """The tables in a Sage year's database."""

    applied: Table = own_table(
        "applied",
        Column("uid", Uuid, primary_key=True),
        Column("year", Unicode(50), primary_key=True),
        Column("outbox_id", BigInteger),
        Column("entity", Unicode(20)),
        key_column("entity_key"),
        Column("applied_at", UtcDateTime),
    )
    link: Table = own_table(
        "link",
        key_column("entity_key", primary_key=True),
        Column("number", Unicode(50)),  # unique
        Column("content", UnicodeText),  # JSON: what was last sent
        Column("uid_number", Unicode(20)),  # as CHE107787577; empty: none, or a main address's
        Column("linked_at", UtcDateTime),
        Column("updated_at", UtcDateTime),
    )
    debtor: Table = own_table(
        "debtor",
        key_column("entity_key", primary_key=True),
        Column("number", BigInteger),  # unique
        Column("linked_at", UtcDateTime),
    )
    booking: Table = own_table(
        "booking",
        key_column("entity_key", primary_key=True),
        Column("version", Integer, primary_key=True, autoincrement=False),
        Column("document", BigInteger),  # unique
        Column("open_item", Unicode(50)),
        key_column("address_key"),
        Column("content", Unicode(64)),  # hash of what was booked
        Column("reversal", BigInteger),  # the document that took it back, if one did
        Column("booked_at", UtcDateTime),
        Column("reversed_at", UtcDateTime),
    )
    peer: Table = own_table(
        "peer",
        Column("id", Integer, primary_key=True, autoincrement=False),  # always 1
        Column("year", Unicode(50)),
        Column("installation", Uuid),
        Column("incarnation", Integer),
        Column("epoch", BigInteger),
        Column("newest_id", BigInteger),
        Column("newest_uid", Uuid),
        Column("generation", Unicode(200)),  # marker of cobra's database, kept on this side
    )


@lru_cache
def target_tables(dialect: str) -> TargetTables:
    """Return them for a dialect (`mssql` or `sqlite`)."""
    return placed(TargetTables, dialect)
