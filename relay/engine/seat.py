"""Knows one configured year: its connection when it is ready, else when it is tried again."""

from __future__ import annotations

from concurrent.futures import Executor, Future
from dataclasses import dataclass

from relay.base.errors import RelayError
from relay.sage.port import Opener, YearPort
from relay.settings import Year

FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 30.0


@dataclass(slots=True)
class Seat:
    """One configured year; it is opened in a thread, so that one that is away stops nobody."""

    settings: Year
    open: Opener
    year: YearPort | None = None
    lost_by: str | None = None
    """The code of what keeps it away."""
    reported: str | None = None
    """The same, once it was reported."""
    missed: RelayError | None = None
    """What keeps it away, while it could not be reported."""
    probe: Future[YearPort] | None = None
    pause_s: float = 0.0
    not_before: float = 0.0

    @property
    def name(self) -> str:
        """The year's name."""
        return self.settings.name

    def knock(self, pool: Executor, now: float) -> bool:
        """Have the year opened unless it is too early; tells whether that was begun before."""
        if self.probe is not None:
            return True
        if now >= self.not_before:
            self.probe = pool.submit(self.open)
        return False

    def collect(self, *, wait: bool) -> bool:
        """Take the year that was opened; returns whether there was an answer.

        Raises:
            Refused, Unavailable: it could not be opened.
        """
        if self.probe is None or not (wait or self.probe.done()):
            return False
        probe, self.probe = self.probe, None
        self.year = probe.result()
        return True

    def leave(self) -> None:
        """Let the connection go."""
        if self.year is not None:
            self.year.close()
            self.year = None

    def close(self) -> None:
        """Let the connection go, also one that is yet to be opened."""
        if self.probe is not None and not self.probe.cancel():
            self.probe.add_done_callback(_close_probed)
        self.leave()

    def put_off(self, now: float) -> None:
        """Try it again by and by, ever more rarely."""
        self.pause_s = min(max(self.pause_s * 2, FIRST_PAUSE_S), LONGEST_PAUSE_S)
        self.not_before = now + self.pause_s

    def is_back(self) -> None:
        """Forget what kept it away."""
        self.pause_s, self.lost_by, self.reported = 0.0, None, None


def _close_probed(probe: Future[YearPort]) -> None:
    if not probe.cancelled() and probe.exception() is None:
        probe.result().close()
