"""`relay triggers` installs, checks, shows and removes the capture triggers."""

from __future__ import annotations

from pathlib import Path

from relay.database.scripts import script_of
from tests.world.company import World
from tests.world.databases import Databases
from tests.world.desk import Desk


def test_install_verify_drop(desk: Desk) -> None:
    """Missing triggers are findings, installed ones are right, and a second call locks nothing."""
    missing = desk.relay("triggers", "verify")
    assert (missing.exit_code, missing.stdout.count("fehlt")) == (6, 3)
    installed = desk.relay("triggers", "install")
    assert (installed.exit_code, installed.stdout.count("angelegt")) == (0, 3)
    assert "nichts geändert" in desk.relay("triggers", "install").stdout
    assert desk.relay("triggers", "verify").exit_code == 0
    dropped = desk.relay("triggers", "drop")
    assert (dropped.exit_code, dropped.stdout.count("entfernt")) == (0, 3)
    assert desk.relay("triggers", "verify").exit_code == 6


def test_show_prints_what_install_would_run(desk: Desk) -> None:
    """The SQL that is shown installs the triggers, as `verify` finds."""
    shown = desk.relay("triggers", "show")
    assert shown.exit_code == 0
    desk.databases.server.run_as_dba(desk.databases.cobra, shown.stdout)
    verified = desk.relay("triggers", "verify")
    assert verified.exit_code == 0, verified.output


def test_a_script_for_sql_server_sets_what_it_stores_with_triggers() -> None:
    """A trigger keeps the options of the session that creates it; sqlcmd has one of them off."""
    script = script_of("mssql", ["CREATE TRIGGER a …;\n", "CREATE TRIGGER b …"])
    assert script.splitlines() == [
        "SET QUOTED_IDENTIFIER ON;", "SET ANSI_NULLS ON;", "GO",
        "CREATE TRIGGER a …", "GO",
        "CREATE TRIGGER b …", "GO",
    ]  # fmt: skip
    assert script_of("sqlite", ["CREATE TRIGGER a …;"]) == "CREATE TRIGGER a …;\n"


def test_names_every_reason_at_once(databases: Databases, tmp_path: Path) -> None:
    """A table that cannot be captured is refused with all reasons, and nothing is installed."""
    fields = {"sage_address_number": "NO_SUCH_1", "firm": "NO_SUCH_2"}
    desk = Desk(databases, tmp_path, cobra={"address": {"fields": fields}})
    result = desk.relay("triggers", "install")
    assert result.exit_code == 4
    assert "NO_SUCH_1" in result.stderr
    assert "NO_SUCH_2" in result.stderr


def test_relay_refuses_triggers_that_differ(desk: Desk, world: World) -> None:
    """Without the right triggers nothing is drained: changes would go unnoticed."""
    world.add()
    assert desk.relay("triggers", "drop").exit_code == 0
    result = desk.relay("drain")
    assert (result.exit_code, "relay triggers install" in result.stderr) == (4, True)
