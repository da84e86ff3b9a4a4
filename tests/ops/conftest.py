"""Gives the tests an admin who knows only SQL, and the same company as everywhere."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.desk import Desk
from tests.databases import Databases
from tests.ops.window import Window
from tests.relay.world import World


@pytest.fixture
def world(databases: Databases) -> World:
    """A company whose relay writes addresses into two years."""
    return World(databases)


@pytest.fixture
def window(databases: Databases) -> Iterator[Window]:
    """A window on cobra's database."""
    with Window(databases.server, databases.cobra) as window:
        yield window


@pytest.fixture
def desk(databases: Databases, tmp_path: Path) -> Desk:
    """The command line, to compare with."""
    return Desk(databases, tmp_path)
