"""A start and a batch send few statements: each is a round trip to a server."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import pytest
from sqlalchemy import Engine, event

from tests.database.test_one_parameter import SWITCHED_OFF
from tests.world.company import CUSTOMER, World
from tests.world.databases import Databases

START = {"sqlite": 36, "mssql": 39}
"""From the lock to the first look at the outbox."""
BATCH = {"sqlite": 22, "mssql": 15}
"""One new address for two years, from the poll to the acknowledgement."""


@pytest.mark.skipif(SWITCHED_OFF, reason="without JSON each write is a statement of its own")
def test_few_statements(databases: Databases) -> None:
    """What more is sent than this has to be worth it; what a new connection is set up by, is not.

    That is one batch of options, what SQLAlchemy asks a server of its kind, and whether it reads
    JSON: none of it is repeated before the connection is lost.
    """
    world = World(databases)
    world.add(SAGENR0="100", **CUSTOMER)
    world.drain()
    world.add(SAGENR0="101", **CUSTOMER)
    sent: dict[str, list[str]] = defaultdict(list)
    phase = ["start"]

    def note(connection: Any, _cursor: object, statement: str, *_: object) -> None:
        database = str(connection.engine.url.database).rpartition("/")[2].partition("_")[0]
        sent[phase[0]].append(f"{database}: {' '.join(statement.split())[:200]}")

    def reached(milestone: str) -> None:
        phase[0] = {"polled": "batch", "acknowledged": "end"}.get(milestone, phase[0])

    event.listen(Engine, "before_cursor_execute", note)
    try:
        world.drain(reached)
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    for name, most in (("start", START), ("batch", BATCH)):
        statements = sent[name]
        assert len(statements) <= most[databases.server.dialect], "\n".join(statements)
