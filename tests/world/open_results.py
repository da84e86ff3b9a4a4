"""Sees a statement sent on a connection that still has rows of another one to give.

SQL Server refuses it ("Connection is busy with results for another command"), SQLite does not.
"""

from __future__ import annotations

import sqlite3
import traceback
import weakref
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from sqlalchemy import Engine, event

if TYPE_CHECKING:
    from collections.abc import Iterator

Cursor = Any


class OpenResults:
    """Which cursors of SQLite's connections gave rows, and the faults that were seen."""

    def __init__(self) -> None:
        """Begin with none."""
        self._cursors: dict[int, weakref.WeakSet[Cursor]] = defaultdict(weakref.WeakSet)
        self._wrong: list[str] = []

    def before(self, connection: Any, cursor: Cursor, statement: str, *_rest: object) -> None:
        """See whether another cursor of the connection has something to give yet."""
        if connection.dialect.name != "sqlite":
            return
        of_connection = self._cursors[id(cursor.connection)]
        for other in list(of_connection):
            if other.connection is cursor.connection and other is not cursor and _is_open(other):
                self._wrong.append(f"{statement} at {_places()}")
            of_connection.discard(other)

    def after(self, connection: Any, cursor: Cursor, *_rest: object) -> None:
        """Remember a cursor that has rows to give."""
        if connection.dialect.name == "sqlite" and cursor.description is not None:
            self._cursors[id(cursor.connection)].add(cursor)

    def ended(self, connection: Any) -> None:
        """Forget all: the end of a transaction ends its results."""
        if connection.dialect.name == "sqlite":
            self._cursors.pop(id(connection.connection.dbapi_connection), None)

    def wrong(self) -> list[str]:
        """Return what was seen since the last time."""
        seen, self._wrong = self._wrong, []
        return seen


def _places() -> list[str]:
    own = (each for each in traceback.extract_stack() if "/relay/" in each.filename)
    return [f"{each.filename.rpartition('/relay/')[2]}:{each.lineno}" for each in own][-6:]


def _is_open(cursor: Cursor) -> bool:
    try:
        cursor.fetchone()  # nobody misses it: a closed one refuses, an open one is the fault
    except sqlite3.Error:
        return False
    return True


def watching() -> Iterator[OpenResults]:
    """Look at every engine of this process."""
    seen = OpenResults()
    listeners: dict[str, Any] = {
        "before_cursor_execute": seen.before,
        "after_cursor_execute": seen.after,
        "commit": seen.ended,
        "rollback": seen.ended,
    }
    for name, listener in listeners.items():
        event.listen(Engine, name, listener)
    yield seen
    for name, listener in listeners.items():
        event.remove(Engine, name, listener)
