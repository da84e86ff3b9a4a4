"""Views and procedures come and go with the section in cobra's database."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from relay.base.files import sql_folder
from relay.database import schema, surface
from relay.database.tables import table_name
from tests.database.migration.conftest import HEADS, write_next
from tests.database.migration.looking import beside_tables_in, current, surface_in

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy.engine import Engine

    from tests.world.servers import Server


def expected(dialect: str) -> set[str]:
    """Return the names that the files promise."""
    folders = ("views", "procedures", "functions")
    files = [file for f in folders for file in (sql_folder() / dialect / f).glob("*.sql")]
    return {f"relay_{file.stem}" if dialect == "sqlite" else file.stem for file in files}


def test_migrating_creates_what_the_files_hold(engine: Engine) -> None:
    """Each file's object is there; the other section has none; down removes them all."""
    schema.upgrade(engine, "source")
    assert set(surface_in(engine)) == expected(engine.dialect.name)
    schema.downgrade(engine, "source")
    assert surface_in(engine) == {}
    schema.upgrade(engine, "target")
    assert surface_in(engine) == {}


def test_a_dbas_script_creates_the_same(server: Server) -> None:
    """Name by name and letter by letter, and migrating such a database afterwards works."""
    script, migrate = server.create("script"), server.create("migrate")
    server.run_as_dba(script, schema.script("source", server.dialect))
    by_script, by_us = server.engine(script), server.engine(migrate)
    schema.upgrade(by_us, "source")
    assert surface_in(by_script) == surface_in(by_us) != {}
    assert beside_tables_in(by_script) == beside_tables_in(by_us)
    schema.upgrade(by_script, "source")
    assert surface_in(by_script) == surface_in(by_us)


def test_migrating_again_mends_a_view(engine: Engine) -> None:
    """A view of another relay, or one that somebody changed or dropped, is as it should be."""
    schema.upgrade(engine, "source")
    right = surface_in(engine)
    held, lag = (table_name(engine.dialect.name, name) for name in ("v_held", "v_lag"))
    with engine.begin() as connection:
        connection.execute(text(f"DROP VIEW {held}"))
        connection.execute(text(f"DROP VIEW {lag}"))
        connection.execute(text(f"CREATE VIEW {lag} AS SELECT 1 AS one"))
    schema.upgrade(engine, "source")
    assert surface_in(engine) == right


def test_a_migration_that_fails_leaves_them(engine: Engine, tomorrow: Path) -> None:
    """They are dropped and created in the migration's transaction, not beside it."""
    schema.upgrade(engine, "source")
    schema.downgrade(engine, "source", HEADS["source"])
    assert surface_in(engine) == {}
    (tomorrow / "source" / "9999_next.py").unlink()
    schema.upgrade(engine, "source")
    before = surface_in(engine)
    write_next(tomorrow, "source", "raise RuntimeError('power cut')")
    with pytest.raises(RuntimeError, match="power cut"):
        schema.upgrade(engine, "source")
    assert surface_in(engine) == before != {}
    assert current(engine, "source") == HEADS["source"]


def test_a_script_for_sql_server_stops_at_its_first_error() -> None:
    """Each view and procedure is a batch of its own, behind the guard of the batch before it."""
    script = schema.script("source", "mssql")
    commit = script.rindex("COMMIT;")
    for statement in surface.creation("mssql"):
        before, _, after = script.partition(statement)
        assert before.rstrip().endswith("IF @@TRANCOUNT = 0 SET NOEXEC ON\nGO")
        assert after.lstrip().startswith("GO\nIF @@TRANCOUNT = 0 SET NOEXEC ON\nGO")
        assert len(before) < commit
