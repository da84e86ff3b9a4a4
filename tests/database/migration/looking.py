"""Looks at what of ours is in a database."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import inspect, text

from relay.database import schema

if TYPE_CHECKING:
    from sqlalchemy.engine import Engine
    from sqlalchemy.engine.interfaces import ReflectedColumn

BESIDE_TABLES = {"add_document", "add_document_position"}


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


def surface_in(engine: Engine) -> dict[str, str]:
    """Return the text of every view, procedure and function that each migration makes anew."""
    return {name: sql for name, sql in _programs_in(engine).items() if name not in BESIDE_TABLES}


def beside_tables_in(engine: Engine) -> dict[str, str]:
    """Return the text of every procedure that belongs to a table, and comes and goes with it.

    Without the semicolon with which a script ends each statement.
    """
    found = _programs_in(engine).items()
    return {name: sql.rstrip(";") for name, sql in found if name in BESIDE_TABLES}


def _programs_in(engine: Engine) -> dict[str, str]:
    if engine.dialect.name == "sqlite":
        query = "SELECT name, sql FROM sqlite_master WHERE type = 'view' AND name LIKE 'relay%'"
    else:
        query = (
            "SELECT o.name, m.definition FROM sys.sql_modules AS m"
            " JOIN sys.objects AS o ON o.object_id = m.object_id"
            " WHERE o.schema_id = SCHEMA_ID(N'relay')"
        )
    with engine.connect() as connection:
        return {str(name): str(sql) for name, sql in connection.execute(text(query))}
