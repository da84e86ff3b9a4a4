"""Knows what a database can have against a row: the kinds of refusals, alike for all databases.

How each says so is read beside its dialect (`sqlserver/errors`, `sqlite/refusals`), here what it
leaves open is filled in from the rows that were written.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from sqlalchemy import Table

from relay.base.width import width


class RefusalKind(StrEnum):
    """What a database has against a row, or a login."""

    NOT_NULL = "not_null"
    """A column without a value that demands one."""
    TOO_LONG = "too_long"
    """A text has more characters than its column takes."""
    FOREIGN_KEY = "foreign_key"
    CHECK = "check"
    UNIQUE = "unique"
    TYPE = "type"
    """A value is none of the column's type, or a number is too large for it."""
    TRIGGER = "trigger"
    """A trigger, or a procedure that it calls, has raised an error."""
    NOT_WRITABLE = "not_writable"
    """The database itself fills the column: identity, computed, rowversion."""
    VIEW = "view"
    """A view that cannot be written to."""
    RIGHT = "right"
    READ_ONLY = "read_only"
    ROWS = "rows"
    """Another number of rows was written than there was to write."""
    STORED = "stored"
    """Another value stands in a view than was written through it; the words are that value."""
    OTHER = "other"
    """The database refuses the statement for a reason that has no kind here."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a statement failed, as far as it is known; names as the database has them."""

    kind: RefusalKind
    words: str
    """The database's own."""
    table: str | None = None
    column: str | None = None
    rule: str | None = None
    """The constraint, the index or the trigger."""
    value: str | None = None
    tag: str | None = None
    """What the import format calls the column."""
    known_as: str | None = None
    """What the import format calls the table."""


@dataclass(frozen=True, slots=True)
class Written:
    """Rows of one statement: what was to be written when it failed."""

    table: Table
    rows: Sequence[Mapping[str, Any]]
    by: tuple[str, ...] = ()
    """Of an UPDATE: the columns by which rows are found."""


def completed(refusal: Refusal, written: Written | None) -> Refusal:
    """Fill in what the database left open: which column it was, and with which value."""
    if written is None or not written.rows:
        return refusal
    table = str(written.table.name)
    if refusal.kind is RefusalKind.FOREIGN_KEY:
        return replace(refusal, table=table, column=None)  # SQL Server names the other table's
    if refusal.table is not None and refusal.table.casefold() != table.casefold():
        return refusal  # a table to which a trigger writes
    column = _own_name(written, refusal.column) or _suspect(refusal, written)
    value = refusal.value
    if value is None and column is not None and refusal.kind is not RefusalKind.NOT_NULL:
        value = _longest(written, column)
    return replace(refusal, table=table, column=column, value=value)


def _own_name(written: Written, name: str | None) -> str | None:
    """Return a column as the catalogue spells it."""
    if name is None:
        return None
    return next((c.name for c in written.table.c if c.name.casefold() == name.casefold()), name)


def _suspect(refusal: Refusal, written: Written) -> str | None:
    """Return the column that can only be meant, by what was sent."""
    if refusal.kind is RefusalKind.TOO_LONG:
        return next(_too_long(written), None)
    if refusal.kind is RefusalKind.NOT_NULL and not written.by:
        return next(_empty(written), None)
    if refusal.kind is RefusalKind.TYPE and refusal.value is not None:
        columns = (c for row in written.rows for c, v in row.items() if str(v) == refusal.value)
        return next(columns, None)
    return None


def _too_long(written: Written) -> Iterator[str]:
    for name in written.rows[0]:
        length = getattr(written.table.c[name].type, "length", None)
        longest = _longest(written, name)
        if length is not None and longest is not None and width(longest) > length:
            yield name


def _empty(written: Written) -> Iterator[str]:
    for column in written.table.c:
        if not column.nullable and any(row.get(column.name) is None for row in written.rows):
            yield column.name


def _longest(written: Written, column: str) -> str | None:
    values = [str(row[column]) for row in written.rows if row.get(column) is not None]
    return max(values, key=len, default=None)
