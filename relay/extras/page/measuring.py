"""Knows the chore that writes how things are, minute by minute, and what it hears of the relay."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.engine import Connection

from relay.base.values import RecordId, Status
from relay.cobra.deliveries import Result
from relay.cobra.lock import Lock
from relay.engine.chores import Duty
from relay.engine.service import Parts
from relay.engine.years import Years
from relay.extras.page.measures import keep, measured, thin

MINUTE_S = 60
THIN_EVERY = 60
"""Rows between two looks for what is old enough to be put together."""


class Measuring:
    """What moved since the last row; a crash forgets a minute of it, which only a picture shows."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._batch: set[RecordId] = set()
        self._moved = 0
        self._rows = 0

    def joined(self, parts: Parts) -> Parts:
        """Return what takes part in the relay together with this."""
        return parts.joined_by(self.record, self.duty, self.passed)

    def record(self, _connection: Connection, results: Sequence[Result]) -> None:
        """Note a batch that is about to be acknowledged; it counts once it is."""
        taken = (Status.APPLIED,)
        self._batch = {
            result.record.id
            for result in results
            if any(outcome.status in taken for outcome in result.outcomes.values())
        }

    def passed(self, name: str) -> None:
        """Hear of a boundary within a step."""
        if name == "acknowledged":
            self._moved += len(self._batch)
            self._batch = set()

    def duty(self, lock: Lock, _years: Years) -> Duty:
        """Return the chore."""
        return Duty("measure", MINUTE_S, lambda: self.measure(lock))

    def measure(self, lock: Lock) -> bool:
        """Write a row; returns False: nothing of this chore is left to do."""
        with lock.writing() as connection:
            now = measured(connection, self._moved)
            keep(connection, now)
            if self._rows % THIN_EVERY == 0:
                thin(connection, now.at)
        self._moved -= now.moved
        self._rows += 1
        return False
