"""A restored, copied or mistaken database is refused before anything is written."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import uuid4

import pytest

from relay.admin.repair import Repair
from relay.admin.selection import EntrySelection
from relay.base.errors import Refused
from relay.base.values import Person, Status
from relay.cobra.identity import Identity
from relay.cobra.lock import hold
from relay.cobra.memory import Memory
from relay.cobra.outbox import Outbox
from relay.cobra.purge import purge
from relay.engine.handshake import Meeting, judge
from relay.sage.port import Peer
from tests.world.backups import Backup
from tests.world.company import World
from tests.world.databases import YEARS


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
    """A year that is paired with another cobra is never written to: that one's relay goes on."""
    world.drain()
    with world.sage[YEARS[1]].begin() as connection:
        connection.execute(world.ledger.peer.update().values(installation=uuid4()))
    (before,) = world.rows(YEARS[1], world.ledger.peer)
    world.add(SAGENR0="1")
    world.drain()
    assert world.rows(YEARS[1], world.ledger.peer) == [before]
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


def test_purge_keeps_what_the_handshake_of_a_split_batch_asks_for(world: World) -> None:
    """The newest ledgered entry is not always the last one: a purge of all leaves both."""
    with world.sage[YEARS[0]].begin() as connection:
        connection.exec_driver_sql("CREATE UNIQUE INDEX one_of_each ON Adr (Corp)")
    first = world.add(SAGENR0="1", COMPANY1="A")
    world.add(SAGENR0="2", COMPANY1="B")
    world.add(SAGENR0="3", COMPANY1="B")  # Sage refuses it, so that the batch is split
    world.change(first, CITY0="Bern")  # the newest entry is in the first half
    world.drain()
    o = world.outbox.outbox
    long_ago = datetime(2020, 1, 1, tzinfo=UTC)
    with world.cobra.begin() as connection:
        finished = o.update().where(o.c.finished_at.is_not(None))
        connection.execute(finished.values(finished_at=long_ago))
        assert purge(connection, world.outbox, [Status.APPLIED], 90) > 0
    world.drain()
    assert [_state(world, year)[0] for year in YEARS] == ["ready", "ready"]


def test_restored_cobra_is_told_by_the_newest_entry_not_the_last(world: World) -> None:
    """An old entry that is carried out last, and that the backup knows, does not hide a restore."""
    for year in YEARS:
        world.write_sage(year, "Adr", AdrId="1", Corp="Andere")
    held = world.add(SAGENR0="1")
    changed = world.add(SAGENR0="2")
    world.drain()
    backup = Backup(world.cobra)
    world.change(changed, CITY0="Bern")
    world.drain()
    for year in YEARS:
        with world.sage[year].begin() as connection:
            connection.exec_driver_sql("DELETE FROM Adr WHERE AdrId = '1'")
    with world.cobra.begin() as connection:
        Repair(connection, Person("Rosa Muster", "in Sage gelöscht")).release(
            EntrySelection(keys=(held,))
        )
    world.drain()
    assert world.statuses(held) == ["applied"]
    backup.restore()
    world.change(changed, PHONE0="1")
    with pytest.raises(Refused, match="cobra_restored"):
        world.drain()
    assert world.in_sage(YEARS[0])["2"]["City"] == "Bern"


def test_year_of_an_older_incarnation_was_restored_not_cobra() -> None:
    """A year from before cobra's own reconciled restore knows an old marker of cobra: no proof."""
    installation = uuid4()
    cobra = Identity(installation, 2, ("COBRASRV", "cobra"), "second fork")
    peer = Peer("MUSTER2025", installation, 1, 3, None, None, "first fork")
    meeting = Meeting("MUSTER2025", peer, Memory(("SAGESRV", "S")), ("SAGESRV", "S"))
    problem = judge(cobra, meeting)
    assert problem is not None
    assert problem.code == "sage_restored"
