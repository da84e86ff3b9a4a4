"""Knows the loop of steps and chores, and how long it waits when something is in the way."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from threading import Event, Lock

import structlog
from sqlalchemy.exc import DBAPIError

from relay.base.errors import LockLost, Unavailable
from relay.database import Failure
from relay.engine.step import Drain
from relay.engine.years import Years

log = structlog.get_logger()
FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 30.0
"""Between two tries while a table of cobra's is away, as amid an update of cobra."""
LOOK_S = 1.0
"""How often the loop looks whether a year came back or a pause ended, while nothing is due."""
SHARE = 0.02
"""Of the time, what housekeeping may take while batches move."""
LONGEST_REST_S = 60.0
"""After a chore that took long, so that each still has its turn while a backlog is drained."""

Chore = Callable[[], bool]
"""A piece of housekeeping; returns whether more of it is left to do."""


class Chores:
    """The housekeeping that is due: all of it while nothing else is, a share while batches move."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Take what tells the seconds that go by."""
        self._clock = clock
        self._due: deque[Chore] = deque()
        self._changes = Lock()
        self._rests_until = 0.0

    def put(self, chore: Chore) -> None:
        """Let a chore have its turn after those that are due, unless it is; from any thread."""
        with self._changes:
            if chore not in self._due:
                self._due.append(chore)

    def do_one(self, *, batches_move: bool) -> None:
        """Do a piece of what is due, if there is any and, while batches move, time for it."""
        began = self._clock()
        if batches_move and began < self._rests_until:
            return
        with self._changes:
            if not self._due:
                return
            chore = self._due.popleft()
        try:
            if chore():
                self.put(chore)
        finally:
            ended = self._clock()
            self._rests_until = ended + min((ended - began) * (1 / SHARE - 1), LONGEST_REST_S)


@dataclass(frozen=True, slots=True)
class Pace:
    """How the loop goes."""

    poll_s: float
    """How long it sleeps when nothing is due, in seconds."""
    beat: Callable[[], None] = lambda: None
    """Called before each step: the relay is at work."""


def run_loop(drain: Drain, years: Years, chores: Chores, stop: Event, pace: Pace) -> None:
    """Move batches until `stop`; the stop event is also the sleep."""
    looked = 0.0
    pause_s = FIRST_PAUSE_S
    while not stop.is_set():
        pace.beat()
        moved = 0
        try:
            if time.monotonic() - looked >= LOOK_S:
                looked = time.monotonic()
                years.look(drain.outbox)
            moved = drain.step()
            chores.do_one(batches_move=moved > 0)
            pause_s = FIRST_PAUSE_S
        except LockLost:
            raise
        except Unavailable as error:  # nothing was acknowledged; the lock is still ours
            log.warning("cobra_paused", code=error.code, what=error.values.get("what"))
            stop.wait(pause_s)
            pause_s = min(pause_s * 2, LONGEST_PAUSE_S)
        except DBAPIError as error:
            if drain.lock.dialect.failure(error) is not Failure.LOCKED:
                raise
            log.info("outbox_locked")  # it is repeated; nothing of it was acknowledged
        if moved == 0:
            stop.wait(pace.poll_s)
