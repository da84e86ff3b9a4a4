"""Gives the tests of learning an office, and a desk that books invoices."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.world.databases import INVOICES, Databases
from tests.world.desk import Desk


@pytest.fixture
def desk(databases: Databases, tmp_path: Path) -> Desk:
    """An admin's desk that books invoices."""
    return Desk(databases, tmp_path, **INVOICES)
