"""What is due is taken in shares: nothing waits behind a mass change, nor behind retries."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert, update

from relay.base.values import RecordId
from relay.cobra.lock import hold
from relay.cobra.poll import NEWEST, OLDEST, TURNS, Poll
from tests.world.company import World

MASS = 60
LIMIT = 8


def _notices(world: World, entity: str, keys: list[str], **more: Any) -> None:
    rows = [{"entity": entity, "entity_key": key, "operation": "update"} | more for key in keys]
    with world.cobra.begin() as connection:
        for row in rows:
            connection.execute(insert(world.outbox.outbox).values(row))


@contextmanager
def _polling(world: World, settle_s: int = 0) -> Iterator[Poll]:
    with hold(world.relay_engine()) as lock:
        assert lock is not None
        yield Poll(lock, settle_s)


def _mass(world: World, first: str = "m") -> list[RecordId]:
    keys = [f"{first}{number}" for number in range(MASS)]
    _notices(world, "address", keys)
    return [RecordId("address", key) for key in keys]


def test_invoice_and_single_save_behind_a_mass_change(world: World) -> None:
    """Both are in the first batch, also the invoice that a second mass change came after."""
    mass = _mass(world)
    _notices(world, "invoice", ["7"])
    _mass(world, "n")
    _notices(world, "address", ["single"])
    with _polling(world) as poll:
        due = poll.due(LIMIT)
    assert len(due) == LIMIT
    assert {RecordId("invoice", "7"), RecordId("address", "single")} <= set(due)
    assert due[:3] == mass[:3], "the oldest ones have their share, in their order"


def test_everything_gets_its_turn_one_by_one(world: World) -> None:
    """With batches of one record none of the kinds starves either."""
    mass = _mass(world)
    _notices(world, "invoice", ["7"])
    _notices(world, "address", ["tried"], status="retrying",
             next_attempt_at=world.entries()[0].created_at)  # fmt: skip
    _notices(world, "address", ["single"])
    with _polling(world) as poll:
        due = [record for _ in TURNS for record in poll.due(1)]
    wanted = [mass[0], RecordId("invoice", "7"), RecordId("address", "tried")]
    assert {*wanted, RecordId("address", "single")} <= set(due)
    assert due.count(mass[0]) == TURNS.count(OLDEST)
    assert TURNS.count(NEWEST) == 1


def test_what_is_tried_again_keeps_nobody_waiting(world: World) -> None:
    """More of it than a batch holds, older than all else: the others are most of the batch."""
    _notices(world, "address", ["0"])
    at = world.entries()[0].created_at
    _notices(world, "address", [f"r{n}" for n in range(MASS)], status="retrying",
             next_attempt_at=at)  # fmt: skip
    new = _mass(world)
    with _polling(world) as poll:
        due = poll.due(LIMIT)
        again = [record for record in due if record.key.startswith("r")]
        assert len(again) == 1
        assert set(new[:2]) <= set(due)
        _settle(world, new)
        _settle(world, [RecordId("address", "0")])
        assert len(poll.due(LIMIT)) == LIMIT, "alone they may fill a batch"


def _settle(world: World, records: list[RecordId]) -> None:
    o = world.outbox.outbox
    with world.cobra.begin() as connection:
        keys = [record.key for record in records]
        connection.execute(update(o).where(o.c.entity_key.in_(keys)).values(status="applied"))


def test_little_is_taken_whole_in_its_order(world: World) -> None:
    """What fits into one batch comes as it was noticed."""
    _notices(world, "address", ["1", "2"])
    _notices(world, "invoice", ["7"])
    _notices(world, "address", ["1", "3"])
    with _polling(world) as poll:
        due = poll.due(LIMIT)
    assert [record.key for record in due] == ["1", "2", "7", "3"]


@pytest.mark.parametrize("hours", [-1, 1])
def test_clock_that_was_set_back_delays_nothing(world: World, hours: int) -> None:
    """A notice of the future was not written just now, and no wait is an hour long."""
    _notices(world, "address", ["0"])
    at = world.entries()[0].created_at + timedelta(hours=hours)
    _settle(world, [RecordId("address", "0")])
    _notices(world, "invoice", ["7"], created_at=at)
    _notices(world, "address", ["1"], status="retrying", next_attempt_at=at)
    with _polling(world, settle_s=30) as poll:
        assert {record.key for record in poll.due(LIMIT)} == {"7", "1"}


def test_invoice_that_is_being_typed_rests(world: World) -> None:
    """One that was noticed just now is left alone, wherever it is looked for."""
    _notices(world, "invoice", ["7"])
    with _polling(world, settle_s=3600) as poll:
        assert poll.due(LIMIT) == []


def test_poll_seeks(world: World) -> None:
    """It never reads through the outbox, nor sorts it."""
    if world.dialect.name != "sqlite":
        pytest.skip("ops/host/plans.sql shows the plans of SQL Server")
    with _polling(world, settle_s=2) as poll, world.cobra.connect() as connection:
        poll.due(LIMIT)
        (query,) = poll._queries.values()  # noqa: SLF001 - what the server is asked
        plan = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}")]
    assert sum("SEARCH relay_outbox USING INDEX" in step for step in plan) == 7
    assert not [s for s in plan if "SCAN relay_outbox" in s or "TEMP B-TREE" in s]
