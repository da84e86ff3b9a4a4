"""Gives the tests of views and procedures an outbox that they fill themselves."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.cobra.surface.book import Book
from tests.world.servers import Server
from tests.world.window import Window


@pytest.fixture
def book(server: Server) -> Iterator[Book]:
    """Cobra's database with the relay's schema and no entry."""
    url = server.create("cobra", "cobra")
    with Window(server, url) as window:
        yield Book(server.engine(url), window)
