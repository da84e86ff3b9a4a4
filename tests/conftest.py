"""Fixtures for all tests: a server of each dialect, and a set of databases on it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from sqlalchemy.engine import make_url

from tests.databases import Databases, MssqlServer, Server, SqliteServer, make_databases

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="session")
def _templates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("templates")


@pytest.fixture(params=["sqlite", pytest.param("mssql", marks=pytest.mark.mssql)])
def server(request: pytest.FixtureRequest, tmp_path: Path, _templates: Path) -> Iterator[Server]:
    """SQLite always, and the T-SQL server that RELAY_TEST_MSSQL names."""
    server = SqliteServer(tmp_path, _templates) if request.param == "sqlite" else _mssql()
    try:
        yield server
    finally:
        server.drop_all()


def _mssql() -> Server:
    url = os.environ.get("RELAY_TEST_MSSQL")
    if not url:
        pytest.skip("RELAY_TEST_MSSQL names no T-SQL server: mssql+pyodbc://user:pw@host/master")
    return MssqlServer(make_url(url))


@pytest.fixture
def databases(server: Server) -> Databases:
    """Cobra and two Sage years, migrated and without a record."""
    return make_databases(server)
