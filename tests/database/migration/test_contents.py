"""The migrated schema is the one that the code works with, and its constraints state the truth."""

from __future__ import annotations

import uuid
from dataclasses import fields
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import Table, Uuid, insert, text
from sqlalchemy.exc import DBAPIError

from relay.cobra.tables import source_tables
from relay.database import Failure, dialect_of, schema
from relay.extras.answers.tables import answer_tables
from relay.extras.documents.tables import document_tables
from relay.extras.page.tables import page_tables
from relay.sage.tables import target_tables
from tests.database.migration.looking import columns_in, names_in

if TYPE_CHECKING:
    from sqlalchemy.engine import Engine


def tables_of(dialect: str, section: schema.Section) -> list[Table]:
    sides = {
        "source": (
            source_tables(dialect),
            document_tables(dialect),
            answer_tables(dialect),
            page_tables(dialect),
        ),
        "target": (target_tables(dialect),),
    }
    return [getattr(side, field.name) for side in sides[section] for field in fields(side)]


def is_refused(engine: Engine, statement: str) -> bool:
    """Tell whether the database refuses a statement because of its values."""
    with engine.connect() as connection:
        try:
            connection.execute(text(statement))
        except DBAPIError as error:
            return dialect_of(engine).failure(error) is Failure.DATA
        return False


def test_migrations_add_up_to_the_tables(engine: Engine, section: schema.Section) -> None:
    """The database has exactly the tables and columns that the code knows, as wide as it thinks."""
    schema.upgrade(engine, section)
    dialect = engine.dialect.name
    tables = tables_of(dialect, section)
    version = schema.version_table(section, dialect)["version_table"]
    own_writes = {"relay_own_write"} if (dialect, section) == ("sqlite", "source") else set()

    assert names_in(engine) == {table.name for table in tables} | {version} | own_writes
    found = columns_in(engine)
    for table in tables:
        lengths = {c["name"]: getattr(c["type"], "length", None) for c in found[table.name]}
        expected = {c.name: getattr(c.type, "length", None) for c in table.columns}
        if dialect == "sqlite":  # which keeps a GUID as text of 32 characters
            expected |= {c.name: 32 for c in table.columns if isinstance(c.type, Uuid)}
        assert lengths == expected, table.name


def test_an_entry_needs_only_what_the_trigger_knows(engine: Engine) -> None:
    """Everything else has a default: number, GUID, cause, time, status, attempts."""
    schema.upgrade(engine, "source")
    outbox = source_tables(engine.dialect.name).outbox
    with engine.begin() as connection:
        for key in ("7", "8"):
            connection.execute(
                insert(outbox).inline(),
                {"entity": "address", "entity_key": key, "operation": "insert"},
            )
        first, second = connection.execute(outbox.select().order_by(outbox.c.id)).all()

    assert (first.entity_key, second.entity_key) == ("7", "8")
    assert first.id < second.id
    assert isinstance(first.uid, uuid.UUID)
    assert first.uid != second.uid
    assert (first.cause, first.status, first.attempts) == ("trigger", "pending", 0)
    assert first.created_at.tzinfo is not None
    assert first.finished_at is None


def test_an_entrys_number_is_never_given_again(engine: Engine) -> None:
    """After a purge the numbers go on, so that a number in a log stays one entry."""
    schema.upgrade(engine, "source")
    outbox = source_tables(engine.dialect.name).outbox
    entry = {"entity": "address", "entity_key": "7", "operation": "insert"}
    with engine.begin() as connection:
        connection.execute(insert(outbox).inline(), entry)
        first = connection.execute(outbox.select()).one().id
        connection.execute(outbox.delete())
        connection.execute(insert(outbox).inline(), entry)

        assert connection.execute(outbox.select()).one().id > first


@pytest.mark.parametrize(
    "values",
    ["'address', '7', 'rename', 'pending'", "'address', '7', 'insert', 'done'"],
    ids=["operation", "status"],
)
def test_an_entry_with_an_unknown_word_is_refused(engine: Engine, values: str) -> None:
    """Constraints state which operations and statuses exist."""
    schema.upgrade(engine, "source")
    table = source_tables(engine.dialect.name).outbox.fullname
    insertion = f"INSERT INTO {table} (entity, entity_key, operation, status) VALUES ({values})"

    assert is_refused(engine, insertion)
    assert not is_refused(engine, insertion.replace("rename", "insert").replace("done", "held"))


def test_a_number_is_linked_once(engine: Engine) -> None:
    """Two addresses cannot share a Sage number, and capital letters make another address."""
    schema.upgrade(engine, "target")
    table = target_tables(engine.dialect.name).link.fullname
    link = f"INSERT INTO {table} (entity_key, number, content) VALUES ('{{}}', '{{}}', '{{{{}}}}')"
    with engine.begin() as connection:
        connection.execute(text(link.format("a", "100")))
        connection.execute(text(link.format("A", "101")))

    assert is_refused(engine, link.format("b", "100"))
    assert is_refused(engine, link.format("a", "102"))
