"""Databases that cannot be used as they are: a clear message, its status, and nothing is lost."""

from __future__ import annotations

import os
import sqlite3
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner
from sqlalchemy import event, text
from sqlalchemy.engine import URL, Engine

from relay import cli
from tests.world.commands import commands_of
from tests.world.company import World
from tests.world.databases import YEARS
from tests.world.desk import ENGLISH, Desk

pytestmark = pytest.mark.usefixtures("run_ends")

COMMANDS = [
    ["migrate"],
    ["triggers", "show"],
    ["triggers", "install"],
    ["triggers", "verify"],
    ["triggers", "drop"],
    ["run"],
    ["drain"],
    ["status"],
    ["list"],
    ["show", "1"],
    ["check", "--pending"],
    ["compare"],
    ["adopt", "propose", "--csv", os.devnull],
    ["adopt", "apply", os.devnull, "--reason", "x"],
    ["adopt", "move", "1", "2", "--reason", "x"],
    ["release", "--all", "--reason", "x"],
    ["skip", "--all", "--reason", "x"],
    ["resend", "--all", "--reason", "x"],
    ["pause", YEARS[0], "--reason", "x"],
    ["resume", YEARS[0], "--reason", "x"],
    ["reconcile", "--yes", "--reason", "x"],
    ["pair", YEARS[0], "--yes", "--reason", "x"],
    ["backfill", "--reason", "x"],
    ["purge", "--reason", "x"],
    ["uninstall", "--export", os.devnull, "--yes"],
    ["year", "add", YEARS[0], "--yes", "--reason", "x"],
]
WITHOUT_A_DATABASE = {"init", "demo", "config"}
ELSEWHERE = {
    "journal",
    "learn",
    "rehearse",
    "documents",
    "doctor",
    "rights",
    "mail",
    "service",
    "watch",
    "page",
    "privacy",
}
"""Need more than is here, or answer otherwise: they have tests of their own."""

only_sqlite = pytest.mark.parametrize("server", ["sqlite"], indirect=True)
"""For what can be done to a file only."""

only_mssql = pytest.mark.parametrize(
    "server", [pytest.param("mssql", marks=pytest.mark.mssql)], indirect=True
)
"""For what only a server has."""


def status_of(command: list[str], otherwise: int) -> int:
    """Return the status that is due: `run` waits for its database, and ends well when told to."""
    return 0 if command == ["run"] else otherwise


def test_each_command_is_tried() -> None:
    """No command that opens a database is left out of the list above."""
    found = set()
    for name, command in commands_of(cli.relay).items():
        if name in WITHOUT_A_DATABASE | ELSEWHERE:
            continue
        found |= {f"{name} {each}" for each in commands_of(command)} or {name}
    groups = {n for n, c in commands_of(cli.relay).items() if isinstance(c, click.Group)}
    assert {" ".join(c[:2]) if c[0] in groups else c[0] for c in COMMANDS} == found


def _no_database(path: Path) -> None:
    path.write_bytes(b"Guten Tag! " * 1000)


def _missing(path: Path) -> None:
    path.unlink()


@only_sqlite
@pytest.mark.parametrize(
    ("break_it", "told"),
    [(_no_database, "ob es die richtige"), (_missing, "gibt es nicht")],
)
def test_file_that_is_no_database(desk: Desk, break_it: Any, told: str) -> None:
    """Every command names the file, says what to look at, and ends with 5."""
    path = Path(str(desk.databases.cobra.database))
    break_it(path)
    for command in COMMANDS:
        result = desk.relay(*command)
        assert result.exit_code == status_of(command, 5), (command, result.output)
        assert told in result.stderr, command
        assert str(path) in result.stderr, command
        assert "Traceback" not in result.output, command


@contextmanager
def pragma(url: URL, statement: str) -> Iterator[None]:
    """Set something on each connection that is opened to a database's file meanwhile."""

    def on_connect(connection: sqlite3.Connection, _record: object) -> None:
        if connection.execute("PRAGMA database_list").fetchone()[2] == url.database:
            pages = connection.execute("PRAGMA page_count").fetchone()[0]
            connection.execute(statement.format(pages=pages))

    event.listen(Engine, "connect", on_connect)
    try:
        yield
    finally:
        event.remove(Engine, "connect", on_connect)


