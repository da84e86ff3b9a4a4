"""Knows the enquiry's tables in cobra's database as SQLAlchemy sees them; Alembic makes them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from sqlalchemy import BigInteger, Column, Date, Integer, Table, Unicode, UnicodeText

from relay.database import Exact, UtcDateTime, key_column
from relay.database.tables import own_table, placed

MONEY = 2
MEASURE = 6
"""Places of an amount, and of a quantity or a price."""
ANSWERS = (
    "debtor", "open_amount", "open_currency", "paid", "due_in_sage", "last_payment", "settled_on",
    "reminder_level", "last_reminder", "blocked", "answered_in", "answered_at",
)  # fmt: skip
"""What Sage says of a document's open item, if the part `answers` asks it; NULL is unknown."""


@dataclass(frozen=True, slots=True)
class DocumentTables:
    """Each invoice with its state, its positions, and the addresses that ever went over."""

    document: Table = own_table(
        "document",
        key_column("entity_key", primary_key=True),  # the invoice in cobra
        Column("number", Unicode(50)),
        Column("kind", Unicode(20)),  # invoice, credit-note
        key_column("customer_key"),  # the address in cobra that is the debtor
        Column("customer_name", Unicode(200)),  # for an address that cobra has no more
        Column("mandant", Unicode(50)),
        Column("year", Unicode(50)),
        Column("invoice_date", Date),
        Column("posted_on", Date),
        Column("due_date", Date),
        Column("currency", Unicode(10)),
        Column("currency_gross", Exact(MONEY)),  # as printed; the others as booked
        Column("net", Exact(MONEY)),
        Column("tax", Exact(MONEY)),
        Column("gross", Exact(MONEY)),
        Column("reference", Unicode(50)),
        Column("text", Unicode(200)),
        Column("sage_document", BigInteger),
        Column("open_item", Unicode(50)),
        Column("version", Integer),
        Column("reversal", BigInteger),  # the document that took it back
        Column("state", Unicode(20)),  # booked, corrected, reversed, held, waiting
        Column("stands", Integer),  # 1: Sage holds it, whatever the state says of newer news
        Column("entry", BigInteger),  # the entry of the outbox that said so
        Column("reason_code", Unicode(50)),
        Column("reason", UnicodeText),
        Column("updated_at", UtcDateTime),
        Column("debtor", BigInteger),  # to whom the item belongs in Sage
        Column("open_amount", Exact(MONEY)),  # in the year's currency; negative: Sage owes
        Column("open_currency", Exact(MONEY)),
        Column("paid", Exact(MONEY)),  # what reduced it: payments, discounts, what was set off
        Column("due_in_sage", Date),
        Column("last_payment", Date),
        Column("settled_on", Date),  # the last payment's day, or when it was first seen settled
        Column("reminder_level", Integer),
        Column("last_reminder", Date),
        Column("blocked", Integer),  # 1: this item is not reminded of
        Column("answered_in", Unicode(50)),  # the year: a later one, if it was carried over
        Column("answered_at", UtcDateTime),  # since when it is so
    )
    position: Table = own_table(
        "document_position",
        key_column("entity_key", primary_key=True),
        Column("line", Integer, primary_key=True, autoincrement=False),
        Column("article", Unicode(50)),
        Column("text", Unicode(200)),
        Column("quantity", Exact(MEASURE)),
        Column("unit_price", Exact(MEASURE)),
        Column("account", Unicode(20)),
        Column("cost_centre", Unicode(20)),
        Column("tax_key", Unicode(20)),
        Column("net", Exact(MONEY)),
        Column("tax", Exact(MONEY)),
    )
    handed_over: Table = own_table(
        "handed_over",
        key_column("entity_key", primary_key=True),  # an address in cobra
        Column("number", Unicode(50)),
        Column("at", UtcDateTime),
    )


@lru_cache
def document_tables(dialect: str) -> DocumentTables:
    """Return them for a dialect (`mssql` or `sqlite`)."""
    return placed(DocumentTables, dialect)
