"""The texts that stand in the product, or that it makes: all that a T-SQL server may be given."""

from __future__ import annotations

import os
import re
import stat
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from relay.admin import rights
from relay.admin.doctor.server import ENQUIRY_LEVEL
from relay.base.files import read_sql
from relay.database import schema
from tests.judge import rendered
from tests.judge.judging import Text
from tests.judge.parser import batches
from tests.judge.work import ROOM
from tests.world.databases import INVOICES, merged
from tests.world.odd_sages import FOLDER

OPS = Path(__file__).parents[2] / "ops"
_PROVOKING = {"host/rowcount.sql": "next-value"}
"""Scripts that show what a server does where a rule is broken."""
_FENCED = re.compile(r"^```sql\n(.*?)^```", re.DOTALL | re.MULTILINE)
EXAMPLE = (
    (
        "CREATE TABLE dbo.Anschrift (Nummer nvarchar(13) PRIMARY KEY, Name nvarchar(31),"
        " Ort nvarchar(25))"
    ),
    "CREATE TABLE dbo.Belegkopf (ID int IDENTITY(1, 1) PRIMARY KEY, Nummer int NOT NULL)",
    (
        "CREATE TABLE dbo.Belegzeile (KopfID int NOT NULL, Zeile int NOT NULL, Konto nvarchar(13),"
        " Gegenkonto nvarchar(13), Seite smallint, Art smallint, Betrag decimal(18, 2),"
        " Steuer decimal(18, 2), BetragFW decimal(18, 2), Steuercode nvarchar(5), Steuerzeile int,"
        " Kostenzeile int, Buchungstext nvarchar(60), Posten nvarchar(13), Debitor int,"
        " Kennzeichen int)"
    ),
)
"""What the guide's example of a view assumes to be there."""
_CALLS = (
    ("release", "78", "it's & so"), ("skip", "78", "test"), ("resend", "4711", "test"),
    ("retry_all", "", "test"), ("pause", "MUSTER2025", "test"), ("resume", "*", "test"),
)  # fmt: skip


def everything() -> Iterator[Text]:
    """Yield all of them, in an order in which each finds what it names."""
    yield from vendors()
    yield from migrations()
    yield from rendered.triggers()
    yield from rendered.documents()
    yield from roles()
    yield from scripts()
    yield from wrapped()


def vendors() -> Iterator[Text]:
    """Yield cobra's and Sage's tables, as the demo and the reference have them."""
    for name in ("demo/cobra", "sage50/schema"):
        for sql in batches(read_sql("mssql", name)):
            yield Text(f"sql/mssql/{name}.sql", sql, is_vendors=True)
    for sql in EXAMPLE:
        yield Text("the tables of ops/sage-profile", sql, is_vendors=True)
    for sql in ROOM:
        yield Text(
            "room for copies in cobra",
            re.sub(r"\b(ADDRESSES|INVOICES)\b", r"dbo.\1", sql),
            is_vendors=True,
        )


def odd(kind: str) -> Iterator[Text]:
    """Yield cobra's tables, and those of a Sage that differs from the reference."""
    for sql in batches(read_sql("mssql", "demo/cobra")):
        yield Text("sql/mssql/demo/cobra.sql", sql, is_vendors=True)
    path = FOLDER / f"{kind}.mssql.sql"
    for sql in batches(path.read_text(encoding="utf-8")):
        yield Text(path.name, sql, is_vendors=True)


def migrations() -> Iterator[Text]:
    """Yield what builds the relay's own side, as scripts; the views and procedures are in them."""
    for section in ("source", "target"):
        for sql in batches(schema.script(section, "mssql")):
            yield Text(f"relay migrate --sql {section}", sql)


def roles() -> Iterator[Text]:
    """Yield the rights of each role, with the part of the documents and without."""
    for more in ({}, INVOICES, merged(INVOICES, {"documents": {}})):
        told = rendered.settings(**more)
        for role in rights.IN_COBRA:
            for sql in rights.in_cobra(told, role, rendered.ODD):
                yield Text(f"rights of {role} in cobra", sql)
        for role in rights.IN_SAGE:
            for sql in rights.in_year(told, told.sage.year[0], role, rendered.ODD):
                yield Text(f"rights of {role} in Sage", sql)


def scripts() -> Iterator[Text]:
    """Yield what people run: the scripts, and what the guides tell them to type."""
    level = ENQUIRY_LEVEL
    for pattern in ("sql/mssql/*.sql", "host/*.sql"):
        for path in sorted(OPS.glob(pattern)):
            name = path.relative_to(OPS).as_posix()
            for sql in batches(path.read_text(encoding="utf-8-sig")):
                yield Text(f"ops/{name}", sql, level=level, provokes=_PROVOKING.get(name, ""))
    for path in sorted(OPS.glob("*.md")):
        for block in _FENCED.findall(path.read_text(encoding="utf-8")):
            for sql in batches(block):
                yield Text(f"ops/{path.name}", sql, level=level)


def wrapped() -> Iterator[Text]:
    """Yield what ops/bin/relay-sql sends, to a sqlcmd that only repeats it."""
    with tempfile.TemporaryDirectory() as folder:
        fake = Path(folder) / "sqlcmd"
        fake.write_text("#!/bin/sh\nexec cat\n", encoding="ascii")
        fake.chmod(fake.stat().st_mode | stat.S_IXUSR)
        told = {"PATH": f"{folder}:{os.environ['PATH']}"}
        told |= {"RELAY_SQL_SERVER": "server", "RELAY_SQL_DATABASE": "cobra"}
        for call in _CALLS:
            done = subprocess.run(  # noqa: S603 - our own script
                ["/bin/sh", str(OPS / "bin" / "relay-sql"), *call],
                capture_output=True, text=True, check=True, env=os.environ | told, encoding="utf-8",
            )  # fmt: skip
            assert done.stdout, call
            for sql in batches(done.stdout):
                yield Text(f"ops/bin/relay-sql {call[0]}", sql)
