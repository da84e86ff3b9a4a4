"""Housekeeping between two batches."""

from __future__ import annotations

import queue
from datetime import timedelta
from threading import Event

import pytest
from structlog.testing import capture_logs

from relay.base.errors import Refused
from relay.cobra.lock import hold
from relay.cobra.outbox import Outbox
from relay.engine.chores import check_triggers, chores_of, purge, purge_ledger, recheck, schedule
from relay.engine.loop import Chore
from relay.engine.service import run, taken_over
from tests.world.company import World
from tests.world.databases import YEARS, Databases


def _aged(world: World, days: int) -> None:
    """Let everything finished have ended so many days ago."""
    o = world.outbox.outbox
    with world.cobra.begin() as connection:
        for entry in connection.execute(o.select().where(o.c.finished_at.is_not(None))).all():
            earlier = entry.finished_at - timedelta(days=days)
            connection.execute(o.update().where(o.c.id == entry.id).values(finished_at=earlier))


def test_answered_drafts_go_early_and_proof_stays(world: World) -> None:
    """After four days what did not concern Sage is gone, what Sage holds is not."""
    kept, gone = world.add(), world.add(ADDRTYPE0="Lieferant")
    world.drain()
    _aged(world, days=4)
    with hold(world.relay_engine()) as lock:
        assert lock is not None
        lock.take_epoch(0)
        assert purge(Outbox(lock), world.settings)
        assert not purge(Outbox(lock), world.settings)
    assert world.statuses(kept) == ["applied"]
    assert world.entries(gone) == []


def test_held_record_goes_by_itself_when_sage_was_corrected(world: World) -> None:
    """A record held for something in Sage is tried again, and goes once Sage is corrected."""
    world.write_sage(YEARS[0], "Adr", AdrId="70", Corp="Alt")
    key = world.add(SAGENR0="70")
    world.drain()
    assert world.statuses(key) == ["held"]
    with world.sage[YEARS[0]].begin() as connection:
        connection.exec_driver_sql("DELETE FROM Adr WHERE AdrId = '70'")
    with hold(world.relay_engine()) as lock:
        assert lock is not None
        lock.take_epoch(0)
        recheck(Outbox(lock))
    world.drain()
    assert world.statuses(key) == ["applied"]
    world.assert_nothing_double()


def test_dropped_trigger_is_told(world: World) -> None:
    """A trigger that somebody dropped is an error in the log."""
    with world.cobra.begin() as connection:
        connection.exec_driver_sql("DROP TRIGGER relay_address_update")
    with hold(world.relay_engine()) as lock, capture_logs() as logs:
        assert lock is not None
        check_triggers(lock, world.settings)
    assert [log["log_level"] for log in logs if log["event"] == "trigger_wrong"] == ["error"]


def test_schedule_puts_chores_into_the_queue(databases: Databases) -> None:
    """What is due comes into the loop's queue, by the scheduler's own clock."""
    world = World(databases, relay={"recheck_seconds": 1, "trigger_check_seconds": 1})
    chores: queue.Queue[Chore] = queue.Queue()
    with hold(world.relay_engine()) as lock:
        assert lock is not None
        with (
            taken_over(lock, world.settings) as (drain, years),
            schedule(chores, chores_of(drain, years, world.settings)),
        ):
            assert chores.get(timeout=60) is not None


def test_run_refuses_when_a_trigger_differs(world: World) -> None:
    """`run` does not start over a mapping that the triggers do not follow."""
    with world.cobra.begin() as connection:
        connection.exec_driver_sql("DROP TRIGGER relay_address_update")
    with pytest.raises(Refused, match="trigger"):
        run(world.settings, Event())


def test_old_ledger_rows_go_and_the_newest_stays(databases: Databases) -> None:
    """The ledger keeps what `[retention] ledger` says, and what the handshake asks for."""
    world = World(databases)
    for number in ("1", "2", "3"):
        world.add(SAGENR0=number)
        world.drain()
    for year in YEARS:
        with world.sage[year].begin() as connection:
            connection.execute(
                world.ledger.applied.update().values(
                    applied_at=world.rows(year, world.ledger.applied)[0].applied_at.replace(
                        year=2020
                    )
                )
            )
    with hold(world.relay_engine()) as lock:
        assert lock is not None
        with taken_over(lock, world.settings) as (_, years):
            assert purge_ledger(years, world.settings)
            assert not purge_ledger(years, world.settings)
    newest = world.entries()[-1].uid
    for year in YEARS:
        assert [row.uid for row in world.rows(year, world.ledger.applied)] == [newest]
    world.add(SAGENR0="4")
    world.drain()
    assert set(world.statuses()) == {"applied"}
