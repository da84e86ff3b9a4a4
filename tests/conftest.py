"""Fixtures for all tests: a server of each dialect, and a set of databases on it."""

from __future__ import annotations

import gc
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest import mock

import pytest
from hypothesis import settings
from sqlalchemy.engine import make_url

from relay.base.errors import Unavailable
from relay.base.texts import of_error
from relay.database.one_text import JsonReading
from relay.database.sqlserver import driver
from relay.database.sqlserver.driver import with_driver
from relay.engine import service
from tests.judge import suite
from tests.world import open_results as results
from tests.world.company import World
from tests.world.databases import Databases, make_databases
from tests.world.desk import Desk
from tests.world.office import Office
from tests.world.open_results import OpenResults
from tests.world.outbox_hints import Watch, watching
from tests.world.servers import MssqlServer, MssqlSession, Server, SqliteServer

if TYPE_CHECKING:
    from collections.abc import Iterator

MEMORY = Path("/dev/shm")  # noqa: S108 - pytest makes a folder of its own in it
"""A file system in memory: a fifth of the tests' time was waiting for a disk to have written."""
ROOM_FOR_DATABASES = 2 << 30

# What passed on one machine passes on the next; commands with seeds look for what is new.
# None fails because the machine was busy.
settings.register_profile("same", derandomize=True, deadline=None)
settings.load_profile("same")


def pytest_configure(config: pytest.Config) -> None:
    """Have what is sent to SQL Server judged; say at once if one is named that nobody can reach.

    Raises:
        pytest.UsageError: there is no ODBC library or no driver.
    """
    suite.register(config)
    if MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ROOM_FOR_DATABASES:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))
    if os.environ.get("RELAY_TEST_FORM") == "values":  # as a database below level 130 is written
        driver.ask_reading = _reads_no_json
    if os.environ.get("RELAY_TEST_MSSQL"):
        try:
            with_driver(make_url(os.environ["RELAY_TEST_MSSQL"]))
        except Unavailable as error:
            why = f"{of_error(error, 'en')} For these tests: .venv/bin/pip install mssql-python."
            raise pytest.UsageError(why) from None


@pytest.fixture(scope="session", autouse=True)
def _one_look_for_cycles() -> Iterator[None]:
    """Spare each drain the look through all that tests hold in memory: a third of their time."""
    gc.collect()
    gc.freeze()
    with mock.patch.object(service, "_spare_the_collector"):
        yield


def _reads_no_json(dbapi_connection: Any) -> JsonReading:  # noqa: ARG001 - in its place
    return JsonReading.NOT


@pytest.fixture(scope="session", autouse=True)
def outbox_watch() -> Iterator[Watch]:
    yield from watching()


@pytest.fixture(autouse=True)
def _each_statement_on_the_outbox_has_its_hint(outbox_watch: Watch) -> Iterator[None]:
    """Whatever a test lets the product do: each statement says how it meets others' rows."""
    yield
    assert outbox_watch.wrong() == []


@pytest.fixture(scope="session")
def open_results() -> Iterator[OpenResults]:
    yield from results.watching()


@pytest.fixture(autouse=True)
def _each_statement_finds_its_connection_free(
    open_results: OpenResults,
) -> Iterator[None]:
    """Whatever a test lets the product do: SQL Server sends nothing amid another's rows."""
    yield
    assert open_results.wrong() == []


@pytest.fixture(scope="session")
def _templates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("templates")


@pytest.fixture(scope="session")
def _mssql() -> Iterator[MssqlSession | None]:
    url = os.environ.get("RELAY_TEST_MSSQL")
    if not url:
        yield None
        return
    session = MssqlSession(make_url(url))
    yield session
    session.close()


@pytest.fixture(params=["sqlite", pytest.param("mssql", marks=pytest.mark.mssql)])
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Server]:
    """SQLite always, and the T-SQL server that RELAY_TEST_MSSQL names."""
    if request.param == "sqlite":
        yield SqliteServer(tmp_path, request.getfixturevalue("_templates"))
        return
    session = request.getfixturevalue("_mssql")
    if session is None:
        pytest.skip("RELAY_TEST_MSSQL is not set: mssql+pyodbc://user:password@host/master")
    with session.test():
        yield MssqlServer(session)


@pytest.fixture
def databases(server: Server) -> Databases:
    """Cobra and two Sage years, migrated and without a record."""
    return make_databases(server)


@pytest.fixture
def world(databases: Databases) -> World:
    """A company whose relay writes addresses into two years: triggers installed, and a clerk."""
    return World(databases)


@pytest.fixture
def office(databases: Databases) -> Office:
    """A company whose relay books invoices into two years."""
    return Office(databases)


@pytest.fixture
def desk(databases: Databases, tmp_path: Path) -> Desk:
    """An admin's command line for cobra and two Sage years."""
    return Desk(databases, tmp_path)
