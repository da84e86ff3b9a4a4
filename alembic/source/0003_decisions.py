"""What people decided gets a table of its own, in which the newest decision of a matter counts."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.mssql import DATETIME2, NVARCHAR
from sqlalchemy.sql.expression import TextClause

revision: str = "0003"
down_revision: str | None = "0002"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

EXACT = "Latin1_General_100_BIN2"
TEXT = NVARCHAR(None).with_variant(sa.Text(), "sqlite")
TIME = DATETIME2(3).with_variant(sa.Text(), "sqlite")
KEY = sa.Unicode(450, collation=EXACT).with_variant(sa.Unicode(450), "sqlite")
TOPIC = sa.Unicode(80, collation=EXACT).with_variant(sa.Unicode(80), "sqlite")

# A person's skips, but those that a later resend took back. The resend's own entry may have been
# purged; the audit, where each action names its records in a JSON list, never is.
SKIPS = """
INSERT INTO {decision} (entity, entity_key, topic, decision, reason, decided_at)
SELECT 'invoice', o.entity_key, 'transfer', 'skip', COALESCE(o.reason, ''), o.finished_at
FROM {outbox} AS o{by_status}
WHERE o.entity = 'invoice' AND o.status = 'skipped'
    AND COALESCE(o.error_code, '') <> 'invoice_skipped'
    AND NOT EXISTS (
        SELECT 1 FROM {outbox} AS s{by_record}
        WHERE s.entity = 'invoice' AND s.entity_key = o.entity_key AND s.status = 'skipped'
            AND COALESCE(s.error_code, '') <> 'invoice_skipped'
            AND (
                s.finished_at > o.finished_at
                OR (s.finished_at = o.finished_at AND s.id > o.id)
            )
    )
    AND NOT EXISTS (
        SELECT 1 FROM {outbox} AS r{by_record}
        WHERE r.entity = 'invoice' AND r.entity_key = o.entity_key AND r.cause = 'resend'
            AND r.created_at >= o.finished_at
    )
    AND NOT EXISTS (
        SELECT 1 FROM {audit} AS a
        WHERE a.action = 'resend' AND a.at >= o.finished_at AND {names_it}
    )
"""
# None may be missed; and no clerk's new entry, an open save, is looked at and waited for.
RECORD = "ix_outbox_entity_entity_key_id (entity, entity_key)"
HINTS = {
    "sqlite": {"by_status": "", "by_record": ""},
    "mssql": {
        "by_status": " WITH (READCOMMITTEDLOCK, FORCESEEK)",
        "by_record": f" WITH (READCOMMITTEDLOCK, FORCESEEK ({RECORD}))",
    },
}
NAMES_IT = {
    "sqlite": (
        "instr(a.detail, '\"invoice ' || REPLACE(REPLACE(o.entity_key, '\\', '\\\\'), '\"', '\\\"')"
        " || '\"') > 0"
    ),
    "mssql": (
        "CHARINDEX('\"invoice ' + REPLACE(REPLACE(o.entity_key, '\\', '\\\\'), '\"', '\\\"')"
        f" + '\"', a.detail COLLATE {EXACT}) > 0"
    ),
}
PAIRS = """
INSERT INTO {decision} (
    entity, entity_key, topic, decision, number, debtor, mark, seen, decided_by, decided_at
)
SELECT
    'address', a.entity_key,
    CASE WHEN a.number <> '' THEN {of_number} ELSE {of_debtor} END,
    a.decision, a.number, a.debtor, a.mark, a.seen, a.decided_by, a.decided_at
