"""The bare driver, writing as well as SQL Server allows: one parameter of JSON for each statement.

Written by hand for the tables of the measurement, with nothing of the relay's, so that a ratio to
it shows the distance to what can be reached at all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from tests.bench.bare import NOTHING, Bare, Row

TYPES: Mapping[str, str] = {
    **dict.fromkeys(("uid", "acked_uid"), "uniqueidentifier"),
    **dict.fromkeys(("outbox_id", "acked_id", "document"), "bigint"),
    **dict.fromkeys(("PkKey", "BlgNr", "BkIdx", "TIdx", "CIdx", "Flags", "NOp"), "int"),
    **dict.fromkeys(("Type", "BType", "Orig"), "smallint"),
    **dict.fromkeys(("Date", "DateO", "DateD", "DateF"), "date"),
    **dict.fromkeys(("MVal", "FVal", "MDbt", "MCdt", "ValNt", "ValTx", "ValFW"), "decimal(18, 2)"),
}
"""Columns that hold no text."""
TEXT = "nvarchar(4000)"
HOLD_JSON = ("content", "sent")
"""Columns whose texts have quotes: Babelfish would give them back as JSON writes them."""
QUOTE = "\ue000"
"""What stands for a quote meanwhile."""


class BareJson(Bare):
    """A connection whose statements take all rows, or all keys, as one parameter."""

    def among(self, query: str, values: Sequence[Any]) -> list[Row]:
        """Return the rows of a query whose `IN ?*` takes these values."""
        return list(self._of_keys(query, values).fetchall()) if values else []

    def each(self, statement: str, values: Sequence[Any]) -> None:
        """Change the rows whose `IN ?*` takes these values."""
        if values:
            self._of_keys(statement, values)

    def insert(
        self, table: str, columns: str, rows: Sequence[Row], always: Mapping[str, str] = NOTHING
    ) -> None:
        """Insert rows; `always` gives further columns and what they have in each."""
        names = columns.split(", ")
        told = [*(_read(i, name) for i, name in enumerate(names)), *always.values()]
        self._write(
            f"INSERT INTO {table} ({', '.join([*names, *always])})"
            f" SELECT {', '.join(told)} FROM {_listed(names)}",
            rows,
        )

    def update(
        self,
        table: str,
        columns: str,
        by: str,
        rows: Sequence[Row],
        always: Mapping[str, str] = NOTHING,
    ) -> None:
        """Update rows; each of them tells its columns, then the value of `by` that finds it."""
        names = columns.split(", ")
        told = {name: _read(i, name) for i, name in enumerate(names)} | dict(always)
        found = f"listed.c{len(names)}{_collated(by)}"
        self._write(
            f"UPDATE written SET {', '.join(f'{name} = {value}' for name, value in told.items())}"
            f" FROM {_listed([*names, by])} JOIN {table} AS written ON written.{by} = {found}"
            " OPTION (LOOP JOIN, FORCE ORDER)",
            rows,
        )

    def _write(self, statement: str, rows: Sequence[Row]) -> None:
        if rows:
            told = orjson.dumps([[_sent(value) for value in row] for row in rows]).decode()
            written = self._cursor.execute(self._ours(statement), told).rowcount
            if written != len(rows):
                raise AssertionError(written)

    def _of_keys(self, statement: str, values: Sequence[Any]) -> Any:
        column = statement.partition(" IN ?*")[0].rpartition(" ")[2]
        kind = TYPES.get(column, "bigint" if isinstance(values[0], int) else TEXT)
        value = f"CAST(value AS {kind})" + (_collated(column) if kind == TEXT else "")
        keys = f"(SELECT {value} FROM OPENJSON(?))"
        told = orjson.dumps(list(values)).decode()
        return self._cursor.execute(self._ours(statement).replace("?*", keys), told)


def _listed(names: Sequence[str]) -> str:
    told = (f"c{i} {TYPES.get(name, TEXT)} '$[{i}]'" for i, name in enumerate(names))
    return f"OPENJSON(?) WITH ({', '.join(told)}) AS listed"


def _read(place: int, name: str) -> str:
    value = f"listed.c{place}"
    return f"REPLACE({value}, NCHAR({ord(QUOTE)}), N'\"')" if name in HOLD_JSON else value


def _collated(name: str) -> str:
    """Return the collation of the column that a text meets, so that its index is used."""
    if TYPES.get(name, TEXT) != TEXT:
        return ""
    return " COLLATE " + ("Latin1_General_100_BIN2" if name == "entity_key" else "DATABASE_DEFAULT")


def _sent(value: Any) -> Any:
    return value.replace('"', QUOTE) if isinstance(value, str) else value
