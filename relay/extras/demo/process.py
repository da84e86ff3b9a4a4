"""Knows the demo's relay as a process of its own, which can be killed and started again."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

PATIENCE_S = 60
"""Far longer than anything here takes, on a slow machine too."""


class DemoError(RuntimeError):
    """Says what the demo waited for in vain, and where the relay's log is."""


class RelayProcess:
    """`relay run`, with its log in the demo's folder."""

    def __init__(self, config: Path) -> None:
        """Take the configuration; nothing is started yet."""
        self.log = config.parent / "relay.log"
        self._config = config
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> int:
        """Start the relay; returns its process number."""
        command = [sys.executable, "-m", "relay", "-c", str(self._config), "run"]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log)  # noqa: S603 - ourselves
        return self._process.pid

    def kill(self) -> None:
        """Kill it without warning, as a power cut would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(PATIENCE_S)

    def stop(self) -> None:
        """Ask it to stop after its batch."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(PATIENCE_S)

    def wait_for(self, what: str, true: Callable[[], bool]) -> float:
        """Wait until something is true; returns the seconds.

        Raises:
            DemoError: it does not come true, or the relay has ended.
        """
        began = time.monotonic()
        while not true():
            if self._process is not None and self._process.poll() is not None:
                message = f"the relay ended by itself ({self._process.returncode}), see {self.log}"
                raise DemoError(message)
            if time.monotonic() - began > PATIENCE_S:
                message = f"waited in vain for: {what}, see {self.log}"
                raise DemoError(message)
            time.sleep(0.01)
        return time.monotonic() - began