FROM {adoption} AS a
WHERE NOT EXISTS (
    SELECT 1 FROM {adoption} AS b
    WHERE b.entity_key = a.entity_key AND b.number{exactly} = a.number{exactly}
        AND (a.number <> '' OR b.debtor = a.debtor)
        AND (b.decided_at > a.decided_at OR (b.decided_at = a.decided_at AND b.mark > a.mark))
)
"""
TOPICS = {
    "sqlite": {
        "exactly": "",
        "of_number": "'address ' || a.number",
        "of_debtor": "'debtor ' || a.debtor",
    },
    "mssql": {
        "exactly": f" COLLATE {EXACT}",
        "of_number": "'address ' + a.number",
        "of_debtor": "'debtor ' + CONVERT(nvarchar(20), a.debtor)",
    },
}
# The version before reads skips from finished entries, and forgets them when they are purged.
ENTRIES = """
INSERT INTO {outbox} (
    entity, entity_key, operation, cause, created_at, status, reason, finished_at
)
SELECT d.entity, d.entity_key, 'snapshot', 'repair', d.decided_at, 'skipped', d.reason, {now}
FROM {decision} AS d
WHERE d.topic = 'transfer' AND d.decision = 'skip'
"""
ADOPTIONS = """
INSERT INTO {adoption} (mark, entity_key, number, debtor, decision, seen, decided_by, decided_at)
SELECT d.mark, d.entity_key, d.number, d.debtor, d.decision, d.seen, d.decided_by, d.decided_at
FROM {decision} AS d
WHERE d.decision IN ('link', 'separate')
"""


def upgrade() -> None:
    """Create the table and move what was decided into it."""
    create(
        "decision",
        sa.Column("entity", sa.Unicode(20), nullable=False),
        sa.Column("entity_key", KEY, nullable=False),
        sa.Column("topic", TOPIC, nullable=False),
        sa.Column("decision", sa.Unicode(20), nullable=False),
        sa.Column("number", sa.Unicode(50), nullable=False, server_default=""),
        sa.Column("debtor", sa.BigInteger()),
        sa.Column("mark", sa.Unicode(64), nullable=False, server_default=""),
        sa.Column("cobra", sa.Unicode(64), nullable=False, server_default=""),
        sa.Column("seen", TEXT, nullable=False, server_default="{}"),
        sa.Column("reason", sa.Unicode(1000), nullable=False, server_default=""),
        sa.Column("decided_by", sa.Unicode(128), server_default=login()),
        sa.Column("decided_at", TIME, nullable=False, server_default=now()),
        # Longer than the 900 bytes that a clustered key may have.
        sa.PrimaryKeyConstraint(
            "entity", "entity_key", "topic", name="pk_decision", mssql_clustered=False
        ),
        sa.CheckConstraint(
            "decision IN ('skip', 'resend', 'link', 'separate', 'move')",
            name="ck_decision_decision",
        ),
    )
    run(SKIPS, names_it=NAMES_IT[dialect()], **HINTS[dialect()])
    run(PAIRS, **TOPICS[dialect()])
    table, schema = place("adoption")
    op.drop_table(table, schema=schema)


def downgrade() -> None:
    """Give what was decided back to where the version before looks for it."""
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
    table, schema = place("adoption")
    op.create_index(f"ix_{table}_entity_key", table, ["entity_key"], schema=schema)
    run(ENTRIES, now="SYSUTCDATETIME()" if dialect() == "mssql" else SQLITE_NOW)
    run(ADOPTIONS)
    table, schema = place("decision")
    op.drop_table(table, schema=schema)


SQLITE_NOW = "strftime('%Y-%m-%d %H:%M:%f', 'now')"


def run(statement: str, **parts: str) -> None:
    """Run a statement with our tables' names put in."""
    names = {}
    for name in ("outbox", "audit", "adoption", "decision"):
        table, schema = place(name)
        names[name] = table if schema is None else f"{schema}.{table}"
    told = statement.format(**names, **parts).strip()
    op.execute(sa.text(told.replace(":", "\\:")))


def dialect() -> str:
    """Return the dialect's name."""
    return str(op.get_context().dialect.name)


def place(name: str) -> tuple[str, str | None]:
    """Return a table's name and schema."""
    return (f"relay_{name}", None) if dialect() == "sqlite" else (name, "relay")


def create(name: str, *parts: sa.schema.SchemaItem) -> None:
    """Create a table."""
    table, schema = place(name)
    op.create_table(table, *parts, schema=schema)


def now() -> TextClause:
    """Return the server's clock in UTC."""
    escaped = SQLITE_NOW.replace(":", "\\:")
    return sa.text(f"({escaped})" if dialect() == "sqlite" else "SYSUTCDATETIME()")


def login() -> TextClause | None:
    """Return who is connected; SQLite knows no users."""
    return None if dialect() == "sqlite" else sa.text("ORIGINAL_LOGIN()")
