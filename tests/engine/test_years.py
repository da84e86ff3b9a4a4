"""A year that is away, paused or refused delays only itself."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Event

import pytest
from sqlalchemy import insert
from sqlalchemy.exc import DBAPIError

from relay.base.errors import Refused, Unavailable
from relay.cobra.lock import hold
from relay.database import Failure
from relay.engine.service import run, taken_over
from relay.engine.step import Drain
from relay.engine.years import Years
from relay.rules.address.plan import Plan
from relay.sage.layout import SageTable
from relay.sage.port import Peer
from relay.sage.year import SageYear
from tests.world.company import World
from tests.world.databases import YEARS, Databases


def _away(databases: Databases, year: int) -> dict[str, object]:
    """Return overrides under which one year's database cannot be reached."""
    settings = databases.settings()
    years = [y.model_dump(mode="json") for y in settings.sage.year]
    url = databases.years[year].set(database=f"{databases.years[year].database}_gone")
    years[year]["url"] = url.render_as_string(hide_password=False)
    return {"year": years}


def test_other_year_goes_on_and_the_rest_follows(databases: Databases) -> None:
    """With one year away the other one gets its data; later the first follows by itself."""
    world = World(databases)
    key = world.add(SAGENR0="1")
    here = world.settings
    world.settings = databases.settings(sage=_away(databases, 0))
    world.drain()
    assert set(world.in_sage(YEARS[1])) == {"1"}
    (entry,) = world.entries(key)
    assert (entry.status, entry.waiting_on) == ("waiting", f"year:{YEARS[0]}")
    assert entry.attempts == 0
    world.settings = here
    world.drain()
    assert set(world.in_sage(YEARS[0])) == {"1"}
    assert world.statuses(key) == ["applied"]
    world.assert_nothing_double()


def test_year_that_is_away_never_says_not_for_sage(databases: Databases) -> None:
    """Whether a year has the address linked is unknown while it is away: the entry waits."""
    world = World(databases)
    key = world.add(ADDRTYPE0="Lieferant")
    here = world.settings
    world.settings = databases.settings(sage=_away(databases, 1))
    world.drain()
    assert world.statuses(key) == ["waiting"]
    world.settings = here
    world.drain()
    assert world.statuses(key) == ["not_for_sage"]


def test_paused_year_gets_nothing(world: World) -> None:
    """A paused year waits, and after the pause it follows by itself."""
    pause = world.outbox.pause
    with world.cobra.begin() as connection:
        connection.execute(insert(pause).values(scope=YEARS[0], reason="Jahresabschluss"))
    key = world.add(SAGENR0="1")
    world.drain()
    assert world.in_sage(YEARS[0]) == {}
    assert world.statuses(key) == ["waiting"]
    with world.cobra.begin() as connection:
        connection.execute(pause.delete())
    world.drain()
    assert set(world.in_sage(YEARS[0])) == {"1"}
    assert world.statuses(key) == ["applied"]


def test_held_in_one_year_waits_in_another(databases: Databases) -> None:
    """A record held in one year is still delivered to the other when that one comes back."""
    world = World(databases)
    world.write_sage(YEARS[1], "Adr", AdrId="1", Corp="Andere")
    key = world.add(SAGENR0="1", CITY0="Bern")
    here = world.settings
    world.settings = databases.settings(sage=_away(databases, 0))
    world.drain()
    world.settings = here
    world.drain()
    (entry,) = world.entries(key)
    assert set(world.in_sage(YEARS[0])) == {"1"}
    assert entry.status in ("applied", "held")


def test_year_that_is_away_can_be_asked_in_sql(databases: Databases) -> None:
    """`relay.year` says which year is away and why, after a mere `relay drain` too."""
    world = World(databases)
    world.drain()
    world.settings = databases.settings(sage=_away(databases, 0))
    world.drain()
    y = world.outbox.year
    with world.cobra.connect() as connection:
        states = {row.name: row.state for row in connection.execute(y.select())}
    assert states == {YEARS[0]: "away", YEARS[1]: "ready"}


