"""Migrating goes up, down and up again, and touches nothing but our own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import inspect, text

from relay.database import schema
from tests.database.migration.conftest import write_next
from tests.database.migration.looking import current, names_in

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy.engine import Engine


def test_up_down_and_up_again(engine: Engine, section: schema.Section) -> None:
    """Down undoes up exactly, and up works again after it."""
    schema.upgrade(engine, section)
    made = names_in(engine)
    assert current(engine, section) == schema.head(section)

    schema.downgrade(engine, section)
    assert names_in(engine) == set()
    assert current(engine, section) is None

    schema.upgrade(engine, section)
    assert names_in(engine) == made
    assert current(engine, section) == schema.head(section)


def test_up_twice_changes_nothing(engine: Engine, section: schema.Section) -> None:
    """Migrating a database that is up to date is allowed and does nothing."""
    schema.upgrade(engine, section)
    schema.upgrade(engine, section)

    assert current(engine, section) == schema.head(section)


def test_down_without_up_leaves_nothing(engine: Engine, section: schema.Section) -> None:
    """Undoing what was never done is no error."""
    schema.downgrade(engine, section)

    assert names_in(engine) == set()


def test_down_takes_our_schema_and_sequences_with_it(engine: Engine) -> None:
    """On SQL Server not even the empty schema `relay` stays."""
    if engine.dialect.name == "sqlite":
        pytest.skip("SQLite has neither schemas nor sequences")
    schema.upgrade(engine, "source")
    schema.downgrade(engine, "source")

    with engine.connect() as connection:
        assert connection.execute(text("SELECT SCHEMA_ID(N'relay')")).scalar() is None


def test_what_else_is_in_our_schema_survives_down(engine: Engine) -> None:
    """A schema with somebody's table in it is not dropped, and the table is still there."""
    if engine.dialect.name == "sqlite":
        pytest.skip("SQLite has no schemas")
    schema.upgrade(engine, "source")
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE relay.of_somebody (id int)"))
    schema.downgrade(engine, "source")

    assert names_in(engine) == {"of_somebody"}


def test_a_schema_that_a_dba_made_is_used(engine: Engine) -> None:
    """A schema `relay` that exists already is no obstacle."""
    if engine.dialect.name == "sqlite":
        pytest.skip("SQLite has no schemas")
    with engine.begin() as connection:
        connection.execute(text("CREATE SCHEMA relay"))
    schema.upgrade(engine, "source")

    assert current(engine, "source") == schema.head("source")


def test_both_sections_fit_into_one_database(engine: Engine) -> None:
    """Each section has its own version table: neither is taken for the other."""
    schema.upgrade(engine, "target")
    alone = names_in(engine)
    assert current(engine, "source") is None

    schema.upgrade(engine, "source")
    schema.downgrade(engine, "source")

    assert current(engine, "target") == schema.head("target")
    assert names_in(engine) == alone


def test_anothers_version_table_is_not_touched(engine: Engine, section: schema.Section) -> None:
    """An application that uses Alembic in the same database keeps its own version."""
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE alembic_version (version_num varchar(32))"))
        connection.execute(text("INSERT INTO alembic_version VALUES ('cobra')"))
    schema.upgrade(engine, section)
    schema.downgrade(engine, section)

    with engine.connect() as connection:
        versions = connection.execute(text("SELECT version_num FROM alembic_version")).scalars()
        assert list(versions) == ["cobra"]


def test_a_migration_that_fails_leaves_no_trace(
    engine: Engine, section: schema.Section, tomorrow: Path
) -> None:
    """All of the way up happens, or nothing."""
    write_next(tomorrow, section, "raise RuntimeError('power cut')")
    before = names_in(engine)

    with pytest.raises(RuntimeError, match="power cut"):
        schema.upgrade(engine, section)

    assert names_in(engine) == before
    assert current(engine, section) is None
    with engine.connect() as connection:
        assert "relay_of_tomorrow" not in inspect(connection).get_table_names()
