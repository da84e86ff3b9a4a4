"""A year that is away, paused or refused delays only itself."""

from __future__ import annotations

import sqlite3

import pytest
from sqlalchemy import insert
from sqlalchemy.exc import DBAPIError

from relay.dialect import Failure
from relay.sage import Peer, SageYear
from tests.databases import YEARS, Databases
from tests.relay.world import World


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
