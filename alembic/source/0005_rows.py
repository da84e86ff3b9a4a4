"""The lists of the document enquiry go: rows are written as one parameter without them."""

from collections.abc import Mapping, Sequence

from alembic import op

revision: str = "0005"
down_revision: str | None = "0004"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

DAY, WHOLE, LARGE, MONEY, MEASURE = "DATE", "INTEGER", "BIGINT", "NUMERIC(19, 2)", "NUMERIC(19, 6)"
LISTED: Mapping[str, Mapping[str, int | str]] = {
    "document": {
        "entity_key": 450, "number": 50, "kind": 20, "customer_key": 450, "customer_name": 200,
        "mandant": 50, "year": 50, "invoice_date": DAY, "posted_on": DAY, "due_date": DAY,
        "currency": 10, "currency_gross": MONEY, "net": MONEY, "tax": MONEY, "gross": MONEY,
        "reference": 50, "text": 200, "sage_document": LARGE, "open_item": 50, "version": WHOLE,
        "reversal": LARGE, "state": 20, "stands": WHOLE, "entry": LARGE, "reason_code": 50,
        "reason": 0,
    },
    "document_position": {
        "entity_key": 450, "line": WHOLE, "article": 50, "text": 200, "quantity": MEASURE,
        "unit_price": MEASURE, "account": 20, "cost_centre": 20, "tax_key": 20, "net": MONEY,
        "tax": MONEY,
    },
}  # fmt: skip
"""Columns to their types; of a text its length, 0: without a limit."""


def upgrade() -> None:
    """Drop the procedures and the types of their lists."""
    for name in listed():
        op.execute(f"DROP PROCEDURE relay.add_{name}")
        op.execute(f"DROP TYPE relay.{name}_list")


def downgrade() -> None:
    """Create them as they were."""
    for name, columns in listed().items():
        lists = ", ".join(f"{c} nvarchar({length(kind)})" for c, kind in columns.items())
        names, values = ", ".join(columns), ", ".join(read(c, k) for c, k in columns.items())
        if name == "document":
            names, values = f"{names}, updated_at", f"{values}, SYSUTCDATETIME()"
        op.execute(f"CREATE TYPE relay.{name}_list AS TABLE ({lists})")
        op.execute(
            f"CREATE PROCEDURE relay.add_{name} @rows relay.{name}_list READONLY AS\n"
            "SET NOCOUNT OFF;\n"  # the relay looks at the count
            f"INSERT INTO relay.{name} ({names})\nSELECT {values} FROM @rows"
        )


def listed() -> Mapping[str, Mapping[str, int | str]]:
    """Return what there is: SQLite has no lists."""
    return {} if op.get_context().dialect.name == "sqlite" else LISTED


def length(kind: int | str) -> int | str:
    """Return how many characters a column's value may have as a text."""
    return 40 if isinstance(kind, str) else kind or "max"


def read(name: str, kind: int | str) -> str:
    """Return a value of a list as the column's."""
    if isinstance(kind, str):
        return f"CONVERT({kind}, {name})"
    return f"REPLACE({name} COLLATE Latin1_General_100_BIN2, NCHAR(26), N'''')"
