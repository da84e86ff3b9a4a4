"""A Sage year's side: the ledger, the links, and whom this database belongs to."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.mssql import DATETIME2, NVARCHAR
from sqlalchemy.sql.expression import TextClause

revision: str = "0001"
down_revision: str | None = None
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

TEXT = NVARCHAR(None).with_variant(sa.Text(), "sqlite")
TIME = DATETIME2(3).with_variant(sa.Text(), "sqlite")
# Capital and small letters are two keys, whatever the database's collation says.
KEY = sa.Unicode(450, collation="Latin1_General_100_BIN2").with_variant(sa.Unicode(450), "sqlite")

TABLES = ("peer", "booking", "debtor", "link", "applied")


def upgrade() -> None:
    """Create the tables."""
    create_applied()
    create_link()
    create_debtor()
    create_booking()
    create_peer()


def downgrade() -> None:
    """Drop them: what Sage holds stays, but nothing tells any more that the relay wrote it."""
    for name in TABLES:
        table, schema = place(name)
        op.drop_table(table, schema=schema)


def create_applied() -> None:
    """Create the ledger: one row for each entry and year, written with what it proves."""
    create(
        "applied",
        sa.Column("uid", sa.Uuid(), nullable=False),
        sa.Column("year", sa.Unicode(50), nullable=False),
        sa.Column("outbox_id", sa.BigInteger(), nullable=False),
        sa.Column("entity", sa.Unicode(20), nullable=False),
        sa.Column("entity_key", KEY, nullable=False),
        sa.Column("applied_at", TIME, nullable=False, server_default=now()),
        sa.PrimaryKeyConstraint("uid", "year", name="pk_applied"),
    )
    table, schema = place("applied")
    op.create_index(f"ix_{table}_applied_at", table, ["applied_at"], schema=schema)


def create_link() -> None:
    """Create the links: a cobra address has one Sage number, and a number one address."""
    create(
        "link",
        sa.Column("entity_key", KEY, nullable=False),
        sa.Column("number", sa.Unicode(50), nullable=False),
        sa.Column("content", TEXT, nullable=False),
        sa.Column("uid_number", sa.Unicode(20), nullable=False, server_default=""),
        sa.Column("linked_at", TIME, nullable=False, server_default=now()),
        sa.Column("updated_at", TIME, nullable=False, server_default=now()),
        sa.PrimaryKeyConstraint("entity_key", name="pk_link"),
        sa.UniqueConstraint("number", name="uq_link_number"),
    )
    table, schema = place("link")
    op.create_index(f"ix_{table}_uid_number", table, ["uid_number"], schema=schema)


def create_debtor() -> None:
    """Create the debtors: a cobra address has one account, and an account one address."""
    create(
        "debtor",
        sa.Column("entity_key", KEY, nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("linked_at", TIME, nullable=False, server_default=now()),
        sa.PrimaryKeyConstraint("entity_key", name="pk_debtor"),
        sa.UniqueConstraint("number", name="uq_debtor_number"),
    )


def create_booking() -> None:
    """Create the bookings: the proof of what stands in Sage for an invoice; never trimmed.

    Only a database that was copied for another year loses those that came along.

    A version that was taken back names the document that did it; at most one is not.
    """
    create(
        "booking",
        sa.Column("entity_key", KEY, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("document", sa.BigInteger(), nullable=False),
        sa.Column("open_item", sa.Unicode(50), nullable=False),
        sa.Column("address_key", KEY, nullable=False),
        sa.Column("content", sa.Unicode(64), nullable=False),
        sa.Column("reversal", sa.BigInteger()),
        sa.Column("booked_at", TIME, nullable=False, server_default=now()),
        sa.Column("reversed_at", TIME),
        sa.PrimaryKeyConstraint("entity_key", "version", name="pk_booking"),
        sa.UniqueConstraint("document", name="uq_booking_document"),
    )
    table, schema = place("booking")
    op.create_index(f"ix_{table}_open_item", table, ["open_item"], schema=schema)


def create_peer() -> None:
    """Create the place for the one row that names the installation and holds the fence."""
    create(
        "peer",
        sa.Column("id", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("year", sa.Unicode(50), nullable=False),
        sa.Column("installation", sa.Uuid(), nullable=False),
        sa.Column("incarnation", sa.Integer(), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False, server_default=sa.text("0")),
        sa.Column("newest_id", sa.BigInteger()),
        sa.Column("newest_uid", sa.Uuid()),
        sa.Column("generation", sa.Unicode(200)),
        sa.PrimaryKeyConstraint("id", name="pk_peer"),
        sa.CheckConstraint("id = 1", name="ck_peer_one_row"),
    )


def on_sqlite() -> bool:
    """Tell the embedded dialect, which has no schemas."""
    return op.get_context().dialect.name == "sqlite"


def place(name: str) -> tuple[str, str | None]:
    """Return a table's name and schema."""
    return (f"relay_{name}", None) if on_sqlite() else (name, "relay")


def create(name: str, *parts: sa.schema.SchemaItem) -> None:
    """Create a table."""
    table, schema = place(name)
    op.create_table(table, *parts, schema=schema)


def now() -> TextClause:
    """Return the server's clock in UTC."""
    return sa.text(
        r"(strftime('%Y-%m-%d %H\:%M\:%f', 'now'))" if on_sqlite() else "SYSUTCDATETIME()"
    )
