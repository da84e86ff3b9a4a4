"""Two relays: one works, and one that lost its turn can write nothing any more."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from sqlalchemy import event

import relay
from relay.base.errors import FenceLost, LockLost, Refused
from relay.cobra.lock import Lock, hold
from relay.engine.service import taken_over
from tests.crash.wire import Errors
from tests.world.company import World
from tests.world.databases import YEARS


def test_second_relay_does_not_get_the_lock(world: World) -> None:
    """While one relay holds the lock another one gets none, and after its end it does."""
    with hold(world.relay_engine()) as first, hold(world.relay_engine()) as second:
        assert first is not None
        assert second is None
    with hold(world.relay_engine()) as third:
        assert third is not None


def test_lock_goes_with_a_connection_that_breaks_as_it_is_given_back(world: World) -> None:
    """A relay whose connection breaks at its end ends in peace, and the next one gets the lock."""
    engine = world.relay_engine()

    def broken(*_: object) -> None:
        raise Errors(engine.dialect.name).lost()

    with hold(engine) as first:
        assert first is not None
        event.listen(engine, "do_execute", broken)
    with hold(world.relay_engine()) as second:
        assert second is not None


def test_drain_refuses_while_another_relay_works(world: World) -> None:
    """A second `relay drain` says that another relay works, and writes nothing."""
    world.add()
    with hold(world.relay_engine()), pytest.raises(Refused, match="another_relay_works"):
        world.drain()
    assert world.statuses() == ["pending"]


def test_stalled_relay_wakes_up_behind_the_fence(world: World) -> None:
    """A relay that stalls in a batch, loses the lock and wakes up cannot write to Sage."""
    key = world.add(SAGENR0="1")
    others: list[int] = []
    with hold(world.relay_engine()) as stalled:
        assert stalled is not None

        def another_takes_over(reached: str) -> None:
            if reached == "read" and not others:
                world.change(key, CITY0="Bern")
                with world.relay_engine().connect() as connection:
                    usurper = Lock(connection)
                    with taken_over(usurper, world.settings) as (drain, _years):
                        others.append(drain.step())

        with (
            taken_over(stalled, world.settings, another_takes_over) as (drain, _years),
            pytest.raises((FenceLost, LockLost)),
        ):
            drain.step()
    assert others == [1]
    assert world.in_sage(YEARS[0])["1"]["City"] == "Bern"
    assert world.statuses(key) == ["applied", "applied"]
    world.assert_nothing_double()


def test_stalled_relay_cannot_acknowledge(world: World) -> None:
    """A relay that stalls after Sage's commit and loses the lock cannot write to cobra."""
    world.add(SAGENR0="1")
    taken: list[int] = []
    with hold(world.relay_engine()) as stalled:
        assert stalled is not None

        def another_takes_over(reached: str) -> None:
            if reached == "before_ack" and not taken:
                with world.relay_engine().connect() as connection:
                    usurper = Lock(connection)
                    with taken_over(usurper, world.settings):
                        taken.append(1)

        with (
            taken_over(stalled, world.settings, another_takes_over) as (drain, _years),
            pytest.raises(LockLost),
        ):
            drain.step()
    assert world.statuses() == ["pending"]
    world.drain()
    assert world.statuses() == ["applied"]
    world.assert_nothing_double()


def test_stalled_relay_takes_no_new_epoch(world: World) -> None:
    """A relay that wakes up as a year comes back does not overtake the one that took over."""
    world.drain()
    with hold(world.relay_engine()) as stalled:
        assert stalled is not None
        with (
            taken_over(stalled, world.settings),
            world.relay_engine().connect() as connection,
            taken_over(Lock(connection), world.settings) as (drain, _years),
        ):
            with pytest.raises(LockLost):
                stalled.take_epoch(stalled.epoch + 1)
            world.add(SAGENR0="1")
            assert drain.step() == 1


def test_epoch_rises_above_both_sides(world: World) -> None:
    """A cobra whose epoch was set back takes one greater than every year's."""
    world.drain()
    with world.sage[YEARS[1]].begin() as connection:
        peer = world.ledger.peer
        connection.execute(peer.update().values(epoch=41))
    with hold(world.relay_engine()) as lock:
        assert lock is not None
        with taken_over(lock, world.settings):
            assert lock.epoch == 42
    for year in YEARS:
        assert [row.epoch for row in world.rows(year, world.ledger.peer)] == [42]


def test_only_one_function_opens_sages_transactions() -> None:
    """Only `SageYear.transaction` begins a transaction that may write to Sage.

    The two others in that module write nothing, and no other module touches a transaction of
    a Sage year's connection.
    """
    package = Path(relay.__file__).parent
    begins: set[tuple[str, str]] = set()
    for path in package.rglob("*.py"):
        for function in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(function, ast.FunctionDef):
                begins |= {
                    (path.relative_to(package).as_posix(), function.name)
                    for call in ast.walk(function)
                    if isinstance(call, ast.Attribute)
                    and call.attr in ("begin", "commit")
                    and isinstance(call.value, ast.Attribute | ast.Name)
                    and "connection" in ast.unparse(call.value)
                }
    in_sage = {name for file, name in begins if file == "sage/year.py"}
    assert in_sage == {"transaction", "peer", "sage_table"}
    assert "year.connection" not in {
        ast.unparse(call.value)
        for path in package.rglob("*.py")
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(call, ast.Attribute) and call.attr in ("begin", "commit")
    }
    writing = [
        function.name
        for function in ast.walk(ast.parse((package / "sage/year.py").read_text(encoding="utf-8")))
        if isinstance(function, ast.FunctionDef)
        and function.name in ("peer", "sage_table")
        and any(
            isinstance(call, ast.Name) and call.id in ("insert", "update", "delete")
            for call in ast.walk(function)
        )
    ]
    assert writing == []
