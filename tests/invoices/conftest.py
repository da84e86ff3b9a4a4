"""Gives the tests of invoices an office: cobra with triggers, two Sage years, a clerk."""

from __future__ import annotations

import pytest

from tests.databases import Databases
from tests.invoices.office import Office


@pytest.fixture
def office(databases: Databases) -> Office:
    """A company whose relay books invoices into two years."""
    return Office(databases)
