"""A batch of which clerks have every record open."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NoReturn

import pytest

from relay.cobra.tables import TableReader
from relay.outbox import Outbox
from tests.bench.drain import draining
from tests.databases import Databases
from tests.relay.test_years import _locked
from tests.relay.world import World

RECORDS = 8


@pytest.mark.parametrize(("patience_s", "looks"), [(0.0, 1), (3600.0, 2 * RECORDS - 1)])
@pytest.mark.parametrize("where", [(Outbox, "without_news"), (TableReader, "_read")])
def test_search_for_the_locked_records_ends(
    databases: Databases,
    monkeypatch: pytest.MonkeyPatch,
    patience_s: float,
    looks: int,
    where: tuple[type[Any], str],
) -> None:
    """Each look may take a lock timeout: when patience is over, the rest comes later."""
    world = World(databases)
    for _ in range(RECORDS):
        world.add()
    seen: list[int] = []

    def locked(_self: object, records: Sequence[object], *_more: object) -> NoReturn:
        seen.append(len(records))
        raise _locked()

    monkeypatch.setattr("relay.lock.SPLITTING_S", patience_s)
    with draining(world.settings) as drain:
        monkeypatch.setattr(*where, locked)
        drain.step()
    assert len(seen) == looks
    entries = world.entries()
    assert {(e.status, e.error_code, e.attempts) for e in entries} == {
        ("retrying", "record_locked", 0)
    }
