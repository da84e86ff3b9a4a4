"""What an operator decides while the relay has the record in hand."""

from __future__ import annotations

from collections.abc import Callable

from relay.admin.repair import Repair
from relay.admin.selection import EntrySelection
from relay.base.values import Person, RecordId
from relay.cobra.lock import hold
from relay.engine.service import taken_over
from tests.world.company import World
from tests.world.databases import YEARS

Act = Callable[[Repair, EntrySelection], list[RecordId]]


def _acting_before_ack(world: World, act: Act) -> str:
    """Let a person act, once, while a record with a held entry and a new one is in hand.

    All in one run of the relay: at its start it would take up the held entry by itself.
    """
    for year in YEARS:
        world.write_sage(year, "Adr", AdrId="1", Corp="Andere")
    key = world.add(SAGENR0="1")
    left: list[Act] = []

    def reached(name: str) -> None:
        if name == "before_ack" and left:
            with world.cobra.begin() as connection:
                operator = Person("Rosa Muster", "in Sage korrigiert")
                assert left.pop()(Repair(connection, operator), EntrySelection(keys=(key,)))

    with hold(world.relay_engine()) as lock:
        assert lock is not None
        with taken_over(lock, world.settings, reached) as (drain, _years):
            drain.step()
            assert world.statuses(key) == ["held"]
            world.change(key, CITY0="Bern")
            left.append(act)
            while drain.step():
                pass
    return key


def test_release_is_not_lost(world: World) -> None:
    """A record that is corrected in Sage and released between plan and acknowledgement goes."""

    def correct_and_release(repair: Repair, selection: EntrySelection) -> list[RecordId]:
        for year in YEARS:
            with world.sage[year].begin() as connection:
                connection.exec_driver_sql("DELETE FROM Adr WHERE AdrId = '1'")
        return repair.release(selection)

    key = _acting_before_ack(world, correct_and_release)
    assert world.statuses(key) == ["applied", "applied"]
    world.assert_nothing_double()


def test_skip_is_not_undone(world: World) -> None:
    """An entry that is skipped just then stays skipped, and so do its deliveries."""
    key = _acting_before_ack(world, Repair.skip)
    assert world.statuses(key) == ["skipped", "held"]
    for year in YEARS:
        assert [d.status for d in world.deliveries(key, year)] == ["skipped", "held"]
