"""Knows how the result of a batch is written back to the outbox: one transaction in cobra."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import zip_longest
from typing import Any

from sqlalchemy import Table, literal_column, null, select, union_all, update
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError

from relay.base.errors import RowCountError
from relay.base.halving import halved
from relay.base.values import (
    FINISHED,
    OPEN,
    Cause,
    Entity,
    Entry,
    RecordId,
    Status,
    internal,
)
from relay.cobra import access
from relay.cobra.deliveries import Recorder, Result, Say, drop_stale, write_deliveries
from relay.cobra.endings import NOTHING_SAID, Ending, Said, ending_of
from relay.cobra.lock import Lock
from relay.cobra.notices import Origin, let_go_on, write_notices
from relay.database import Failure, among, chunks, utc_in, utcnow


def acknowledge(
    lock: Lock, results: Sequence[Result], say: Say, recorders: Sequence[Recorder] = ()
) -> None:
    """Write what became of a batch.

    Only entries that were listed before the read are touched, by their ids: what an operator
    released or ended in the meantime stays as the operator left it. Where our own code fails, the
    record is held at which it does; Sage's ledger knows what was done.

    Raises:
        LockLost: nothing more was written.
    """

    def write(some: Sequence[Result]) -> None:
        _acknowledge(lock, some, say, recorders)

    def hold(result: Result, error: Exception) -> None:
        _acknowledge(lock, [Result(result.record, {}, internal(error))], say, recorders)

    def is_theirs(error: Exception) -> bool:
        return not isinstance(error, DBAPIError) or lock.dialect.failure(error) in _OF_A_RECORD

    halved(results, write, hold, is_theirs)


_STUCK = (Status.HELD, Status.WAITING)
_OF_A_RECORD = (Failure.DATA, Failure.UNKNOWN)


def _acknowledge(
    lock: Lock, results: Sequence[Result], say: Say, recorders: Iterable[Recorder]
) -> None:
    with lock.writing() as connection:
        kept = _keep(connection, lock.tables.outbox, results)
        results = _as_listed(results, kept)
        # An invoice that waits for an address goes on whatever became of the address.
        if any(waits for _, _, waits in kept):
            let_go_on(connection, lock.tables, _addresses(results))
        _write_entries(connection, lock, results, say)
        drop_stale(connection, lock.tables.delivery, results)
        with lock.dialect.together(connection):
            write_notices(connection, lock.tables, _noticed(results), Origin(Cause.LINK))
            write_deliveries(connection, lock.tables.delivery, results, say)
            _write_newest(connection, lock, results)
        for record in recorders:
            record(connection, results)


def _keep(connection: Connection, o: Table, results: Sequence[Result]) -> list[Any]:
    """Keep the entries of the batch, and those that wait for its addresses, from others."""
    read = select(o.c.id, o.c.status)
    listed = sorted(entry.id for result in results for entry in result.record.entries)
    awaited = sorted({address.awaited for address in _addresses(results)})
    kept: list[Any] = []
    none: Sequence[Any] = ()
    for some, of_these in zip_longest(chunks(listed), chunks(awaited), fillvalue=none):
        mine = read.add_columns(literal_column("0").label("waits")).where(among(o.c.id, some))
        waits = (o.c.status.in_(_STUCK), among(o.c.waiting_on, of_these))
        waiting = read.add_columns(literal_column("1")).where(*waits)
        both = [access.KEPT.on(mine, o), access.STUCK.on(waiting, o)]
        query = union_all(*both) if of_these else both[0]
        kept += connection.execute(query).all()
    return kept


def _as_listed(results: Sequence[Result], rows: Iterable[Any]) -> list[Result]:
    """Leave out the held and waiting entries that an operator has released or ended."""
    listed = {entry.id: entry.status for result in results for entry in result.record.entries}
    found = {number: status for number, status, _ in rows}
    changed = {i for i, status in listed.items() if status in _STUCK and found.get(i) != status}
    if not changed:
        return list(results)
    return [
        replace(result, record=replace(result.record, entries=tuple(kept)))
        for result in results
        if (kept := [entry for entry in result.record.entries if entry.id not in changed])
    ]


def _addresses(results: Iterable[Result]) -> Iterator[RecordId]:
    return (r.record.id for r in results if r.record.id.entity == Entity.ADDRESS)


def _noticed(results: Iterable[Result]) -> Iterator[RecordId]:
    """Return the records that are to be looked at anew because of what was done."""
    for result in results:
        for outcome in (result.whole, *result.outcomes.values()):
            if outcome is not None:
                yield from outcome.notices


def _write_entries(connection: Connection, lock: Lock, results: Iterable[Result], say: Say) -> None:
    endings: dict[Ending, dict[int, Said]] = defaultdict(dict)
    ours: set[int] = set()
    for result in results:
        for entry in result.record.entries:
            ending, words = ending_of(result, entry, say)
            endings[ending][entry.id] = words
            if entry.status in (Status.PENDING, Status.RETRYING):
                ours.add(entry.id)
    for ending, words_of in endings.items():
        first, *others = set(words_of.values())
        shared = NOTHING_SAID if others else first
        for some in chunks(list(words_of)):
            _check(some, ours, _update(connection, lock, ending, shared, some))
        if others:
            _write_words(connection, lock, ending, words_of)


def _write_words(
    connection: Connection, lock: Lock, ending: Ending, words_of: Mapping[int, Said]
) -> None:
    """Write what is said of each entry that has just ended so, by few statements."""
    rows = [
        {
            "id": entry,
            "status": str(ending.status),
            "waiting_on": words.waiting_on,
            ending.place: words.text,
            "applied_by": words.applied_by or (entry if ending.status in FINISHED else None),
        }
        for entry, words in words_of.items()
        if words != NOTHING_SAID
    ]
    lock.dialect.update_rows(connection, lock.tables.outbox, rows, by=("id", "status"))


def _check(ids: Sequence[int], ours: Collection[int], updated: int) -> None:
    """Nobody but the relay ends a pending entry; an operator may have ended the others."""
    least = sum(entry in ours for entry in ids)
    if not least <= updated <= len(ids):
        raise RowCountError("outbox", len(ids), updated)


def _update(
    connection: Connection, lock: Lock, ending: Ending, words: Said, ids: Sequence[int]
) -> int:
    o = lock.tables.outbox
    finished = ending.status in FINISHED
    values = {
        "status": str(ending.status),
        "attempts": o.c.attempts + ending.counts,
        "next_attempt_at": None if ending.retry_ms is None else utc_in(ending.retry_ms),
        "waiting_on": words.waiting_on,
        "reason": None,
        "error_code": ending.code,
        "error": None,
        "finished_at": utcnow() if finished else None,
        "applied_by": (words.applied_by or o.c.id) if finished else None,
    }
    values[ending.place] = words.text
    return lock.dialect.counted(
        connection,
        access.WRITTEN.on(update(o), o)
        .where(among(o.c.id, ids), o.c.status.in_(OPEN))
        # A bound NULL has no type: the driver asks the server for it amid the transaction,
        # and swallows an answer that is an error, also one that has ended the transaction.
        .values({name: null() if value is None else value for name, value in values.items()}),
    )


def _write_newest(connection: Connection, lock: Lock, results: Iterable[Result]) -> None:
    newest: dict[str, Entry] = {}
    for result in results:
        for year in result.outcomes:
            for entry in result.ledgered_in(year):
                if year not in newest or entry.id > newest[year].id:
                    newest[year] = entry
    rows = [{"name": y, "acked_id": e.id, "acked_uid": e.uid} for y, e in newest.items()]
    lock.dialect.update_rows(connection, lock.tables.year, rows, by=("name",))
