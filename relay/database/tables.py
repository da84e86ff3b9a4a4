"""Knows the relay's own tables as SQLAlchemy sees them; Alembic creates them.

SQL Server keeps them in the schema `relay`; SQLite has no schemas and takes the prefix `relay_`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from sqlalchemy import (
    BigInteger,
    Column,
    FetchedValue,
    Integer,
    MetaData,
    Table,
    Unicode,
    UnicodeText,
    Uuid,
)

from relay.database import UtcDateTime, Words, key_column
from relay.database.hints import HINT, PASSING, Hint


def table_name(dialect: str, name: str) -> str:
    """Return the table's name in SQL text: `relay.outbox`, or `relay_outbox` on SQLite."""
    return f"relay_{name}" if dialect == "sqlite" else f"relay.{name}"


def own_table(
    metadata: MetaData, dialect: str, name: str, *columns: Column[object], hint: Hint | None = None
) -> Table:
    """Return one of the relay's own tables where its dialect keeps it; `hint` is of its updates."""
    info = {HINT: hint}
    if dialect == "sqlite":
        return Table(f"relay_{name}", metadata, *columns, info=info)
    return Table(name, metadata, *columns, schema="relay", info=info)


@dataclass(frozen=True, slots=True)
class SourceTables:
    """The tables in cobra's database."""

    outbox: Table
    delivery: Table
    identity: Table
    year: Table
    pause: Table
    audit: Table
    route: Table
    decision: Table
    mailed: Table


@dataclass(frozen=True, slots=True)
class TargetTables:
    """The tables in a Sage year's database."""

    applied: Table
    link: Table
    debtor: Table
    booking: Table
    peer: Table


@lru_cache
def source_tables(dialect: str) -> SourceTables:
    """Return cobra's side for a dialect (`mssql` or `sqlite`)."""
    metadata = MetaData()
    return SourceTables(
        outbox=own_table(
            metadata,
            dialect,
            "outbox",
            Column("id", BigInteger, FetchedValue(), primary_key=True, autoincrement=False),
            Column("uid", Uuid),
            Column("entity", Unicode(20)),
            key_column("entity_key"),
            Column("operation", Unicode(20)),
            Column("changed", UnicodeText),
            Column("cause", Unicode(20)),
            Column("created_at", UtcDateTime),
            Column("created_by", Words(128)),
            Column("status", Unicode(20)),
            Column("attempts", Integer),
            Column("next_attempt_at", UtcDateTime),
            Column("waiting_on", Unicode(500)),
            Column("reason", Words(1000)),
            Column("error_code", Unicode(50)),
            Column("error", UnicodeText),
            Column("finished_at", UtcDateTime),
            Column("applied_by", BigInteger),
            hint=PASSING,
        ),
        delivery=own_table(
            metadata,
            dialect,
            "delivery",
            Column("outbox_id", BigInteger, primary_key=True, autoincrement=False),
            Column("year", Unicode(50), primary_key=True),
            Column("status", Unicode(20)),
            Column("attempts", Integer),
            Column("sage_key", Unicode(50)),
            Column("sent", UnicodeText),
            Column("warnings", UnicodeText),
            Column("waiting_on", Unicode(500)),
            Column("error_code", Unicode(50)),
            Column("error", UnicodeText),
            Column("updated_at", UtcDateTime),
        ),
        identity=own_table(
            metadata,
            dialect,
            "identity",
            Column("id", Integer, primary_key=True, autoincrement=False),  # always 1
            Column("installation", Uuid),
            Column("incarnation", Integer),
            Column("epoch", BigInteger),
            Column("server", Unicode(256)),
            Column("database_name", Unicode(500)),
            Column("fingerprint", Unicode(64)),
            Column("relay", Words(256)),  # host and process that holds the lock
        ),
        year=own_table(
            metadata,
            dialect,
            "year",
            Column("name", Unicode(50), primary_key=True),
            Column("server", Unicode(256)),
            Column("database_name", Unicode(500)),
            Column("generation", Unicode(200)),  # marker of Sage's database, kept on this side
            Column("acked_id", BigInteger),
            Column("acked_uid", Uuid),
            Column("state", Unicode(20)),  # ready, away, refused
            Column("state_since", UtcDateTime),
            Column("error_code", Unicode(50)),
            Column("error", UnicodeText),
        ),
        pause=own_table(
            metadata,
            dialect,
            "paused",  # SQL Server has one name in a schema: the procedure is called pause
            Column("scope", Unicode(50), primary_key=True),  # a year's name, or *
            Column("reason", Words(1000)),
            Column("created_by", Words(128)),
            Column("created_at", UtcDateTime),
        ),
        audit=own_table(
            metadata,
            dialect,
            "audit",
            Column("id", BigInteger, FetchedValue(), primary_key=True, autoincrement=False),
            Column("at", UtcDateTime),
            Column("who", Words(128)),
            Column("action", Unicode(50)),
            Column("subject", Words(500)),
            Column("reason", Words(1000)),
            Column("detail", UnicodeText),
        ),
        route=own_table(
            metadata,
            dialect,
            "route",
            key_column("entity_key", primary_key=True),
            Column("year", Unicode(50)),
            Column("chosen_at", UtcDateTime),
        ),
        decision=own_table(
            metadata,
            dialect,
            "decision",
            Column("entity", Unicode(20), primary_key=True),
            key_column("entity_key", primary_key=True),
            Column("topic", Unicode(80), primary_key=True),  # what a newer decision replaces
            Column("decision", Unicode(20)),  # skip, resend, link, separate, move
            Column("number", Unicode(50)),  # Sage's address; empty: only the debtor
            Column("debtor", BigInteger),
            Column("mark", Unicode(64)),  # of the two records as they were seen
            Column("cobra", Unicode(64)),  # fingerprint of cobra's record as it was seen
            Column("seen", UnicodeText),  # JSON: year to what stood in Sage
            Column("reason", Words(1000)),
            Column("decided_by", Words(128)),
            Column("decided_at", UtcDateTime),
        ),
        mailed=own_table(
            metadata,
            dialect,
            "mailed",
            Column("id", Unicode(64), primary_key=True),  # hash of role and subject
            Column("role", Unicode(20)),  # bookkeeper, admin
            Column("subject", Words(500)),
            Column("mark", Unicode(64)),  # hash of what makes it the same trouble
            Column("text", UnicodeText),
            Column("told_at", UtcDateTime),
        ),
    )


