"""Lets a test that knows nothing of it run on each odd Sage."""

from __future__ import annotations

import pytest

from tests.world.databases import Databases, make_databases
from tests.world.odd_sages import KINDS, OddSage
from tests.world.servers import Server


@pytest.fixture(params=KINDS)
def databases(request: pytest.FixtureRequest, server: Server) -> Databases:
    """Cobra and two odd Sage years, migrated and without a record."""
    return make_databases(server, OddSage(request.param))
