"""What the page keeps in cobra: who may sign in, and how things were minute by minute."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.mssql import DATETIME2
from sqlalchemy.sql.expression import TextClause

revision: str = "0008"
down_revision: str | None = "0007"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

TIME = DATETIME2(3).with_variant(sa.Text(), "sqlite")


def upgrade() -> None:
    """Create both tables; neither is written by anybody's save."""
    create(
        "page_user",
        sa.Column("name", sa.Unicode(100), nullable=False),
        sa.Column("id", sa.Unicode(32), nullable=False),
        sa.Column("token_hash", sa.Unicode(64), nullable=False),
        sa.Column("role", sa.Unicode(20), nullable=False),
        sa.Column("created_by", sa.Unicode(128)),
        sa.Column("created_at", TIME, nullable=False, server_default=now()),
        sa.Column("expires_at", TIME),
        sa.Column("revoked_by", sa.Unicode(128)),
        sa.Column("revoked_at", TIME),
        sa.PrimaryKeyConstraint("name", name="pk_page_user"),
        sa.UniqueConstraint("token_hash", name="uq_page_user_token_hash"),
        sa.CheckConstraint("role IN ('viewer', 'operator')", name="ck_page_user_role"),
    )
    create(
        "measure",
        sa.Column("at", TIME, nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("lag_seconds", sa.Integer(), nullable=False),
        sa.Column("open_entries", sa.Integer(), nullable=False),
        sa.Column("held", sa.Integer(), nullable=False),
        sa.Column("moved", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("at", name="pk_measure"),
    )


def downgrade() -> None:
    """Drop them."""
    for name in ("measure", "page_user"):
        table, schema = place(name)
        op.drop_table(table, schema=schema)


def create(name: str, *parts: sa.schema.SchemaItem) -> None:
    """Create a table."""
    table, schema = place(name)
    op.create_table(table, *parts, schema=schema)


def place(name: str) -> tuple[str, str | None]:
    """Return a table's name and schema."""
    return (f"relay_{name}", None) if on_sqlite() else (name, "relay")


def on_sqlite() -> bool:
    """Tell the embedded dialect, which has no schemas."""
    return op.get_context().dialect.name == "sqlite"


def now() -> TextClause:
    """Return the server's clock in UTC."""
    return sa.text(
        r"(strftime('%Y-%m-%d %H\:%M\:%f', 'now'))" if on_sqlite() else "SYSUTCDATETIME()"
    )
