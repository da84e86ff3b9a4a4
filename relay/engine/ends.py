"""Knows where a step begins and ends: at the outbox, with what is written, and the next try."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from relay.base.values import Outcome, Record, RecordId, Status
from relay.cobra.acknowledge import acknowledge
from relay.cobra.deliveries import Recorder, Result, Say
from relay.cobra.hand import take_in_hand
from relay.cobra.lock import Lock
from relay.cobra.outbox import Outbox
from relay.cobra.routes import write_routes
from relay.cobra.unreadable import hold_unreadable
from relay.engine.apply import Apply
from relay.engine.planning import Work
from relay.settings import Settings


class Ends(Protocol):
    """All that a step takes or writes; a dry run hands in others, which write nothing."""

    outbox: Outbox

    def due(self) -> list[RecordId]:
        """Return the records of the next batch."""

    def listed(self, due: Sequence[RecordId]) -> list[Record]:
        """Return them with their open entries: only these will be acknowledged."""

    def in_hand(self, listed: Sequence[Record]) -> list[Record]:
        """Return those that nobody may skip from here on."""

    def choose(self, new: Mapping[str, str], other: Mapping[str, str]) -> None:
        """Keep the years that were chosen for invoices."""

    def carry_out(self, apply: Apply, works: Sequence[Work]) -> dict[RecordId, Outcome]:
        """Plan and write in one Sage year; returns what became of each record there."""

    def acknowledge(self, results: Sequence[Result]) -> None:
        """Write what became of the batch."""


class OutboxEnds:
    """The ends of the running relay."""

    def __init__(
        self, lock: Lock, settings: Settings, say: Say, recorders: Sequence[Recorder] = ()
    ) -> None:
        """Take the lock on whose connection all is written, and who else writes with it."""
        settle_s = settings.invoices[0].settle_seconds if settings.invoices is not None else 0
        self.outbox = Outbox(lock, settle_s)
        self._lock = lock
        self._size = settings.relay.batch_size
        self._say = say
        self._recorders = recorders
        self._backoff = Backoff()

    def due(self) -> list[RecordId]:
        """Poll: a fair share of each kind; an entry whose key cannot be read is held."""
        try:
            return self.outbox.due(self._size)
        except Exception as error:
            is_theirs = self._lock.dialect.cannot_decode(error)
            if not (is_theirs and hold_unreadable(self._lock, self._say)):
                raise
        return self.outbox.due(self._size)

    def listed(self, due: Sequence[RecordId]) -> list[Record]:
        """List them, but for invoices at which somebody may still be typing."""
        return self.outbox.settled(self.outbox.list_open(due))

    def in_hand(self, listed: Sequence[Record]) -> list[Record]:
        """Make what a person could skip pending."""
        return take_in_hand(self._lock, listed)

    def choose(self, new: Mapping[str, str], other: Mapping[str, str]) -> None:
        """Commit routes."""
        write_routes(self._lock, new, other)

    def carry_out(self, apply: Apply, works: Sequence[Work]) -> dict[RecordId, Outcome]:
        """Write to Sage."""
        return apply.batch(works)

    def acknowledge(self, results: Sequence[Result]) -> None:
        """Acknowledge in one transaction; who is put off comes back ever more rarely."""
        acknowledge(self._lock, self._backoff.counted(results), self._say, self._recorders)


class Backoff:
    """Counts how often in a row each record was put off; forgotten with the process."""

    def __init__(self) -> None:
        """Begin with nobody put off."""
        self._times: Counter[RecordId] = Counter()

    def counted(self, results: Iterable[Result]) -> list[Result]:
        """Return the results, each with how often its record was put off; forget the others."""
        return [self._counted(result) for result in results]

    def _counted(self, result: Result) -> Result:
        record = result.record.id
        outcomes = (result.whole, *result.outcomes.values())
        if not any(_is_put_off(outcome) for outcome in outcomes if outcome is not None):
            self._times.pop(record, None)
            return result
        self._times[record] += 1
        return replace(result, put_off=self._times[record])


def _is_put_off(outcome: Outcome) -> bool:
    return outcome.status is Status.RETRYING
