"""Knows how rows of a captured table are read: by key, set-based, as they are committed now."""

from __future__ import annotations

import traceback
from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError

from relay.base.halving import Patience
from relay.base.values import Outcome, held, later
from relay.cobra.lock import Lock
from relay.database import PAUSING, Failure, chunks, dialect_of, listed
from relay.database.hints import seeking
from relay.database.reflection import column_named, table_of, typed_key
from relay.rules.images import Image
from relay.settings.cobra import CapturedSection


@dataclass(frozen=True, slots=True)
class Found:
    """The rows of a record; `key` is how cobra itself spells it, where its case is not ours."""

    key: str
    images: list[Image] = field(default_factory=list)


class TableReader:
    """Reads one table, by the column that holds the records' key."""

    def __init__(
        self,
        lock: Lock,
        section: CapturedSection,
        by: str = "key",
        keys: Sequence[str] = (),
        order: str = "",
    ) -> None:
        """Find the table and its columns.

        `by` names the column that is looked up; `keys` those that hold a key of another record,
        whose text is put into the image too (`address` gives `address_key`).

        Raises:
            Refused: the table or a column is missing.
        """
        self._lock = lock
        with lock.reading() as connection:
            dialect = dialect_of(connection)
            table = table_of(connection, section).alias("record")
        columns = {name: column_named(table, real) for name, real in section.captured().items()}
        self._key = columns[by]
        # By number, since a column of ours may be called like one of cobra's.
        self._names = [
            *(name for name in columns if name != "key"),
            *(f"{name}_key" for name in keys),
        ]
        read = [*(column for name, column in columns.items() if name != "key")]
        read += [dialect.key_text(columns[name]) for name in keys]
        labelled = [column.label(f"f_{i}") for i, column in enumerate(read)]
        query = select(dialect.key_text(self._key).label("record_key"), *labelled)
        query = seeking(query.where(self._key.in_(listed("keys", self._key))), table, self._key)
        self._query = query.order_by(*[columns[o] for o in (order, "key") if o in columns])

    def read(self, keys: Sequence[str]) -> dict[str, Found | Outcome]:
        """Read the rows of the records with these keys.

        "None" is believed only after a second read of that one record. A row that a clerk has
        open, or that cannot be decoded, does not keep the others from being read.
        """
        found: dict[str, Found | Outcome] = {}
        patience = Patience()
        for some in chunks(keys):
            found |= self._split(list(some), patience)
        return found

    def _split(self, keys: list[str], patience: Patience) -> dict[str, Found | Outcome]:
        try:
            return self._read(keys)
        except Exception as error:
            failure = self._lock.dialect.failure(error)
            if failure in PAUSING or not isinstance(error, _OF_A_RECORD):
                raise
            if len(keys) == 1:
                if failure is Failure.UNKNOWN and isinstance(error, DBAPIError):
                    self._prove_readable()
                return {keys[0]: _unread(error, failure)}
            if failure is Failure.LOCKED and patience.is_over:
                return dict.fromkeys(keys, _unread(error, failure))
        middle = len(keys) // 2
        return self._split(keys[:middle], patience) | self._split(keys[middle:], patience)

    def _prove_readable(self) -> None:
        """Ask for no record: an unknown error is a record's only where the table itself answers.

        Raises:
            Unavailable: the table is in trouble, whatever its records are.
        """
        with self._lock.reading() as connection:
            try:
                connection.execute(self._query, {"keys": []}).all()
            except DBAPIError as error:
                url = connection.engine.url
                raise self._lock.dialect.unavailable(error, url, "cobra") from error

    def _read(self, keys: list[str]) -> dict[str, Found | Outcome]:
        found = {key: Found(key) for key in keys}
        strange = False
        with self._lock.reading() as connection:
            for key, image in self._rows(connection, keys):
                if key in found:
                    found[key].images.append(image)
                else:  # a collation that takes two spellings for one
                    strange = True
            for key in keys:
                if strange or not found[key].images:
                    found[key] = self._alone(connection, key)
        return dict(found)

    def _alone(self, connection: Connection, key: str) -> Found:
        rows = self._rows(connection, [key])
        spelled = {found for found, _ in rows}
        own = key if not rows or key in spelled else min(spelled)
        return Found(own, [image for _, image in rows])

    def _rows(self, connection: Connection, keys: Sequence[str]) -> list[tuple[str, Image]]:
        values = (typed_key(self._key, key) for key in keys)
        typed = [value for value in values if value is not None]  # None: no such record
        if not typed:
            return []
        rows = connection.execute(self._query, {"keys": typed}).all()
        return [(row[0], dict(zip(self._names, row[1:], strict=True))) for row in rows]


_OF_A_RECORD = (DBAPIError, UnicodeError, ValueError, ArithmeticError)


def _unread(error: Exception, failure: Failure) -> Outcome:
    if failure is Failure.LOCKED:
        return later("record_locked")
    outcome = held("unreadable", what=str(getattr(error, "orig", error)))
    return Outcome(
        outcome.status, outcome.problem, detail="".join(traceback.format_exception(error))
    )
