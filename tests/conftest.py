"""Fixtures for all tests: a server of each dialect, and a set of databases on it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings
from sqlalchemy.engine import make_url

from tests.databases import Databases, make_databases
from tests.servers import MssqlServer, MssqlSession, Server, SqliteServer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# What passed on one machine passes on the next; commands with seeds look for what is new.
settings.register_profile("same", derandomize=True)
settings.load_profile("same")


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
