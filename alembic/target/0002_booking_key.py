"""The key of a booking is not the clustered index any more: it is too wide for one."""

from collections.abc import Sequence

from alembic import op

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    """Make it an index beside the table, which may have 1,700 bytes.

    A clustered one may have 900; this has 900 and the version, so SQL Server would refuse the
    longest keys of cobra (1946).
    """
    make_key(clustered=False)


def downgrade() -> None:
    """Make it the clustered index again; SQL Server refuses if the longest keys are in it."""
    make_key(clustered=True)


def make_key(*, clustered: bool) -> None:
    """Create the primary key anew. SQLite knows no such limit and stays as it is."""
    if op.get_context().dialect.name == "sqlite":
        return
    kind = "CLUSTERED" if clustered else "NONCLUSTERED"
    op.execute("ALTER TABLE relay.booking DROP CONSTRAINT pk_booking")
    op.execute(
        "ALTER TABLE relay.booking"
        f" ADD CONSTRAINT pk_booking PRIMARY KEY {kind} (entity_key, version)"
    )
