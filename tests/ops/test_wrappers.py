"""The shell wrappers do what they say, without Python; on SQLite files, if sqlite3 is there."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from relay.base import files
from tests.world.company import World
from tests.world.databases import YEARS, make_databases
from tests.world.desk import Desk
from tests.world.servers import SqliteServer

BIN = Path(__file__).parents[2] / "ops" / "bin"
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="they are POSIX shell scripts")
needs_sqlite3 = pytest.mark.skipif(
    shutil.which("sqlite3") is None, reason="the program sqlite3 is not installed"
)


@pytest.fixture
def world(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> World:
    """Cobra and two years as files: sqlcmd is no part of the tests."""
    server = SqliteServer(tmp_path, tmp_path_factory.mktemp("templates"))
    return World(make_databases(server))


def _sql(world: World, *args: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"RELAY_SQL_FILE": str(world.databases.cobra.database)}
    return _run("relay-sql", *args, environment=environment)


def _run(name: str, *args: str, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - our own scripts
        ["/bin/sh", str(BIN / name), *args],
        capture_output=True, text=True, check=False, env=environment, encoding="utf-8",
    )  # fmt: skip


def test_paths_of_unit_and_cron_line_are_where_the_guide_puts_them() -> None:
    """What the service and cron call is there after the documented installation."""
    ops = files.ops_folder()
    named = {
        path
        for file in ("systemd/cobra-sage-relay.service", "bin/relay-cron-check")
        for path in re.findall(
            r"/opt/cobra-sage-relay/(\S+?)[ \n}]", (ops / file).read_text("utf-8")
        )
    }
    assert {"bin/relay", "ops/bin/relay-cron-check"} <= named
    for path in named - {"bin/relay"}:
        assert (ops / path.removeprefix("ops/")).exists(), path
    for language in ("de", "en"):
        guide = (ops / f"installation.{language}.md").read_text("utf-8")
        assert "files.ops_folder())')\" /opt/cobra-sage-relay/ops" in guide


@needs_sqlite3
def test_whole_way_of_a_held_record_without_python(world: World) -> None:
    """An admin finds a held record, understands it, releases and skips it, and pauses a year."""
    world.write_sage(YEARS[0], "Adr", AdrId="70", Corp="Alt")
    key = world.add(SAGENR0="70")
    world.drain()
    (entry,) = world.entries(key)
    assert "number_unlinked" in _sql(world, "held").stdout
    assert "0" in _sql(world, "status").stdout
    reason = "it's & # | \\ so"
    assert _sql(world, "release", str(entry.id), reason).returncode == 0
    assert world.statuses(key) == ["pending"]
    world.drain()
    assert _sql(world, "skip", str(entry.id), reason).returncode == 0
    assert world.statuses(key) == ["skipped"]
    assert world.entries(key)[0].reason == reason
    assert _sql(world, "resend", key, reason).returncode == 0
    assert world.statuses(key) == ["skipped", "pending"]
    assert _sql(world, "pause", "*", reason).returncode == 0
    assert world.drain() >= 0
    assert world.statuses(key)[-1] == "waiting"
    assert _sql(world, "resume", "*", reason).returncode == 0


@needs_sqlite3
def test_bad_calls_change_nothing(world: World) -> None:
    """Without a reason, with words for a number or an unknown script, the usage is shown."""
    for args in (["release", "1"], ["skip", "eins", "x"], ["drop"], [], ["pause", "", "x"]):
        done = _sql(world, *args)
        assert done.returncode == 2, args
        assert "relay-sql release" in done.stderr


def test_a_reason_is_only_a_reason_for_sqlcmd(tmp_path: Path) -> None:
    """Neither a variable nor a command of sqlcmd's own, whatever a person writes."""
    told = tmp_path / "told"
    fake = tmp_path / "sqlcmd"
    fake.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" > {told}.args\ncat > {told}.sql\n')
    fake.chmod(0o755)
    environment = os.environ | {
        "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}",
        "RELAY_SQL_SERVER": "COBRASRV",
        "RELAY_SQL_DATABASE": "cobra",
    }
    reason = "it's $(PATH)\nGO\n:!! rm\r\n!!dir"
    assert _run("relay-sql", "skip", "7", reason, environment=environment).returncode == 0
    options = (tmp_path / "told.args").read_text().split()
    assert {"-b", "-I", "-x"} <= set(options)  # -x: $(PATH) is no variable
    lines = (tmp_path / "told.sql").read_text().splitlines()
    assert lines[3:] == [
        "EXEC relay.skip @reason = N'it''s $(PATH) GO :!! rm  !!dir', @entry = 7;", "GO",
    ]  # fmt: skip
    done = _run("relay-sql", "resend", "1\n2", "x", environment=environment)
    assert done.returncode == 2  # another key would be no way out


def test_cron_check_speaks_only_when_something_is_wrong(world: World, tmp_path: Path) -> None:
    """It says what is wrong and what is open, so that cron mails it, and leaves with 6."""
    desk = Desk(world.databases, tmp_path)
    relay = Path(sys.executable).with_name("relay")
    environment = os.environ | {"RELAY": str(relay), "RELAY_CONFIG": str(desk.file)}
    world.add(CITY0=None)
    world.drain()
    told = _run("relay-cron-check", environment=environment)
    assert told.returncode == 6
    assert "CITY0" in told.stdout
