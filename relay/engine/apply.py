"""Knows how a batch becomes true in one Sage year: one transaction, split when it fails."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace

from relay.base.errors import MisreadError, RowCountError, Unavailable
from relay.base.halving import IN_SAGE_S, NOT_OF_A_RECORD, Patience
from relay.base.values import Entity, Outcome, RecordId, Status, held, internal, later
from relay.database import PAUSING, Failure
from relay.engine.planning import At, Work, followers, numbered, plan_batch
from relay.rules.invoice.invoice import Book
from relay.sage.port import Planned

Milestone = Callable[[str], None]
"""Called at each step's boundary with its name; tests stop there, the relay does nothing."""


_OF_VALUES = (ValueError, ArithmeticError, RowCountError)
"""What values can raise besides what Sage says: the conversion for a column, a row that is there
twice; anything else is a bug of ours."""


@dataclass(slots=True)
class _Split:
    """What has become of a batch's records so far."""

    outcomes: dict[RecordId, Outcome] = field(default_factory=dict)
    unknown: dict[RecordId, Exception] = field(default_factory=dict)
    """Records that alone met an error which nobody knows."""
    patience: Patience = field(default_factory=lambda: Patience(IN_SAGE_S))


class Apply:
    """Carries batches into one Sage year."""

    def __init__(self, at: At, milestone: Milestone) -> None:
        """Take the year, with all that decides how it is written."""
        self.at = at
        self._year = at.year
        self._suspects = at.method.suspects
        self._milestone = milestone

    @property
    def year(self) -> str:
        """The name of the year."""
        return self._year.name

    def plan(self, works: Sequence[Work]) -> Planned:
        """Plan a batch, the first half of `batch`; nothing is written."""
        with self._year.begin(self.at.epoch) as here:
            planned, _ = plan_batch(self.at, here, numbered(works, self._year))
        return planned

    def batch(self, works: Sequence[Work]) -> dict[RecordId, Outcome]:
        """Carry out a batch; returns an outcome for each of its records.

        A record whose values Sage refuses, or at which our own code fails, is held; one that
        somebody has open comes later; the others go through.

        Raises:
            Unavailable: the database has trouble of its own; the batch is simply repeated
                later. Its ledger will know what a lost COMMIT did.
            FenceLost: another relay has taken over.
        """
        split = _Split()
        self._split(works, split)
        self._suspects.clear(self._year.name, split.outcomes)
        if split.unknown:
            split.outcomes |= self._unknown(split)
        return split.outcomes

    def _split(self, works: Sequence[Work], split: _Split) -> None:
        try:
            split.outcomes |= self._once(works)
        except NOT_OF_A_RECORD:
            raise
        except Exception as error:  # noqa: BLE001 - one record's bug must not stop the others
            failure = self._failure(error)
            if failure is Failure.LOCKED and (len(works) == 1 or split.patience.is_over):
                locked = later("sage_locked", year=self._year.name)
                split.outcomes |= {work.record.id: locked for work in works}
                return
            if len(works) == 1:
                self._culprit(works[0], split)
                return
        else:
            return
        middle = len(works) // 2
        self._split(works[:middle], split)
        self._split(works[middle:], split)

    def _culprit(self, work: Work, split: _Split) -> None:
        """Try once more alone: what broke a key was perhaps read before somebody else wrote."""
        record = work.record.id
        try:
            split.outcomes |= self._once([work], is_second=True)
        except NOT_OF_A_RECORD:
            raise
        except Exception as error:  # noqa: BLE001 - one record's bug must not stop the others
            if self._failure(error) is Failure.UNKNOWN:
                split.unknown[record] = error
            else:
                split.outcomes[record] = self.alone(error)

    def alone(self, error: Exception) -> Outcome:
        """Say what becomes of a record that met an error without any other.

        Raises:
            Unavailable: the database has trouble of its own.
        """
        failure = self._failure(error)
        if failure is Failure.LOCKED:
            return later("sage_locked", year=self._year.name)
        return internal(error) if failure is None else self._refused(error)

    def _unknown(self, split: _Split) -> dict[RecordId, Outcome]:
        """Say what becomes of records with an unknown error: theirs only if another went through.

        Where none did it may be the database's trouble: for a few rounds.
        """
        year, what = self._year.name, _error_text(next(iter(split.unknown.values())))
        proven: Collection[RecordId] = split.unknown
        if all(outcome.status is not Status.APPLIED for outcome in split.outcomes.values()):
            proven = self._suspects.accuse(year, split.unknown, what)
            if not proven:
                raise Unavailable("sage_unknown", year=year, what=what)
        self._suspects.clear(year, proven)
        return {
            record: self._refused(error)
            if record in proven
            else later("sage_unknown", year=year, what=what)
            for record, error in split.unknown.items()
        }

    def _failure(self, error: Exception) -> Failure | None:
        """Tell what an error means; None: a bug.

        Raises:
            Unavailable: the database has trouble of its own.
        """
        failure = self._year.failure(error)
        if failure in PAUSING:
            raise self._year.unavailable(error) from error
        return Failure.DATA if failure is None and isinstance(error, _OF_VALUES) else failure

    def _refused(self, error: Exception) -> Outcome:
        if isinstance(error, MisreadError):
            return held("sage_unread", **error.values)
        return held("sage_refused", year=self._year.name, what=_error_text(error))

    def _once(self, works: Sequence[Work], *, is_second: bool = False) -> dict[RecordId, Outcome]:
        """Plan, write and prove, in one transaction.

        Entries that came after the newest ledgered one are not in the ledger, so only a second try
        asks for them: a year that was paired anew may know them from before.
        """
        name, works = self._year.name, numbered(works, self._year)
        with self._year.begin(self.at.epoch) as here:
            entries = [
                (work.record, entry)
                for work in works
                for entry in work.record.entries
                if entry.is_open_in(name)
            ]
            newest = None if is_second else here.partner.newest_id
            known = here.ledgered([e.uid for _, e in entries if newest is None or e.id <= newest])
            numbers = dict(followers(works))
            if numbers:
                here.move_links(numbers, self.at.followed(list(numbers)))
            planned, masters = plan_batch(self.at, here, works)
            outcomes = planned.outcomes()
            done = {r for r, outcome in outcomes.items() if outcome.status is Status.APPLIED}
            here.carry_out(planned, [e for e in entries if e[0].id in done], known)
            self._milestone(f"written:{name}")
        if masters is not None:
            self.at.method.masters.keep(self._year, masters)
        self._milestone(f"committed:{name}")
        repeated = {record.id for record, entry in entries if entry.uid in known}
        return {
            work.record.id: _with_notice(work, outcomes[work.record.id])
            if work.record.id in repeated
            else outcomes[work.record.id]
            for work in works
        }


def _error_text(error: Exception) -> str:
    return str(getattr(error, "orig", error))


def _with_notice(work: Work, outcome: Outcome) -> Outcome:
    """Let an outcome that the ledger gives queue what a crash kept from being queued."""
    if not isinstance(work.state, Book) or outcome.status is not Status.APPLIED:
        return outcome
    customer = RecordId(Entity.ADDRESS, work.state.invoice.customer.key)
    return replace(outcome, notices=(customer,))
