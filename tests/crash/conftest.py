"""Gives the tests of crashes a company of each kind, set up once for all of them."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.crash.company import Company
from tests.crash.playing import IN_MEMORY
from tests.world.databases import make_databases
from tests.world.servers import SqliteServer

Companies = Callable[[str], Company]


@pytest.fixture(scope="session")
def companies() -> Iterator[Companies]:
    """Companies on SQLite; on a server `make crash` plays the same schedules."""
    made: dict[str, Company] = {}
    where = IN_MEMORY if IN_MEMORY.is_dir() else None
    with tempfile.TemporaryDirectory(prefix="relay-crash-", dir=where) as folder:

        def company(mode: str) -> Company:
            if mode not in made:
                made[mode] = Company(make_databases(SqliteServer(Path(folder), Path(folder))), mode)
            return made[mode]

        yield company
        for one in made.values():
            one.close()
