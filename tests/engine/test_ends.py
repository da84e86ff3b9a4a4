"""Plays what each code says can end it: a change in cobra, in Sage, a restart, time, a person."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import update

from relay.admin.repair import Repair
from relay.admin.selection import EntrySelection
from relay.base import texts
from relay.base.codes import End, ends
from relay.base.values import Person, year_wait
from relay.cobra.lock import hold
from relay.cobra.outbox import Outbox
from relay.engine.chores import recheck
from tests.world.company import World
from tests.world.databases import YEARS, Databases

CODES = sorted(code for code, told in texts.definitions().items() if "ends" in told)


@pytest.fixture
def stuck(world: World) -> dict[str, str]:
    """Have a record for each code, stuck with it, in which nothing is wrong any more."""
    world.drain()
    keys = {code: world.add(ADDRTYPE0="Lieferant") for code in (*CODES, "of_another_version")}
    for code, key in keys.items():
        _set(world, key, status="held", error_code=code)
    return keys


def _set(world: World, key: str, **values: Any) -> None:
    o = world.outbox.outbox
    with world.cobra.begin() as connection:
        connection.execute(update(o).where(o.c.entity_key == key).values(**values))


def _finished(world: World, keys: dict[str, str]) -> set[str]:
    by_key = {key: code for code, key in keys.items()}
    done = {e.entity_key for e in world.entries() if e.status == "not_for_sage"}
    return {code for key, code in by_key.items() if key in done}


def _ended_by(end: End) -> set[str]:
    return {code for code in CODES if end in ends(code)} | {"of_another_version"}


def test_restart_tries_what_the_configuration_can_end(world: World, stuck: dict[str, str]) -> None:
    """Another relay.toml, or another version of the relay, comes with a start."""
    world.drain()
    assert _finished(world, stuck) == _ended_by(End.CONFIGURATION)


def test_look_at_sage_tries_what_sage_can_end(world: World, stuck: dict[str, str]) -> None:
    """Sage has no trigger, so it is looked at again every few minutes."""
    with hold(world.relay_engine()) as lock:
        assert lock is not None
        lock.take_epoch(0)
        recheck(Outbox(lock))
    pending = {e.entity_key for e in world.entries() if e.status == "pending"}
    assert {code for code, key in stuck.items() if key in pending} == _ended_by(End.SAGE)


def test_change_in_cobra_and_a_persons_release_end_each(
    world: World, stuck: dict[str, str]
) -> None:
    """A notice carries older entries along, whatever they are held for; so does a release."""
    corrected = {code: key for code, key in stuck.items() if End.RECORD in ends(code)}
    for key in corrected.values():
        world.change(key, CITY0="Bern")
    released = {code: key for code, key in stuck.items() if code not in corrected}
    with world.cobra.begin() as connection:
        chosen = EntrySelection(keys=tuple(released.values()))
        Repair(connection, Person("Rosa Muster", "geht wieder")).release(chosen)
    world.drain()
    assert _finished(world, stuck) == set(stuck)


def test_time_ends_what_passes(world: World) -> None:
    """A year that is here again, or a row that nobody has open any more."""
    for code in _ended_by(End.TIME) - {"of_another_version"}:
        key = world.add(ADDRTYPE0="Lieferant")
        of_year = code.endswith("_away")
        status, on = ("waiting", year_wait(YEARS[0])) if of_year else ("retrying", None)
        due = None if of_year else world.entries(key)[0].created_at
        _set(world, key, status=status, error_code=code, waiting_on=on, next_attempt_at=due)
    world.drain()
    assert set(world.statuses()) == {"not_for_sage"}


def test_hold_of_one_year_counts_beside_that_of_another(world: World) -> None:
    """An entry shows one reason; what another year holds it for is tried again as well."""
    world.write_sage(YEARS[0], "Adr", AdrId="1", Corp="Andere")
    key = world.add(SAGENR0="1")
    world.drain()
    assert world.deliveries(key, YEARS[0])[0].error_code == "number_unlinked"
    _set(world, key, error_code="number_changed")  # the other year's, say
    with world.sage[YEARS[0]].begin() as connection:
        connection.exec_driver_sql("DELETE FROM Adr WHERE AdrId = '1'")
    with hold(world.relay_engine()) as lock:
        assert lock is not None
        lock.take_epoch(0)
        recheck(Outbox(lock))
    assert world.statuses(key) == ["pending"]


@pytest.mark.parametrize("whose", ["entry", "delivery"])
def test_wait_for_a_year_that_was_taken_out_ends(databases: Databases, whose: str) -> None:
    """It says no more whether it holds an invoice, or which address has a number."""
    world = World(databases)
    key = world.add(SAGENR0="1") if whose == "delivery" else world.add(ADDRTYPE0="Lieferant")
    world.drain()
    gone = year_wait(YEARS[0])
    _set(world, key, status="waiting", waiting_on=gone if whose == "entry" else None,
         error_code="year_away")  # fmt: skip
    d = world.outbox.delivery
    with world.cobra.begin() as connection:
        connection.execute(
            update(d)
            .where(d.c.year == YEARS[1])
            .values(status="waiting", waiting_on=gone, error_code="year_away")
        )
    years = [y.model_dump(mode="json") for y in databases.settings().sage.year]
    world.settings = databases.settings(sage={"year": years[1:]})
    world.drain()
    assert world.statuses(key) == ["applied" if whose == "delivery" else "not_for_sage"]
