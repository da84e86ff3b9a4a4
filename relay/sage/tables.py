"""Knows the relay's own tables in a Sage year, and the statements that each batch needs there.

Sage's tables are in `layout`. Alembic makes the tables; the statements are built once.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    CompoundSelect,
    Integer,
    Table,
    Unicode,
    UnicodeText,
    Uuid,
    select,
    union_all,
    update,
)
from sqlalchemy.sql.dml import ReturningUpdate
from sqlalchemy.sql.selectable import Select

from relay.database import UtcDateTime, given, key_column, listed
from relay.database.tables import own_table, placed
from relay.sage.port import Peer


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


PEER = [field.name for field in fields(Peer)]
"""The columns of the peer row, in the order of `Peer`."""


class Queries:
    """Statements for our own tables in a Sage year; `:names` stand for their values."""

    peer: Select[Any]
    """Gives what a `Peer` has."""
    raise_fence: ReturningUpdate[Any]
    """Takes `ours`, an epoch; gives the same, or nothing if there is a newer one."""
    ledgered: Select[Any]
    """Takes `year` and `uids`."""
    links: CompoundSelect[Any]
    """Takes `keys` and `numbers`: links of the one or to the other."""

    def __init__(self, tables: TargetTables) -> None:
        """Build the statements."""
        p, a, ln = tables.peer.c, tables.applied.c, tables.link.c
        ours = given("ours", p.epoch)
        peer = [p[name] for name in PEER]
        self.peer = select(*peer).where(p.id == 1)
        raised = update(tables.peer).where(p.id == 1, p.epoch <= ours).values(epoch=ours)
        self.raise_fence = raised.returning(*peer)
        self.ledgered = select(a.uid).where(
            a.year == given("year", a.year), a.uid.in_(listed("uids", a.uid))
        )
        links = select(ln.entity_key, ln.number, ln.content, ln.uid_number)
        # One seek each: joined by OR, two lists would have the whole table read.
        self.links = union_all(
            links.where(ln.entity_key.in_(listed("keys", ln.entity_key))),
            links.where(ln.number.in_(listed("numbers", ln.number))),
        )


@lru_cache
def queries(dialect: str) -> Queries:
    """Return the statements for a dialect (`mssql` or `sqlite`)."""
    return Queries(target_tables(dialect))
