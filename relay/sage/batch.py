"""Knows how a batch becomes true in one Sage year: one transaction, split when it fails."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError, StatementError

from relay.base.errors import Unavailable
from relay.base.values import Entity, Outcome, Problem, RecordId, Status, held
from relay.database import Failure
from relay.rules.invoice.facts import Book
from relay.sage.addresses import write_addresses
from relay.sage.batch_planning import Method, Planned, Planning, Work
from relay.sage.books.writing import BooksWriter
from relay.sage.year import SageYear

Milestone = Callable[[str], None]
"""Called at each step's boundary with its name; tests stop there, the relay does nothing."""


_OF_VALUES = (DBAPIError, StatementError, ValueError, ArithmeticError)
"""What a record's own values can raise: the server, the driver, or the conversion for a column."""


class Apply:
    """Carries batches into one Sage year."""

    def __init__(self, year: SageYear, epoch: int, method: Method, milestone: Milestone) -> None:
        """Take the year's connection and our epoch."""
        self._year = year
        self._epoch = epoch
        self._planning = Planning(year, method)
        self._masters = method.masters
        self._milestone = milestone

    def batch(self, works: Sequence[Work]) -> dict[RecordId, Outcome]:
        """Carry out a batch; returns an outcome for each of its records.

        A record whose values Sage refuses is held, the others go through.

        Raises:
            Unavailable: the database has trouble of its own; the batch is simply repeated
                later. Its ledger will know what a lost COMMIT did.
            FenceLost: another relay has taken over.
        """
        outcomes, unknown = self._split(self._planning.numbered(works))
        went_through = any(o.status is Status.APPLIED for o in outcomes.values())
        if unknown and not went_through:
            raise Unavailable("sage_unknown", year=self._year.name, what=str(unknown[0][1].orig))
        for work, error in unknown:
            outcomes[work.record.id] = self._refused(error)
        return outcomes

    def _split(
        self, works: Sequence[Work]
    ) -> tuple[dict[RecordId, Outcome], list[tuple[Work, DBAPIError]]]:
        try:
            return self._once(works), []
        except _OF_VALUES as error:
            failure = self._failure(error)
            if failure is Failure.TECHNICAL:
                raise self._year.unavailable(error) from error
            if len(works) == 1:
                return self._culprit(works[0], failure)
        middle = len(works) // 2
        first, unknown = self._split(works[:middle])
        second, more = self._split(works[middle:])
        return first | second, unknown + more

    def _culprit(
        self, work: Work, failure: Failure
    ) -> tuple[dict[RecordId, Outcome], list[tuple[Work, DBAPIError]]]:
        if failure is Failure.LOCKED:
            locked = Outcome(Status.RETRYING, Problem("sage_locked", {"year": self._year.name}))
            return {work.record.id: locked}, []
        try:  # once more alone: what broke a key was perhaps read before somebody else wrote
            return self._once([work]), []
        except _OF_VALUES as error:
            if not isinstance(error, DBAPIError) or self._failure(error) is Failure.DATA:
                return {work.record.id: self._refused(error)}, []
            return {}, [(work, error)]

    def _failure(self, error: Exception) -> Failure:
        return self._year.failure(error) if isinstance(error, DBAPIError) else Failure.DATA

    def _refused(self, error: Exception) -> Outcome:
        return held("sage_refused", year=self._year.name, what=_told(error))

    def _once(self, works: Sequence[Work]) -> dict[RecordId, Outcome]:
        with self._year.transaction(self._epoch) as connection:
            entries = [
                (work.record, entry)
                for work in works
                for entry in work.record.entries
                if entry.is_open_in(self._year.name)
            ]
            known = self._year.ledgered(connection, [entry.uid for _, entry in entries])
            planned = self._planning.plan(connection, works)
            self._write(connection, planned)
            outcomes = planned.outcomes()
            done = {r for r, outcome in outcomes.items() if outcome.status is Status.APPLIED}
            self._year.write_ledger(connection, [e for e in entries if e[0].id in done], known)
            self._milestone(f"written:{self._year.name}")
        if planned.masters is not None:
            self._masters.keep(self._year, planned.masters)
        self._milestone(f"committed:{self._year.name}")
        repeated = {record.id for record, entry in entries if entry.uid in known}
        return {
            work.record.id: _told_again(work, outcomes[work.record.id])
            if work.record.id in repeated
            else outcomes[work.record.id]
            for work in works
        }

    def foresee(self, works: Sequence[Work]) -> Planned:
        """Plan a batch as `batch` would; writes nothing, also not what the plans say."""
        with self._year.transaction(self._epoch) as connection:
            return self._planning.plan(connection, self._planning.numbered(works))

    def _write(self, connection: Connection, planned: Planned) -> None:
        write_addresses(self._year, connection, planned.all_addresses(), planned.facts)
        if planned.books is not None:
            writer = BooksWriter(self._year, connection, planned.books)
            writer.write(list(planned.invoices.values()))


def _told(error: Exception) -> str:
    return str(getattr(error, "orig", error))


def _told_again(work: Work, outcome: Outcome) -> Outcome:
    """Let an outcome that the ledger gives queue what a crash kept from being queued."""
    if not isinstance(work.state, Book) or outcome.status is not Status.APPLIED:
        return outcome
    customer = RecordId(Entity.ADDRESS, work.state.invoice.customer.key)
    return replace(outcome, notices=(customer,))
