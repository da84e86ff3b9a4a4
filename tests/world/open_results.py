"""Sees a statement sent on a connection that still has rows of another one to give.

SQL Server refuses it ("Connection is busy with results for another command"), SQLite does not.
"""

from __future__ import annotations

import sqlite3
import traceback
import weakref
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Engine, event

if TYPE_CHECKING:
    from collections.abc import Iterator

Cursor = Any


class OpenResults:
    """Which cursors of SQLite's connections gave rows, and the faults that were seen."""

    def __init__(self) -> None:
        """Begin with none."""
        self._cursors: weakref.WeakKeyDictionary[Connection, weakref.WeakSet[Cursor]] = (
            weakref.WeakKeyDictionary()
        )
        self._wrong: list[str] = []

    def before(
        self, connection: Connection, _cursor: Cursor, statement: str, *_rest: object
    ) -> None:
        """See whether another cursor of the connection has something to give yet."""
        if any(_is_open(each) for each in self._cursors.pop(connection, ())):
            self._wrong.append(f"{statement} at {_places()}")

    def after(self, connection: Connection, cursor: Cursor, *_rest: object) -> None:
        """Remember a cursor that has rows to give."""
        if connection.dialect.name == "sqlite" and cursor.description is not None:
            self._cursors.setdefault(connection, weakref.WeakSet()).add(cursor)

    def ended(self, connection: Connection) -> None:
        """Forget all: the end of a transaction ends its results."""
        self._cursors.pop(connection, None)

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
