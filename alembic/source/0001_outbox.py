"""Cobra's side: the outbox, how far each entry has come, and who this installation is."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.mssql import DATETIME2, NVARCHAR
from sqlalchemy.sql.expression import TextClause

revision: str = "0001"
down_revision: str | None = None
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

STATUS = (
    "status IN ('pending', 'retrying', 'waiting', 'held', 'applied', 'not_for_sage', 'skipped')"
)
OPERATION = "operation IN ('insert', 'update', 'delete', 'snapshot', 'probe')"
STATE = "state IN ('ready', 'away', 'refused', 'removed')"

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")  # else SQLite gives it no number
TEXT = NVARCHAR(None).with_variant(sa.Text(), "sqlite")
TIME = DATETIME2(3).with_variant(sa.Text(), "sqlite")
# Capital and small letters are two keys, whatever the database's collation says.
KEY = sa.Unicode(450, collation="Latin1_General_100_BIN2").with_variant(sa.Unicode(450), "sqlite")

SEQUENCES = ("outbox_id", "audit_id")
TABLES = (
    "mailed", "adoption", "route", "audit", "paused", "year", "identity", "delivery", "outbox",
)  # fmt: skip


def upgrade() -> None:
    """Create sequences, tables and indexes."""
    if on_sqlite():
        # A row lives here only inside a transaction of the relay's own: the triggers look at it.
        create("own_write", sa.Column("process", sa.Integer()))
    else:
        for name in SEQUENCES:
            op.execute(
                f"CREATE SEQUENCE relay.{name} AS bigint START WITH 1 INCREMENT BY 1 CACHE 1000"
            )
    create_outbox()
    create_delivery()
    create_identity()
    create_year()
    create_pause()
    create_audit()
    create_route()
    create_adoption()
    create_mailed()


def downgrade() -> None:
    """Drop them; entries that are still open are lost."""
    for name in TABLES:
        drop(name)
    if on_sqlite():
        drop("own_write")
    else:
        for name in SEQUENCES:
            op.execute(f"DROP SEQUENCE relay.{name}")


def create_outbox() -> None:
    """Create the notices. Their number comes from a sequence: cobra may use @@IDENTITY."""
    create(
        "outbox",
        sa.Column("id", BIG, nullable=False, server_default=number_from("outbox_id")),
        sa.Column("uid", sa.Uuid(), nullable=False, server_default=new_uid()),
        sa.Column("entity", sa.Unicode(20), nullable=False),
        sa.Column("entity_key", KEY, nullable=False),
        sa.Column("operation", sa.Unicode(20), nullable=False),
        sa.Column("changed", TEXT),
        sa.Column("cause", sa.Unicode(20), nullable=False, server_default="trigger"),
        sa.Column("created_at", TIME, nullable=False, server_default=now()),
        sa.Column("created_by", sa.Unicode(128), server_default=login()),
        sa.Column("status", sa.Unicode(20), nullable=False, server_default="pending"),
        sa.Column("attempts", sa.Integer(), nullable=False, server_default=sa.text("0")),
        sa.Column("next_attempt_at", TIME),
        sa.Column("waiting_on", sa.Unicode(500)),
        sa.Column("reason", sa.Unicode(1000)),
        sa.Column("error_code", sa.Unicode(50)),
        sa.Column("error", TEXT),
        sa.Column("finished_at", TIME),
        sa.Column("applied_by", BIG),
        sa.PrimaryKeyConstraint("id", name="pk_outbox"),
        sa.UniqueConstraint("uid", name="uq_outbox_uid"),
        sa.CheckConstraint(STATUS, name="ck_outbox_status"),
        sa.CheckConstraint(OPERATION, name="ck_outbox_operation"),
    )
    # Plain ones: with a filtered index, saves of a session with the wrong ANSI settings fail.
    index("outbox", "status", "id")
    index("outbox", "entity", "entity_key", "id")
    if not on_sqlite():
        # One mass edit must not lock every other clerk out.
        op.execute("ALTER TABLE relay.outbox SET (LOCK_ESCALATION = DISABLE)")


def create_delivery() -> None:
    """Create the deliveries.

    Without a foreign key: it would look into the outbox, whose rows clerks are writing, at each
    acknowledgement. The purge deletes an entry with its deliveries in one transaction.
    """
    create(
        "delivery",
        sa.Column("outbox_id", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("year", sa.Unicode(50), nullable=False),
        sa.Column("status", sa.Unicode(20), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False, server_default=sa.text("0")),
        sa.Column("sage_key", sa.Unicode(50)),
        sa.Column("sent", TEXT),
        sa.Column("warnings", TEXT),
        sa.Column("waiting_on", sa.Unicode(500)),
        sa.Column("error_code", sa.Unicode(50)),
        sa.Column("error", TEXT),
        sa.Column("updated_at", TIME, nullable=False, server_default=now()),
        sa.PrimaryKeyConstraint("outbox_id", "year", name="pk_delivery"),
        sa.CheckConstraint(STATUS, name="ck_delivery_status"),
    )
    index("delivery", "year", "status")


def create_identity() -> None:
    """Create the place for the one row that tells this installation from its copies."""
    create(
        "identity",
        sa.Column("id", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("installation", sa.Uuid(), nullable=False),
        sa.Column("incarnation", sa.Integer(), nullable=False, server_default=sa.text("1")),
        sa.Column("epoch", sa.BigInteger(), nullable=False, server_default=sa.text("0")),
        sa.Column("server", sa.Unicode(256)),
        sa.Column("database_name", sa.Unicode(500)),
        sa.Column("fingerprint", sa.Unicode(64)),
        sa.Column("relay", sa.Unicode(256)),
        sa.PrimaryKeyConstraint("id", name="pk_identity"),
        sa.CheckConstraint("id = 1", name="ck_identity_one_row"),
    )


def create_year() -> None:
    """Create what cobra's side remembers of each Sage year."""
    create(
        "year",
        sa.Column("name", sa.Unicode(50), nullable=False),
        sa.Column("server", sa.Unicode(256)),
        sa.Column("database_name", sa.Unicode(500)),
        sa.Column("generation", sa.Unicode(200)),
        sa.Column("acked_id", sa.BigInteger()),
        sa.Column("acked_uid", sa.Uuid()),
        sa.Column("state", sa.Unicode(20), nullable=False, server_default="away"),
        sa.Column("state_since", TIME),
        sa.Column("error_code", sa.Unicode(50)),
        sa.Column("error", TEXT),
        sa.PrimaryKeyConstraint("name", name="pk_year"),
        sa.CheckConstraint(STATE, name="ck_year_state"),
    )


