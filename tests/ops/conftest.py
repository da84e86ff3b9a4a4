"""Gives the tests an admin who knows only SQL."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.world.databases import Databases
from tests.world.window import Window


@pytest.fixture
def window(databases: Databases) -> Iterator[Window]:
    """A window on cobra's database."""
    with Window(databases.server, databases.cobra) as window:
        yield window
