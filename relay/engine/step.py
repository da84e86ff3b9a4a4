"""Knows one step: poll, list, take in hand, read, list again, check, route, plan, write, say so.

The order is the promise. Entries are listed before the record is read, so an entry that is
acknowledged was there before the state that was sent. Sage commits before the outbox is
acknowledged, so a crash in between repeats the batch, and ledger, links and bookings turn the
repetition into an acknowledgement.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TypeVar

import structlog
from sqlalchemy.exc import DBAPIError

from relay.base.errors import LockLost, Unavailable
from relay.base.halving import Patience
from relay.base.values import Entity, Outcome, Record, RecordId, later
from relay.cobra.batch_decisions import Decisions
from relay.cobra.decisions import skipped_invoices
from relay.cobra.deliveries import Result
from relay.cobra.lock import Lock
from relay.cobra.reading import CobraReader
from relay.database import Failure
from relay.engine.apply import Apply, Milestone
from relay.engine.asking import ReadyYears, paid_elsewhere, previous_number
from relay.engine.checking import check_batch
from relay.engine.ends import Ends
from relay.engine.nameless import nameless
from relay.engine.planning import At, Method, Work
from relay.engine.results import address_named, address_results, invoice_results, skipped
from relay.engine.routing import Routed, Routing
from relay.sage.port import YearPort
from relay.settings import Settings

log = structlog.get_logger()
T = TypeVar("T")


class Drain:
    """Moves batches from the outbox to the Sage years."""

    def __init__(
        self,
        lock: Lock,
        years: ReadyYears,
        settings: Settings,
        ends: Ends,
        milestone: Milestone = lambda _name: None,
    ) -> None:
        """Find the captured tables; nothing is read from them yet.

        Raises:
            Refused: a configured table or a column is missing.
        """
        self.lock = lock
        self.outbox = ends.outbox
        self.method = Method.of(settings)
        self._years = years
        self._settings = settings
        self._ends = ends
        self._milestone = milestone
        self._reader = CobraReader(lock, settings)
        self._routing = Routing(lock, years, settings, ends.choose, milestone)

    def step(self) -> int:
        """Move one batch; returns how many records it looked at, 0 when there is nothing to do.

        A record with news in the meantime was looked at for nothing and is taken again at once.
        """
        ends, passed = self._ends, self._milestone
        due = ends.due()
        if not due:
            return 0
        passed("polled")
        listed = ends.listed(due)
        passed("listed")
        listed = ends.in_hand(listed)
        passed("in_hand")
        results, concerned = self._left_alone(listed)
        reads = self._reader.read(concerned)
        passed("read")
        unchanged, locked = self._unlocked(self.outbox.without_news, concerned)
        passed("listed_again")
        checked = check_batch(unchanged, reads, self._settings)
        routed = self._routing.route(checked.invoices)
        decisions = Decisions(self.lock, self._reader.gone, is_any=self.outbox.has_decisions)
        done = {
            name: self._plan_and_write(name, checked.addresses, routed, decisions)
            for name in self._years
        }
        results += [*_put_off(locked), *checked.ended]
        addresses = [work.record for work in checked.addresses]
        results += address_results(addresses, self._years, done)
        results = [address_named(result, reads, self._settings) for result in results]
        results += [result for each in routed for result in invoice_results(each, done)]
        results = nameless(results, reads, routed, decisions.erased, self._settings.language)
        passed("before_ack")
        ends.acknowledge(results)
        passed("acknowledged")
        log.debug("batch", records=len(results))
        return len(listed)

    def _left_alone(self, listed: list[Record]) -> tuple[list[Result], list[Record]]:
        """Tell what becomes of records that need not be read, and return the others."""
        bound, locked = self._unlocked(self._skipped, listed)
        results = _put_off(locked)
        left_alone = self._routing.leave(bound)
        results += [result for each in left_alone for result in invoice_results(each, {})]
        decided = {record.id for record, _ in bound} | {record.id for record in locked}
        others = [record for record in listed if record.id not in decided]
        if any(self._years.ready(name) for name in self._years):
            return results, others
        addresses = [record for record in others if record.id.entity == Entity.ADDRESS]
        results += address_results(addresses, self._years, {})
        return results, [record for record in others if record.id.entity != Entity.ADDRESS]

    def _skipped(self, records: Sequence[Record]) -> list[tuple[Record, Outcome]]:
        """Return which of the records a person wants to be left alone."""
        bound = skipped_invoices(self.lock, [record.id for record in records])
        return [(record, skipped(bound[record.id])) for record in records if record.id in bound]

    def _unlocked(
        self,
        look: Callable[[Sequence[Record]], list[T]],
        records: list[Record],
        patience: Patience | None = None,
    ) -> tuple[list[T], list[Record]]:
        """Return what a look at the records finds, and those of which somebody has a row open."""
        patience = patience or Patience()
        try:
            return look(records), []
        except DBAPIError as error:
            if self.lock.dialect.failure(error) is not Failure.LOCKED:
                raise
            if len(records) == 1 or patience.is_over:
                return [], records
        middle = len(records) // 2
        first, locked = self._unlocked(look, records[:middle], patience)
        second, more = self._unlocked(look, records[middle:], patience)
        return first + second, locked + more

    def _plan_and_write(
        self, name: str, works: Sequence[Work], routed: Sequence[Routed], decisions: Decisions
    ) -> Mapping[RecordId, Outcome]:
        """Let one year have what concerns it; returns what became of it there."""
        year = self._years.ready(name)
        mine = [work for work in works if work.record.is_open_in(name)]
        mine += [Work(each.record, task) for each in routed if (task := each.task(name))]
        if year is None or not mine:
            return {}
        apply = Apply(self._at(year, decisions), self._milestone)
        try:
            return self._ends.carry_out(apply, mine)
        except LockLost:
            raise
        except Unavailable as error:
            if "year" not in error.values:  # cobra was asked in between
                raise
            lost = str(error.values["year"])
            self._years.lose(lost, error)
            # The preceding year failed when it was asked: without it, once more.
            return {} if lost == name else self._plan_and_write(name, works, routed, decisions)

    def _at(self, year: YearPort, decisions: Decisions) -> At:
        """Return where a batch is planned, with the others whom it may ask."""
        here, epoch = year.settings, self.lock.epoch
        before = self._settings.sage.before(here)
        ready = self._years.ready(before.name) if before else None
        others = [
            (other, self._years.ready(other.name))
            for other in self._settings.sage.year
            if other.mandant == here.mandant and other.name != here.name
        ]
        return At(
            year=year,
            epoch=epoch,
            method=self.method,
            previous=previous_number(before, ready, epoch),
            elsewhere=paid_elsewhere(here, others, epoch),
            confirmed=partial(decisions.confirmed, year.name),
            erased=decisions.erased,
            followed=decisions.followed,
        )


def _put_off(locked: Sequence[Record]) -> list[Result]:
    return [Result(record, {}, later("record_locked")) for record in locked]
