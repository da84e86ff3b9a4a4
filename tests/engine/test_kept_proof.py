"""What the handshake asks for outlives every purge, and what waits for a year goes on with it."""

from __future__ import annotations

from datetime import timedelta

from relay.admin.repair import Repair
from relay.admin.selection import EntrySelection
from relay.base.values import Person
from relay.cobra.lock import hold
from relay.cobra.outbox import Outbox
from relay.engine.chores import purge, purge_ledger
from relay.engine.service import taken_over
from tests.world.company import World
from tests.world.databases import YEARS

OLD, NEW = YEARS
WHO = Person("Rosa Muster", "Umbau")


def older_one_last(world: World) -> tuple[str, str]:
    """Return two records: the newest by number, and an older one that was acknowledged last."""
    before = len(world.entries())
    for year in YEARS:
        world.write_sage(year, "Adr", AdrId="70", Corp="Alt")
    held = world.add(SAGENR0="70")
    world.drain()
    newest = world.add(SAGENR0="71")
    world.drain()
    for year in YEARS:
        with world.sage[year].begin() as connection:
            connection.exec_driver_sql("DELETE FROM Adr WHERE AdrId = '70'")
    with world.cobra.begin() as connection:
        Repair(connection, WHO).release(EntrySelection(keys=(held,)))
    world.drain()
    assert world.statuses()[before:] == ["applied", "applied"]
    return newest, held


def test_the_purge_keeps_what_was_ledgered_and_acknowledged_last(world: World) -> None:
    """The newest that a ledger has, and the one acknowledged last, need not be the same."""
    gone = world.add(SAGENR0="69")
    world.drain()
    newest, last = older_one_last(world)
    o = world.outbox.outbox
    with world.cobra.begin() as connection:
        for entry in connection.execute(o.select()).all():
            earlier = entry.finished_at - timedelta(days=91)
            connection.execute(o.update().where(o.c.id == entry.id).values(finished_at=earlier))
    with hold(world.relay_engine()) as lock:
        assert lock is not None
        lock.take_epoch(0)
        assert purge(Outbox(lock), world.settings)
        assert not purge(Outbox(lock), world.settings)
    assert world.entries(gone) == []
    assert (world.statuses(newest), world.statuses(last)) == (["applied"], ["applied"])
    goes_on(world)


def test_the_ledger_keeps_the_newest_and_the_acknowledged_one(world: World) -> None:
    """Either of them missing would be taken for a restored database."""
    world.add(SAGENR0="69")
    world.drain()
    kept = {world.entries(key)[0].uid for key in older_one_last(world)}
    a = world.ledger.applied
    for year in YEARS:
        with world.sage[year].begin() as connection:
            for row in connection.execute(a.select()).all():
                earlier = row.applied_at - timedelta(days=401)
                connection.execute(a.update().where(a.c.uid == row.uid).values(applied_at=earlier))
    with hold(world.relay_engine()) as lock:
        assert lock is not None
        with taken_over(lock, world.settings) as (_, years):
            assert purge_ledger(years, world.settings)
            assert not purge_ledger(years, world.settings)
    for year in YEARS:
        assert {row.uid for row in world.rows(year, a)} == kept
    goes_on(world)


def goes_on(world: World) -> None:
    """Check that neither side is taken for restored."""
    key = world.add(SAGENR0="80")
    world.drain()
    assert world.statuses(key) == ["applied"]
    y = world.outbox.year
    with world.cobra.connect() as connection:
        assert {row.state for row in connection.execute(y.select()).all()} == {"ready"}


def test_held_in_one_year_it_still_goes_to_another_that_is_back(world: World) -> None:
    """The entry is held, its delivery to the other year waits: that year's return reopens it."""
    world.write_sage(OLD, "Adr", AdrId="70", Corp="Alt")
    with world.cobra.begin() as connection:
        Repair(connection, WHO).pause(NEW)
    key = world.add(SAGENR0="70")
    world.drain()
    assert world.statuses(key) == ["held"]
    assert [d.status for d in world.deliveries(key, NEW)] == ["waiting"]
    with world.cobra.begin() as connection:
        Repair(connection, WHO).resume(NEW)
    world.drain()
    assert world.statuses(key) == ["held"]
    assert [d.status for d in world.deliveries(key, NEW)] == ["applied"]
    assert "70" in world.in_sage(NEW)


def test_held_in_one_year_it_goes_to_another_as_soon_as_that_is_back(world: World) -> None:
    """In the relay that is running: a start would take up all that is held by itself."""
    world.write_sage(OLD, "Adr", AdrId="70", Corp="Alt")
    with hold(world.relay_engine()) as lock:
        assert lock is not None
        with taken_over(lock, world.settings) as (drain, years):
            with world.cobra.begin() as connection:
                Repair(connection, WHO).pause(NEW)
            years.look(drain.outbox)
            key = world.add(SAGENR0="70")
            while drain.step():
                pass
            assert world.statuses(key) == ["held"]
            assert [d.status for d in world.deliveries(key, NEW)] == ["waiting"]
            with world.cobra.begin() as connection:
                Repair(connection, WHO).resume(NEW)
            years.look(drain.outbox)
            while drain.step():
                pass
    assert world.statuses(key) == ["held"]
    assert [d.status for d in world.deliveries(key, NEW)] == ["applied"]
    assert "70" in world.in_sage(NEW)


def test_what_waited_for_a_pause_goes_on_when_it_ends(world: World) -> None:
    """In the relay that is running, and though nothing was lost: one year's pause, or all's."""
    with hold(world.relay_engine()) as lock:
        assert lock is not None
        with taken_over(lock, world.settings) as (drain, years):
            for number, scope in (("70", NEW), ("71", "*")):
                with world.cobra.begin() as connection:
                    Repair(connection, WHO).pause(scope)
                years.look(drain.outbox)
                key = world.add(SAGENR0=number)
                while drain.step():
                    pass
                assert world.statuses(key) == ["waiting"]
                with world.cobra.begin() as connection:
                    Repair(connection, WHO).resume(scope)
                years.look(drain.outbox)
                while drain.step():
                    pass
                assert world.statuses(key) == ["applied"]
