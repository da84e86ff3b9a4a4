"""${message}."""

from collections.abc import Sequence

from alembic import op

revision: str = ${repr(up_revision)}
down_revision: str | None = ${repr(down_revision)}
branch_labels: Sequence[str] | None = ${repr(branch_labels)}
depends_on: Sequence[str] | None = ${repr(depends_on)}


def upgrade() -> None:
    """TODO: say what changes."""
    ${upgrades if upgrades else "pass"}


def downgrade() -> None:
    """Undo it exactly."""
    ${downgrades if downgrades else "pass"}
