"""Housekeeping between two batches."""

from __future__ import annotations

from contextlib import nullcontext
from datetime import timedelta
from threading import Event

import pytest
from structlog.testing import capture_logs

from relay.base.errors import LockLost, Refused
from relay.cobra.lock import hold
from relay.cobra.outbox import Outbox
from relay.engine.chores import (
    Duty,
    check_triggers,
    chores_of,
    purge,
    purge_ledger,
    recheck,
    schedule,
)
from relay.engine.loop import LONGEST_REST_S, Chore, Chores
from relay.engine.service import run, taken_over
from tests.engine.test_table_away import _rename
from tests.soak.killing import wait_for
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


@pytest.mark.parametrize(("old", "new"), [("CITY0", "CITY9"), ("", "ADDRESSES9")])
def test_captured_table_that_is_away_ends_no_relay(world: World, old: str, new: str) -> None:
    """Amid an update of cobra a table or column is missing: it is told, and looked for again."""
    world.drain()
    with hold(world.relay_engine()) as held, capture_logs() as logs:
        assert held is not None
        lock = held
        lock.take_epoch(0)
        duty = Duty("triggers", 1, lambda: check_triggers(lock, world.settings))
        chore = duty.told_to(lambda _name: None, lock.dialect).chore
        _rename(world, world.cobra, "ADDRESSES", old, new)
        assert not chore()
        told = [log for log in logs if log["event"] == "captured_away"]
        assert [log["table"] for log in told] == ["dbo.ADDRESSES"]
        if old:
            _rename(world, world.cobra, "ADDRESSES", new, old)
        else:
            _rename(world, world.cobra, new, "", "ADDRESSES")
        assert not chore()
    assert len([log for log in logs if log["event"] == "captured_away"]) == 1
    assert not [log for log in logs if log["event"] in {"trigger_wrong", "chore_failed"}]


def test_scheduled_chores_have_their_turn(databases: Databases) -> None:
    """What is due has its turn in the loop, by the scheduler's own clock."""
    world = World(databases, relay={"recheck_seconds": 1, "trigger_check_seconds": 1})
    chores, passed = Chores(), list[str]()
    with hold(world.relay_engine()) as lock:
        assert lock is not None
        with taken_over(lock, world.settings) as (drain, years):
            due = chores_of(drain, years, world.settings)
            with schedule(chores, [duty.told_to(passed.append, lock.dialect) for duty in due]):

                def is_done() -> bool:
                    chores.do_one(batches_move=False)
                    return {"chore:recheck", "chore:triggers"} <= set(passed)

                wait_for("both were done", is_done)


def test_chore_that_fails_ends_no_relay(world: World) -> None:
    """What its own data or a bug does to a chore is told; what is the database's is the loop's."""
    world.add(SAGENR0="1")
    world.drain()
    passed: list[str] = []

    def refused() -> bool:
        d = world.outbox.decision
        row = {"entity": "address", "entity_key": "1", "topic": "skip", "decision": "skip"}
        with lock.writing() as connection:
            for _ in range(2):
                connection.execute(d.insert().values(row))
        return True

    def broken() -> bool:
        return "\ud800".encode() == b""

    def impossible() -> bool:
        raise Refused("copy_captured")

    def lost() -> bool:
        raise LockLost("lock_lost")

    with hold(world.relay_engine()) as held, capture_logs() as logs:
        assert held is not None
        lock = held
        lock.take_epoch(0)
        duties = [
            Duty(chore.__name__, 1, chore).told_to(passed.append, lock.dialect)
            for chore in (refused, broken, impossible, lost)
        ]
        *failing, lost_ = duties
        for duty in failing:
            assert not duty.chore()
        with pytest.raises(LockLost):
            lost_.chore()
    failed = [log["chore"] for log in logs if log["event"] == "chore_failed"]
    assert failed == ["refused", "broken", "impossible"]
    assert passed == []


class Clock:
    """Seconds that go by only where a test says so, and what is noted of them."""

    def __init__(self) -> None:
        """Begin anywhere."""
        self.now = 100.0
        self.noted: list[float] = []

    def __call__(self) -> float:
        """Return the seconds that went by."""
        return self.now

    def taking(self, seconds: float) -> Chore:
        """Return a chore that takes so long."""

        def chore() -> bool:
            self.now += seconds
            return False

        return chore

    def note(self) -> bool:
        """Note when it is, as a chore."""
        self.noted.append(self.now)
        return False


@pytest.mark.parametrize("fails", [False, True])
def test_chore_beside_moving_batches_takes_a_share_of_the_time(*, fails: bool) -> None:
    """After one of a tenth of a second batches have five seconds, also if it failed."""
    clock = Clock()
    chores = Chores(clock)

    def chore() -> bool:
        clock.now += 0.1
        return 1 // (0 if fails else 1) == 0

    chores.put(chore)
    chores.put(clock.note)
    with pytest.raises(ZeroDivisionError) if fails else nullcontext():
        chores.do_one(batches_move=True)
    ended = clock.now
    while not clock.noted:
        chores.do_one(batches_move=True)
        clock.now += 0.01
    assert clock.noted[0] - ended == pytest.approx(4.9, abs=0.02)


def test_chore_that_waits_is_not_due_twice() -> None:
    """A backlog of hours piles nothing up; a look of many pages is not begun beside itself."""
    clock = Clock()
    chores, other = Chores(clock), clock.taking(1)
    for _ in range(3):
        for chore in (clock.note, other):
            chores.put(chore)
    for _ in range(6):
        chores.do_one(batches_move=False)
    assert clock.noted == [100.0]
    assert clock.now == 101.0


def test_chore_has_its_turn_at_once_where_nothing_moves() -> None:
    """The share binds a drain only; and after a long chore too the next one comes in a minute."""
    clock = Clock()
    chores = Chores(clock)
    for chore in (clock.taking(100), clock.taking(100), clock.note):
        chores.put(chore)
    chores.do_one(batches_move=False)
    chores.do_one(batches_move=False)
    clock.now += LONGEST_REST_S - 0.1
    chores.do_one(batches_move=True)
    assert not clock.noted
    clock.now += 0.1
    chores.do_one(batches_move=True)
    assert clock.noted


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
