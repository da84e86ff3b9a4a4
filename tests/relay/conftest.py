"""Gives the relay's tests a company: cobra with triggers, two Sage years, a clerk."""

from __future__ import annotations

import pytest

from tests.databases import Databases
from tests.relay.world import World


@pytest.fixture
def world(databases: Databases) -> World:
    """A company whose relay writes addresses into two years."""
    return World(databases)