def test_year_that_vanishes_while_we_greet_it_is_away(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A year whose database breaks between connecting and the handshake delays only itself."""
    world.drain()
    key = world.add(SAGENR0="1")
    real = SageYear.peer

    def broken(year: SageYear) -> Peer | None:
        if year.name == YEARS[0]:
            year.connection.invalidate()
            raise DBAPIError("SELECT", None, sqlite3.OperationalError("no such file: gone"))
        return real(year)

    monkeypatch.setattr(SageYear, "failure", lambda *_: Failure.TECHNICAL)
    monkeypatch.setattr(SageYear, "peer", broken)
    world.drain()
    assert world.statuses(key) == ["waiting"]
    assert set(world.in_sage(YEARS[1])) == {"1"}
    monkeypatch.undo()
    world.drain()
    assert world.statuses(key) == ["applied"]


def test_year_taken_out_of_the_configuration_holds_nothing_up(databases: Databases) -> None:
    """What waited for a year that is configured no more is finished without it, and it is told."""
    world = World(databases)
    world.drain()
    key = world.add(SAGENR0="1")
    world.settings = databases.settings(sage=_away(databases, 0))
    world.drain()
    assert world.statuses(key) == ["waiting"]
    years = [y.model_dump(mode="json") for y in databases.settings().sage.year]
    world.settings = databases.settings(sage={"year": years[1:]})
    world.drain()
    assert world.statuses(key) == ["applied"]
    y = world.outbox.year
    with world.cobra.connect() as connection:
        states = {row.name: row.state for row in connection.execute(y.select())}
    assert states == {YEARS[0]: "removed", YEARS[1]: "ready"}


def test_year_whose_handshake_was_disturbed_is_not_ready(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody holds a row that the handshake needs: the year stays away, and is greeted later."""
    world.drain()
    with _working(world) as (drain, years):
        years.lose(YEARS[0], Unavailable("sage_away", year=YEARS[0], what="?"))
        with monkeypatch.context() as patched:
            asked: list[int] = []

            def disturbed(*_args: object) -> None:
                asked.append(1)
                raise _locked()

            patched.setattr("relay.engine.years.shake_hands", disturbed)
            _look_until(years, drain, lambda: bool(asked))
            assert years.ready(YEARS[0]) is None
        _look_until(years, drain, lambda: years.ready(YEARS[0]) is not None)


def test_reopening_is_repeated_after_a_lock(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """What waits for a year that came back is reopened, even if the outbox was locked just then."""
    world.drain()
    with _working(world) as (drain, years):
        years.lose(YEARS[0], Unavailable("sage_away", year=YEARS[0], what="?"))
        key = world.add(SAGENR0="1")
        drain.step()
        assert world.statuses(key) == ["waiting"]
        real, locks = drain.outbox.reopen, [_locked()]

        def reopen(waiting_on: str) -> int:
            if locks:
                raise locks.pop()
            return real(waiting_on)

        monkeypatch.setattr(drain.outbox, "reopen", reopen)
        _look_until(years, drain, lambda: world.statuses(key) == ["pending"])


def test_previous_year_that_fails_when_asked_is_lost(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What waits for the previous year, which failed when it was asked, goes when it is back."""
    world.write_sage(YEARS[1], "Adr", AdrId="80", Corp="Käserei")
    with _working(world) as (drain, years):
        key = world.add(SAGENR0="80")
        with monkeypatch.context() as patched:
            patched.setattr(SageYear, "numbers", _failing("SQLITE_IOERR"))
            drain.step()
        assert world.statuses(key) == ["waiting"]
        assert years.ready(YEARS[0]) is None
        assert years.ready(YEARS[1]) is not None

        def reached() -> bool:
            return drain.step() > 0 and world.statuses(key) == ["applied"]

        _look_until(years, drain, reached)


def test_previous_year_that_is_locked_is_asked_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody holds the previous year's row: the record is tried again, not held as our bug."""
    world.write_sage(YEARS[1], "Adr", AdrId="80", Corp="Käserei")
    key = world.add(SAGENR0="80")
    with monkeypatch.context() as patched:
        patched.setattr(SageYear, "numbers", _failing("SQLITE_BUSY"))
        world.drain()
    (entry,) = world.entries(key)
    assert (entry.status, entry.error_code) == ("retrying", "sage_locked")


def test_unknown_error_is_the_years_when_nothing_was_written(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A record that does not concern Sage is no proof that Sage takes data: nobody is held."""
    monkeypatch.setattr("relay.sage.adapter.write_addresses", _failing_on_insert)
    world.add(ADDRTYPE0="Lieferant")
    key = world.add(SAGENR0="1")
    world.drain()
    assert world.statuses(key) == ["waiting"]


def _failing_on_insert(_year: object, plans: list[Plan], _f: object) -> None:
    if any(plan.insert for plan in plans):
        raise _error("SQLITE_ODD")


def _failing(code: str) -> Callable[..., None]:
    def fail(*_args: object) -> None:
        raise _error(code)

    return fail


@contextmanager
def _working(world: World) -> Iterator[tuple[Drain, Years]]:
    with hold(world.relay_engine()) as lock:
        assert lock is not None
        with taken_over(lock, world.settings) as working:
            yield working


def _look_until(years: Years, drain: Drain, reached: Callable[[], bool]) -> None:
    """Look as the loop does, which takes a lock for no failure; the limit ends a broken one."""
    end = time.monotonic() + 60
    while not reached():
        assert time.monotonic() < end
        with suppress(DBAPIError):
            years.look(drain.outbox)
        time.sleep(0.02)


def _locked() -> DBAPIError:
    return _error("SQLITE_BUSY")


def _error(code: str) -> DBAPIError:
    """Return an error that both dialects read alike."""
    state, number = {"SQLITE_BUSY": ("HY000", 1222), "SQLITE_IOERR": ("08S01", 0)}.get(
        code, ("HY000", 0)
    )
    error = sqlite3.OperationalError(state, f"told by a test ({number}) (SQLExecute)")
    error.sqlite_errorname = code
    return DBAPIError("SELECT", None, error)


def test_year_that_was_taken_out_and_put_back_catches_up(databases: Databases) -> None:
    """What changed while a year was not configured reaches it when it is configured again."""
    world = World(databases)
    key = world.add(SAGENR0="1")
    world.drain()
    years = [y.model_dump(mode="json") for y in databases.settings().sage.year]
    world.settings = databases.settings(sage={"year": years[1:]})
    world.change(key, CITY0="Bern")
    new = world.add(SAGENR0="2")
    world.drain()
    world.settings = databases.settings()
    world.drain()
    assert {n: row["City"] for n, row in world.in_sage(YEARS[0]).items()} == {
        "1": "Bern",
        "2": "Langnau i. E.",
    }
    assert world.statuses(new)[-1] == "applied"


@pytest.mark.parametrize("code", ["SQLITE_IOERR", "SQLITE_BUSY"])
def test_year_that_is_lost_while_it_is_opened(
    world: World, monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    """A year whose connection breaks before it was greeted is away; the other one goes on."""
    key = world.add(SAGENR0="1")
    layout = SageYear.sage_table

    def lost(year: SageYear, name: str) -> SageTable:
        if year.name == YEARS[0]:
            raise _error(code)
        return layout(year, name)

    with monkeypatch.context() as patched:
        patched.setattr(SageYear, "sage_table", lost)
        world.drain()
    assert set(world.in_sage(YEARS[1])) == {"1"}
    (entry,) = world.entries(key)
    assert (entry.status, entry.waiting_on) == ("waiting", f"year:{YEARS[0]}")
    world.drain()
    assert world.statuses(key) == ["applied"]


def test_takeover_that_meets_a_lock_is_repeated(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody who has a row of the relay open as it takes over does not end its process."""
    tries: list[str] = []
    stop = Event()

    def locked_once(*_args: object) -> None:
        tries.append("taken over")
        if len(tries) == 1:
            raise _locked()
        stop.set()

    monkeypatch.setattr("relay.engine.service._work", locked_once)
    run(world.settings, stop)
    assert len(tries) == 2


def test_restored_year_is_doubtful_also_while_nobody_can_note_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No invoice may be booked anywhere, though a row of ours is open; it is noted later."""
    restored = Refused("sage_restored", year=YEARS[0])

    def locked(*_args: object) -> None:
        raise _error("SQLITE_BUSY")

    with hold(world.relay_engine()) as lock:
        assert lock is not None
        with taken_over(lock, world.settings) as (_drain, years):
            with monkeypatch.context() as patch:
                patch.setattr("relay.engine.years.note_state", locked)
                with pytest.raises(DBAPIError):
                    years.lose(YEARS[0], restored)
            assert years.doubtful() == YEARS[0]
            years.lose(YEARS[0], restored)
            with lock.reading() as connection:
                y = lock.tables.year.c
                query = lock.tables.year.select().with_only_columns(y.state)
                state = connection.execute(query.where(y.name == YEARS[0])).scalar_one()
    assert state == "refused"