def create_pause() -> None:
    """Create the pauses: of one year, or of all."""
    create(
        "paused",
        sa.Column("scope", sa.Unicode(50), nullable=False),
        sa.Column("reason", sa.Unicode(1000)),
        sa.Column("created_by", sa.Unicode(128), server_default=login()),
        sa.Column("created_at", TIME, nullable=False, server_default=now()),
        sa.PrimaryKeyConstraint("scope", name="pk_paused"),
    )


def create_audit() -> None:
    """Create the record of what operators did."""
    create(
        "audit",
        sa.Column("id", BIG, nullable=False, server_default=number_from("audit_id")),
        sa.Column("at", TIME, nullable=False, server_default=now()),
        sa.Column("who", sa.Unicode(128), server_default=login()),
        sa.Column("action", sa.Unicode(50), nullable=False),
        sa.Column("subject", sa.Unicode(500)),
        sa.Column("reason", sa.Unicode(1000)),
        sa.Column("detail", TEXT),
        sa.PrimaryKeyConstraint("id", name="pk_audit"),
    )


def create_route() -> None:
    """Create which year each invoice was sent to: committed before Sage is written."""
    create(
        "route",
        sa.Column("entity_key", KEY, nullable=False),
        sa.Column("year", sa.Unicode(50), nullable=False),
        sa.Column("chosen_at", TIME, nullable=False, server_default=now()),
        sa.PrimaryKeyConstraint("entity_key", name="pk_route"),
    )


def create_adoption() -> None:
    """Create what a person decided of an address that both cobra and Sage had before the relay."""
    create(
        "adoption",
        sa.Column("mark", sa.Unicode(64), nullable=False),
        sa.Column("entity_key", KEY, nullable=False),
        sa.Column("number", sa.Unicode(50), nullable=False),
        sa.Column("debtor", sa.BigInteger()),
        sa.Column("decision", sa.Unicode(20), nullable=False),
        sa.Column("seen", TEXT, nullable=False),
        sa.Column("decided_by", sa.Unicode(128), server_default=login()),
        sa.Column("decided_at", TIME, nullable=False, server_default=now()),
        sa.PrimaryKeyConstraint("mark", name="pk_adoption"),
        sa.CheckConstraint("decision IN ('link', 'separate')", name="ck_adoption_decision"),
    )
    index("adoption", "entity_key")


def create_mailed() -> None:
    """Create what people were told by mail and is not settled yet."""
    create(
        "mailed",
        sa.Column("id", sa.Unicode(64), nullable=False),
        sa.Column("role", sa.Unicode(20), nullable=False),
        sa.Column("subject", sa.Unicode(500), nullable=False),
        sa.Column("mark", sa.Unicode(64), nullable=False),
        sa.Column("text", TEXT, nullable=False),
        sa.Column("told_at", TIME, nullable=False, server_default=now()),
        sa.PrimaryKeyConstraint("id", name="pk_mailed"),
    )


def on_sqlite() -> bool:
    """Tell the embedded dialect, which has neither schemas nor sequences."""
    return op.get_context().dialect.name == "sqlite"


def place(name: str) -> tuple[str, str | None]:
    """Return a table's name and schema."""
    return (f"relay_{name}", None) if on_sqlite() else (name, "relay")


def create(name: str, *parts: sa.schema.SchemaItem) -> None:
    """Create a table; on SQLite a number that was given once is never given again."""
    table, schema = place(name)
    op.create_table(table, *parts, schema=schema, sqlite_autoincrement=name in ("outbox", "audit"))


def drop(name: str) -> None:
    """Drop a table with its indexes."""
    table, schema = place(name)
    op.drop_table(table, schema=schema)


def index(name: str, *columns: str) -> None:
    """Create an index that is named after its columns."""
    table, schema = place(name)
    op.create_index(f"ix_{table}_{'_'.join(columns)}", table, list(columns), schema=schema)


def number_from(sequence: str) -> TextClause | None:
    """Return the default that numbers rows; SQLite numbers by itself."""
    return None if on_sqlite() else sa.text(f"NEXT VALUE FOR relay.{sequence}")


def new_uid() -> TextClause:
    """Return the default that gives each row its own GUID."""
    return sa.text("(lower(hex(randomblob(16))))" if on_sqlite() else "NEWID()")


def now() -> TextClause:
    """Return the server's clock in UTC."""
    return sa.text(
        r"(strftime('%Y-%m-%d %H\:%M\:%f', 'now'))" if on_sqlite() else "SYSUTCDATETIME()"
    )


def login() -> TextClause | None:
    """Return who is connected; SQLite knows no users."""
    return None if on_sqlite() else sa.text("ORIGINAL_LOGIN()")
