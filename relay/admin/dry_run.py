"""Knows what the relay would do with records, by the relay's own steps, without any write.

Each record is read, checked, routed and planned as in a batch; what a batch would write is then
told instead. All records are planned together, so each sees what those before it would have
written; a record that cannot be planned parts them. What Sage itself refuses only when it is
written to cannot be foreseen.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time
from uuid import uuid4

from sqlalchemy import ColumnElement, select

from relay.admin.foreseen import Foreseen, of_plan
from relay.admin.lookup import invoices_since
from relay.admin.read_only import Looked
from relay.base.halving import halved
from relay.base.values import (
    OPEN,
    Cause,
    Entry,
    Operation,
    Outcome,
    Record,
    RecordId,
    Status,
)
from relay.cobra import access
from relay.cobra.deliveries import Result
from relay.cobra.lock import Lock
from relay.cobra.outbox import Outbox
from relay.engine.apply import Apply
from relay.engine.planning import Work
from relay.engine.step import Drain
from relay.sage.port import Planned
from relay.settings import Settings


class DryEnds:
    """The ends of a step that only tells: records that were asked about, and no write anywhere."""

    def __init__(self, lock: Lock) -> None:
        """Take cobra, open for reading."""
        self.outbox = Outbox(lock)
        self.asked: list[RecordId] = []
        self.plans: dict[str, list[Planned]] = {}
        """Year to its plan: several where a record kept the batch from being planned as one."""
        self.results: list[Result] = []

    def due(self) -> list[RecordId]:
        """Return what was asked about, each record once."""
        return list(dict.fromkeys(self.asked))

    def listed(self, due: Sequence[RecordId]) -> list[Record]:
        """Return them as if each were noticed now."""
        open_ones = {record.id: record.entries for record in self.outbox.list_open(due)}
        return [Record(record, _noticed(open_ones.get(record, ()))) for record in due]

    def in_hand(self, listed: Sequence[Record]) -> list[Record]:
        """Keep nobody from skipping them."""
        return list(listed)

    def choose(self, new: Mapping[str, str], other: Mapping[str, str]) -> None:
        """Commit nothing."""

    def carry_out(self, apply: Apply, works: Sequence[Work]) -> dict[RecordId, Outcome]:
        """Plan, and keep the plan; a record that cannot be planned says why."""
        outcomes: dict[RecordId, Outcome] = {}
        plans = self.plans[apply.year] = []

        def plan(some: Sequence[Work]) -> None:
            planned = apply.plan(some)
            plans.append(planned)
            outcomes.update(planned.outcomes())

        def alone(work: Work, error: Exception) -> None:
            outcomes[work.record.id] = apply.alone(error)

        halved(works, plan, alone)
        return outcomes

    def acknowledge(self, results: Sequence[Result]) -> None:
        """Keep what would become of them."""
        self.results = [r for r in results if r.record.carrier.id == NOTICED]


class Trial:
    """Steps that tell instead of writing."""

    def __init__(self, looked: Looked, settings: Settings, ends: DryEnds | None = None) -> None:
        """Take both sides, open for reading; other `ends` do more than plan.

        Raises:
            Refused: a configured table or a column is missing.
        """
        self.lock = looked.lock
        self._settings = settings
        self._ends = ends or DryEnds(looked.lock)
        self._drain = Drain(looked.lock, looked.years, settings, self._ends)

    def pending(self) -> list[RecordId]:
        """Return every record with an open entry, in the order of its oldest one."""
        o = self.lock.tables.outbox
        return self._noticed(o.c.status.in_(OPEN))

    def since(self, day: date) -> list[RecordId]:
        """Return what was noticed since a day, and the invoices dated then or later."""
        o = self.lock.tables.outbox
        start = datetime.combine(day, time()).astimezone()
        noticed = self._noticed(o.c.created_at >= start)
        with self.lock.reading() as connection:
            dated = invoices_since(connection, self._settings, day)
        return list(dict.fromkeys([*noticed, *dated]))

    def _noticed(self, which: ColumnElement[bool]) -> list[RecordId]:
        o = self.lock.tables.outbox
        query = access.SHOWN.on(select(o.c.entity, o.c.entity_key).where(which), o)
        with self.lock.reading() as connection:
            rows = connection.execute(query.order_by(o.c.id))
            return list(dict.fromkeys(RecordId(row.entity, row.entity_key) for row in rows))

    def foresee(self, records: Sequence[RecordId]) -> list[Foreseen]:
        """Return what would become of each record, as if it were noticed now."""
        return [one for result in self.results(records) for one in self._foreseen(result)]

    def results(self, records: Sequence[RecordId]) -> list[Result]:
        """Return what a step says of each record, as if it were noticed now."""
        self._ends.asked, self._ends.results = list(records), []
        self._ends.plans.clear()
        self._drain.step()
        results = {result.record.id: result for result in self._ends.results}
        return [results[record] for record in records if record in results]

    def _foreseen(self, result: Result) -> Iterator[Foreseen]:
        record = result.record.id
        if result.whole is not None:
            yield Foreseen(record, None, result.whole)
            return
        for year, outcome in result.outcomes.items():
            plans = self._ends.plans.get(year, ())
            foreseen = (of_plan(record, year, planned) for planned in plans)
            yield next(filter(None, foreseen), Foreseen(record, year, outcome))


NOTICED = 0
"""The number of a notice that nobody wrote."""


def _noticed(entries: tuple[Entry, ...]) -> tuple[Entry, ...]:
    """Add a notice that nobody wrote: it lets a record be looked at in every year.

    What only comparisons ask for stays so.
    """
    found = entries and all(entry.cause == Cause.COMPARE for entry in entries)
    cause = Cause.COMPARE if found else Cause.REPAIR
    return (*entries, Entry(NOTICED, uuid4(), Operation.SNAPSHOT, cause, Status.PENDING, 0))
