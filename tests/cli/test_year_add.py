"""`relay year add` sets a new fiscal year up in one go, also when it is a copy of the old one."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, insert, select

from relay.admin.new_year import with_year
from relay.base.errors import Exit
from relay.cli.init import example
from relay.database.reflection import column_named, read_table
from relay.database.scripts import run_script
from relay.sage.reference import REFERENCE
from relay.settings import read_settings
from tests.world.company import World
from tests.world.databases import YEARS, Databases
from tests.world.desk import Desk, without_password

OLD, NEW = YEARS
DONE = (Exit.OK, Exit.FINDINGS)
"""Whatever the doctor finds of the test's database."""


class Admin:
    """An admin of a relay that knows the first year only."""

    def __init__(self, databases: Databases, folder: Path) -> None:
        """Write the configuration, with a comment."""
        years = databases.settings().model_dump(mode="json")["sage"]["year"]
        self.desk = Desk(databases, folder, sage={"year": years[:1]})
        self.world = World(databases, sage={"year": years[:1]})
        self.file = self.desk.file
        self.file.write_text("# von Hand geschrieben\n" + self.file.read_text("utf-8"), "utf-8")

    def add(self, url: Any, *more: str) -> Any:
        """Set the new year up."""
        told = without_password(url)
        return self.desk.relay(
            "year", "add", NEW, "--url", told, "--reason", "neues Jahr", "--yes", *more
        )

    def drain(self) -> None:
        """Move what is due, with the configuration as it is now."""
        assert self.desk.relay("drain").exit_code == 0


@pytest.fixture
def admin(databases: Databases, tmp_path: Path) -> Admin:
    """An admin before the year change."""
    return Admin(databases, tmp_path)


def test_new_year_in_one_go(admin: Admin) -> None:
    """Configured with the comment kept, migrated, connected; the old year's addresses follow."""
    key = admin.world.add(SAGENR0="1")
    admin.drain()
    server = admin.world.databases.server
    url = server.create("fresh")
    engine = server.engine(url)
    with engine.begin() as connection:
        run_script(connection, "sage50/schema")
    done = admin.add(url)
    assert done.exit_code in DONE, done.output
    assert admin.file.read_text("utf-8").startswith("# von Hand geschrieben\n")
    assert admin.file.with_name("relay.toml.bak").read_text("utf-8").count(NEW) == 0
    year = read_settings(admin.file).sage.year[-1]
    told = (year.name, year.mandant, str(year.first_day), str(year.last_day))
    assert told == (NEW, "MUSTER", "2026-01-01", "2026-12-31")
    assert [e.cause for e in admin.world.entries(key)] == ["trigger", "backfill"]
    admin.drain()
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT City FROM Adr").scalar_one() == "Langnau i. E."
    entries = len(admin.world.entries())
    again = admin.desk.relay("year", "add", NEW, "--reason", "nochmals", "--yes")
    assert again.exit_code in DONE, again.output
    assert len(admin.world.entries()) == entries + 1  # compared once more, nothing else
    assert admin.file.read_text("utf-8").count(NEW) == 1


@pytest.mark.skipif(os.name != "posix", reason="Windows has rights of another kind")
@pytest.mark.parametrize("may", [True, False])
def test_configuration_stays_whose_it_is(
    admin: Admin, monkeypatch: pytest.MonkeyPatch, *, may: bool
) -> None:
    """Owner, group and mode of relay.toml stay, also where only root may give a file away."""
    server = admin.world.databases.server
    with server.engine(url := server.create("fresh")).begin() as connection:
        run_script(connection, "sage50/schema")
    admin.file.chmod(0o640)
    if os.geteuid() == 0:
        os.chown(admin.file, 4321, 4322)
    if not may:
        monkeypatch.setattr(os, "chown", _refused)
    was = admin.file.stat()
    assert admin.add(url).exit_code in DONE
    now = admin.file.stat()
    assert (now.st_mode, now.st_uid, now.st_gid) == (was.st_mode, was.st_uid, was.st_gid)
    assert NEW in admin.file.read_text("utf-8")
    kept = admin.file.with_name("relay.toml.bak")
    assert kept.stat().st_mode == was.st_mode
    assert not admin.file.with_name("relay.toml.new").exists()


def _refused(*_args: object) -> None:
    raise PermissionError


def test_copied_year_is_paired(admin: Admin) -> None:
    """A copy of the old year, links and ledger included, is recognised, asked, and taken up."""
    world = admin.world
    key = world.add(SAGENR0="1")
    admin.drain()
    _copy(world)
    done = admin.add(world.databases.years[1])
    assert done.exit_code in DONE, done.output
    assert OLD in done.output
    assert [e.cause for e in world.entries(key)] == ["trigger", "reconcile"]
    world.change(key, CITY0="Thun")
    admin.drain()
    assert [world.in_sage(year)["1"]["City"] for year in YEARS] == ["Thun", "Thun"]
    assert {row.year for row in world.rows(NEW, world.ledger.peer)} == {NEW}


def test_copy_is_not_paired_unasked(admin: Admin) -> None:
    """Without a yes nothing is configured; the old year's own database is never taken twice."""
    world = admin.world
    world.add(SAGENR0="1")
    admin.drain()
    before = admin.file.read_text("utf-8")
    url = without_password(world.databases.years[1])
    asked = admin.desk.relay("year", "add", NEW, "--url", url, "--reason", "x")
    assert asked.exit_code == Exit.REFUSED
    same = admin.add(world.databases.years[0])
    assert (same.exit_code, OLD in same.output) == (Exit.REFUSED, True)
    assert admin.file.read_text("utf-8") == before


def test_year_that_does_not_fit(admin: Admin) -> None:
    """Days that overlap are told as in the configuration, and nothing is written."""
    before = admin.file.read_text("utf-8")
    told = admin.add(admin.world.databases.years[1], "--first-day", "2025-07-01")
    assert told.exit_code == Exit.SETTINGS, told.output
    assert admin.file.read_text("utf-8") == before
    assert not admin.file.with_name("relay.toml.new").exists()


@pytest.mark.parametrize("language", ["de", "en"])
def test_comments_of_the_example_stay(language: str) -> None:
    """Each line of a configuration with comments stays; the year comes after the others."""
    text = example(language)
    told = {"name": "X2027", "mandant": "MUSTER", "password": {"env": "SAGE"}, "url": "sqlite://"}
    changed = with_year(text, told)
    assert changed.startswith(text.rstrip("\n"))
    added = changed.removeprefix(text.rstrip("\n")).strip()
    assert added.splitlines() == [
        "[[sage.year]]", 'name = "X2027"', 'mandant = "MUSTER"', 'password = {env = "SAGE"}',
        'url = "sqlite://"',
    ]  # fmt: skip


def _copy(world: World) -> None:
    """Let the new year's database be a copy of the old one's, as Sage's year change may make it."""
    tables = [world.ledger.applied, world.ledger.link, world.ledger.peer]
    for table in tables:
        rows = [dict(row._mapping) for row in world.rows(OLD, table)]  # noqa: SLF001 - its public way to a mapping
        with world.sage[NEW].begin() as connection:
            connection.execute(delete(table))
            connection.execute(insert(table), rows)
    with world.sage[OLD].connect() as connection:
        adr = read_table(connection, world.dialect.locate("Adr", None))
        columns = [column_named(adr, tag) for tag in REFERENCE["Adr"]]
        rows = [
            dict(zip(REFERENCE["Adr"], row, strict=True))
            for row in connection.execute(select(*columns))
        ]
    for row in rows:
        world.write_sage(NEW, "Adr", **row)
