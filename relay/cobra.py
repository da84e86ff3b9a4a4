"""Knows how a record is read from cobra: by key, set-based, as it is committed now."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import FromClause, select
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError

from relay.dialect import Dialect, Failure, chunks, dialect_of
from relay.lock import Lock
from relay.reflection import column_named, read_table
from relay.settings import Address
from relay.values import GONE, Gone, Image, Outcome, held, later

Read = Image | Gone | Outcome
"""A record as read; an outcome where it could not be read."""


class AddressReader:
    """Reads addresses from the configured table."""

    def __init__(self, lock: Lock, address: Address) -> None:
        """Find the table and its columns.

        Raises:
            Refused: the table or a column is missing.
        """
        self._lock = lock
        with lock.reading() as connection:
            dialect = dialect_of(connection)
            where = dialect.locate(address.table, address.schema_name)
            table = read_table(connection, where).alias("record")
        self._address = address
        self._key = column_named(table, address.key)
        self._query = self._select(dialect, table)

    def _select(self, dialect: Dialect, table: FromClause) -> Any:
        columns = {
            name: column_named(table, column)
            for name, column in self._address.captured().items()
            if name != "key"
        }
        labelled = [column.label(f"f_{name}") for name, column in columns.items()]
        self._names = [(name, f"f_{name}") for name in columns]
        return select(dialect.key_text(self._key).label("record_key"), *labelled)

    def read(self, keys: Sequence[str]) -> Mapping[str, Read]:
        """Read the records with these keys.

        "Gone" is believed only after a second read of that one row. A row that a clerk has
        open, or that cannot be decoded, does not keep the others from being read.
        """
        found: dict[str, Read] = {}
        for some in chunks(keys):
            found |= self._split(list(some))
        return found

    def _split(self, keys: list[str]) -> dict[str, Read]:
        try:
            return self._read(keys)
        except Exception as error:
            failure = self._lock.dialect.failure(error)
            if failure is Failure.TECHNICAL or not isinstance(error, _OF_A_RECORD):
                raise
            if len(keys) == 1:
                return {keys[0]: _unread(error, failure)}
        middle = len(keys) // 2
        return self._split(keys[:middle]) | self._split(keys[middle:])

    def _read(self, keys: list[str]) -> dict[str, Read]:
        typed = [value for value in map(self._typed, keys) if value is not None]
        with self._lock.reading() as connection:
            found = self._rows(connection, typed)
            for key in keys:
                if key not in found:
                    one = self._typed(key)
                    found |= self._rows(connection, [one]) if one is not None else {}
        return {key: found.get(key, GONE) for key in keys}

    def _rows(self, connection: Connection, typed: list[Any]) -> dict[str, Read]:
        rows = connection.execute(self._query.where(self._key.in_(typed))).mappings().all()
        return {row["record_key"]: self._image(dict(row)) for row in rows}

    def _image(self, row: Mapping[str, Any]) -> Image | Gone:
        image = {name: row[label] for name, label in self._names}
        deleted = self._address.deleted
        return GONE if deleted is not None and deleted.holds(image["deleted"]) else image

    def _typed(self, key: str) -> Any:
        try:
            convert: Callable[[str], Any] = self._key.type.python_type
            return convert(key)
        except NotImplementedError:
            return key  # SQLite: a column without a declared type
        except (ValueError, ArithmeticError):
            return None  # no value of the column's type: no such record


_OF_A_RECORD = (DBAPIError, UnicodeError, ValueError, ArithmeticError)


def _unread(error: Exception, failure: Failure) -> Outcome:
    if failure is Failure.LOCKED:
        return later("record_locked")
    outcome = held("unreadable", what=str(getattr(error, "orig", error)))
    return Outcome(
        outcome.status, outcome.problem, detail="".join(traceback.format_exception(error))
    )
