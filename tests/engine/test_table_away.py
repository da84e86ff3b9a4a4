"""A vendor's table or column that is away for a moment is the database's trouble, no record's."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack, contextmanager
from threading import Event
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy.exc import DBAPIError
from structlog.testing import capture_logs

from relay.base.errors import LockLost, Refused, Unavailable
from relay.cobra.capture import install
from relay.cobra.lock import hold
from relay.cobra.reading.rows import TableReader
from relay.engine.loop import Chores, Pace, run_loop
from relay.engine.service import run, taken_over
from tests.engine.test_pulse import Heard, running
from tests.engine.test_years import _error, _look_until
from tests.soak.killing import wait_for
from tests.world.company import World
from tests.world.databases import YEARS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from relay.engine.step import Drain
    from relay.engine.years import Years


@contextmanager
def _working(
    world: World, milestone: Callable[[str], None] = lambda _name: None
) -> Iterator[tuple[Any, Drain, Years]]:
    with hold(world.relay_engine()) as lock:
        assert lock is not None
        with taken_over(lock, world.settings, milestone) as (drain, years):
            yield lock, drain, years


def _rename(world: World, engine: Any, table: str, old: str, new: str) -> None:
    """Rename a column, or (`old` is empty) the table."""
    with engine.begin() as connection:
        if world.dialect.name == "sqlite":
            what = f"RENAME COLUMN {old} TO {new}" if old else f"RENAME TO {new}"
            connection.exec_driver_sql(f"ALTER TABLE {table} {what}")
        elif old:
            connection.exec_driver_sql(f"EXEC sp_rename 'dbo.{table}.{old}', '{new}', 'COLUMN'")
        else:
            connection.exec_driver_sql(f"EXEC sp_rename 'dbo.{table}', '{new}', 'OBJECT'")


@pytest.mark.parametrize(("old", "new"), [("CITY0", "CITY9"), ("", "ADDRESSES9")])
def test_cobras_table_is_away_within_a_batch(world: World, old: str, new: str) -> None:
    """Nothing is held, the lock stays ours, and once it is back everything goes by itself."""
    away: list[str] = []

    def vanish(name: str) -> None:
        if name == "listed" and not away:
            away.append(name)
            _rename(world, world.cobra, "ADDRESSES", old, new)

    with _working(world, vanish) as (_, drain, _years):
        keys = [world.add(SAGENR0=n) for n in ("1", "2")]
        for _ in range(2):
            with pytest.raises(Unavailable) as told:
                drain.step()
            assert not isinstance(told.value, LockLost)
            # The stand-in has no number of SQL Server's for it: there the table does not answer.
            known = (
                {"table_absent"}
                if world.dialect.name == "sqlite"
                else {"table_absent", "database_unusable"}
            )
            assert told.value.code in known
        assert set(world.statuses()) == {"pending"}
        if old:
            _rename(world, world.cobra, "ADDRESSES", new, old)
        else:
            _rename(world, world.cobra, new, "", "ADDRESSES")
        assert drain.step() == 2
    assert {s for key in keys for s in world.statuses(key)} == {"applied"}


@pytest.mark.parametrize(("old", "new"), [("City", "City9"), ("", "Adr9")])
def test_sages_table_is_away_within_a_batch(world: World, old: str, new: str) -> None:
    """That year waits, the other one gets its data; once it is back the rest goes by itself."""
    away: list[str] = []

    def vanish(name: str) -> None:
        if name == "read" and not away:
            away.append(name)
            _rename(world, world.sage[YEARS[0]], "Adr", old, new)

    with _working(world, vanish) as (_, drain, years):
        key = world.add(SAGENR0="1")
        drain.step()
        (entry,) = world.entries(key)
        assert (entry.status, entry.waiting_on) == ("waiting", f"year:{YEARS[0]}")
        assert set(world.in_sage(YEARS[1])) == {"1"}
        if old:
            _rename(world, world.sage[YEARS[0]], "Adr", new, old)
        else:
            _rename(world, world.sage[YEARS[0]], new, "", "Adr")
        _look_until(years, drain, lambda: world.statuses(key) == ["pending"])
        drain.step()
    assert world.statuses(key) == ["applied"]


@pytest.mark.parametrize(("old", "new"), [("CITY0", "CITY9"), ("", "ADDRESSES9"), ("", "")])
def test_takeover_amid_an_update_of_cobra_waits_for_its_end(
    world: World, monkeypatch: pytest.MonkeyPatch, old: str, new: str
) -> None:
    """A first start refuses; who has worked goes on trying, also where the triggers are gone."""
    monkeypatch.setattr("relay.engine.service.COBRA_PAUSE_S", 0.01)
    monkeypatch.setattr("relay.engine.service.LONGEST_PAUSE_S", 0.01)
    heard, lost = Heard(), list[str]()

    def begin() -> None:
        if new:
            _rename(world, world.cobra, "ADDRESSES", old, new)
        else:
            with world.cobra.begin() as connection:
                connection.exec_driver_sql("DROP TRIGGER relay_address_update")

    def end() -> None:
        if old:
            _rename(world, world.cobra, "ADDRESSES", new, old)
        elif new:
            _rename(world, world.cobra, new, "", "ADDRESSES")
        else:
            install(world.relay_engine(), world.settings)

    def lose(name: str) -> None:
        if name == "polled" and not lost:
            lost.append(name)
            begin()
            raise LockLost("lock_lost")

    begin()
    with pytest.raises(Refused):
        run(world.settings, Event())
    end()
    key = world.add(SAGENR0="1")
    event = "captured_away" if new else "trigger_wrong"
    with capture_logs() as logs, running(world.settings, heard, lose):
        wait_for("it was told", lambda: [log["event"] for log in logs].count(event) > 1, 30)
        end()
        wait_for("it went over", lambda: world.statuses(key) == ["applied"], 30)
    assert heard.said[-2:] == ["service_without_cobra", "service_works"]
    world.assert_nothing_double()


def test_who_waits_for_its_end_lets_another_one_work(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whom the triggers fit, as one of the version that installed them, gets the lock meanwhile."""
    monkeypatch.setattr("relay.engine.service.COBRA_PAUSE_S", 0.01)
    lost = list[str]()

    def lose(name: str) -> None:
        if name == "polled" and not lost:
            lost.append(name)
            with world.cobra.begin() as connection:
                connection.exec_driver_sql("DROP TRIGGER relay_address_update")
            raise LockLost("lock_lost")

    def is_free() -> bool:
        with hold(world.relay_engine()) as lock:
            return lock is not None

    world.add()
    with capture_logs() as logs, running(world.settings, Heard(), lose):
        wait_for("it was told", lambda: "trigger_wrong" in {log["event"] for log in logs}, 30)
        wait_for("the lock is free", is_free, 10)


