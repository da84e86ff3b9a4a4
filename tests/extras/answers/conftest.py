"""Gives the tests of what Sage answers a company with a bookkeeper."""

from __future__ import annotations

import pytest

from tests.world.bookkeeper import Bookkeeper
from tests.world.databases import Databases


@pytest.fixture
def bookkeeper(databases: Databases) -> Bookkeeper:
    """A company whose relay books invoices, records them, and asks what became of them."""
    return Bookkeeper(databases)
