"""Knows how rows are written to SQL Server: at once, or several writes as one batch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from sqlalchemy import event
from sqlalchemy.engine import Connection

from relay.database.base import Rows
from relay.database.rows import check_count
from relay.database.sqlserver.counting import BETWEEN, counted_each
from relay.database.sqlserver.json_rows import Write, statement

_KEPT = "relay_kept_writes"
"""Where a connection keeps the writes that go as one batch."""

Writes = Sequence[tuple[Write, Rows]]


@contextmanager
def together(connection: Connection) -> Iterator[None]:
    """Keep what is written meanwhile, and send it as one batch: a round trip for all.

    Whatever else is executed meanwhile finds it there: it is sent before.
    """
    kept: list[tuple[Write, Rows]] = []

    def send(*_: object) -> None:
        if kept:
            writes = [*kept]
            kept.clear()
            _send(connection, writes)

    about = connection.info
    about[_KEPT] = kept
    event.listen(connection, "before_execute", send)
    try:
        yield
        send()
    finally:
        event.remove(connection, "before_execute", send)
        del about[_KEPT]


def write_rows(connection: Connection, write: Write, rows: Rows) -> None:
    """Write rows, or keep them for the batch."""
    kept: list[tuple[Write, Rows]] | None = connection.info.get(_KEPT)
    if kept is None:
        _send(connection, [(write, rows)])
    else:
        kept.append((write, rows))


def _send(connection: Connection, writes: Writes) -> None:
    batch, parameters = statement(connection.dialect, writes, BETWEEN)
    counts = counted_each(connection, batch, parameters, len(writes))
    for (write, rows), count in zip(writes, counts, strict=True):
        check_count(write.table, rows, count)
