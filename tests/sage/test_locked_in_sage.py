"""Somebody has a row open in Sage: only what needs it waits, not for long, and not for ever."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import pytest
from sqlalchemy import update

from relay.cobra.lock import hold
from relay.database import utc_in
from relay.engine.service import taken_over
from relay.engine.step import Drain
from relay.engine.suspects import ROUNDS
from relay.engine.years import Years
from relay.sage.addresses import write_addresses
from tests.engine.test_years import _error, _locked
from tests.world.company import World
from tests.world.databases import YEARS

RECORDS = 16


class Rows:
    """Stands for writing addresses; of some records it raises what a test says."""

    def __init__(self, error: Any, *bad: str, year: str = YEARS[0]) -> None:
        self.error, self.bad, self.year = error, set(bad), year
        self.looks = 0

    def __call__(self, year: Any, plans: Any, facts: Any) -> None:
        mine = year.name == self.year
        self.looks += mine
        if mine and self.bad & {plan.number for plan in plans if plan.insert or plan.update}:
            raise self.error()
        write_addresses(year, plans, facts)


@contextmanager
def _working(world: World) -> Iterator[tuple[Drain, Years]]:
    with hold(world.relay_engine()) as lock:
        assert lock is not None
        with taken_over(lock, world.settings) as working:
            yield working


def _due_now(world: World) -> None:
    o = world.outbox.outbox
    with world.cobra.begin() as connection:
        first = connection.execute(o.select()).first()
        assert first is not None
        connection.execute(
            update(o).where(o.c.status == "retrying").values(next_attempt_at=first.created_at)
        )


def test_only_the_locked_record_comes_later(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The search halves the batch; no attempt is counted, and nothing is held."""
    rows = Rows(_locked, "5")
    monkeypatch.setattr("relay.sage.adapter.write_addresses", rows)
    monkeypatch.setattr("relay.engine.apply.IN_SAGE_S", 3600.0)
    keys = {n: world.add(SAGENR0=str(n)) for n in range(1, RECORDS + 1)}
    world.drain()
    assert {s for n, key in keys.items() if n != 5 for s in world.statuses(key)} == {"applied"}
    (entry,) = world.entries(keys[5])
    assert (entry.status, entry.error_code) == ("retrying", "sage_locked")
    assert [d.attempts for d in world.deliveries(keys[5], YEARS[0])] == [0]
    assert [d.status for d in world.deliveries(keys[5], YEARS[1])] == ["applied"]
    rows.bad.clear()
    _due_now(world)
    world.drain()
    assert world.statuses(keys[5]) == ["applied"]
    world.assert_nothing_double()


def test_record_that_is_locked_when_it_is_tried_alone_once_more_comes_later(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A key was broken first, since somebody was writing; the look that follows meets the lock."""
    errors = [_error("SQLITE_CONSTRAINT_PRIMARYKEY"), _locked()]
    rows = Rows(partial(errors.pop, 0), "1")
    monkeypatch.setattr("relay.sage.adapter.write_addresses", rows)
    key = world.add(SAGENR0="1")
    with _working(world) as (drain, _years):
        drain.step()
        assert errors == []
        (entry,) = world.entries(key)
        assert (entry.status, entry.error_code) == ("retrying", "sage_locked")
        rows.bad.clear()
        _due_now(world)
        drain.step()
    assert world.statuses(key) == ["applied"]
    world.assert_nothing_double()


def test_search_ends_when_much_is_locked(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each look may take a lock timeout: without patience there is one, and the rest is later."""
    rows = Rows(_locked, *map(str, range(1, RECORDS + 1)))
    monkeypatch.setattr("relay.sage.adapter.write_addresses", rows)
    monkeypatch.setattr("relay.engine.apply.IN_SAGE_S", 0.0)
    for number in range(1, RECORDS + 1):
        world.add(SAGENR0=str(number))
    with _working(world) as (drain, _years):
        drain.step()
    assert rows.looks == 1
    assert set(world.statuses()) == {"retrying"}
    assert len(world.in_sage(YEARS[1])) == RECORDS, "the other year goes on"


def test_what_stays_locked_comes_ever_more_rarely(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So it does not keep others from coming; once it went it begins anew."""
    rows = Rows(_locked, "1")
    monkeypatch.setattr("relay.sage.adapter.write_addresses", rows)
    waits: list[int] = []

    def noted(milliseconds: int) -> Any:
        waits.append(milliseconds)
        return utc_in(milliseconds)

    monkeypatch.setattr("relay.cobra.acknowledge.utc_in", noted)
    key = world.add(SAGENR0="1")
    with _working(world) as (drain, _years):
        for _ in range(9):
            _due_now(world)
            drain.step()
        assert waits == [250, 500, 1000, 2000, 4000, 8000, 16000, 30000, 30000]
        assert world.entries(key)[0].attempts == 0
        rows.bad.clear()
        _due_now(world)
        drain.step()
        assert world.statuses(key) == ["applied"]
        rows.bad.add("2")
        waits.clear()
        world.add(SAGENR0="2")
        drain.step()
    assert waits == [250]


def test_unknown_error_alone_is_the_records_after_a_few_rounds(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may be the year's trouble, but not for ever: then it is held, and the year goes on."""
    rows = Rows(lambda: _error("SQLITE_ODD"), "1")
    monkeypatch.setattr("relay.sage.adapter.write_addresses", rows)
    key = world.add(SAGENR0="1")
    with _working(world) as (drain, years):
        for _ in range(ROUNDS - 1):
            drain.step()
            assert world.statuses(key) == ["waiting"]
            assert years.ready(YEARS[0]) is None
            _back(years, drain)
        drain.step()
        (entry,) = world.entries(key)
        assert (entry.status, entry.error_code) == ("held", "sage_refused")
        assert years.ready(YEARS[0]) is not None
        other = world.add(SAGENR0="2")
        drain.step()
        assert world.statuses(other) == ["applied"]
    rows.bad.clear()
    world.drain()
    assert world.statuses(key) == ["applied"]


def test_suspicion_ends_once_something_is_known_of_the_record(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After it went through, or was held, an unknown error is again the year's at first."""
    rows = Rows(lambda: _error("SQLITE_ODD"), "1")
    monkeypatch.setattr("relay.sage.adapter.write_addresses", rows)
    key = world.add(SAGENR0="1")
    with _working(world) as (drain, years):

        def met(rounds: int) -> None:
            for _ in range(rounds):
                drain.step()
                assert world.statuses(key)[-1] == "waiting"
                _back(years, drain)

        met(ROUNDS - 1)
        rows.bad.clear()
        drain.step()
        assert world.statuses(key) == ["applied"]
        rows.bad.add("1")
        world.change(key, CITY0="Bern")
        met(ROUNDS - 1)
        drain.step()
        assert world.statuses(key)[-1] == "held"
        world.change(key, CITY0="Thun")
        met(ROUNDS - 1)


def _back(years: Years, drain: Drain) -> None:
    """Let a year that was lost be tried again at once."""
    seat = years._seats[YEARS[0]]  # noqa: SLF001 - instead of waiting for its pause to end
    for _ in range(1000):
        seat.not_before = 0.0
        years.look(drain.outbox)
        if seat.probe is not None:
            seat.probe.exception()
        if years.ready(YEARS[0]) is not None:
            return
    raise AssertionError(seat)
