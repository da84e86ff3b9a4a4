"""`relay uninstall` keeps what the relay knew in files, and leaves the databases as they were."""

from __future__ import annotations

import csv
from pathlib import Path

import orjson
import pytest
from sqlalchemy import text
from sqlalchemy.engine import Engine

from relay.admin.uninstall import Uninstall, file_name
from relay.base.errors import Exit
from relay.cobra.lock import hold
from relay.database import schema
from relay.database.schema import Section
from relay.database.scripts import run_script
from tests.world.company import World
from tests.world.contents import contents
from tests.world.databases import YEARS, Databases
from tests.world.desk import Desk

SQLITE = "SELECT type, name, tbl_name, sql FROM sqlite_master"
OBJECTS = (  # the server itself names constraints, by numbers of its own
    "SELECT s.name, o.type, CASE WHEN o.type IN ('C', 'D', 'PK', 'UQ') THEN '' ELSE o.name END"
    " FROM sys.objects AS o"
    " JOIN sys.schemas AS s ON s.schema_id = o.schema_id WHERE o.type <> 'S'"
)
COLUMNS = (
    "SELECT table_schema, table_name, column_name, data_type, character_maximum_length,"
    " is_nullable FROM information_schema.columns WHERE table_schema = 'dbo'"
)
TRIGGERS = "SELECT name, type FROM sys.triggers"
SCHEMAS = "SELECT name FROM sys.schemas WHERE name = 'relay'"


def catalogue(engine: Engine) -> list[str]:
    """Return all that a database's catalogue says of its objects."""
    queries = (
        (SQLITE,) if engine.dialect.name == "sqlite" else (OBJECTS, COLUMNS, TRIGGERS, SCHEMAS)
    )
    with engine.connect() as connection:
        rows = [row for query in queries for row in connection.execute(text(query))]
    return sorted(repr(tuple(row)) for row in rows)


def vendors(databases: Databases, script: str) -> Engine:
    """Return a database that never had anything of the relay's."""
    engine = databases.server.engine(databases.server.create("vendor"))
    with engine.begin() as connection:
        run_script(connection, script)
    return engine


def vendor_rows(world: World) -> list[dict[str, list[str]]]:
    found = contents(world.cobra, *world.sage.values())
    ours = ("relay.", "None.relay_", "None.sqlite_")
    return [{n: rows for n, rows in one.items() if not n.startswith(ours)} for one in found]


def test_leaves_the_databases_as_they_were(world: World, desk: Desk, tmp_path: Path) -> None:
    """Catalogue and rows of both vendors are as without us; links, ledger and history are kept."""
    key = world.add(SAGENR0="1", COMPANY1="=SUMME(A1)")
    world.drain()
    before = vendor_rows(world)
    done = desk.relay("uninstall", "--export", str(tmp_path / "weg"), "--yes")
    assert done.exit_code == 0, done.output
    assert vendor_rows(world) == before
    assert catalogue(world.cobra) == catalogue(vendors(world.databases, "demo/cobra"))
    plain = catalogue(vendors(world.databases, "sage50/schema"))
    assert all(catalogue(world.sage[year]) == plain for year in YEARS)
    assert list(tmp_path.rglob("*.lock")) == []
    kept = {path.name for path in (tmp_path / "weg").iterdir()}
    ours = {"cobra.outbox", "cobra.delivery", f"{YEARS[0]}.link", f"{YEARS[1]}.booking"}
    assert {f"{name}.{kind}" for name in ours for kind in ("csv", "jsonl")} <= kept
    (link,) = (tmp_path / "weg" / f"{YEARS[0]}.link.jsonl").read_bytes().splitlines()
    assert orjson.loads(orjson.loads(link)["content"])["Corp"] == "=SUMME(A1)"
    with (tmp_path / "weg" / "cobra.outbox.csv").open(encoding="utf-8-sig", newline="") as file:
        (entry,) = csv.DictReader(file, delimiter=";")
    assert (entry["entity_key"], entry["status"]) == (key, "applied")
    world.change(key, CITY0="Thun")  # nothing of ours is in a clerk's way
    assert "nichts vom Relay" in desk.relay("uninstall", "--export", "weg", "--yes").output