@lru_cache
def target_tables(dialect: str) -> TargetTables:
    """Return a Sage year's side for a dialect (`mssql` or `sqlite`)."""
    metadata = MetaData()
    return TargetTables(
        applied=own_table(
            metadata,
            dialect,
            "applied",
            Column("uid", Uuid, primary_key=True),
            Column("year", Unicode(50), primary_key=True),
            Column("outbox_id", BigInteger),
            Column("entity", Unicode(20)),
            key_column("entity_key"),
            Column("applied_at", UtcDateTime),
        ),
        link=own_table(
            metadata,
            dialect,
            "link",
            key_column("entity_key", primary_key=True),
            Column("number", Unicode(50)),  # unique
            Column("content", UnicodeText),  # JSON: what was last sent
            Column("uid_number", Unicode(20)),  # as CHE107787577; empty: none, or a main address's
            Column("linked_at", UtcDateTime),
            Column("updated_at", UtcDateTime),
        ),
        debtor=own_table(
            metadata,
            dialect,
            "debtor",
            key_column("entity_key", primary_key=True),
            Column("number", BigInteger),  # unique
            Column("linked_at", UtcDateTime),
        ),
        booking=own_table(
            metadata,
            dialect,
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
        ),
        peer=own_table(
            metadata,
            dialect,
            "peer",
            Column("id", Integer, primary_key=True, autoincrement=False),  # always 1
            Column("year", Unicode(50)),
            Column("installation", Uuid),
            Column("incarnation", Integer),
            Column("epoch", BigInteger),
            Column("newest_id", BigInteger),
            Column("newest_uid", Uuid),
            Column("generation", Unicode(200)),  # marker of cobra's database, kept on this side
        ),
    )
