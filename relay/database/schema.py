"""Knows how the relay's own schema gets into a database and out, and which version of it is there.

Two sections: `source` in cobra's database, `target` in the database of each Sage year.
"""

from __future__ import annotations

from functools import cache
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from relay.base.errors import Refused
from relay.base.files import alembic_folder
from relay.database import dialect_of, surface

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection, Engine

Section = Literal["source", "target"]


def upgrade(engine: Engine, section: Section) -> None:
    """Bring a database to the newest version, with the views and procedures of this relay.

    All in one transaction. The tables stay as they are if they have that version already.

    Raises:
        Refused: `schema_newer`, if a newer relay has already been here.
    """
    with engine.begin() as connection:
        refuse_newer(connection, section)
        _clear(connection, section)
        command.upgrade(_config(section, connection), "head")
        if section == "source":
            surface.create(connection)


def downgrade(engine: Engine, section: Section, revision: str = "base") -> None:
    """Take a database back to `revision`; at `base` nothing of the section is left in it.

    Views and procedures go in any case: they fit the newest version only.

    Raises:
        Refused: `schema_newer`, since only the newer relay knows how to undo its own changes.
    """
    with engine.begin() as connection:
        refuse_newer(connection, section)
        _clear(connection, section)
        command.downgrade(_config(section, connection), revision)


def script(section: Section, dialect: str) -> str:
    """Return the SQL that sets a database up, for a person to read and to run.

    What it builds is the same as after `upgrade`, and `current` recognises it.
    """
    config = _config(section)
    config.output_buffer = output = StringIO()
    config.attributes["dialect"] = dialect
    command.upgrade(config, "head", sql=True)
    return output.getvalue()


def head(section: Section) -> str:
    """Return the newest version that this relay knows."""
    found = _versions(section, alembic_folder())
    if not found:
        message = f"no migrations in {alembic_folder() / section}"
        raise FileNotFoundError(message)
    return found[0]


def current(connection: Connection, section: Section) -> str | None:
    """Return the version that the database has, None if the section is not there."""
    options = version_table(section, connection.dialect.name)
    return MigrationContext.configure(connection, opts=options).get_current_revision()


def require(connection: Connection, section: Section) -> None:
    """Refuse a database whose schema is not exactly the one that this relay works with.

    Raises:
        Refused: `schema_missing`, `schema_older` or `schema_newer`.
    """
    found = refuse_newer(connection, section)
    if found != head(section):
        code = "schema_missing" if found is None else "schema_older"
        raise Refused(code, **_found_there(connection, section, found))


def refuse_newer(connection: Connection, section: Section) -> str | None:
    """Return the version that the database has, as `current`, unless a newer relay made it.

    Raises:
        Refused: `schema_newer`.
    """
    found = current(connection, section)
    if found is not None and found not in _versions(section, alembic_folder()):
        raise Refused("schema_newer", **_found_there(connection, section, found))
    return found


@cache
def _versions(section: Section, _folder: Path) -> tuple[str, ...]:
    """Return all versions that this relay knows, newest first; to read them takes a while."""
    steps = ScriptDirectory.from_config(_config(section)).walk_revisions()
    return tuple(step.revision for step in steps)


def version_table(section: Section, dialect: str) -> dict[str, str]:
    """Return Alembic's options for a section's version table, which lies among our own tables."""
    name = f"{section}_version"
    if dialect == "sqlite":
        return {"version_table": f"relay_{name}"}
    return {"version_table": name, "version_table_schema": "relay"}


def _clear(connection: Connection, section: Section) -> None:
    """Drop what reads the tables, so that a migration may change them."""
    if section == "source":
        surface.drop(connection)


def _found_there(connection: Connection, section: Section, found: str | None) -> dict[str, object]:
    server, database = dialect_of(connection).place(connection)
    return {
        "section": section,
        "server": server,
        "database": database,
        "found": found,
        "known": head(section),
        "command": "relay migrate",
    }


def _config(section: Section, connection: Connection | None = None) -> Config:
    config = Config(ini_section=section)
    # Doubled, since Config reads a percent sign as the beginning of a reference.
    folder = str(alembic_folder()).replace("%", "%%")
    config.set_main_option("script_location", folder)
    config.set_main_option("version_locations", f"{folder}/{section}")
    config.set_main_option("path_separator", "newline")  # a folder's name may hold blanks
    config.attributes["section"] = section
    if connection is not None:
        config.attributes["connection"] = connection
    return config
