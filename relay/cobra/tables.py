"""Knows the relay's own tables in cobra's database as SQLAlchemy sees them; Alembic makes them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from sqlalchemy import BigInteger, Column, FetchedValue, Integer, Table, Unicode, UnicodeText, Uuid

from relay.database import UtcDateTime, Words, key_column
from relay.database.hints import PASSING
from relay.database.tables import own_table, placed


@dataclass(frozen=True, slots=True)
class SourceTables:
    """The tables in cobra's database."""

    outbox: Table = own_table(
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
    )
    delivery: Table = own_table(
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
    )
    identity: Table = own_table(
        "identity",
        Column("id", Integer, primary_key=True, autoincrement=False),  # always 1
        Column("installation", Uuid),
        Column("incarnation", Integer),
        Column("epoch", BigInteger),
        Column("server", Unicode(256)),
        Column("database_name", Unicode(500)),
        Column("fingerprint", Unicode(64)),
        Column("relay", Words(256)),  # host and process that holds the lock
        Column("verified_at", UtcDateTime),  # when the triggers were last as they should be
    )
    year: Table = own_table(
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
    )
    pause: Table = own_table(
        "paused",  # SQL Server has one name in a schema: the procedure is called pause
        Column("scope", Unicode(50), primary_key=True),  # a year's name, or *
        Column("reason", Words(1000)),
        Column("created_by", Words(128)),
        Column("created_at", UtcDateTime),
    )
    audit: Table = own_table(
        "audit",
        Column("id", BigInteger, FetchedValue(), primary_key=True, autoincrement=False),
        Column("at", UtcDateTime),
        Column("who", Words(128)),
        Column("action", Unicode(50)),
        Column("subject", Words(500)),
        Column("reason", Words(1000)),
        Column("detail", UnicodeText),
    )
    route: Table = own_table(
        "route",
        key_column("entity_key", primary_key=True),
        Column("year", Unicode(50)),
        Column("chosen_at", UtcDateTime),
    )
    decision: Table = own_table(
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
    )
    comparison: Table = own_table(
        "comparison",
        Column("night", Unicode(10), primary_key=True),  # the local day, as 2026-11-29
        Column("started_at", UtcDateTime),
        Column("finished_at", UtcDateTime),  # NULL: under way, or interrupted
        Column("mark", UnicodeText),  # JSON: part and key after which it goes on
        Column("records", Integer),
        Column("not_compared", Integer),
        Column("differences", Integer),
        Column("kinds", UnicodeText),  # JSON: what differs, to how often
        Column("years_missed", UnicodeText),  # JSON
    )
    mailed: Table = own_table(
        "mailed",
        Column("id", Unicode(64), primary_key=True),  # hash of role and subject
        Column("role", Unicode(20)),  # bookkeeper, admin
        Column("subject", Words(500)),
        Column("mark", Unicode(64)),  # hash of what makes it the same trouble
        Column("text", UnicodeText),
        Column("told_at", UtcDateTime),
    )


@lru_cache
def source_tables(dialect: str) -> SourceTables:
    """Return them for a dialect (`mssql` or `sqlite`)."""
    return placed(SourceTables, dialect)