def test_standby_takes_over_amid_an_update_of_cobra(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who stood by goes on trying as well: the other one may be gone for good."""
    monkeypatch.setattr("relay.engine.service.LONGEST_PAUSE_S", 0.01)
    heard, key = Heard(), world.add(SAGENR0="1")
    with capture_logs() as logs, ExitStack() as standby:
        with hold(world.relay_engine()):
            standby.enter_context(running(world.settings, heard))
            heard.wait(lambda: "service_stands_by" in heard.said)
            _rename(world, world.cobra, "ADDRESSES", "CITY0", "CITY9")
        wait_for("it was told", lambda: "captured_away" in {log["event"] for log in logs}, 30)
        _rename(world, world.cobra, "ADDRESSES", "CITY9", "CITY0")
        wait_for("it went over", lambda: world.statuses(key) == ["applied"], 30)


def test_loop_waits_for_it(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The loop tells it, goes on trying ever more rarely, and never gives the lock away."""
    stop, tries = Event(), []
    monkeypatch.setattr("relay.engine.loop.FIRST_PAUSE_S", 0.001)
    with _working(world) as (_lock, drain, years), capture_logs() as logs:
        real = drain.step

        def step() -> int:
            tries.append(1)
            if len(tries) < 4:
                raise Unavailable("table_absent", what="odd")
            stop.set()
            return real()

        monkeypatch.setattr(drain, "step", step)
        key = world.add(SAGENR0="1")
        run_loop(drain, years, Chores(), stop, Pace(0.001))
    assert [log["code"] for log in logs if log["event"] == "cobra_paused"] == ["table_absent"] * 3
    assert world.statuses(key) == ["applied"]


def test_lost_lock_still_ends_the_loop(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A relay that lost the lock stops, however the loss is told."""
    with _working(world) as (_lock, drain, years):

        def step() -> int:
            raise LockLost("lock_lost")

        monkeypatch.setattr(drain, "step", step)
        with pytest.raises(LockLost):
            run_loop(drain, years, Chores(), Event(), Pace(0.001))


@pytest.mark.parametrize("table_answers", [True, False])
def test_unknown_error_is_a_records_only_where_its_table_answers(
    world: World, monkeypatch: pytest.MonkeyPatch, *, table_answers: bool
) -> None:
    """An error that nobody knows, at the only record due: is it the record, or the table?"""
    with _working(world) as (_, drain, _years):
        key = world.add(SAGENR0="1")

        def odd(*_args: object) -> None:
            raise _error("SQLITE_ODD")

        monkeypatch.setattr(TableReader, "_rows", odd)
        if table_answers:
            drain.step()
            (entry,) = world.entries(key)
            assert (entry.status, entry.error_code) == ("held", "unreadable")
            return
        real = drain._reader._addresses._table  # noqa: SLF001 - what is asked of the server
        broken = real._query.where(_Odd())  # noqa: SLF001
        monkeypatch.setattr(real, "_query", broken)
        with pytest.raises((Unavailable, DBAPIError)):
            drain.step()
        assert world.statuses(key) == ["pending"]


def _Odd() -> Any:  # noqa: N802 - stands for a condition
    from sqlalchemy import text  # noqa: PLC0415

    return text("no_such_function(1) = 1")
