"""Knows how a batch becomes true in one Sage year: one transaction, split when it fails."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError, StatementError

from relay.addresses import as_sage_writes, read_facts, write_addresses
from relay.dialect import Failure
from relay.errors import Unavailable
from relay.plan import Facts, Plan, Policy, PreviousNumber, compared, plan_address
from relay.rules import Checked
from relay.sage import SageYear
from relay.values import (
    Gone,
    Outcome,
    Problem,
    Record,
    RecordId,
    Status,
    held,
    later,
    waiting,
    year_wait,
)

Milestone = Callable[[str], None]
"""Called at each step's boundary with its name; tests stop there, the relay does nothing."""


@dataclass(frozen=True, slots=True)
class Work:
    """A record with its state in cobra after the check."""

    record: Record
    state: Checked | Gone


_OF_VALUES = (DBAPIError, StatementError, ValueError, ArithmeticError)
"""What a record's own values can raise: the server, the driver, or the conversion for a column."""


class Apply:
    """Carries batches into one Sage year."""

    def __init__(
        self,
        year: SageYear,
        epoch: int,
        policy: Policy,
        previous: PreviousNumber,
        milestone: Milestone,
    ) -> None:
        """Take the year's connection, our epoch, and how the preceding year is asked."""
        self._year = year
        self._epoch = epoch
        self._policy = policy
        self._previous = previous
        self._milestone = milestone

    def batch(self, works: Sequence[Work]) -> dict[RecordId, Outcome]:
        """Carry out a batch; returns an outcome for each of its records.

        A record whose values Sage refuses is held, the others go through.

        Raises:
            Unavailable: the database has trouble of its own; the batch is simply repeated
                later. Its ledger will know what a lost COMMIT did.
            FenceLost: another relay has taken over.
        """
        outcomes, unknown = self._split([self._numbered(work) for work in works])
        went_through = any(o.status is Status.APPLIED for o in outcomes.values())
        if unknown and not went_through:
            raise Unavailable("sage_unknown", year=self._year.name, what=str(unknown[0][1].orig))
        for work, error in unknown:
            outcomes[work.record.id] = self._refused(error)
        return outcomes

    def _numbered(self, work: Work) -> Work:
        if not isinstance(work.state, Checked):
            return work
        number = as_sage_writes(self._year, work.state.number)
        return replace(work, state=replace(work.state, number=number))

    def _split(
        self, works: list[Work]
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
            facts = self._facts(connection, works)
            plans = {work.record.id: self._plan(work, facts) for work in works}
            write_addresses(self._year, connection, list(plans.values()), facts)
            done = {r for r, plan in plans.items() if plan.outcome.status is Status.APPLIED}
            self._year.write_ledger(connection, [e for e in entries if e[0].id in done], known)
            self._milestone(f"written:{self._year.name}")
        self._milestone(f"committed:{self._year.name}")
        return {record: plan.outcome for record, plan in plans.items()}

    def _facts(self, connection: Connection, works: Sequence[Work]) -> Facts:
        keys = [work.record.id.key for work in works]
        numbers = [w.state.number for w in works if isinstance(w.state, Checked) and w.state.number]
        return read_facts(self._year, connection, keys, numbers)

    def _plan(self, work: Work, facts: Facts) -> Plan:
        key = work.record.id.key
        try:
            plan = plan_address(key, work.state, facts, self._policy, self._previous)
        except Unavailable:
            raise
        except Exception as error:  # noqa: BLE001 - one record's bug must not stop the others
            return Plan(internal(error))
        if work.record.only_compares_in(self._year.name):
            plan = compared(key, plan, facts)
        if plan.link is not None and plan.is_new_link:
            facts.owners[plan.link.number] = key
        return plan


def _told(error: Exception) -> str:
    return str(getattr(error, "orig", error))


def internal(error: Exception) -> Outcome:
    """Hold a record at which our own code failed; the traceback is kept with it."""
    told = "".join(traceback.format_exception(error))
    problem = Problem("internal", {"what": f"{type(error).__name__}: {error}"})
    return Outcome(Status.HELD, problem, detail=told)


def previous_number(
    year: SageYear | None, name: str | None, epoch: int
) -> Callable[[str], str | Outcome | None]:
    """Return how the preceding year is asked for its link; it may be away or not exist.

    Asking raises `Unavailable`, which names that year, when its database has just failed.
    """

    def ask(key: str) -> str | Outcome | None:
        if name is None:
            return None
        if year is None:
            return waiting("previous_year_away", year_wait(name), year=name)
        try:
            with year.transaction(epoch) as connection:
                return year.numbers(connection, [key]).get(key)
        except DBAPIError as error:
            failure = year.failure(error)
            if failure is Failure.LOCKED:
                return later("sage_locked", year=name)
            if failure is not Failure.TECHNICAL:
                raise
            # To wait for it is not enough: only a year that was lost is ever found again.
            raise year.unavailable(error) from error

    return ask
