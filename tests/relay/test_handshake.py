"""A restored, copied or mistaken database is refused before anything is written."""

from __future__ import annotations

from uuid import uuid4

import pytest

from relay.errors import Refused
from relay.lock import hold
from relay.outbox import Outbox
from relay.values import Status
from tests.databases import YEARS
from tests.relay.world import World


def _state(world: World, year: str) -> tuple[str, str | None]:
    y = world.outbox.year
    with world.cobra.connect() as connection:
        row = connection.execute(y.select().where(y.c.name == year)).one()
    return row.state, row.error_code


def test_restored_sage_is_refused_and_the_other_year_goes_on(world: World) -> None:
    """An acknowledged entry that the ledger does not know: this year was restored."""
    key = world.add(SAGENR0="1")
    world.drain()
    with world.sage[YEARS[0]].begin() as connection:  # as it was before the entry
        connection.execute(world.ledger.applied.delete())
        connection.execute(world.ledger.link.delete())
        connection.exec_driver_sql("DELETE FROM Adr")
    world.change(key, CITY0="Bern")
    world.drain()
    assert _state(world, YEARS[0]) == ("refused", "sage_restored")
    assert world.in_sage(YEARS[0]) == {}
    assert world.in_sage(YEARS[1])["1"]["City"] == "Bern"
    assert world.statuses(key)[-1] == "waiting"


def test_sage_without_its_peer_is_refused(world: World) -> None:
    """A year that cobra remembers but that does not know us was restored or replaced."""
    world.drain()
    with world.sage[YEARS[0]].begin() as connection:
        connection.execute(world.ledger.peer.delete())
    key = world.add(SAGENR0="1")
    world.drain()
    assert _state(world, YEARS[0]) == ("refused", "sage_restored")
    assert world.in_sage(YEARS[0]) == {}
    assert world.statuses(key) == ["waiting"]


def test_restored_cobra_writes_nowhere(world: World) -> None:
    """A ledgered entry that the outbox does not know: cobra was restored, nothing is written."""
    world.add(SAGENR0="1")
    world.drain()
    with world.cobra.begin() as connection:  # as it was before the first entry
        connection.execute(world.outbox.delivery.delete())
        connection.execute(world.outbox.outbox.delete())
        connection.execute(world.outbox.year.update().values(acked_id=None, acked_uid=None))
    key = world.add(SAGENR0="2")
    with pytest.raises(Refused, match="cobra_restored"):
        world.drain()
    assert world.statuses(key) == ["pending"]
    assert all(set(world.in_sage(year)) == {"1"} for year in YEARS)


def test_copied_cobra_writes_nowhere(world: World) -> None:
    """A cobra database under another name than at pairing may be a copy: nothing is written."""
    world.drain()
    with world.cobra.begin() as connection:
        connection.execute(world.outbox.identity.update().values(database_name="anderswo"))
    world.add()
    with pytest.raises(Refused, match="cobra_copied"):
        world.drain()
    assert world.in_sage(YEARS[0]) == {}


def test_foreign_installation_is_refused(world: World) -> None:
    """A year that is paired with another cobra is never written to."""
    world.drain()
    with world.sage[YEARS[1]].begin() as connection:
        connection.execute(world.ledger.peer.update().values(installation=uuid4()))
    world.add(SAGENR0="1")
    world.drain()
    assert _state(world, YEARS[1]) == ("refused", "wrong_installation")
    assert world.in_sage(YEARS[1]) == {}
    assert set(world.in_sage(YEARS[0])) == {"1"}


def test_copied_year_is_refused(world: World) -> None:
    """A year database copied for the new year still says the old year's name: refused."""
    world.drain()
    with world.sage[YEARS[1]].begin() as connection:
        connection.execute(world.ledger.peer.update().values(year=YEARS[0]))
    world.add(SAGENR0="1")
    world.drain()
    assert _state(world, YEARS[1]) == ("refused", "year_copied")
    assert world.in_sage(YEARS[1]) == {}


def test_newest_entries_are_never_purged(world: World) -> None:
    """The entry that the handshake asks for outlives every retention."""
    world.add(SAGENR0="1")
    world.add(SAGENR0="2")
    world.drain()

    with world.cobra.begin() as connection:
        connection.execute(
            world.outbox.outbox.update().values(finished_at=world.entries()[0].created_at)
        )
    with hold(world.relay_engine()) as lock:
        assert lock is not None
        lock.take_epoch(0)
        assert Outbox(lock).purge([Status.APPLIED], days=-1) == 1
    assert len(world.entries()) == 1
    world.add(SAGENR0="3")
    world.drain()
    assert set(world.statuses()) == {"applied"}
