"""Knows how Sage's own items are kept: what cobra's database refuses of one costs it alone.

A number is a key in cobra's database as well, which may compare it otherwise than Sage does: by
case, or with the blanks at its end. Which of two stands is then kept; the other one is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from relay.base.halving import halved
from relay.cobra.lock import Lock
from relay.database import Failure, width
from relay.extras.answers.asking import Asking
from relay.extras.answers.following import Place
from relay.extras.answers.item import Answer
from relay.extras.answers.mirror import Mirror

log = structlog.get_logger()


class ItemKeeping:
    """Writes Sage's own items for one look, and tells once of each that cannot be kept."""

    def __init__(self, lock: Lock, mirror: Callable[[Connection], Mirror], asking: Asking) -> None:
        """Take cobra's lock, what gives its mirror in a transaction, and the look."""
        self._lock = lock
        self._mirror = mirror
        self._asking = asking

    def keep(self, places: Collection[Place], wanted: Mapping[Place, Answer]) -> None:
        """Let only what is wanted stand at these places, as far as it can be kept.

        In one transaction, or in several where the database refuses an item.
        """
        with self._lock.reading() as connection:
            mirror = self._mirror(connection)
            limit = mirror.widest
            fitting = {place: row for place, row in wanted.items() if width(place[1]) <= limit}
            is_kept = mirror.has_items(places, fitting)
        for place in wanted.keys() - fitting.keys():
            self._leave_out(place, limit=limit)
        if is_kept:
            return

        def keep(some: Sequence[Place]) -> None:
            with self._lock.writing() as connection:
                mirror = self._mirror(connection)
                own = {place: fitting[place] for place in some if place in fitting}
                mirror.count(mirror.keep_items(set(some), own), self._asking.today)

        def refused(place: Place, error: Exception) -> None:
            self._leave_out(place, text=str(getattr(error, "orig", error)))

        halved(sorted(places), keep, refused, self._is_theirs)

    def _is_theirs(self, error: Exception) -> bool:
        failure = self._lock.dialect.failure(error)
        return isinstance(error, DBAPIError) and failure in (Failure.DATA, Failure.UNKNOWN)

    def _leave_out(self, place: Place, **why: object) -> None:
        if place not in self._asking.left_out:
            self._asking.left_out.add(place)
            log.warning("answers_item_left_out", year=place[0], number=place[1], **why)
