"""Shows that the command line comes quickly: what a command needs is imported when it is called."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from relay.base.errors import Exit
from relay.cli import relay
from tests.world.commands import commands_of
from tests.world.desk import GERMAN

HEAVY = ("sqlalchemy", "alembic", "apscheduler", "pydantic", "faker")


def test_each_listed_command_is_in_its_module() -> None:
    """What the list names can be called, under that name."""
    found = commands_of(relay)
    assert set(found) == set(relay.modules)
    assert {name: command.name for name, command in found.items()} == {name: name for name in found}


@pytest.mark.parametrize("words", [["--help"], ["--version"]])
def test_help_imports_no_library_of_the_databases(words: list[str]) -> None:
    """To list the commands, none of them is imported."""
    script = (
        "import sys, click, relay.cli as cli\n"
        f"try: cli.relay({words!r})\n"
        "except SystemExit: pass\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)"
    )
    told = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", script],
        capture_output=True, text=True, check=True, encoding="utf-8",
        env=os.environ | GERMAN | {"PYTHONUTF8": "1"},
    )  # fmt: skip
    assert told.stderr.strip() == "[]"
    assert told.stdout


def test_list_shows_what_each_command_does() -> None:
    """The words beside a command are its own help's."""
    for name, command in commands_of(relay).items():
        assert command.get_short_help_str(), name


def test_demo_without_its_extra_says_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the package that makes up people is not installed, the demo names the way out."""
    for name in [name for name in sys.modules if name.startswith("relay.extras.demo")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "faker", None)
    told = CliRunner().invoke(relay, ["demo", "--folder", str(tmp_path / "demo")], env=GERMAN)
    assert told.exit_code == Exit.REFUSED
    assert 'pip install "cobra-sage-relay[demo]"' in told.output
