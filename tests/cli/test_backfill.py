"""Many records at once: `relay backfill` and `relay purge`."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select, update

from relay.admin import backfill, meant
from relay.admin.repair import Repair
from relay.base.values import Person
from tests.world.company import World
from tests.world.databases import YEARS
from tests.world.desk import Desk


def test_backfill_brings_what_was_there_before_the_triggers(desk: Desk, world: World) -> None:
    """Selected addresses without any entry go over; others and deleted ones get no notice."""
    selected = world.add(SAGENR0="1")
    world.add(SAGENR0="2", ADDRTYPE0="Lieferant")
    world.add(SAGENR0="3", DELETED0=1)
    _forget_entries(world)
    done = desk.relay("backfill", "--reason", "Erstbestand")
    assert done.exit_code == 0, done.output
    assert [(e.entity_key, e.cause) for e in world.entries()] == [(selected, "backfill")]
    world.drain()
    assert all(set(world.in_sage(year)) == {"1"} for year in YEARS)
    assert "1" in done.output


def test_interrupted_backfill_goes_on(
    desk: Desk, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A backfill that dies between two pages queues the rest in its next run, and nothing twice."""
    monkeypatch.setattr(backfill, "PAGE", 2)
    keys = [world.add() for _ in range(5)]
    _forget_entries(world)
    with monkeypatch.context() as patched:
        real, calls = Repair.notice, []

        def dies_at_second(self: Repair, *args: object) -> None:
            calls.append(args)
            if len(calls) == 2:
                raise MemoryError
            real(self, *args)  # type: ignore[arg-type] # as it was called

        patched.setattr(Repair, "notice", dies_at_second)
        assert desk.relay("backfill", "--reason", "stirbt").exit_code != 0
    assert [entry.entity_key for entry in world.entries()] == keys[:2]
    again = desk.relay("backfill", "--reason", "weiter")
    assert "fortgesetzt" in again.output
    assert [entry.entity_key for entry in world.entries()] == keys
    desk.relay("backfill", "--reason", "noch ein ganzer Lauf")
    assert len(world.entries()) == 10


def test_backfill_leaves_time_for_clerks(world: World) -> None:
    """At 2 a second, 5 records are pages of 2, with a second between two of them."""
    keys = [world.add() for _ in range(5)]
    _forget_entries(world)
    rests: list[float] = []
    with world.cobra.connect() as connection:
        run = backfill.Backfill(connection, Person("Rosa Muster", "Erstbestand"), "test")
        steps: list[int] = []
        told = run.run(lambda a: iter([] if a else keys), steps.append, 2, rests.append)
    assert (told, steps, rests) == ((5, False), [2, 2, 1], [1.0, 1.0])
    assert [entry.entity_key for entry in world.entries()] == keys


def test_backfill_of_a_new_year(desk: Desk, world: World) -> None:
    """`--year` queues what the preceding year has linked; the first year has none before it."""
    linked = world.add(SAGENR0="1")
    world.drain()
    world.add(SAGENR0="2")
    _forget_entries(world)
    done = desk.relay("backfill", "--year", YEARS[1], "--reason", "neues Jahr")
    assert done.exit_code == 0, done.output
    assert [entry.entity_key for entry in world.entries()] == [linked]
    assert desk.relay("backfill", "--year", YEARS[0], "--reason", "x").exit_code == 4
    assert desk.relay("backfill", "--year", "FEHLT", "--reason", "x").exit_code == 4


def test_backfill_of_linked_addresses_repairs_sage(desk: Desk, world: World) -> None:
    """`--linked` compares every address that any year has linked, selected or not."""
    key = world.add(SAGENR0="1")
    world.drain()
    world.change(key, ADDRTYPE0="Lieferant")
    world.drain()
    with world.sage[YEARS[0]].begin() as connection:
        connection.exec_driver_sql("UPDATE Adr SET City = 'Falsch'")
    assert desk.relay("backfill", "--linked", "--reason", "Abgleich").exit_code == 0
    world.drain()
    assert world.in_sage(YEARS[0])["1"]["City"] == "Langnau i. E."


def test_purge_deletes_only_what_is_finished_and_old(desk: Desk, world: World) -> None:
    """Open entries, young ones and each year's newest stay; what went is in the audit."""
    done = [world.add() for _ in range(3)]
    world.drain()
    waiting = world.add(CITY0=None)
    world.drain()
    o = world.outbox.outbox
    with world.cobra.begin() as connection:
        old = update(o).where(o.c.entity_key.in_(done))
        connection.execute(old.values(finished_at=world.entries()[0].created_at))
    assert desk.relay("purge", "--days", "1", "--reason", "Platz").exit_code == 0
    assert len(world.entries()) == 4
    with world.cobra.begin() as connection:
        earlier = world.entries()[0].created_at.replace(year=2020)
        connection.execute(update(o).values(created_at=earlier))
        connection.execute(update(o).where(o.c.status == "applied").values(finished_at=earlier))
    told = desk.relay("purge", "--days", "1", "--reason", "Platz")
    assert told.exit_code == 0, told.output
    assert [entry.entity_key for entry in world.entries()] == [done[-1], waiting]
    a = world.outbox.audit
    with world.cobra.connect() as connection:
        audited = connection.execute(select(a.c.action, a.c.detail).order_by(a.c.id)).all()
    assert [tuple(row) for row in audited] == [
        ("purge", '{"records":0}'),
        ("purge", '{"records":2}'),
    ]


def _forget_entries(world: World) -> None:
    with world.cobra.begin() as connection:
        connection.execute(world.outbox.outbox.delete())


def test_run_of_another_occasion_is_not_continued(
    desk: Desk, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A backfill that broke off long ago does not make a new one leave out its beginning."""
    monkeypatch.setattr(backfill, "PAGE", 1)
    keys = [world.add() for _ in range(2)]
    _forget_entries(world)
    with monkeypatch.context() as patched:
        patched.setattr(backfill.Backfill, "_write", _dies_after_first())
        assert desk.relay("backfill", "--reason", "Januar").exit_code != 0
    a = world.outbox.audit
    with world.cobra.begin() as connection:
        old = connection.execute(select(a.c.at)).scalar_one().replace(year=2020)
        connection.execute(update(a).values(at=old))
    done = desk.relay("backfill", "--reason", "Juni")
    assert "fortgesetzt" not in done.output
    assert [entry.entity_key for entry in world.entries()][-2:] == keys


def _dies_after_first() -> Any:
    real, calls = backfill.Backfill._write, []  # noqa: SLF001 - dies amid its work

    def write(self: backfill.Backfill, *args: Any, **values: Any) -> None:
        calls.append(args)
        if len(calls) == 2:
            raise MemoryError
        real(self, *args, **values)

    return write


def test_all_rows_are_counted_and_read_page_by_page(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The bar counts each row that is looked at; those that are meant come in their order."""
    monkeypatch.setattr(meant, "PAGE", 2)
    keys = [world.add() for _ in range(3)]
    world.add(ADDRTYPE0="Lieferant")
    keys.append(world.add())
    with world.cobra.connect() as connection:
        addresses = meant.selected_addresses(connection, world.settings.cobra.address)
        assert addresses.count(connection) == 5
        assert list(addresses.keys(connection)) == keys
        assert list(addresses.keys(connection, keys[1])) == keys[2:]
