"""Knows one step: poll, list, read, list again, apply in each Sage year, acknowledge.

The order is the promise. Entries are listed before the record is read, so an entry that is
acknowledged was there before the state that was sent. Sage commits before the outbox is
acknowledged, so a crash in between repeats the batch, and ledger and links turn the
repetition into an acknowledgement.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import structlog
from sqlalchemy.exc import DBAPIError

from relay.acknowledge import Result, Say, acknowledge
from relay.apply import Apply, Milestone, Work, internal, previous_number
from relay.cobra import AddressReader, Read
from relay.dialect import Failure
from relay.errors import FenceLost, Unavailable
from relay.lock import Lock
from relay.outbox import Outbox
from relay.plan import Policy
from relay.rules import Checked, check_address
from relay.settings import Settings
from relay.values import (
    Gone,
    Outcome,
    Record,
    RecordId,
    later,
    waiting,
    year_wait,
)
from relay.years import Years

log = structlog.get_logger()


class Drain:
    """Moves batches from the outbox to the Sage years."""

    def __init__(
        self,
        lock: Lock,
        years: Years,
        settings: Settings,
        say: Say,
        milestone: Milestone = lambda _name: None,
    ) -> None:
        """Find the captured table; nothing is read from it yet.

        Raises:
            Refused: the configured table or a column is missing.
        """
        self.outbox = Outbox(lock)
        self._lock = lock
        self._years = years
        self._settings = settings
        self._say = say
        self._milestone = milestone
        self._reader = AddressReader(lock, settings.cobra.address)
        self._policy = Policy(settings.sage.mode, settings.cobra.address.on_delete)

    def step(self) -> int:
        """Move one batch; returns how many records it looked at, 0 when there is nothing to do.

        A record with news in the meantime was looked at for nothing and is taken again at once.
        """
        due = self.outbox.due(self._settings.relay.batch_size)
        if not due:
            return 0
        self._milestone("polled")
        listed = self.outbox.list_open(due)
        self._milestone("listed")
        results = self._results(listed)
        self._milestone("before_ack")
        acknowledge(self._lock, results, self._say)
        self._milestone("acknowledged")
        log.debug("batch", records=len(results))
        return len(listed)

    def _results(self, listed: list[Record]) -> list[Result]:
        if not any(self._years.ready(name) for name in self._years):
            return [Result(record, self._in_years(record, {})) for record in listed]
        reads = self._reader.read([record.id.key for record in listed])
        self._milestone("read")
        unchanged, locked = self._without_news(listed)
        self._milestone("listed_again")
        results = [Result(record, {}, later("record_locked")) for record in locked]
        works: list[Work] = []
        for record in unchanged:
            state = self._check(reads[record.id.key])
            if isinstance(state, Outcome):
                results.append(Result(record, {}, state))
            else:
                works.append(Work(record, state))
        done = {name: self._apply(name, works) for name in self._years}
        return results + [Result(work.record, self._in_years(work.record, done)) for work in works]

    def _without_news(self, records: list[Record]) -> tuple[list[Record], list[Record]]:
        """Return the records whose reads still count, and those that a clerk has open."""
        try:
            return self.outbox.without_news(records), []
        except DBAPIError as error:
            if self._lock.dialect.failure(error) is not Failure.LOCKED:
                raise
            if len(records) == 1:
                return [], records
        middle = len(records) // 2
        first, locked = self._without_news(records[:middle])
        second, more = self._without_news(records[middle:])
        return first + second, locked + more

    def _check(self, read: Read) -> Checked | Gone | Outcome:
        if isinstance(read, Gone | Outcome):
            return read
        try:
            return check_address(read, self._settings.cobra.address, self._settings.map)
        except Exception as error:  # noqa: BLE001 - one record's bug must not stop the others
            return internal(error)

    def _apply(self, name: str, works: Sequence[Work]) -> dict[RecordId, Outcome]:
        year = self._years.ready(name)
        mine = [work for work in works if work.record.is_open_in(name)]
        if year is None or not mine:
            return {}
        before = self._settings.sage.before(year.settings)
        previous = previous_number(
            self._years.ready(before.name) if before else None,
            before.name if before else None,
            self._lock.epoch,
        )
        apply = Apply(year, self._lock.epoch, self._policy, previous, self._milestone)
        try:
            return apply.batch(mine)
        except FenceLost:
            raise
        except Unavailable as error:
            lost = str(error.values["year"])
            self._years.lose(lost, error)
            # The preceding year failed when it was asked: without it, once more.
            return {} if lost == name else self._apply(name, works)

    def _in_years(
        self, record: Record, done: Mapping[str, Mapping[RecordId, Outcome]]
    ) -> dict[str, Outcome]:
        """Return the outcome for each year that is open; a year that is away is waited for."""
        return {
            name: done.get(name, {}).get(record.id)
            or waiting("year_away", year_wait(name), year=name)
            for name in self._years
            if record.is_open_in(name)
        }
