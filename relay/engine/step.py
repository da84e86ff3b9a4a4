"""Knows one step: poll, list, read, list again, apply in each Sage year, acknowledge.

The order is the promise. Entries are listed before the record is read, so an entry that is
acknowledged was there before the state that was sent. Sage commits before the outbox is
acknowledged, so a crash in between repeats the batch, and ledger, links and bookings turn the
repetition into an acknowledgement.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

import structlog
from sqlalchemy.exc import DBAPIError

from relay.base.errors import LockLost, Unavailable
from relay.base.patience import Patience
from relay.base.values import (
    Entity,
    Outcome,
    Record,
    RecordId,
    held,
    later,
)
from relay.cobra.acknowledge import acknowledge
from relay.cobra.decisions import Decisions, skipped_invoices
from relay.cobra.deliveries import Recorder, Result, Say
from relay.cobra.hand import take_in_hand
from relay.cobra.lock import Lock
from relay.cobra.outbox import Outbox
from relay.cobra.reading import CobraReader, Reads
from relay.database import Failure
from relay.engine.apply import Apply, Milestone
from relay.engine.asking import ReadyYears, paid_elsewhere, previous_number
from relay.engine.backoff import Backoff
from relay.engine.checking import Checking
from relay.engine.planning import At, Method, Work
from relay.engine.results import address_named, away, invoice_results, skipped
from relay.engine.routing import Routed, Routing
from relay.rules.invoice.invoice import State
from relay.sage.port import YearPort
from relay.settings import Settings, Year

log = structlog.get_logger()
T = TypeVar("T")


class Drain:
    """Moves batches from the outbox to the Sage years."""

    def __init__(  # noqa: PLR0913, PLR0917 - each part of the step is handed in
        self,
        lock: Lock,
        years: ReadyYears,
        settings: Settings,
        say: Say,
        milestone: Milestone = lambda _name: None,
        recorders: Sequence[Recorder] = (),
    ) -> None:
        """Find the captured tables; nothing is read from them yet.

        Raises:
            Refused: a configured table or a column is missing.
        """
        settle_s = settings.invoices[0].settle_seconds if settings.invoices is not None else 0
        self.outbox = Outbox(lock, settle_s)
        self._lock = lock
        self._years = years
        self._settings = settings
        self._say = say
        self._milestone = milestone
        self._recorders = recorders
        self._backoff = Backoff()
        self.method = Method.of(settings)
        self._reader = CobraReader(lock, settings)
        self._checking = Checking(settings)
        self._routing = Routing(lock, years, settings, milestone)

    def step(self) -> int:
        """Move one batch; returns how many records it looked at, 0 when there is nothing to do.

        A record with news in the meantime was looked at for nothing and is taken again at once.
        """
        due = self.outbox.due(self._settings.relay.batch_size)
        if not due:
            return 0
        self._milestone("polled")
        listed = self.outbox.settled(self.outbox.list_open(due))
        self._milestone("listed")
        listed = take_in_hand(self._lock, listed)
        self._milestone("in_hand")
        results = self._backoff.counted(self._results(listed))
        self._milestone("before_ack")
        acknowledge(self._lock, results, self._say, self._recorders)
        self._milestone("acknowledged")
        log.debug("batch", records=len(results))
        return len(listed)

    def _results(self, listed: list[Record]) -> list[Result]:
        bound, locked = self._unlocked(self._skipped, listed, Patience())
        told = [Result(record, {}, later("record_locked")) for record in locked]
        left_alone = self._routing.leave(bound)
        told += [result for each in left_alone for result in invoice_results(each, {})]
        decided = {record.id for record, _ in bound} | {record.id for record in locked}
        listed = [record for record in listed if record.id not in decided]
        if not any(self._years.ready(name) for name in self._years):
            addresses = [record for record in listed if record.id.entity == Entity.ADDRESS]
            told += [Result(record, self._in_years(record, {})) for record in addresses]
            listed = [record for record in listed if record.id.entity != Entity.ADDRESS]
        return told + self._read_and_apply(listed)

    def _read_and_apply(self, listed: list[Record]) -> list[Result]:
        reads = self._reader.read(listed)
        self._milestone("read")
        unchanged, locked = self._unlocked(self.outbox.without_news, listed, Patience())
        self._milestone("listed_again")
        results = [Result(record, {}, later("record_locked")) for record in locked]
        works: list[Work] = []
        states: list[tuple[Record, State]] = []
        for record in unchanged:
            state = self._checked(record, reads)
            if isinstance(state, Outcome):
                results.append(Result(record, {}, state))
            elif isinstance(state, Work):
                works.append(state)
            else:
                states.append((record, state))
        routed = self._routing.route(states)
        decisions = Decisions(self._lock, self._reader.gone)
        done = {name: self._apply(name, works, routed, decisions) for name in self._years}
        results += [Result(work.record, self._in_years(work.record, done)) for work in works]
        results = [address_named(result, reads, self._settings) for result in results]
        told = {record.id: state for record, state in states}
        return results + [
            replace(result, state=each.state or told[each.record.id])
            for each in routed
            for result in invoice_results(each, done)
        ]

    def _checked(self, record: Record, reads: Reads) -> Work | State | Outcome:
        key = record.id.key
        if record.id.entity == Entity.ADDRESS:
            address = self._checking.address(reads.address(key))
            return address if isinstance(address, Outcome) else Work(record, address)
        if self._settings.invoices is None:
            return held("invoices_not_configured")
        return self._checking.invoice(key, reads)

    def _skipped(self, records: Sequence[Record]) -> list[tuple[Record, Outcome]]:
        """Return which of the records a person wants to be left alone."""
        bound = skipped_invoices(self._lock, [record.id for record in records])
        return [(record, skipped(bound[record.id])) for record in records if record.id in bound]

    def _unlocked(
        self, look: Callable[[Sequence[Record]], list[T]], records: list[Record], patience: Patience
    ) -> tuple[list[T], list[Record]]:
        """Return what a look at the records finds, and those of which somebody has a row open."""
        try:
            return look(records), []
        except DBAPIError as error:
            if self._lock.dialect.failure(error) is not Failure.LOCKED:
                raise
            if len(records) == 1 or patience.is_over:
                return [], records
        middle = len(records) // 2
        first, locked = self._unlocked(look, records[:middle], patience)
        second, more = self._unlocked(look, records[middle:], patience)
        return first + second, locked + more

    def _apply(
        self, name: str, works: Sequence[Work], routed: Sequence[Routed], decisions: Decisions
    ) -> dict[RecordId, Outcome]:
        year = self._years.ready(name)
        mine = [work for work in works if work.record.is_open_in(name)]
        mine += [Work(each.record, task) for each in routed if (task := each.task(name))]
        if year is None or not mine:
            return {}
        apply = Apply(self._at(year, decisions), self._milestone)
        try:
            return self._carry_out(name, apply, mine)
        except LockLost:
            raise
        except Unavailable as error:
            if "year" not in error.values:  # cobra was asked in between
                raise
            lost = str(error.values["year"])
            self._years.lose(lost, error)
            # The preceding year failed when it was asked: without it, once more.
            return {} if lost == name else self._apply(name, works, routed, decisions)

    def _at(self, year: YearPort, decisions: Decisions) -> At:
        """Return where a batch is planned, with the others whom it may ask."""
        epoch, before = self._lock.epoch, self._settings.sage.before(year.settings)
        ready = self._years.ready(before.name) if before else None
        confirmed, followed = decisions.in_year(year.name)
        return At(
            year=year,
            epoch=epoch,
            method=self.method,
            previous=previous_number(before, ready, epoch),
            elsewhere=paid_elsewhere(year.settings, self._beside(year.settings), epoch),
            confirmed=confirmed,
            followed=followed,
        )

    def _beside(self, year: Year) -> list[tuple[Year, YearPort | None]]:
        """Return the other years of a year's mandant; None for one that is away."""
        return [
            (other, self._years.ready(other.name))
            for other in self._settings.sage.year
            if other.mandant == year.mandant and other.name != year.name
        ]

    def _carry_out(
        self, _name: str, apply: Apply, works: Sequence[Work]
    ) -> dict[RecordId, Outcome]:
        return apply.batch(works)

    def _in_years(
        self, record: Record, done: Mapping[str, Mapping[RecordId, Outcome]]
    ) -> dict[str, Outcome]:
        """Return the outcome for each year that is open; a year that is away is waited for."""
        return {
            name: done.get(name, {}).get(record.id) or away(name)
            for name in self._years
            if record.is_open_in(name)
        }
