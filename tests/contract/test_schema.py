"""The relay's own schema, on every dialect: up, down, what it contains and when it is refused."""

from __future__ import annotations

import shutil
import uuid
from dataclasses import fields
from typing import TYPE_CHECKING, get_args

import pytest
from sqlalchemy import Table, Uuid, insert, inspect, text
from sqlalchemy.exc import DBAPIError

from relay import schema
from relay.dialect import Failure, dialect_of
from relay.errors import Refused
from relay.files import alembic_folder
from relay.tables import source_tables, target_tables

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy.engine import Engine
    from sqlalchemy.engine.interfaces import ReflectedColumn

    from tests.servers import Server

SECTIONS = get_args(schema.Section)

NEXT_MIGRATION = """
from alembic import op
import sqlalchemy as sa

revision = "0002"
down_revision = "0001"
branch_labels = depends_on = None


def upgrade():
    op.create_table("relay_of_tomorrow", sa.Column("id", sa.Integer()))
    {then}


def downgrade():
    op.drop_table("relay_of_tomorrow")
"""


@pytest.fixture
def engine(server: Server) -> Engine:
    """An empty database, as the relay opens it."""
    return dialect_of(url := server.create("schema")).engine(url, lock_timeout_ms=10_000)


@pytest.fixture(params=SECTIONS)
def section(request: pytest.FixtureRequest) -> schema.Section:
    """Each of the two sections."""
    found: schema.Section = request.param
    return found


@pytest.fixture
def tomorrow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A relay of a later version, whose folder has a blank and a percent sign in its name."""
    folder = tmp_path / "relay 100%" / "alembic"
    shutil.copytree(alembic_folder(), folder)
    for section in SECTIONS:
        (folder / section / "0002_next.py").write_text(NEXT_MIGRATION.format(then="pass"))
    monkeypatch.setattr(schema, "alembic_folder", lambda: folder)
    return folder


def tables_of(dialect: str, section: schema.Section) -> list[Table]:
    tables = source_tables(dialect) if section == "source" else target_tables(dialect)
    return [getattr(tables, field.name) for field in fields(tables)]


def place_in(engine: Engine) -> str | None:
    """Return the schema of our tables; SQLite has none."""
    return None if engine.dialect.name == "sqlite" else "relay"


def names_in(engine: Engine) -> set[str]:
    """Name every table of ours: on SQLite those with our prefix, on SQL Server with our schema."""
    with engine.connect() as connection:
        names = inspect(connection).get_table_names(schema=place_in(engine))
    return {name for name in names if place_in(engine) or name.startswith("relay_")}


def columns_in(engine: Engine) -> dict[str, list[ReflectedColumn]]:
    """Return what the database tells of the columns of our tables."""
    with engine.connect() as connection:
        found = inspect(connection).get_multi_columns(schema=place_in(engine))
    ours = names_in(engine)
    return {name: columns for (_, name), columns in found.items() if name in ours}


def described(engine: Engine) -> dict[tuple[str, str], str]:
    """Return the type, nullability and default of every column of ours."""
    database = str(engine.url.database)  # Babelfish tells its name in the default
    return {
        (name, column["name"]): (
            f"{column['type']} {column['nullable']} {column['default']}".replace(database, "")
        )
        for name, columns in columns_in(engine).items()
        for column in columns
    }


def current(engine: Engine, section: schema.Section) -> str | None:
    with engine.connect() as connection:
        return schema.current(connection, section)


def refusal(engine: Engine, section: schema.Section) -> Refused:
    with engine.connect() as connection, pytest.raises(Refused) as caught:
        schema.require(connection, section)
    return caught.value


def is_refused(engine: Engine, statement: str) -> bool:
    """Tell whether the database refuses a statement because of its values."""
    with engine.connect() as connection:
        try:
            connection.execute(text(statement))
        except DBAPIError as error:
            return dialect_of(engine).failure(error) is Failure.DATA
        return False


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
    schema.upgrade(engine, "source")
    assert current(engine, "target") is None

    schema.upgrade(engine, "target")
    schema.downgrade(engine, "source")

    assert current(engine, "target") == schema.head("target")
    expected = {table.name for table in tables_of(engine.dialect.name, "target")}
    version = schema.version_table("target", engine.dialect.name)["version_table"]
    assert names_in(engine) == expected | {version}


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


def test_a_missing_schema_is_refused(engine: Engine, section: schema.Section) -> None:
    """The refusal names the command that helps."""
    found = refusal(engine, section)

    assert found.code == "schema_missing"
    assert found.values["command"] == "relay migrate"
    assert found.values["section"] == section


def test_a_schema_that_fits_is_accepted(engine: Engine, section: schema.Section) -> None:
    """A migrated database raises nothing."""
    schema.upgrade(engine, section)
    with engine.connect() as connection:
        schema.require(connection, section)


@pytest.mark.usefixtures("tomorrow")
def test_an_older_schema_is_refused_until_migrated(engine: Engine, section: schema.Section) -> None:
    """A relay that was updated says which version it found, and migrating mends it."""
    schema.upgrade(engine, section)
    schema.downgrade(engine, section, "0001")

    found = refusal(engine, section)
    assert found.code == "schema_older"
    assert (found.values["found"], found.values["known"]) == ("0001", "0002")

    schema.upgrade(engine, section)
    with engine.connect() as connection:
        schema.require(connection, section)


@pytest.mark.usefixtures("tomorrow")
def test_a_newer_schema_is_refused(
    engine: Engine, section: schema.Section, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A relay that was put back neither works nor migrates, in either direction."""
    schema.upgrade(engine, section)
    monkeypatch.undo()

    assert refusal(engine, section).code == "schema_newer"
    for migrate in (schema.upgrade, schema.downgrade):
        with pytest.raises(Refused) as caught:
            migrate(engine, section)
        assert caught.value.code == "schema_newer"
    assert current(engine, section) == "0002"


def test_a_migration_that_fails_leaves_no_trace(
    engine: Engine, section: schema.Section, tomorrow: Path
) -> None:
    """All of the way up happens, or nothing."""
    failing = NEXT_MIGRATION.format(then="raise RuntimeError('power cut')")
    (tomorrow / section / "0002_next.py").write_text(failing)
    before = names_in(engine)

    with pytest.raises(RuntimeError, match="power cut"):
        schema.upgrade(engine, section)

    assert names_in(engine) == before
    assert current(engine, section) is None
    with engine.connect() as connection:
        assert "relay_of_tomorrow" not in inspect(connection).get_table_names()


def test_a_dbas_script_does_what_migrating_does(server: Server, section: schema.Section) -> None:
    """A database set up by the script has the same columns, and the relay accepts it."""
    script, migrate = server.create("script"), server.create("migrate")
    server.run_as_dba(script, schema.script(section, server.dialect))
    by_script, by_us = server.engine(script), server.engine(migrate)
    schema.upgrade(by_us, section)

    with by_script.connect() as connection:
        schema.require(connection, section)
    assert names_in(by_script) == names_in(by_us)
    assert described(by_script) == described(by_us)


def test_a_script_for_sql_server_sets_what_triggers_need(section: schema.Section) -> None:
    """The settings stored with tables are on before the first of them, and batches are cut."""
    script = schema.script(section, "mssql")
    lines = script.splitlines()

    for option in ("SET QUOTED_IDENTIFIER ON", "SET ANSI_NULLS ON", "SET XACT_ABORT ON"):
        assert lines.index(option) < lines.index("BEGIN TRANSACTION;")
    assert "GO" in lines
    assert script.index("CREATE SCHEMA") < script.index("CREATE TABLE")
    assert "NTEXT" not in script.upper()
