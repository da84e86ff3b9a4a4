"""Rows and lists of keys arrive value by value, whichever way the database takes them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Float,
    Integer,
    MetaData,
    Numeric,
    String,
    Table,
    Unicode,
    UnicodeText,
    Uuid,
    select,
)
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError, StatementError

from relay.base.errors import RowCountError
from relay.database import Exact, UtcDateTime, Words, among, dialect_of, listed
from relay.database.one_text import JsonReading, reading
from relay.database.sqlserver import driver
from tests.world.databases import Databases

FORMS = ("asked", "values")
"""What the database says it can, and what one does that cannot read JSON."""
SWITCHED_OFF = os.environ.get("RELAY_TEST_FORM") == "values"
TEXTS = (
    "", " vorn und hinten ", "Käse «fein»", "🧀" * 20, '"', "\\", "\\\\u0041\\n", "it's", "''; --",
    "\t\r\n\x01\x1f\x7f", "\ue000\ue001\uf8fe", '{"a": ["b", null]}', "null", "%s %(x)s ? :rows",
    "\u2028\ufeff\u200d", "<&>]]>", "1E5", "ä" * 40,
)  # fmt: skip
NUMBERS = ("0.0000", "-0.0000", "0.0001", "-0.0001", "12.5000", "-99999999999999.9999")
WHOLE = ("999999999999999.9999", "-999999999999999.9999")
"""All 19 digits; SQLite's whole numbers have 18."""
DAYS = (date(1, 1, 1), date(9999, 12, 31), date(2026, 2, 1), date(2024, 2, 29))
TIMES = tuple(
    datetime(*each)  # noqa: DTZ001 - a column without a zone
    for each in ((1900, 1, 1), (9999, 12, 31, 23, 59, 59), (2026, 2, 1, 12, 30, 1))
)
VALUES: dict[str, tuple[Any, tuple[Any, ...]]] = {
    "text": (Unicode(40), TEXTS),
    "long": (UnicodeText(), ("a" * 3999 + "🧀", '"' * 4001, "ä\n" * 20_000, "")),
    "narrow": (String(40), ("", "abc", "Zürich", 'a"b\\c')),
    "words": (Words(10), ("kurz", "🧀" * 5)),
    "amount": (Exact(4), tuple(map(Decimal, NUMBERS))),
    "digits": (Numeric(19, 4), ()),
    "day": (Date(), DAYS),
    "at": (DateTime(), TIMES),
    "noted": (UtcDateTime(), (datetime(2026, 2, 28, 23, 59, 58, 123000, tzinfo=UTC),)),
    "guid": (Uuid(), (UUID(int=0), UUID(int=2**128 - 1), UUID(int=0xABC))),
    "number": (Integer(), (0, -(2**31), 2**31 - 1)),
    "large": (BigInteger(), (0, -(2**63), 2**63 - 1)),
    "share": (Float(), (0.0, -0.1, 1.5e-7, 1e300)),
    "flag": (Boolean(), (True, False)),
}
ODD = "What's :rows: ?"
"""A name that a vendor may give to a column."""


