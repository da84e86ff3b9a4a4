"""Each key of ours fits into its index, however long the values are that its columns take."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import insert

from relay.database import schema
from relay.sage.tables import target_tables
from tests.database.migration.conftest import SECTIONS

if TYPE_CHECKING:
    from sqlalchemy.engine import Engine

CLUSTERED, BESIDE = 900, 1700
"""Bytes in the key of an index (Microsoft: Maximum capacity specifications for SQL Server)."""

TABLE = re.compile(r"^CREATE TABLE (relay\.\w+) \(\n(.*?)\n\);$", re.DOTALL | re.MULTILINE)
TYPED = r"(\w+) ([A-Z0-9]+)(?:\((\d+|max)(?:, \d+)?\))?"
COLUMN = re.compile(rf"^ +{TYPED}", re.MULTILINE)
KEY = re.compile(r"CONSTRAINT (\w+) (PRIMARY KEY|UNIQUE)( CLUSTERED| NONCLUSTERED)? \(([\w, ]+)\)")
INDEX = re.compile(r"^CREATE (?:UNIQUE )?INDEX (\w+) ON (relay\.\w+) \(([\w, ]+)\);$", re.MULTILINE)
LATER = re.compile(rf"^ALTER TABLE (relay\.\w+) ADD {KEY.pattern};$", re.MULTILINE)
ADDED = re.compile(rf"^ALTER TABLE (relay\.\w+) ADD (?!CONSTRAINT){TYPED}", re.MULTILINE)
DROPPED = re.compile(r"^ALTER TABLE (relay\.\w+) DROP CONSTRAINT (\w+);$", re.MULTILINE)
BYTES = {
    "UNIQUEIDENTIFIER": 16, "BIGINT": 8, "INTEGER": 4, "DATE": 3, "DATETIME2": 8, "NUMERIC": 9,
}  # fmt: skip
PER_CHARACTER = {"NVARCHAR": 2, "VARCHAR": 1}


@pytest.mark.parametrize("section", SECTIONS)
def test_every_key_fits_into_its_index(section: schema.Section) -> None:
    """Bytes of all columns of each key, after all migrations, against SQL Server's limit."""
    script = schema.script(section, "mssql")
    widths = {table: bytes_of_columns(body) for table, body in TABLE.findall(script)}
    for table, name, kind, length in ADDED.findall(script):
        widths[table] |= bytes_of([(name, kind, length)])
    keys = keys_of(script)
    assert len(keys) > len(widths)  # each table has one, and some of them more
    too_wide = {
        name: (width, limit)
        for name, (table, clustered, columns) in keys.items()
        if (width := sum(widths[table][column] for column in columns))
        > (limit := CLUSTERED if clustered else BESIDE)
    }
    assert too_wide == {}


def test_a_booking_of_the_longest_key_is_kept(engine: Engine) -> None:
    """Going up and down and up again leaves the proof of what was booked."""
    b = target_tables(engine.dialect.name).booking
    booking = {
        "entity_key": "ä" * 450, "version": 7, "document": 1, "open_item": "1",
        "address_key": "ü" * 450, "content": "x",
    }  # fmt: skip
    schema.upgrade(engine, "target")
    schema.downgrade(engine, "target", "0001")
    with engine.begin() as connection:
        connection.execute(insert(b), booking | {"entity_key": "1"})
    schema.upgrade(engine, "target")
    with engine.begin() as connection:
        connection.execute(insert(b), booking | {"document": 2})
        found = connection.execute(b.select().order_by(b.c.document)).all()
    assert [row.entity_key for row in found] == ["1", "ä" * 450]


def bytes_of_columns(body: str) -> dict[str, int]:
    """Return how many bytes each column of a table takes at most."""
    return bytes_of(COLUMN.findall(body))


def bytes_of(told: list[tuple[str, str, str]]) -> dict[str, int]:
    """Return how many bytes columns take of these types."""
    return {
        name: PER_CHARACTER[kind] * int(length) if kind in PER_CHARACTER else BYTES[kind]
        for name, kind, length in told
        if name != "CONSTRAINT" and length != "max"
    }


def keys_of(script: str) -> dict[str, tuple[str, bool, list[str]]]:
    """Return table, whether it is clustered, and columns of each key and index of a script."""
    found: dict[str, tuple[str, bool, list[str]]] = {}
    for table, body in TABLE.findall(script):
        found |= {name: _key(table, *told) for name, *told in KEY.findall(body)}
    for table, name in DROPPED.findall(script):
        assert found.pop(name)[0] == table
    found |= {name: _key(table, *told) for table, name, *told in LATER.findall(script)}
    for name, table, columns in INDEX.findall(script):
        found[name] = (table, False, columns.split(", "))
    return found


def _key(table: str, kind: str, said: str, columns: str) -> tuple[str, bool, list[str]]:
    clustered = said.strip() == "CLUSTERED" or (kind == "PRIMARY KEY" and not said)
    return table, clustered, columns.split(", ")
