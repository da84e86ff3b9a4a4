"""Indexes by which is found what changed since it was copied into cobra's own tables."""

from collections.abc import Sequence

from alembic import op

revision: str = "0007"
down_revision: str | None = "0006"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

INDEXES = (
    ("document", "answered", "answered_at"),
    ("document", "updated", "updated_at"),
    ("customer", "answered", "answered_at"),
)
"""Table, use and column of each."""


def upgrade() -> None:
    """Create them."""
    for table, use, column in INDEXES:
        name, schema = place(table)
        op.create_index(f"ix_{name}_{use}", name, [column], schema=schema)


def downgrade() -> None:
    """Drop them."""
    for table, use, _ in INDEXES:
        name, schema = place(table)
        op.drop_index(f"ix_{name}_{use}", table_name=name, schema=schema)


def place(name: str) -> tuple[str, str | None]:
    """Return a table's name and schema."""
    is_on_sqlite = op.get_context().dialect.name == "sqlite"
    return (f"relay_{name}", None) if is_on_sqlite else (name, "relay")
