"""Plants mistakes that relays are known for, so that the matrix can show that it finds them.

On SQLite readers wait for nobody and see no open rows, so READPAST on a captured table is played:
rows of a save that a clerk has open are passed over, as SQL Server does. The stand-in for
SQL Server ignores the hint, so there it is played as well.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any
from unittest import mock

from sqlalchemy import insert, or_, select, update
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError

from relay.base.values import FINISHED, OPEN, RecordId
from relay.cobra import acknowledge as acknowledging
from relay.cobra.outbox import Outbox
from relay.cobra.reading.rows import TableReader
from relay.database import utcnow
from relay.engine.apply import Apply
from relay.sage.year import SageYear
from tests.crash.schedule import Schedule
from tests.crash.wire import DeadError

Plant = Callable[[Schedule], AbstractContextManager[None]]


@contextmanager
def acknowledge_before_apply(_schedule: Schedule) -> Iterator[None]:
    """Sage is committed only after the outbox was acknowledged."""
    held_back: list[Any] = []
    once, real = Apply._once, acknowledging.acknowledge  # noqa: SLF001 - planted there

    @contextmanager
    def transaction(year: SageYear, epoch: int, **_more: object) -> Iterator[Connection]:
        p = year.tables.peer
        if not year.connection.in_transaction():
            held_back.append(year.connection.begin())
            year.connection.execute(update(p).where(p.c.epoch <= epoch).values(epoch=epoch))
        yield year.connection

    def apply_later(apply: Apply, works: Any, **more: Any) -> Any:
        with mock.patch.object(SageYear, "transaction", transaction):
            return once(apply, works, **more)

    def commit_after(*args: Any) -> None:
        real(*args)
        while held_back:
            begun = held_back.pop()
            if begun.is_active:  # else that relay died
                _commit(begun)

    with (
        mock.patch.object(Apply, "_once", apply_later),
        mock.patch("relay.engine.ends.acknowledge", commit_after),
    ):
        yield


def _commit(begun: Any) -> None:
    try:
        begun.commit()
    except DBAPIError as error:
        raise DeadError from error


@contextmanager
def ledger_apart(_schedule: Schedule) -> Iterator[None]:
    """The ledger is written in a transaction of its own, after the data."""
    once, write = Apply._once, SageYear.write_ledger  # noqa: SLF001 - planted there

    def data_first(apply: Apply, works: Any, **more: Any) -> Any:
        later: list[Any] = []
        with mock.patch.object(SageYear, "write_ledger", lambda *args: later.append(args)):
            outcomes = once(apply, works, **more)
        with apply._year.begin(apply.at.epoch):  # noqa: SLF001 - planted there
            for args in later:
                write(*args)
        return outcomes

    with mock.patch.object(Apply, "_once", data_first):
        yield


@contextmanager
def poll_by_last_id(_schedule: Schedule) -> Iterator[None]:
    """New entries are those with a greater number than the last one that was acknowledged."""
    last = [0]
    real, due = acknowledging.acknowledge, Outbox.due

    def newer(outbox: Outbox, limit: int) -> list[RecordId]:
        o = outbox._outbox  # noqa: SLF001 - planted there
        seen_before = or_(o.c.attempts > 0, o.c.error_code.is_not(None))
        query = select(o.c.entity, o.c.entity_key).where(or_(o.c.id > last[0], seen_before))
        with outbox._lock.reading() as connection:  # noqa: SLF001 - planted there
            new = {RecordId(*row) for row in connection.execute(query)}
        return [record for record in due(outbox, limit) if record in new]

    def remembering(lock: Any, results: Any, *more: Any) -> None:
        real(lock, results, *more)
        ids = [entry.id for result in results for entry in result.record.entries]
        last[0] = max(last[0], *ids) if ids else last[0]

    with (
        mock.patch.object(Outbox, "due", newer),
        mock.patch("relay.engine.ends.acknowledge", remembering),
    ):
        yield


@contextmanager
def no_fence(_schedule: Schedule) -> Iterator[None]:
    """A transaction in Sage begins without asking whether another relay has taken over."""

    @contextmanager
    def transaction(year: SageYear, _epoch: int, *, first: Any = None) -> Iterator[Connection]:
        with year.connection.begin():
            if first is not None:
                row = {n: getattr(first, n) for n in first.__slots__}
                year.connection.execute(insert(year.tables.peer).values(id=1, **row))
            yield year.connection

    with mock.patch.object(SageYear, "transaction", transaction):
        yield


@contextmanager
def readpast_on_captured_tables(schedule: Schedule) -> Iterator[None]:
    """Rows that a clerk has open are passed over when records are read."""
    begin, rows = TableReader.__init__, TableReader._rows  # noqa: SLF001 - planted there

    def remember(reader: Any, lock: Any, told: Any, *args: Any, **more: Any) -> None:
        begin(reader, lock, told, *args, **more)
        reader.entity = "address" if "ADDRESSES" in told.table else "invoice"

    def passing(reader: Any, connection: Connection, keys: Sequence[str]) -> Any:
        open_keys = schedule.clerks.open_keys
        return rows(
            reader, connection, [k for k in keys if (reader.entity, int(k)) not in open_keys]
        )

    with (
        mock.patch.object(TableReader, "__init__", remember),
        mock.patch.object(TableReader, "_rows", passing),
    ):
        yield


@contextmanager
def acknowledge_by_range(_schedule: Schedule) -> Iterator[None]:
    """All entries of a record up to the one that was carried out end with it."""
    real = acknowledging._write_entries  # noqa: SLF001 - planted there

    def up_to(connection: Connection, lock: Any, results: Any, *more: Any) -> None:
        results = list(results)
        real(connection, lock, results, *more)
        o = lock.tables.outbox
        for result in results:
            record, carrier = result.record.id, result.record.carrier
            status, _ = result.of(carrier)
            if status in FINISHED:
                mine = (o.c.entity == record.entity, o.c.entity_key == record.key)
                until = (o.c.id <= carrier.id, o.c.status.in_(OPEN))
                ended = {"status": str(status), "finished_at": utcnow(), "applied_by": carrier.id}
                connection.execute(update(o).where(*mine, *until).values(**ended))

    with mock.patch.object(acknowledging, "_write_entries", up_to):
        yield


PLANTED: dict[str, Plant] = {
    "acknowledge before apply": acknowledge_before_apply,
    "ledger in its own transaction": ledger_apart,
    "poll by last id": poll_by_last_id,
    "no fence": no_fence,
    "READPAST on the captured table": readpast_on_captured_tables,
    "acknowledge by id range": acknowledge_by_range,
}
