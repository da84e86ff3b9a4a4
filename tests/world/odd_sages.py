"""Made-up Sages that differ from the reference as real ones do: a schema and its profile each."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

from relay.database import dialect_of
from relay.sage.layout import SageTable, sage_table
from relay.sage.reference import REFERENCE
from relay.sage.writing import insert_rows
from relay.sage.year import SageYear
from relay.settings import Settings

if TYPE_CHECKING:
    from sqlalchemy.engine import URL, Connection, Engine

    from tests.world.servers import Server

FOLDER = Path(__file__).parent / "odd"
KINDS = ("german", "ids", "counters", "minor", "views")


@dataclass(frozen=True)
class OddSage:
    """One of them; `tests/world/odd` has its schema for each server, and its profile."""

    kind: str

    @cached_property
    def profile(self) -> dict[str, Any]:
        """The section `[sage.profile]`."""
        return tomllib.loads((FOLDER / f"{self.kind}.toml").read_text(encoding="utf-8"))

    def build(self, server: Server, url: URL) -> None:
        """Put its tables in the place of those of the reference schema."""
        schema = "dbo." if server.dialect == "mssql" else ""
        end = "\nGO\n" if server.dialect == "mssql" else ";\n"
        gone = "".join(f"DROP TABLE {schema}{name}{end}" for name in REFERENCE)
        script = (FOLDER / f"{self.kind}.{server.dialect}.sql").read_text(encoding="utf-8")
        server.run_as_vendor(url, gone + script)


def read_by_tag(engine: Engine, settings: Settings, year: str, name: str) -> list[dict[str, Any]]:
    """Return the rows of one of Sage's tables by tag, as rules know them."""
    with engine.begin() as connection:
        table = _table(connection, settings, year, name)
        rows: list[dict[str, Any]] = table.rows(connection, table.query())
    return rows


def write_by_tag(
    engine: Engine, settings: Settings, year: str, name: str, columns: dict[str, Any]
) -> None:
    """Write a row as its own program does; what has no tag is left out."""
    with engine.begin() as connection:
        table = _table(connection, settings, year, name)
        dialect = dialect_of(connection)

        def write(real: Any, rows: Any) -> None:
            dialect.insert_rows(connection, real, rows)

        here = SimpleNamespace(
            connection=connection,
            dialect=dialect,
            insert_rows=write,
            sage_table=lambda _name: table,
        )
        row = {tag: value for tag, value in columns.items() if tag in table.columns}
        insert_rows(cast(SageYear, here), name, [row])


def _table(connection: Connection, settings: Settings, year: str, name: str) -> SageTable:
    configured = next(each for each in settings.sage.year if each.name == year)
    return sage_table(connection, settings.sage.profile, name, configured)


REPLACED = {
    "sqlite": {
        "lost": "CREATE TRIGGER broken INSTEAD OF UPDATE ON SageAdr BEGIN SELECT 1; END",
        "other": "CREATE TRIGGER broken INSTEAD OF UPDATE ON SageAdr BEGIN"
        " UPDATE Anschrift SET K_City = upper(NEW.City) WHERE K_AdrId = OLD.AdrId; END",
    },
    "mssql": {
        "lost": "CREATE TRIGGER dbo.broken ON dbo.SageAdr INSTEAD OF UPDATE AS"
        " BEGIN SET NOCOUNT ON; END",
        "other": "CREATE TRIGGER dbo.broken ON dbo.SageAdr INSTEAD OF UPDATE AS BEGIN"
        " SET NOCOUNT ON; UPDATE t SET K_City = UPPER(i.City) FROM dbo.Anschrift AS t"
        " JOIN inserted AS i ON i.AdrId = t.K_AdrId; END",
    },
}
"""Triggers in the place of SageAdr_update that lose a change, or write another value."""
