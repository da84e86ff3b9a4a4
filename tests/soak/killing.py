"""Keeps a relay running as a process, and kills it at chosen steps and from outside."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from itertools import cycle, islice
from pathlib import Path

from relay.settings import Settings

OUTSIDE = "outside"
BETWEEN = ("committed:MUSTER2025", "committed:MUSTER2026")
"""The steps between Sage's commit and the acknowledgement: the year's, and the one before ack."""
ELSEWHERE = (
    OUTSIDE, "before_ack", "written:MUSTER2025", "read", OUTSIDE, "acknowledged",
    "written:MUSTER2026", "listed", "listed_again", OUTSIDE, "polled",
)  # fmt: skip
PATIENCE_S = 900
CHILD = (sys.executable, "-m", "tests.soak.child")
ROOT = Path(__file__).parents[2]


class DidNotHappenError(Exception):
    """Says what was waited for in vain, or that the relay ended by itself."""


def wait_for(what: str, true: Callable[[], bool], patience_s: float = PATIENCE_S) -> None:
    """Wait until something is true; give up only after far longer than it can take."""
    deadline = time.monotonic() + patience_s
    while not true():
        if time.monotonic() > deadline:
            raise DidNotHappenError(what)
        time.sleep(0.02)


LAST_LINES = 60


class RelayProcess:
    """The one relay: its settings in a file, its process, its log."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        """Write the settings for the child; passwords in them stay in this folder."""
        self.log = folder / "relay.log"
        self._note = folder / "died_at"
        self._settings = folder / "settings.json"
        self._settings.write_text(settings.model_dump_json(by_alias=True), encoding="utf-8")
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, die_at: str | None = None, occurrence: int = 1) -> None:
        """Start the relay, which then kills itself if `die_at` is given."""
        self._note.unlink(missing_ok=True)
        command = [*CHILD, str(self._settings)]
        if die_at is not None:
            command += ["--die-at", die_at, "--occurrence", str(occurrence)]
            command += ["--note", str(self._note)]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log, cwd=ROOT)  # noqa: S603

    def died(self) -> bool:
        """Tell whether it was killed; an end of any other kind is an error."""
        code = self._running.poll()
        if code not in (None, -signal.SIGKILL):
            message = f"the relay ended by itself with {code}:\n{self._last_words()}"
            raise DidNotHappenError(message)
        return code is not None

    def died_at(self) -> str:
        """Return the step at which it killed itself."""
        return self._note.read_text(encoding="utf-8") if self._note.exists() else OUTSIDE

    def kill(self) -> None:
        """Kill it from outside, wherever it is, and take it off the system's list."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(PATIENCE_S)

    def stop(self) -> None:
        """Ask it to stop, as a service manager does.

        Raises:
            DidNotHappenError: it ended with an error.
        """
        self._running.terminate()
        code = self._running.wait(PATIENCE_S)
        if code != 0:
            message = f"the relay stopped with {code}:\n{self._last_words()}"
            raise DidNotHappenError(message)

    def _last_words(self) -> str:
        return "\n".join(self.log.read_text(encoding="utf-8").splitlines()[-LAST_LINES:])

    @property
    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            message = "the relay was not started"
            raise DidNotHappenError(message)
        return self._process


def plan(kills: int, rng: random.Random) -> list[str]:
    """Return where to kill: more than a third between Sage's commit and the acknowledgement."""
    between = -(-kills * 2 // 5)
    places = [*islice(cycle(BETWEEN), between), *islice(cycle(ELSEWHERE), kills - between)]
    rng.shuffle(places)
    return places


def kill_again_and_again(
    relay: RelayProcess,
    places: list[str],
    rng: random.Random,
    finished: Callable[[], int],
    killed: Callable[[str], None],
) -> Counter[str]:
    """Start and kill the relay at each place, leave it running at the end; count the deaths."""
    deaths: Counter[str] = Counter()
    for place in places:
        if place == OUTSIDE:
            before = finished()
            relay.start()
            wait_for("some entry ends", lambda: relay.died() or finished() > before)  # noqa: B023
            time.sleep(rng.uniform(0, 0.3))  # anywhere in its work
            relay.kill()
        else:
            relay.start(place, rng.randint(1, 5))
            wait_for(f"the relay reaches {place}", relay.died)
        deaths[relay.died_at()] += 1
        killed(place)
    relay.start()
    return deaths
