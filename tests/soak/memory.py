"""Measures what a long backlog costs: one statement changes 50,000 addresses, a child drains."""

from __future__ import annotations

import json
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.engine import Engine

from relay.cobra.capture import install
from relay.database import dialect_of
from tests.soak.checking import Books
from tests.soak.killing import CHILD, ROOT
from tests.world.databases import YEARS, make_databases
from tests.world.servers import Server

SHORT, LONG = 5_000, 50_000
MOST = 1.2
"""The peak with the long backlog may be this many times the one with the short backlog."""
PATIENCE_S = 3600

Tell = Callable[[str], None]


def measure(server: Server, tell: Tell, short: int = SHORT, long: int = LONG) -> bool:
    """Compare the peaks of memory of two backlogs; True if the long one costs hardly more."""
    low, high = (peak_with(server, rows, tell) for rows in (short, long))
    well = low is not None and high is not None and high / low <= MOST
    if low and high:
        tell(f"peak {high} KiB / {low} KiB = {high / low:.3f}, allowed {MOST}")
    return well


def peak_with(server: Server, rows: int, tell: Tell, batches: int | None = None) -> int | None:
    """Change `rows` addresses with one statement, drain; returns the peak in KiB, None if wrong.

    `batches`: drain only so many, and leave the rest.
    """
    databases = make_databases(server)
    settings = databases.settings()
    cobra = server.engine(databases.cobra)
    table = "dbo.ADDRESSES" if server.dialect == "mssql" else "ADDRESSES"
    _fill(cobra, table, rows)
    install(dialect_of(databases.cobra).engine(databases.cobra, lock_timeout_ms=2000), settings)
    began = time.monotonic()
    with cobra.begin() as connection:
        connection.execute(text(f"UPDATE {table} SET PHONE0 = '031 300 20 10'"))
    captured = time.monotonic() - began
    sage = dict(zip(YEARS, map(server.engine, databases.years), strict=True))
    books = Books(cobra, sage)
    noticed = books.statuses()
    began = time.monotonic()
    told = _drain(settings.model_dump_json(by_alias=True), batches)
    tell(
        f"{rows} rows by one statement: captured in {captured:.1f} s as {noticed},"
        f" {told['moved']} records drained in {time.monotonic() - began:.0f} s,"
        f" peak {told['peak_kib']} KiB"
    )
    wrong = books.violations() if batches is None else []
    for what in wrong[:5]:
        tell(f"VIOLATION {what}")
    return None if wrong or noticed != {"pending": rows} else told["peak_kib"]


def _fill(cobra: Engine, table: str, rows: int) -> None:
    """Save addresses before any trigger is there."""
    columns = "SAGENR0, COMPANY1, LASTNAME0, STREET0, ZIP0, CITY0, ADDRTYPE0"
    values = f"VALUES ('{{}}', '{'Firma' * 5}', 'Müller', 'Gasse 1', '3000', 'Bern', 'Kunde')"
    with cobra.begin() as connection:
        connection.execute(text(f"INSERT INTO {table} ({columns}) {values.format('x')}"))
        there = 1
        while there < rows:
            more = min(there, rows - there)
            connection.execute(
                text(
                    f"INSERT INTO {table} ({columns}) SELECT SAGENR0, COMPANY1, LASTNAME0,"
                    f" STREET0, ZIP0, CITY0, ADDRTYPE0 FROM {table} WHERE ID <= {more}"
                )
            )
            there += more
        connection.execute(text(f"UPDATE {table} SET SAGENR0 = CAST(ID AS varchar(20))"))


def _drain(settings: str, batches: int | None) -> dict[str, int]:
    with tempfile.TemporaryDirectory(prefix="relay-soak-") as folder:
        file = Path(folder) / "settings.json"
        file.write_text(settings, encoding="utf-8")
        some = [] if batches is None else ["--batches", str(batches)]
        done = subprocess.run(  # noqa: S603 - our own child
            [*CHILD, str(file), "--drain", *some],
            stdout=subprocess.PIPE, text=True, check=True, cwd=ROOT, timeout=PATIENCE_S,
        )  # fmt: skip
    told: dict[str, int] = json.loads(done.stdout.splitlines()[-1])
    return told
