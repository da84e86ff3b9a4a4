"""The installation page, typed word by word in an empty folder, ends with a running relay.

What the page shows as printed must be what is printed; … stands for anything. Blocks for Windows
and for root are not typed: neither is here.
"""

from __future__ import annotations

import os
import re
import shlex
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner

from relay.cli import relay as cli
from tests.ops.test_unit import exec_start
from tests.world.desk import ENGLISH, GERMAN

OPS = Path(__file__).parents[2] / "ops"
LOCALES = {"de": GERMAN, "en": ENGLISH}
PATIENCE_S = 300
FINDINGS = 6
"""How `relay doctor` ends before anything is set up, as the page says."""


def transcripts(page: Path) -> Iterator[tuple[str, str]]:
    """Return each command that the page has typed, and what it shows as printed."""
    for block in re.findall(
        r"^```console\n(.*?)^```", page.read_text("utf-8"), re.MULTILINE | re.DOTALL
    ):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, shown = part.partition("\n")
            yield command, shown


def matches(shown: str, printed: str) -> bool:
    """Whether something was printed as shown; blanks at the ends of lines do not count."""
    pattern = re.escape(shown.strip()).replace("…", ".*")
    return re.fullmatch(pattern, _trimmed(printed), flags=re.DOTALL) is not None


def _trimmed(printed: str) -> str:
    return "\n".join(line.rstrip() for line in printed.strip().splitlines())


class Terminal:
    """Types commands, each in the folder where the last one left it."""

    def __init__(self, folder: Path, locale: dict[str, str]) -> None:
        self.folder = folder
        self._locale = locale
        self.relay: subprocess.Popen[bytes] | None = None

    def type(self, command: str, shown: str) -> None:
        program, *args = shlex.split(command)
        if program == "cd":
            self.folder /= args[0]
            return
        assert program == "relay", command
        if args[-1] == "run":
            self._start(args, shown)
            return
        os.chdir(self.folder)
        if self.relay is not None and args == ["status"]:  # it may be at work: one looks again
            until(lambda: matches(shown, self._printed(args)), self.relay)
            return
        printed = self._printed(args)
        assert matches(shown, printed), f"$ {command}\n{printed}"

    def _printed(self, args: list[str]) -> str:
        done = CliRunner().invoke(cli, args, env=self._locale)
        assert done.exit_code == (FINDINGS if args == ["doctor"] else 0), (args, done.output)
        return done.stdout

    def _start(self, args: list[str], shown: str) -> None:
        log = self.folder / "relay.log"
        with log.open("wb") as file:
            self.relay = subprocess.Popen(  # noqa: S603 - our own program
                [RELAY, *args],
                cwd=self.folder,
                env=os.environ | self._locale,
                stderr=file,
                stdout=file,
            )
        until(lambda: matches(shown, log.read_text(encoding="utf-8")), self.relay)

    def applied(self) -> int:
        """Count what Sage has, asked in cobra's database."""
        with closing(sqlite3.connect(self.folder / "cobra.db", timeout=30)) as cobra:
            query = "SELECT COUNT(*) FROM relay_outbox WHERE status = 'applied'"
            return int(cobra.execute(query).fetchone()[0])


RELAY = str(Path(sys.executable).with_name("relay"))


def until(true: Callable[[], bool], relay: subprocess.Popen[bytes]) -> None:
    """Wait for a condition, as long as the relay runs."""
    end = time.monotonic() + PATIENCE_S
    while not true():
        assert relay.poll() is None
        assert time.monotonic() < end
        time.sleep(0.05)


@pytest.fixture(params=LOCALES)
def terminal(
    tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Terminal]:
    """An empty folder to type in; the relay that was started there is gone afterwards."""
    monkeypatch.chdir(tmp_path)
    terminal = Terminal(tmp_path, LOCALES[request.param])
    yield terminal
    if terminal.relay is not None:
        terminal.relay.kill()
        terminal.relay.wait()


@pytest.mark.timeout(600)
def test_page_ends_with_a_running_relay(terminal: Terminal, request: pytest.FixtureRequest) -> None:
    """Each command does what the page shows; the relay that runs at last books what is printed."""
    language = request.node.callspec.params["terminal"]
    commands = list(transcripts(OPS / f"installation.{language}.md"))
    for command, shown in commands:
        terminal.type(command, shown)
    relay = terminal.relay
    assert relay is not None
    until(lambda: terminal.applied() == 10, relay)  # five invoices and their five addresses
    relay.send_signal(signal.SIGTERM)
    assert relay.wait(PATIENCE_S) == 0
    typed = next(command for command, _shown in commands if command.endswith(" run"))
    words = exec_start()
    words[words.index("--config") + 1] = "relay.toml"
    assert shlex.split(typed)[1:] == words  # the unit's own command, but for its places
