"""`relay watch` shows in a terminal how things are, follows, and ends with q."""

from __future__ import annotations

import os
import select
import subprocess
import sys
import time
from pathlib import Path

import pytest

from relay.base.errors import Exit
from tests.world.company import World
from tests.world.desk import GERMAN, Desk

pty = pytest.importorskip("pty", reason="Windows has no pseudo terminals")


class Screen:
    """A terminal in which a command runs."""

    def __init__(self, desk: Desk, *args: str) -> None:
        self._ours, theirs = pty.openpty()
        self.process = subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, "-m", "relay", "--config", str(desk.file), *args],
            stdin=theirs, stdout=theirs, stderr=theirs, env=os.environ | GERMAN | {"TERM": "xterm"},
        )  # fmt: skip
        os.close(theirs)
        self.shown = ""

    def until(self, text: str) -> None:
        """Read until a text has been shown."""
        end = time.monotonic() + 60
        while text not in self.shown:
            assert time.monotonic() < end, self.shown
            if select.select([self._ours], [], [], 0.1)[0]:
                self.shown += os.read(self._ours, 65536).decode(errors="replace")

    def press(self, key: str) -> None:
        os.write(self._ours, key.encode())

    def end(self) -> int:
        """Return the exit status once it has ended."""
        try:
            while self.process.poll() is None:
                if select.select([self._ours], [], [], 0.1)[0]:
                    os.read(self._ours, 65536)
        except OSError:  # the terminal is gone with its last process
            pass
        os.close(self._ours)
        return self.process.wait(timeout=60)


def test_follows_and_ends_with_q(desk: Desk, world: World) -> None:
    """What is saved meanwhile shows at the next look."""
    screen = Screen(desk, "watch", "--every", "0.5")
    screen.until("q: Ende")
    assert "offen" not in screen.shown
    world.add(SAGENR0="7001")
    screen.until("offen")
    screen.press("q")
    assert screen.end() == Exit.OK


def test_cobra_that_is_away_is_told_and_looked_for_again(desk: Desk, tmp_path: Path) -> None:
    """It goes on when cobra is back; nobody has to start it again."""
    if desk.databases.server.dialect != "sqlite":
        pytest.skip("takes a file away")
    file = Path(str(desk.databases.cobra.database))
    screen = Screen(desk, "watch", "--every", "0.5")
    screen.until("q: Ende")
    file.rename(tmp_path / "away.db")
    screen.until("Datenbank")
    (tmp_path / "away.db").rename(file)
    screen.shown = ""
    screen.until("MUSTER2026")
    screen.press("q")
    assert screen.end() == Exit.OK


def test_without_a_terminal_it_says_what_to_take_instead(desk: Desk) -> None:
    result = desk.relay("watch")
    assert result.exit_code == Exit.REFUSED
    assert "relay status" in result.stderr
