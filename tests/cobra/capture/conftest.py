"""Fixtures of the capture tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.cobra.capture.clerk import Cobra, cobra_on
from tests.world.databases import Server


@pytest.fixture
def bare(server: Server) -> Iterator[Cobra]:
    """Cobra's database with the relay's schema, without triggers."""
    with cobra_on(server) as cobra:
        yield cobra


@pytest.fixture
def cobra(bare: Cobra) -> Cobra:
    """Cobra's database with two addresses; triggers are installed and the outbox is empty."""
    bare.save(
        f"INSERT INTO {bare.table()} (CITY0, SAGENR0, ZIP0) VALUES ('Chur', '1', '7000')",
        f"INSERT INTO {bare.table()} (CITY0, SAGENR0, ZIP0) VALUES ('Olten', '2', '4600')",
    )
    bare.install()
    return bare
