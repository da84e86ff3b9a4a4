"""Knows how long to wait between two steps, also while a clerk or an update is in the way."""

from __future__ import annotations

import queue
import time
from collections.abc import Callable
from dataclasses import dataclass
from threading import Event

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

Chore = Callable[[], bool]
"""A piece of housekeeping; returns whether more of it is left to do."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How the loop goes."""

    poll_s: float
    """How long it sleeps when nothing is due, in seconds."""
    beat: Callable[[], None] = lambda: None
    """Called before each step: the relay is at work."""


def run_loop(
    drain: Drain, years: Years, chores: queue.Queue[Chore], stop: Event, pace: Pace
) -> None:
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
            _one_chore(chores)
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


def _one_chore(chores: queue.Queue[Chore]) -> None:
    try:
        chore = chores.get_nowait()
    except queue.Empty:
        return
    if chore():
        chores.put(chore)
