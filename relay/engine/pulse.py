"""Knows how whoever supervises the relay is told that it is ready, at work, stopping.

systemd's protocol: sd_notify(3), datagrams of NAME=value lines to the socket that NOTIFY_SOCKET
names; with WATCHDOG_USEC it restarts a service that sends no WATCHDOG=1 for so many microseconds.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Mapping
from contextlib import suppress

PINGS_EACH_PATIENCE = 4
"""How often within the supervisor's patience we ping: more than the two that sd_notify asks for."""
LISTENED_TO_S = 1.0
_MICROSECONDS = 1_000_000


class Pulse:
    """What the running relay tells of itself; this one tells nobody."""

    def say(self, code: str) -> None:
        """Tell what the relay does from now on, as a code of the texts: it is ready."""

    def beat(self) -> None:
        """Tell that another step was made; called often, and only where the relay gets ahead."""

    def stopping(self) -> None:
        """Tell that the relay ends on purpose."""


class SystemdPulse(Pulse):
    """Tells systemd, as a unit with Type=notify and WatchdogSec expects."""

    def __init__(self, address: str, patience_s: float | None, say: Callable[[str], str]) -> None:
        """Take the socket's address, how long systemd waits for a beat, and what words codes."""
        self._address = f"\0{address[1:]}" if address.startswith("@") else address
        self._every_s = None if patience_s is None else patience_s / PINGS_EACH_PATIENCE
        self._say = say
        self._beaten = 0.0

    def say(self, code: str) -> None:
        """Tell that the relay is up, and what `systemctl status` shows of it."""
        self._send(f"READY=1\nSTATUS={self._say(code)}")

    def beat(self) -> None:
        """Ping the watchdog, a few times within its patience."""
        now = time.monotonic()
        if self._every_s is not None and now - self._beaten >= self._every_s:
            self._beaten = now
            self._send("WATCHDOG=1")

    def stopping(self) -> None:
        """Tell that the end is wanted."""
        self._send("STOPPING=1")

    def _send(self, message: str) -> None:
        # A supervisor that does not listen must not end the relay, nor hold it up.
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as supervisor:
            supervisor.settimeout(LISTENED_TO_S)
            supervisor.sendto(message.encode(), self._address)


def pulse_of(environment: Mapping[str, str], say: Callable[[str], str]) -> Pulse:
    """Return what tells the supervisor that started this process, if there is one."""
    address = environment.get("NOTIFY_SOCKET")
    if not address:
        return Pulse()
    patience = environment.get("WATCHDOG_USEC")
    mine = environment.get("WATCHDOG_PID") in (None, str(os.getpid()))
    patience_s = int(patience) / _MICROSECONDS if patience and mine else None
    return SystemdPulse(address, patience_s, say)
