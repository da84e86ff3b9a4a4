"""What each night's comparison found, and when the triggers were last as they should be."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.mssql import DATETIME2
from sqlalchemy.sql.expression import TextClause

revision: str = "0010"
down_revision: str | None = "0009"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

WORDS = sa.Unicode().with_variant(sa.Text(), "sqlite")  # nvarchar(max)
TIME = DATETIME2(3).with_variant(sa.Text(), "sqlite")


def upgrade() -> None:
    """Create the table and add the column; neither is written by anybody's save."""
    table, schema = place("comparison")
    op.create_table(
        table,
        sa.Column("night", sa.Unicode(10), nullable=False),
        sa.Column("started_at", TIME, nullable=False, server_default=now()),
        sa.Column("finished_at", TIME),
        sa.Column("mark", WORDS),
        sa.Column("records", sa.Integer(), nullable=False),
        sa.Column("not_compared", sa.Integer(), nullable=False),
        sa.Column("differences", sa.Integer(), nullable=False),
        sa.Column("kinds", WORDS),
        sa.Column("years_missed", WORDS),
        sa.PrimaryKeyConstraint("night", name="pk_comparison"),
        schema=schema,
    )
    identity, schema = place("identity")
    op.add_column(identity, sa.Column("verified_at", TIME), schema=schema)


def downgrade() -> None:
    """Take both away."""
    identity, schema = place("identity")
    op.drop_column(identity, "verified_at", schema=schema)
    table, schema = place("comparison")
    op.drop_table(table, schema=schema)


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
