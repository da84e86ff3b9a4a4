"""Gives the tests of rights logins on a T-SQL server, and what the command line's tests use."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.admin.rights.logins import Logins
from tests.cli.conftest import _process_settings
from tests.world.databases import Databases
from tests.world.examinations import pytest_pyfunc_call
from tests.world.office import Office

__all__ = ["_process_settings", "pytest_pyfunc_call"]


@pytest.fixture
def office(databases: Databases) -> Office:
    """A company whose administrator has set everything up; SQLite has no users to try it with."""
    if databases.server.dialect == "sqlite":
        pytest.skip("SQLite has no users: whoever may write to the file may do everything")
    return Office(databases)


@pytest.fixture
def logins(office: Office) -> Iterator[Logins]:
    """Logins for its databases."""
    made = Logins(office.databases, office.settings)
    yield made
    made.close()
