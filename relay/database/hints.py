"""Knows how a statement meets rows that somebody else has open: SQL Server's table hints."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Delete, FromClause, Select, Update

from relay.database.columns import is_sought

T = TypeVar("T", bound="Select[Any] | Update | Delete")


class Locked(Enum):
    """What becomes of a row that somebody has locked.

    READCOMMITTEDLOCK says the same whether the database reads versions of rows or not; READPAST
    needs it where it does.
    """

    PASSED = "READCOMMITTEDLOCK, READPAST"
    """It is passed over."""
    AWAITED = "READCOMMITTEDLOCK"
    """It is waited for, as long as the session's lock timeout."""
    KEPT = "READCOMMITTEDLOCK, UPDLOCK"
    """The same, and what is read is kept from others until our transaction ends."""
    KEPT_OR_PASSED = "READCOMMITTEDLOCK, UPDLOCK, READPAST"
    """It is passed over, and the others are kept."""


@dataclass(frozen=True, slots=True)
class Seek:
    """An index by whose leading columns rows are found: no other row is looked at."""

    index: str
    columns: tuple[str, ...]

    @property
    def text(self) -> str:
        """Return it as T-SQL has it.

        A seek takes the first column of an index at least: where that is enough, any will do for
        which the statement has a condition.
        """
        if len(self.columns) == 1:
            return "FORCESEEK"
        return f"FORCESEEK ({self.index} ({', '.join(self.columns)}))"


@dataclass(frozen=True, slots=True)
class Hint:
    """How a statement meets the rows of a table."""

    locked: Locked
    seek: Seek | None = None

    @property
    def text(self) -> str:
        """Return it as T-SQL has it after a table's name."""
        parts = [self.locked.value] if self.seek is None else [self.locked.value, self.seek.text]
        return f"WITH ({', '.join(parts)})"


PASSING = Hint(Locked.PASSED)
HINT = "hint"
"""Where a table's `info` keeps the hint of the joined updates that write to it."""


def seeking(
    query: Select[Any], table: FromClause, column: ColumnElement[Any], locked: Locked | None = None
) -> Select[Any]:
    """Let a query find its rows by a column's index, where there is one.

    How many keys a list has is not known to the server when it plans: it could read the whole
    table, and wait for each row that somebody has open in it.
    """
    words = [] if locked is None else [locked.value]
    words += ["FORCESEEK"] if is_sought(column) else []
    return query.with_hint(table, f"WITH ({', '.join(words)})", "mssql") if words else query


def hinted(statement: T, table: FromClause, hint: Hint) -> T:
    """Return the statement with a hint for a table (or its alias); SQLite has none and needs none.

    What an UPDATE or a DELETE writes to takes no seek: SQL Server has none there.
    """
    untyped: Any = statement
    if isinstance(statement, Select):
        return untyped.with_hint(table, hint.text, "mssql")  # type: ignore[no-any-return] # as it came
    return untyped.with_hint(hint.text, selectable=table, dialect_name="mssql")  # type: ignore[no-any-return] # the same
