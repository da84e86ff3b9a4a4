"""Cobra's side of a fair poll: what is due of each kind of record is found by one seek."""

from collections.abc import Sequence

from alembic import op

revision: str = "0004"
down_revision: str | None = "0003"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

COLUMNS = ["status", "entity", "next_attempt_at", "id"]


def upgrade() -> None:
    """Create the index; a plain one, as the others on the table that clerks' saves write to."""
    table, schema = place()
    op.create_index(f"ix_{table}_due", table, COLUMNS, schema=schema)


def downgrade() -> None:
    """Drop it."""
    table, schema = place()
    op.drop_index(f"ix_{table}_due", table_name=table, schema=schema)


def place() -> tuple[str, str | None]:
    """Return table and schema."""
    if op.get_context().dialect.name == "sqlite":
        return "relay_outbox", None
    return "outbox", "relay"