FULL = "PRAGMA max_page_count = {pages}"
READ_ONLY = "PRAGMA query_only = ON"
TROUBLE = pytest.mark.parametrize(
    ("statement", "code", "told"),
    [
        (FULL, "database_full", "keinen Platz mehr"),
        (READ_ONLY, "database_read_only", "darf nicht geschrieben werden"),
    ],
)


def busy(world: World, count: int = 60) -> list[str]:
    """Save more addresses than fit between the pages of a file that is full."""
    return [world.add(COMPANY1=f"Firma {'x' * 50} {n}") for n in range(count)]


@only_sqlite
@TROUBLE
def test_year_that_takes_nothing(
    desk: Desk, world: World, statement: str, code: str, told: str
) -> None:
    """A full or write-protected year waits alone, says so, and gets all once there is room."""
    keys = busy(world)
    with pragma(desk.databases.years[0], statement):
        result = desk.relay("drain")
        assert told in result.stderr
        assert YEARS[0] in result.stderr
    away = {year["name"]: year for year in desk.json("status")["years"]}
    assert (away[YEARS[0]]["state"], away[YEARS[1]]["state"]) == ("away", "ready")
    assert told in away[YEARS[0]]["text"]
    assert {d.status for key in keys[:3] for d in world.deliveries(key, YEARS[0])} == {"waiting"}
    assert away[YEARS[0]]["code"] == code
    assert desk.relay("drain").exit_code == 0
    assert set(world.statuses()) == {"applied"}
    assert all(len(world.in_sage(year)) == len(keys) for year in YEARS)
    world.assert_nothing_double()


@only_sqlite
@TROUBLE
def test_cobra_that_takes_nothing(
    desk: Desk, world: World, statement: str, code: str, told: str
) -> None:
    """With cobra full or write-protected each command that must write says so and ends with 5."""
    keys = busy(world)
    before = [tuple(entry) for entry in world.entries()]
    commands = [["drain"], ["run"], ["resend", "--all", "--reason", "x"]]
    commands += [["backfill", "--reason", "x"]]
    if statement == READ_ONLY:  # what follows needs no new page
        commands += [["pause", YEARS[0], "--reason", "x"], ["purge", "--reason", "x"]]
        commands += [["triggers", "drop"]]
    with pragma(desk.databases.cobra, statement):
        for command in commands:
            result = desk.relay(*command)
            assert result.exit_code == status_of(command, 5), (command, result.output)
            assert told in result.stderr, command
            assert "Traceback" not in result.output, command
            assert command != ["run"] or code in result.stderr
    assert [tuple(entry) for entry in world.entries()][: len(before)] == before
    assert desk.relay("drain").exit_code == 0
    assert set(world.statuses()) == {"applied"}
    assert all(len(world.in_sage(year)) == len(keys) for year in YEARS)
    world.assert_nothing_double()


def test_schema_of_a_newer_relay(desk: Desk, world: World) -> None:
    """Each command refuses a cobra that a newer relay has migrated, with 4; nothing is written."""
    world.add()
    _set_version(world.cobra, world, "source")
    before = [tuple(entry) for entry in world.entries()]
    for command in COMMANDS:
        if command[0] == "triggers" and command[1] != "install":
            continue  # reads or removes triggers, which the newer schema does not concern
        result = desk.relay(*command)
        assert result.exit_code == 4, (command, result.output)
        assert "Bitte das neuere Relay verwenden" in result.stderr, command
    assert [tuple(entry) for entry in world.entries()] == before
    assert world.in_sage(YEARS[0]) == {}


def test_year_of_a_newer_relay(desk: Desk, world: World) -> None:
    """A year that a newer relay has migrated is refused, and delays only itself."""
    key = world.add(SAGENR0="1")
    _set_version(world.sage[YEARS[0]], world, "target")
    result = desk.relay("drain")
    assert "Bitte das neuere Relay verwenden" in result.stderr
    assert world.statuses(key) == ["waiting"]
    assert world.in_sage(YEARS[0]) == {}
    assert set(world.in_sage(YEARS[1])) == {"1"}


def _set_version(engine: Engine, world: World, section: str) -> None:
    name = f"{section}_version"
    table = f"relay.{name}" if world.dialect.name == "mssql" else f"relay_{name}"
    with engine.begin() as connection:
        connection.execute(text(f"UPDATE {table} SET version_num = '9999'"))


