"""A start and a batch send few statements: each is a round trip to a server."""

from __future__ import annotations

from collections import Counter

from sqlalchemy import Engine, event

from tests.world.company import CUSTOMER, World
from tests.world.databases import Databases

START = {"sqlite": 49, "mssql": 58}
"""From the lock to the first look at the outbox; SQLAlchemy itself asks a server a few things."""
BATCH = 27
"""One new address for two years, from the poll to the acknowledgement."""


def test_few_statements(databases: Databases) -> None:
    """What more is sent than this has to be worth it."""
    world = World(databases)
    world.add(SAGENR0="100", **CUSTOMER)
    world.drain()
    world.add(SAGENR0="101", **CUSTOMER)
    sent: Counter[str] = Counter()
    phase = ["start"]

    def count(*_told: object) -> None:
        sent[phase[0]] += 1

    def reached(milestone: str) -> None:
        phase[0] = {"polled": "batch", "acknowledged": "end"}.get(milestone, phase[0])

    event.listen(Engine, "before_cursor_execute", count)
    try:
        world.drain(reached)
    finally:
        event.remove(Engine, "before_cursor_execute", count)
    assert sent["batch"] <= BATCH
    assert sent["start"] <= START[databases.server.dialect]
