"""What an operator decides while the relay has the record in hand."""

from __future__ import annotations

from collections.abc import Callable

from relay.admin.repair import Operator, Repair, Selection
from relay.base.values import RecordId
from relay.sage.batch import Milestone
from tests.databases import YEARS
from tests.relay.world import World

Act = Callable[[Repair, Selection], list[RecordId]]


def _held(world: World) -> str:
    """Return a record with a held entry and a new one."""
    for year in YEARS:
        world.write_sage(year, "Adr", AdrId="1", Corp="Andere")
    key = world.add(SAGENR0="1")
    world.drain()
    assert world.statuses(key) == ["held"]
    world.change(key, CITY0="Bern")
    return key


def _before_ack(world: World, key: str, act: Act) -> Milestone:
    acted: list[str] = []

    def reached(name: str) -> None:
        if name == "before_ack" and not acted:
            acted.append(name)
            with world.cobra.begin() as connection:
                operator = Operator("Rosa Muster", "in Sage korrigiert")
                assert act(Repair(connection, operator), Selection(keys=(key,)))

    return reached


def test_release_is_not_lost(world: World) -> None:
    """A record that is corrected in Sage and released between plan and acknowledgement goes."""
    key = _held(world)

    def correct_and_release(repair: Repair, selection: Selection) -> list[RecordId]:
        for year in YEARS:
            with world.sage[year].begin() as connection:
                connection.exec_driver_sql("DELETE FROM Adr WHERE AdrId = '1'")
        return repair.release(selection)

    world.drain(_before_ack(world, key, correct_and_release))
    assert world.statuses(key) == ["applied", "applied"]
    world.assert_nothing_double()


def test_skip_is_not_undone(world: World) -> None:
    """An entry that is skipped just then stays skipped, and so do its deliveries."""
    key = _held(world)
    world.drain(_before_ack(world, key, Repair.skip))
    assert world.statuses(key) == ["skipped", "held"]
    for year in YEARS:
        assert [d.status for d in world.deliveries(key, year)] == ["skipped", "held"]
