"""What Sage answers: what became of each document, and how each customer stands."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.mssql import DATETIME2

revision: str = "0006"
down_revision: str | None = "0005"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

EXACT = "Latin1_General_100_BIN2"
TIME = DATETIME2(3).with_variant(sa.Text(), "sqlite")
KEY = sa.Unicode(450, collation=EXACT).with_variant(sa.Unicode(450), "sqlite")
# SQLite knows no exact numbers but whole ones: there it is centimes.
MONEY = sa.Numeric(19, 2).with_variant(sa.BigInteger(), "sqlite")
NAME = sa.Unicode(50)
TABLES = ("answer_year", "difference", "customer", "sage_item")
INDEXES = {
    "open": ["stands", "settled_on", "entity_key"],
    "customer": ["customer_key", "stands", "settled_on", "last_payment", "last_reminder"],
    "open_item": ["open_item"],
}
"""Those of the documents: what is to be looked at, whose it is, and by Sage's number."""


def upgrade() -> None:
    """Add the columns and create the tables; they stay empty until the part is switched on."""
    document, schema = place("document")
    for column in answers():
        op.add_column(document, column, schema=schema)
    for use, columns in INDEXES.items():
        op.create_index(f"ix_{document}_{use}", document, columns, schema=schema)
    create_sage_item()
    create_customer()
    create_difference()
    create_answer_year()


def downgrade() -> None:
    """Drop them."""
    for name in TABLES:
        table, schema = place(name)
        op.drop_table(table, schema=schema)
    document, schema = place("document")
    for use in reversed(INDEXES):
        op.drop_index(f"ix_{document}_{use}", table_name=document, schema=schema)
    for column in reversed(answers()):
        op.drop_column(document, column.name, schema=schema)


def answers() -> list[sa.Column[object]]:
    """Return the columns of what Sage says of an open item; NULL is unknown."""
    return [
        sa.Column("debtor", sa.BigInteger()),
        sa.Column("open_amount", MONEY),
        sa.Column("open_currency", MONEY),
        sa.Column("paid", MONEY),
        sa.Column("due_in_sage", sa.DATE()),
        sa.Column("last_payment", sa.DATE()),
        sa.Column("settled_on", sa.DATE()),
        sa.Column("reminder_level", sa.Integer()),
        sa.Column("last_reminder", sa.DATE()),
        sa.Column("blocked", sa.Integer()),
        sa.Column("answered_in", NAME),
        sa.Column("answered_at", TIME),
    ]


def create_sage_item() -> None:
    """Create the place for open items that were written in Sage itself."""
    create(
        "sage_item",
        sa.Column("year", NAME, nullable=False),
        sa.Column("number", NAME, nullable=False),
        sa.Column("mandant", NAME, nullable=False),
        sa.Column("debtor", sa.BigInteger(), nullable=False),
        sa.Column("customer_key", KEY, nullable=False),
        sa.Column("text", sa.Unicode(200)),
        sa.Column("item_date", sa.DATE()),
        sa.Column("due_in_sage", sa.DATE()),
        sa.Column("currency", sa.Unicode(10)),
        sa.Column("open_amount", MONEY),
        sa.Column("open_currency", MONEY),
        sa.Column("last_payment", sa.DATE()),
        sa.Column("reminder_level", sa.Integer()),
        sa.Column("last_reminder", sa.DATE()),
        sa.Column("blocked", sa.Integer()),
        sa.Column("answered_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("year", "number", name="pk_sage_item"),
    )
    table, schema = place("sage_item")
    op.create_index(f"ix_{table}_customer", table, ["customer_key"], schema=schema)


def create_customer() -> None:
    """Create the place for customers, in each year and, under no year, in all of them together."""
    create(
        "customer",
        sa.Column("entity_key", KEY, nullable=False),
        sa.Column("mandant", NAME, nullable=False),
        sa.Column("year", NAME, nullable=False),
        sa.Column("debtor", sa.BigInteger()),
        sa.Column("number", NAME),
        sa.Column("name", sa.Unicode(200)),
        sa.Column("place", sa.Unicode(100)),
        sa.Column("account", sa.Unicode(20)),
        sa.Column("terms", sa.Unicode(20)),
        sa.Column("credit_limit", MONEY),
        sa.Column("reminder_lock", sa.Integer()),
        sa.Column("balance", MONEY),
        sa.Column("overdue", MONEY),
        sa.Column("overdue_since", sa.DATE()),
        sa.Column("open_items", sa.Integer()),
        sa.Column("oldest_due", sa.DATE()),
        sa.Column("last_payment", sa.DATE()),
        sa.Column("last_reminder", sa.DATE()),
        sa.Column("answered_at", TIME, nullable=False),
        # 900 bytes of key and two names are too long for a clustered index.
        sa.PrimaryKeyConstraint(
            "entity_key", "mandant", "year", name="pk_customer", mssql_clustered=False
        ),
    )
    table, schema = place("customer")
    op.create_index(f"ix_{table}_year", table, ["year", "entity_key"], schema=schema)
    op.create_index(f"ix_{table}_debtor", table, ["debtor"], schema=schema)


def create_difference() -> None:
    """Create the place for what somebody changed in Sage after it was sent."""
    create(
        "difference",
        sa.Column("entity_key", KEY, nullable=False),
        sa.Column("year", NAME, nullable=False),
        sa.Column("field", NAME, nullable=False),
        sa.Column("sent", sa.Unicode(200)),
        sa.Column("in_sage", sa.Unicode(200)),
        sa.Column("answered_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint(
            "entity_key", "year", "field", name="pk_difference", mssql_clustered=False
        ),
    )
    table, schema = place("difference")
    op.create_index(f"ix_{table}_year", table, ["year", "entity_key"], schema=schema)


def create_answer_year() -> None:
    """Create the place for when each year was last looked at, and since when it is away."""
    create(
        "answer_year",
        sa.Column("year", NAME, nullable=False),
        sa.Column("mandant", NAME, nullable=False),
        sa.Column("first_day", sa.DATE(), nullable=False),
        sa.Column("open_at", TIME),
        sa.Column("customers_at", TIME),
        sa.Column("settled_at", TIME),
        sa.Column("stale_since", TIME),
        sa.PrimaryKeyConstraint("year", name="pk_answer_year"),
    )


def place(name: str) -> tuple[str, str | None]:
    """Return a table's name and schema."""
    is_on_sqlite = op.get_context().dialect.name == "sqlite"
    return (f"relay_{name}", None) if is_on_sqlite else (name, "relay")


def create(name: str, *parts: sa.schema.SchemaItem) -> None:
    """Create a table."""
    table, schema = place(name)
    op.create_table(table, *parts, schema=schema)