@pytest.fixture(params=FORMS)
def form(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Let each test meet both forms; on files they are one."""
    if request.param == "values":
        monkeypatch.setattr(driver, "ask_reading", lambda _connection: JsonReading.NOT)
    return str(request.param)


@pytest.fixture
def table() -> Table:
    """Return a table with a column of each type, made as the relay's own and vendors' are."""
    columns = [Column(name, kind) for name, (kind, _) in VALUES.items()]
    return Table(
        "values_of_all_kinds",
        MetaData(),
        Column("id", Integer, primary_key=True, autoincrement=False),
        Column(ODD, Unicode(40)),
        *columns,
        implicit_returning=False,
    )


@contextmanager
def written_to(databases: Databases, table: Table) -> Iterator[Connection]:
    dialect = dialect_of(databases.cobra)
    with dialect.engine(databases.cobra, lock_timeout_ms=2000).begin() as connection:
        table.create(connection)
        yield connection


def rows() -> list[dict[str, Any]]:
    """Return rows in which each value stands once, beside every other's gaps."""
    told: list[dict[str, Any]] = []
    most = max(len(values) for _, values in VALUES.values())
    for number in range(most + 1):
        row: dict[str, Any] = {"id": number, ODD: TEXTS[number % len(TEXTS)]}
        for name, (_, values) in VALUES.items():
            row[name] = values[number] if number < len(values) else None
        told.append(row)
    return told


def stands(connection: Connection, table: Table) -> list[dict[str, Any]]:
    return [dict(row) for row in connection.execute(select(table).order_by(table.c.id)).mappings()]


def test_the_form_is_asked_for(databases: Databases, form: str) -> None:
    """A database that reads JSON is given it, unless it says no."""
    engine = dialect_of(databases.cobra).engine(databases.cobra, lock_timeout_ms=2000)
    with engine.connect() as connection:
        is_no_json = databases.server.dialect == "sqlite" or form == "values" or SWITCHED_OFF
        assert (reading(connection.dialect) is JsonReading.NOT) == is_no_json


@pytest.mark.usefixtures("form")
def test_each_value_is_inserted(databases: Databases, table: Table) -> None:
    """NULLs, longest texts, largest and smallest numbers, all of JSON's own characters."""
    with written_to(databases, table) as connection:
        dialect_of(connection).insert_rows(connection, table, rows())
        assert stands(connection, table) == rows()


@pytest.mark.usefixtures("form")
def test_all_digits_of_a_number(databases: Databases, table: Table) -> None:
    """What JSON's own numbers would round."""
    if databases.server.dialect == "sqlite":
        pytest.skip("SQLite has no exact numbers of 19 digits")
    told = [{"id": number, "digits": Decimal(text)} for number, text in enumerate(WHOLE)]
    with written_to(databases, table) as connection:
        dialect_of(connection).insert_rows(connection, table, told)
        found = connection.execute(select(table.c.digits).order_by(table.c.id)).scalars().all()
        assert found == [row["digits"] for row in told]
        asked = select(table.c.id).where(among(table.c.digits, found))
        assert len(connection.execute(asked).all()) == len(told)


@pytest.mark.usefixtures("form")
def test_each_value_is_updated(databases: Databases, table: Table) -> None:
    """In place of NULLs, of other values, and back to NULL."""
    empty = [dict.fromkeys(row) | {"id": row["id"]} for row in rows()]
    dialect = dialect_of(databases.cobra)
    with written_to(databases, table) as connection:
        dialect.insert_rows(connection, table, empty)
        dialect.update_rows(connection, table, rows(), by=["id"])
        assert stands(connection, table) == rows()
        dialect.update_rows(connection, table, empty, by=["id"])
        assert stands(connection, table) == empty


@pytest.mark.usefixtures("form")
def test_rows_are_found_by_each_kind_of_key(databases: Databases, table: Table) -> None:
    """By texts in their own spelling, and by two columns."""
    dialect = dialect_of(databases.cobra)
    with written_to(databases, table) as connection:
        dialect.insert_rows(connection, table, rows())
        for name in (ODD, "guid", "large", "amount"):
            some = [row for row in rows() if row[name] is not None and row["id"] < len(TEXTS)]
            some = [row for row in some if [r[name] for r in some].count(row[name]) == 1]
            told = [{name: row[name], "id": row["id"], "number": row["id"]} for row in some]
            dialect.update_rows(connection, table, told, by=[name, "id"])
            found = {row["id"]: row["number"] for row in stands(connection, table)}
            assert all(found[row["id"]] == row["id"] for row in some)


@pytest.mark.usefixtures("form")
@pytest.mark.parametrize("name", ["text", "narrow", "guid", "number", "large", "amount", "day"])
def test_keys_find_their_rows(databases: Databases, table: Table, name: str) -> None:
    """Each of a list of keys, in both ways to say it, and none of an empty one."""
    column = table.c[name]
    keys = [row[name] for row in rows() if row[name] is not None]
    keys = keys if name != "text" else [key for key in keys if key == key.rstrip()]
    told = select(column).where(column.in_(listed("keys", column)))
    with written_to(databases, table) as connection:
        dialect_of(connection).insert_rows(connection, table, rows())
        assert set(connection.execute(told, {"keys": keys}).scalars()) >= set(keys)
        assert connection.execute(told, {"keys": []}).all() == []
        for some in (keys, keys[:1], []):
            asked = select(column).where(among(column, some))
            assert set(connection.execute(asked).scalars()) >= set(some)
        others = select(column).where(~among(column, keys))
        assert not set(connection.execute(others).scalars()) & set(keys)


@pytest.mark.usefixtures("form")
def test_a_text_that_is_too_long_is_refused(databases: Databases, table: Table) -> None:
    """It is not cut unseen: neither to the column's length, nor to a list's."""
    dialect = dialect_of(databases.cobra)
    if dialect.name == "sqlite":
        pytest.skip("SQLite's columns have no length")
    for length in (41, 4001):
        with pytest.raises(DBAPIError), written_to(databases, table) as connection:
            dialect.insert_rows(connection, table, [{"id": 1, "text": "a" * length}])


@pytest.mark.usefixtures("form")
@pytest.mark.parametrize("value", ["\ud83e", "a\udddfb"])
def test_half_a_letter_is_an_error_of_values(
    databases: Databases, table: Table, value: str
) -> None:
    """So that its record is held, and no other."""
    dialect = dialect_of(databases.cobra)
    with (
        pytest.raises((ValueError, StatementError)),
        written_to(databases, table) as connection,
    ):
        dialect.insert_rows(connection, table, [{"id": 1, "text": value}])


@pytest.mark.usefixtures("form")
def test_a_row_that_is_not_there_is_an_error(databases: Databases, table: Table) -> None:
    """The statement's own count says so."""
    dialect = dialect_of(databases.cobra)
    told = [{"id": 1, "text": "b"}, {"id": 2, "text": "c"}]
    with written_to(databases, table) as connection:
        dialect.insert_rows(connection, table, told[:1])
        with pytest.raises(RowCountError):
            dialect.update_rows(connection, table, told, by=["id"])


@pytest.mark.usefixtures("form")
def test_nothing_is_written_by_nothing(databases: Databases, table: Table) -> None:
    """An empty batch sends no statement that could fail."""
    dialect = dialect_of(databases.cobra)
    with written_to(databases, table) as connection:
        dialect.insert_rows(connection, table, [])
        dialect.update_rows(connection, table, [], by=["id"])
        assert stands(connection, table) == []