def test_open_entries_are_not_thrown_away(world: World, desk: Desk, tmp_path: Path) -> None:
    """What is not done is refused unless told; without `--yes` nothing is removed either."""
    world.add(SAGENR0="1", CITY0=None)
    world.drain()
    refused = desk.relay("uninstall", "--export", str(tmp_path / "a"), "--yes")
    assert (refused.exit_code, "1 Eintrag ist" in refused.output) == (Exit.REFUSED, True)
    asked = desk.relay("uninstall", "--export", str(tmp_path / "b"), "--discard-open")
    assert asked.exit_code == Exit.REFUSED
    assert len(world.entries()) == 1
    assert not (tmp_path / "b").exists()  # the same call with --yes must work
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine").touch()
    full = desk.relay("uninstall", "--export", str(tmp_path / "full"), "--discard-open", "--yes")
    assert (full.exit_code, "nicht leer" in full.output) == (Exit.REFUSED, True)
    done = desk.relay("uninstall", "--export", str(tmp_path / "c"), "--discard-open", "--yes")
    assert done.exit_code == 0, done.output
    assert '"not_ready"' in (tmp_path / "c" / "cobra.outbox.jsonl").read_text(encoding="utf-8")


def test_what_is_saved_meanwhile_is_not_lost(
    world: World, desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A save between the export and the end of the triggers is refused, and nothing is gone."""
    key = world.add(SAGENR0="1")
    world.drain()
    export = Uninstall.export

    def exported(self: Uninstall, folder: Path) -> dict[str, int]:
        written = export(self, folder)
        world.change(key, CITY0="Thun")
        return written

    with monkeypatch.context() as busy:
        busy.setattr(Uninstall, "export", exported)
        told = desk.relay("uninstall", "--export", str(tmp_path / "a"), "--yes")
    assert (told.exit_code, "weitergearbeitet" in told.output) == (Exit.REFUSED, True)
    assert desk.relay("triggers", "verify").exit_code == 0
    world.drain()
    assert {world.in_sage(year)["1"]["City"] for year in YEARS} == {"Thun"}
    done = desk.relay("uninstall", "--export", str(tmp_path / "b"), "--yes")
    assert done.exit_code == 0, done.output


def test_names_of_files() -> None:
    """Whatever a year is called, its files have names that Windows takes, each its own."""
    assert file_name("MUSTER2026.link", []) == "MUSTER2026.link"
    first = file_name("Muster 2025/26: Käse?.link", [])
    assert first == "Muster 2025_26_ Käse_.link"
    assert file_name("Muster 2025\\26: KÄSE?.link", [first]) == "Muster 2025_26_ KÄSE_.link-2"
    assert file_name("con.link", []) == "_con.link"
    assert file_name("LPT1 .link", []) == "_LPT1 .link"
    assert file_name("console.link", []) == "console.link"


def test_not_while_a_relay_works(world: World, desk: Desk, tmp_path: Path) -> None:
    """A relay that works is not pulled from under its own feet."""
    with hold(world.relay_engine()) as lock:
        assert lock is not None
        told = desk.relay("uninstall", "--export", str(tmp_path / "weg"), "--yes")
    assert told.exit_code == Exit.REFUSED
    assert world.entries() == []


def test_interrupted_removal_is_repeated(
    world: World, desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Dead after the first Sage year: cobra still knows, and a second call does the rest."""
    world.add(SAGENR0="1")
    world.drain()
    real, calls = schema.downgrade, []

    def dies(engine: Engine, section: Section) -> None:
        calls.append(section)
        if len(calls) == 2:
            raise MemoryError
        real(engine, section)

    with monkeypatch.context() as patched:
        patched.setattr(schema, "downgrade", dies)
        assert desk.relay("uninstall", "--export", str(tmp_path / "a"), "--yes").exit_code == 1
    done = desk.relay("uninstall", "--export", str(tmp_path / "b"), "--yes")
    assert done.exit_code == 0, done.output
    plain = catalogue(vendors(world.databases, "sage50/schema"))
    assert all(catalogue(world.sage[year]) == plain for year in YEARS)