def test_sage_without_a_configured_table_or_column(desk: Desk, world: World) -> None:
    """A wrong name in the profile refuses the years, tells the name, and loses nothing."""
    key = world.add(SAGENR0="1")
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"tables": {"Adr": "dbo.Adressen"}}, "Sage hat keine Tabelle Adressen"),
        ({"columns": {"Adr": {"City": "Ort"}}}, 'City = "Ort"'),
    ]
    for profile, told in wrong:
        desk.write(desk.databases.settings(sage={"profile": profile}))
        result = desk.relay("drain")
        assert told in result.stderr
        assert "relay.toml" in result.stderr
        assert {year["state"] for year in desk.json("status")["years"]} == {"refused"}
        assert world.statuses(key) == ["waiting"]
    desk.write(desk.databases.settings())
    assert desk.relay("drain").exit_code == 0
    assert world.statuses(key) == ["applied"]


def test_configured_table_that_is_not_there(desk: Desk, world: World) -> None:
    """A wrong table or column of cobra is named by each command that needs it, with 4."""
    world.add()
    needs = [["triggers", "show"], ["triggers", "install"], ["triggers", "verify"], ["drain"]]
    wrong: list[tuple[dict[str, Any], list[str]]] = [
        ({"table": "dbo.NIRGENDS"}, ["NIRGENDS"]),
        ({"fields": {"city": "ORT", "zip": "PLZ"}}, ["keine Spalte ORT", "keine Spalte PLZ"]),
    ]
    for address, told in wrong:
        desk.write(desk.databases.settings(cobra={"address": address}))
        for command in [*needs, ["run"]]:
            result = desk.relay(*command)
            assert result.exit_code == 4, (command, result.output)
            assert all(part in result.stderr for part in [*told, "relay.toml"]), command
    assert world.statuses() == ["pending"]


@only_mssql
def test_server_that_refuses_or_does_not_answer(desk: Desk) -> None:
    """A wrong password, an unknown database and a closed port are told apart, in both languages."""
    right = desk.databases.cobra
    wrong = {
        "Benutzer und Passwort": ("user and password", right.set(password="gEheim-7")),
        "ihren Namen in relay.toml": ("its name in relay.toml", right.set(database="nirgends")),
        "Netz und Firewall": ("network and firewall", right.set(port=9)),
    }
    for german, (english, url) in wrong.items():
        full = url.render_as_string(hide_password=False)
        desk.write(desk.databases.settings(cobra={"url": full}))
        result = desk.relay("drain")
        assert (result.exit_code, german in result.stderr) == (5, True), result.output
        assert str(url.password) not in result.output
        desk.write(desk.databases.settings(cobra={"url": full}, language="en"))
        result = CliRunner().invoke(cli.relay, ["-c", str(desk.file), "run"], env=ENGLISH)
        assert (result.exit_code, english in result.stderr) == (0, True), result.output
        assert str(url.password) not in result.output


@pytest.fixture
def stranger(world: World) -> Iterator[URL]:
    """Give the URL of a login that cobra's database lets in, and that may do nothing there."""
    who, word = f"stranger_{uuid.uuid4().hex[:8]}", f"Aa1-{uuid.uuid4().hex}"
    with world.cobra.begin() as connection:
        connection.exec_driver_sql(f"CREATE LOGIN {who} WITH PASSWORD = '{word}'")
        connection.exec_driver_sql(f"CREATE USER {who} FOR LOGIN {who}")
    yield world.databases.cobra.set(username=who, password=word)
    with world.cobra.begin() as connection:
        connection.exec_driver_sql(f"DROP LOGIN {who}")


@only_mssql
def test_login_without_rights(desk: Desk, world: World, stranger: URL) -> None:
    """Who may log in and no more is told that rights are missing; no command writes anything."""
    world.add()
    before = [tuple(entry) for entry in world.entries()]
    url = stranger.render_as_string(hide_password=False)
    desk.write(desk.databases.settings(cobra={"url": url}))
    for command in (["drain"], ["status"], ["triggers", "install"], ["pause", YEARS[0]]):
        reason = ["--reason", "x"] if command[0] == "pause" else []
        result = desk.relay(*command, *reason)
        assert result.exit_code in (4, 5), (command, result.output)
        assert "Recht" in result.stderr or "darf sie nicht sehen" in result.stderr, command
        assert str(stranger.password) not in result.output
    assert [tuple(entry) for entry in world.entries()] == before
