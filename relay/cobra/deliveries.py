"""Knows what became of a record, and how that is kept for each entry and Sage year."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import Table, delete
from sqlalchemy.engine import Connection

from relay.base.values import (
    FINISHED,
    Entry,
    Outcome,
    Problem,
    Record,
    RecordId,
    Status,
)
from relay.database import among, chunks, dialect_of
from relay.rules.invoice.invoice import State

Say = Callable[[Problem, RecordId], str]
"""Renders a problem of a record as a text for people."""

# An entry has the status of its least finished delivery: the first of these that occurs.
LEAST_FINISHED_FIRST = (
    Status.PENDING,
    Status.RETRYING,
    Status.HELD,
    Status.WAITING,
    Status.APPLIED,
    Status.SKIPPED,
    Status.NOT_FOR_SAGE,
)


def least_finished(statuses: list[Status]) -> Status:
    """Return the status of an entry whose deliveries have `statuses` (at least one)."""
    return min(statuses, key=LEAST_FINISHED_FIRST.index)


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one record: an outcome for each year, or one before any year was asked."""

    record: Record
    outcomes: Mapping[str, Outcome]
    whole: Outcome | None = None
    state: State | None = None
    """An invoice as it was checked; None: an address, or it was not read."""
    put_off: int = 0
    """How often in a row, with this time, it was put off because somebody has something open."""

    def of(self, entry: Entry) -> tuple[Status, Outcome | None]:
        """Return the entry's status and the outcome that explains it."""
        if self.whole is not None:
            return self.whole.status, self.whole
        mine = [o for year, o in self.outcomes.items() if entry.is_open_in(year)]
        done = [d.status for d in entry.deliveries if d.status in FINISHED]
        status = least_finished([o.status for o in mine] + done)
        return status, next((o for o in mine if o.status is status), None)

    @property
    def is_put_off(self) -> bool:
        """Tell whether nothing was found out, because somebody has the record open."""
        return self.whole is not None and self.whole.status is Status.RETRYING

    def ledgered_in(self, year: str) -> list[Entry]:
        """Return the entries that this result ends in `year` with a ledger row."""
        outcome = self.outcomes.get(year)
        if outcome is None or outcome.status is not Status.APPLIED:
            return []
        return [entry for entry in self.record.entries if entry.is_open_in(year)]


Recorder = Callable[[Connection, Sequence[Result]], None]
"""Writes more of what became of a batch, in the acknowledgement's own transaction.

That is how an optional part takes part: it is handed in, the core does not know it. It must not
fail because of a record's values: nothing of the batch would be acknowledged.
"""


def write_deliveries(connection: Connection, d: Table, results: Iterable[Result], say: Say) -> None:
    """Write how far each entry of a batch has come in each year."""
    dialect = dialect_of(connection)
    new: list[dict[str, Any]] = []
    known: list[dict[str, Any]] = []
    for result in results:
        for entry in result.record.entries:
            there = {delivery.year for delivery in entry.deliveries}
            for year in filter(entry.is_open_in, result.outcomes):
                (known if year in there else new).append(_delivery(result, entry, year, say))
    if new:
        # Most deliveries have no error and no warning: what none of them has is not sent along.
        names = [name for name in new[0] if any(row[name] is not None for row in new)]
        rows = [{name: row[name] for name in names} for row in new]
        dialect.insert_rows(connection, d, rows, now=("updated_at",))
    key = ("outbox_id", "year")
    dialect.update_rows(connection, d, known, by=key, now=("updated_at",))


def drop_stale(connection: Connection, d: Table, results: Iterable[Result]) -> None:
    """Delete what entries of a batch had yet to do in years that do not concern them any more."""
    stale: dict[str, list[int]] = defaultdict(list)
    for result in results:
        for entry in () if result.is_put_off else result.record.entries:
            for delivery in entry.deliveries:
                if delivery.status not in FINISHED and delivery.year not in result.outcomes:
                    stale[delivery.year].append(entry.id)
    for year, entries in stale.items():
        for some in chunks(entries):
            connection.execute(delete(d).where(d.c.year == year, among(d.c.outbox_id, some)))


def _delivery(result: Result, entry: Entry, year: str, say: Say) -> dict[str, Any]:
    outcome = result.outcomes[year]
    carries = entry is result.record.carrier
    record = result.record.id
    return {
        "outbox_id": entry.id,
        "year": year,
        "status": str(outcome.status),
        "attempts": entry.attempts_in(year) + outcome.counts_attempt,
        "sage_key": outcome.sage_key,
        "sent": _json(outcome.sent) if carries and outcome.sent else None,
        "warnings": _json([[w.code, say(w, record)] for w in outcome.warnings])
        if carries and outcome.warnings
        else None,
        "waiting_on": outcome.waiting_on,
        "error_code": outcome.problem.code if outcome.problem else None,
        "error": say(outcome.problem, record) if outcome.problem else None,
    }


def _json(value: object) -> str:
    return orjson.dumps(value, default=str).decode()
