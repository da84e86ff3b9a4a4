"""Knows the tables of what Sage answers as SQLAlchemy sees them; Alembic makes them.

What became of a document stands in its own row (`relay.extras.documents.tables`). Items that were
written in Sage itself have a table of their own, because a document's key is cobra's invoice, and
whatever reads documents (recording, copies, history) must never meet a row that cobra has not.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from sqlalchemy import BigInteger, Column, Date, Integer, Table, Unicode

from relay.database import Exact, UtcDateTime, Words, key_column
from relay.database.tables import own_table, placed
from relay.extras.documents.tables import MONEY

ALL_YEARS = ""
"""In place of a year's name: all open years together."""


@dataclass(frozen=True, slots=True)
class AnswerTables:
    """Sage's own open items, customers, what differs from what was sent, and how fresh it is."""

    sage_item: Table = own_table(
        "sage_item",
        Column("year", Unicode(50), primary_key=True),  # the newest that has the item
        Column("number", Unicode(50), primary_key=True),
        Column("mandant", Unicode(50)),
        Column("debtor", BigInteger),
        key_column("customer_key"),  # the address in cobra that is linked to the debtor
        Column("text", Words(200)),
        Column("item_date", Date),
        Column("due_in_sage", Date),
        Column("currency", Words(10)),
        Column("open_amount", Exact(MONEY)),
        Column("open_currency", Exact(MONEY)),
        Column("last_payment", Date),
        Column("reminder_level", Integer),
        Column("last_reminder", Date),
        Column("blocked", Integer),
        Column("answered_at", UtcDateTime),
    )
    customer: Table = own_table(
        "customer",
        key_column("entity_key", primary_key=True),  # an address in cobra
        Column("mandant", Unicode(50), primary_key=True),
        Column("year", Unicode(50), primary_key=True),  # ALL_YEARS: data of the newest one
        Column("debtor", BigInteger),
        Column("number", Unicode(50)),
        Column("name", Words(200)),
        Column("place", Words(100)),
        Column("account", Words(20)),
        Column("terms", Words(20)),
        Column("credit_limit", Exact(MONEY)),
        Column("reminder_lock", Integer),
        Column("balance", Exact(MONEY)),  # NULL: the amount of one of its items is unknown
        Column("overdue", Exact(MONEY)),
        Column("overdue_since", Date),
        Column("open_items", Integer),
        Column("oldest_due", Date),
        Column("last_payment", Date),
        Column("last_reminder", Date),
        Column("answered_at", UtcDateTime),
    )
    difference: Table = own_table(
        "difference",
        key_column("entity_key", primary_key=True),
        Column("year", Unicode(50), primary_key=True),
        Column("field", Unicode(50), primary_key=True),  # a tag of Adr; PkKey: the debtor is gone
        Column("sent", Words(200)),
        Column("in_sage", Words(200)),
        Column("answered_at", UtcDateTime),
    )
    year: Table = own_table(
        "answer_year",
        Column("year", Unicode(50), primary_key=True),
        Column("mandant", Unicode(50)),
        Column("first_day", Date),
        Column("open_at", UtcDateTime),  # when the last whole look at open items began
        Column("customers_at", UtcDateTime),
        Column("settled_at", UtcDateTime),
        Column("stale_since", UtcDateTime),  # the year is away, paused, or not configured any more
    )


@lru_cache
def answer_tables(dialect: str) -> AnswerTables:
    """Return them for a dialect (`mssql` or `sqlite`)."""
    return placed(AnswerTables, dialect)
