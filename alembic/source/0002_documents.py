"""Cobra's side of the document enquiry: each invoice as it stands in Sage, with its positions."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.mssql import DATETIME2, NVARCHAR

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

STATE = "state IN ('booked', 'corrected', 'reversed', 'held', 'waiting')"
TABLES = ("handed_over", "document_position", "document")
LISTED = ("document", "document_position")

TEXT = NVARCHAR(None).with_variant(sa.Text(), "sqlite")
TIME = DATETIME2(3).with_variant(sa.Text(), "sqlite")
KEY = sa.Unicode(450, collation="Latin1_General_100_BIN2").with_variant(sa.Unicode(450), "sqlite")
# SQLite knows no exact numbers but whole ones: there it is centimes, and millionths of a piece.
MONEY = sa.Numeric(19, 2).with_variant(sa.BigInteger(), "sqlite")
MEASURE = sa.Numeric(19, 6).with_variant(sa.BigInteger(), "sqlite")


def upgrade() -> None:
    """Create the tables; they stay empty until the part is switched on."""
    document = create(
        "document",
        sa.Column("entity_key", KEY, nullable=False),
        sa.Column("number", sa.Unicode(50)),
        sa.Column("kind", sa.Unicode(20)),
        sa.Column("customer_key", KEY),
        sa.Column("customer_name", sa.Unicode(200)),
        sa.Column("mandant", sa.Unicode(50)),
        sa.Column("year", sa.Unicode(50)),
        sa.Column("invoice_date", sa.DATE()),
        sa.Column("posted_on", sa.DATE()),
        sa.Column("due_date", sa.DATE()),
        sa.Column("currency", sa.Unicode(10)),
        sa.Column("currency_gross", MONEY),
        sa.Column("net", MONEY),
        sa.Column("tax", MONEY),
        sa.Column("gross", MONEY),
        sa.Column("reference", sa.Unicode(50)),
        sa.Column("text", sa.Unicode(200)),
        sa.Column("sage_document", sa.BigInteger()),
        sa.Column("open_item", sa.Unicode(50)),
        sa.Column("version", sa.Integer()),
        sa.Column("reversal", sa.BigInteger()),
        sa.Column("state", sa.Unicode(20), nullable=False),
        sa.Column("stands", sa.Integer(), nullable=False),
        sa.Column("entry", sa.BigInteger()),
        sa.Column("reason_code", sa.Unicode(50)),
        sa.Column("reason", TEXT),
        sa.Column("updated_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("entity_key", name="pk_document"),
        sa.CheckConstraint(STATE, name="ck_document_state"),
        sa.CheckConstraint("stands IN (0, 1)", name="ck_document_stands"),
    )
    # With all that turnover needs, so that a year's evaluation reads this index alone.
    create_index("document", "turnover", "customer_key", "mandant", "invoice_date", "stands", "net")
    create_index("document", "invoice_date", "invoice_date")
    create_index("document", "number", "number")
    create_index("document", "state", "state")
    position = create(
        "document_position",
        sa.Column("entity_key", KEY, nullable=False),
        sa.Column("line", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("article", sa.Unicode(50)),
        sa.Column("text", sa.Unicode(200)),
        sa.Column("quantity", MEASURE),
        sa.Column("unit_price", MEASURE),
        sa.Column("account", sa.Unicode(20)),
        sa.Column("cost_centre", sa.Unicode(20)),
        sa.Column("tax_key", sa.Unicode(20)),
        sa.Column("net", MONEY),
        sa.Column("tax", MONEY),
        # 900 bytes of key and the line are too long for a clustered index.
        sa.PrimaryKeyConstraint(
            "entity_key", "line", name="pk_document_position", mssql_clustered=False
        ),
    )
    create_index("document_position", "article", "article", "entity_key")
    create(
        "handed_over",
        sa.Column("entity_key", KEY, nullable=False),
        sa.Column("number", sa.Unicode(50)),
        sa.Column("at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("entity_key", name="pk_handed_over"),
    )
    if not is_on_sqlite():
        take_lists(document, updated_at="SYSUTCDATETIME()")
        take_lists(position)


def downgrade() -> None:
    """Drop them."""
    if not is_on_sqlite():
        for name in LISTED:
            op.execute(f"DROP PROCEDURE relay.add_{name}")
            op.execute(f"DROP TYPE relay.{name}_list")
    for name in TABLES:
        table, schema = place(name)
        op.drop_table(table, schema=schema)


def place(name: str) -> tuple[str, str | None]:
    """Return a table's name and schema."""
    return (f"relay_{name}", None) if is_on_sqlite() else (name, "relay")


def is_on_sqlite() -> bool:
    """Tell whether the database is a file of SQLite's."""
    return op.get_context().dialect.name == "sqlite"


def create(name: str, *parts: sa.schema.SchemaItem) -> sa.Table:
    """Create a table."""
    table, schema = place(name)
    return op.create_table(table, *parts, schema=schema)


def take_lists(table: sa.Table, **written: str) -> None:
    """Create a procedure that adds a list of rows, its one parameter, and the list's type.

    A list holds texts, whatever the columns' types, and SUBSTITUTE where an apostrophe is meant.
    The server writes the columns in `written`; the others come in the table's order.
    """
    told = [column for column in table.columns if column.name not in written]
    listed = ", ".join(f"{c.name} nvarchar({length(c)})" for c in told)
    names = ", ".join([*(c.name for c in told), *written])
    values = ", ".join([*map(read, told), *written.values()])
    op.execute(f"CREATE TYPE relay.{table.name}_list AS TABLE ({listed})")
    op.execute(
        f"CREATE PROCEDURE relay.add_{table.name} @rows relay.{table.name}_list READONLY AS\n"
        "SET NOCOUNT OFF;\n"  # the relay looks at the count
        f"INSERT INTO relay.{table.name} ({names})\nSELECT {values} FROM @rows"
    )


def read(column: sa.Column[Any]) -> str:
    """Return a value of a list as the column's."""
    if isinstance(column.type, sa.String):
        exactly = f"{column.name} COLLATE Latin1_General_100_BIN2"
        return f"REPLACE({exactly}, NCHAR(26), N'''')"
    return f"CONVERT({column.type.compile(op.get_context().dialect)}, {column.name})"


def length(column: sa.Column[Any]) -> int | str:
    """Return how many characters a column's value may have as a text."""
    return (column.type.length or "max") if isinstance(column.type, sa.String) else 40


def create_index(name: str, use: str, *columns: str) -> None:
    """Create an index that is named after its use."""
    table, schema = place(name)
    op.create_index(f"ix_{table}_{use}", table, list(columns), schema=schema)
