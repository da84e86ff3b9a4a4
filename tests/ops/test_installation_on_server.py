"""The installation page on a T-SQL server: the same commands, on copies of its databases.

What the page has made as files is copied to the server before anything of the relay's is there,
and what its clerk prints in the files is printed on the server.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select
from sqlalchemy.engine import URL, Engine, make_url

from relay.database import dialect_of
from relay.database.reflection import column_named, read_table
from relay.database.scripts import run_script
from tests.ops.test_installation_page import OPS, Terminal, transcripts, until
from tests.world.backups import TABLES
from tests.world.desk import GERMAN, kept_apart, toml
from tests.world.servers import Server

YEARS = ("MUSTER2025", "MUSTER2026", "IMMO2026")


class ServerTerminal(Terminal):
    """Types the page's commands where relay.toml names databases on a server."""

    def __init__(self, folder: Path, server: Server) -> None:
        super().__init__(folder, GERMAN)
        self._server = server
        self._cobra: Engine

    def type(self, command: str, shown: str) -> None:
        """Type a command; after one of the demo's the server's databases are as its files."""
        super().type(command, shown)
        if command.startswith("cd "):
            self._move()
        elif "--print" in command:
            self._print()

    def applied(self) -> int:
        """Count what Sage has, asked in cobra's database."""
        query = "SELECT COUNT(*) FROM relay.outbox WHERE status = 'applied'"
        with self._cobra.connect() as connection:
            return int(connection.exec_driver_sql(query).scalar_one())

    def _move(self) -> None:
        file = self.folder / "relay.toml"
        told = file.read_text(encoding="utf-8")
        for name in ("cobra", *YEARS):
            url = self._server.create(name)
            there = dialect_of(url).engine(url, lock_timeout_ms=10_000)
            kind = "cobra" if name == "cobra" else "Sage"
            with there.begin() as connection:
                run_script(connection, "demo/cobra" if kind == "cobra" else "sage50/schema")
            self._copy(kind, there, self.folder / f"{name}.db")
            if kind == "cobra":
                self._cobra = there
            kept = kept_apart(url.render_as_string(hide_password=False), self.folder)
            shown = "\n".join(f"{key} = {toml(value)}" for key, value in kept.items())
            told = re.sub(rf'url\s*=\s*"sqlite:///{name}\.db"', lambda _, new=shown: new, told)  # type: ignore[misc] # bound at once
        assert "sqlite:" not in told
        file.write_text(told, encoding="utf-8")

    def _copy(self, kind: str, there: Engine, file: Path) -> None:
        here = _engine(make_url(f"sqlite:///{file}"))
        for name in TABLES[kind]:
            rows = _rows(here, name)
            with there.begin() as connection:
                table = read_table(connection, dialect_of(there).locate(name, None))
                if kind == "cobra":
                    connection.exec_driver_sql(f"SET IDENTITY_INSERT dbo.{name} ON")
                typed = [{column_named(table, k).name: v for k, v in r.items()} for r in rows]
                if typed:
                    connection.execute(insert(table), typed)
                if kind == "cobra":
                    connection.exec_driver_sql(f"SET IDENTITY_INSERT dbo.{name} OFF")

    def _print(self) -> None:
        here = _engine(make_url(f"sqlite:///{self.folder / 'cobra.db'}"))
        with self._cobra.begin() as connection:
            table = read_table(connection, dialect_of(self._cobra).locate("INVOICES", None))
            key, printed, gross = (
                column_named(table, name) for name in ("ID", "PRINTEDON", "GROSS")
            )
            for row in _rows(here, "INVOICES"):
                if row["PRINTEDON"] is not None:
                    values = {printed: row["PRINTEDON"], gross: row["GROSS"]}
                    once = table.update().where(key == row["ID"], printed.is_(None))
                    connection.execute(once.values(values))


def _engine(url: URL) -> Engine:
    return dialect_of(url).engine(url, lock_timeout_ms=10_000)


def _rows(engine: Engine, name: str) -> list[dict[str, Any]]:
    with engine.connect() as connection:
        table = read_table(connection, dialect_of(engine).locate(name, None))
        return [dict(row) for row in connection.execute(select(table)).mappings()]


@pytest.fixture
def terminal(
    tmp_path: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> Iterator[ServerTerminal]:
    """An empty folder to type in; the relay that was started there is gone afterwards."""
    if server.dialect == "sqlite":
        pytest.skip("on files the page itself is typed")
    monkeypatch.chdir(tmp_path)
    terminal = ServerTerminal(tmp_path, server)
    yield terminal
    if terminal.relay is not None:
        terminal.relay.kill()
        terminal.relay.wait()


@pytest.mark.timeout(600)
def test_page_on_a_server(terminal: ServerTerminal) -> None:
    """Each command does what the page shows, up to the relay that books what is printed."""
    for command, shown in transcripts(OPS / "installation.de.md"):
        terminal.type(command, shown)
    assert terminal.relay is not None
    until(lambda: terminal.applied() == 10, terminal.relay)
    terminal.relay.terminate()
    assert terminal.relay.wait(300) == 0
