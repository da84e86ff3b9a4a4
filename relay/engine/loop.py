"""Knows how long to wait between two steps; catches nothing but a lock that a clerk holds."""

from __future__ import annotations

import queue
import time
from collections.abc import Callable
from threading import Event

import structlog
from sqlalchemy.exc import DBAPIError

from relay.cobra.lock import Lock
from relay.database import Failure
from relay.engine.step import Drain
from relay.engine.years import Years

log = structlog.get_logger()
LOOK_S = 1.0
"""How often the loop looks whether a year came back or a pause ended, while nothing is due."""

Chore = Callable[[], bool]
"""A piece of housekeeping; returns whether more of it is left to do."""


def run_loop(  # noqa: PLR0913 - each part of the loop is handed in
    drain: Drain,
    lock: Lock,
    years: Years,
    chores: queue.Queue[Chore],
    stop: Event,
    *,
    poll_s: float,
    beat: Callable[[], None] = lambda: None,
) -> None:
    """Move batches until `stop`; the stop event is also the sleep."""
    looked = 0.0
    while not stop.is_set():
        beat()
        moved = 0
        try:
            if time.monotonic() - looked >= LOOK_S:
                looked = time.monotonic()
                years.look(drain.outbox)
            moved = drain.step()
            _one_chore(chores)
        except DBAPIError as error:
            if lock.dialect.failure(error) is not Failure.LOCKED:
                raise
            log.info("outbox_locked")  # it is repeated; nothing of it was acknowledged
        if moved == 0:
            stop.wait(poll_s)


def _one_chore(chores: queue.Queue[Chore]) -> None:
    try:
        chore = chores.get_nowait()
    except queue.Empty:
        return
    if chore():
        chores.put(chore)
