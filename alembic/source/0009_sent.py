"""A record that cobra holds no more is found by the number under which it was sent: by a seek."""

from collections.abc import Sequence

from alembic import op

revision: str = "0009"
down_revision: str | None = "0008"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    """Create the index; a plain one: only the relay writes to the table."""
    table, schema = place()
    op.create_index(f"ix_{table}_sage_key", table, ["sage_key"], schema=schema)


def downgrade() -> None:
    """Drop it."""
    table, schema = place()
    op.drop_index(f"ix_{table}_sage_key", table_name=table, schema=schema)


def place() -> tuple[str, str | None]:
    """Return table and schema."""
    if op.get_context().dialect.name == "sqlite":
        return "relay_delivery", None
    return "delivery", "relay"
