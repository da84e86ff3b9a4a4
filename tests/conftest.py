"""Fixtures for all tests: a server of each dialect, and a set of databases on it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from sqlalchemy.engine import make_url

from tests.databases import Databases, MssqlServer, Server, SqliteServer, admin_of, make_databases

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy.engine import URL, Connection


@pytest.fixture(scope="session")
def _templates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("templates")


@pytest.fixture(scope="session")
def _mssql_admin() -> Iterator[tuple[URL, Connection] | None]:
    told = os.environ.get("RELAY_TEST_MSSQL")
    if not told:
        yield None
        return
    url = make_url(told)
    with admin_of(url) as connection:
        yield url, connection


@pytest.fixture(params=["sqlite", pytest.param("mssql", marks=pytest.mark.mssql)])
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Server]:
    """SQLite always, and the T-SQL server that RELAY_TEST_MSSQL names."""
    server: Server
    if request.param == "sqlite":
        server = SqliteServer(tmp_path, request.getfixturevalue("_templates"))
    else:
        admin = request.getfixturevalue("_mssql_admin")
        if admin is None:
            pytest.skip("RELAY_TEST_MSSQL is not set: mssql+pyodbc://user:password@host/master")
        server = MssqlServer(*admin)
    try:
        yield server
    finally:
        server.drop_all()


@pytest.fixture
def databases(server: Server) -> Databases:
    """Cobra and two Sage years, migrated and without a record."""
    return make_databases(server)
