"""A key that the driver cannot read holds its own entry alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import event, func, select
from sqlalchemy.exc import DBAPIError
from structlog.testing import capture_logs

from relay.base.errors import Exit
from relay.cobra.lock import hold
from relay.cobra.unreadable import hold_unreadable
from relay.database.sqlserver.driver import decoded
from relay.engine.service import sayer
from tests.world.company import World
from tests.world.desk import Desk


def _save_half_key(world: World) -> None:
    """Write the notice of a record whose key ends with half a character."""
    mssql = world.dialect.name == "mssql"
    table = "relay.outbox" if mssql else "relay_outbox"
    half = "N'A' + NCHAR(55357)" if mssql else "CAST(x'41f09f' AS TEXT)"
    try:
        with world.cobra.begin() as connection:
            connection.exec_driver_sql(
                f"INSERT INTO {table} (entity, entity_key, operation)"
                f" VALUES ('address', {half}, 'insert')"
            )
    except DBAPIError:
        pytest.skip("this server (Babelfish) stores no half characters")


def test_key_that_cannot_be_read_holds_its_entry_alone(world: World, tmp_path: Path) -> None:
    """The poll fails at it as a whole; the others go through, and again after each start."""
    before = [world.add() for _ in range(3)]
    _save_half_key(world)
    after = [world.add() for _ in range(3)]
    with capture_logs() as logs:
        world.drain()
    assert [log["event"] for log in logs if log["log_level"] == "error"] == ["entry_unreadable"]
    world.drain()
    (entry,) = [entry for entry in world.entries() if entry.status == "held"]
    assert (entry.error_code, entry.entity_key) == ("key_unreadable", f"? {entry.id}")
    assert f"relay skip {entry.id}" in entry.error
    for key in before + after:
        assert world.statuses(key) == ["applied"]
    world.assert_nothing_double()
    desk = Desk(world.databases, tmp_path)
    assert desk.relay("skip", str(entry.id), "--reason", "korrigiert").exit_code == Exit.OK
    world.drain()
    assert world.statuses(entry.entity_key) == ["skipped"]


@pytest.mark.parametrize(
    "command", ["status", "status --check", "list", "list --json", "show {entry}"]
)
def test_people_are_shown_what_can_be_read_of_it(
    world: World, tmp_path: Path, command: str
) -> None:
    """Until the relay comes by and holds it, whoever asks sees it among the others."""
    for _ in range(2):  # the second one's number is no record's key
        _save_half_key(world)
    key = world.add()
    o = world.outbox.outbox
    with world.cobra.connect() as connection:
        entry = connection.execute(select(func.max(o.c.id)).where(o.c.entity_key != key)).scalar()
    told = Desk(world.databases, tmp_path).relay(*command.format(entry=entry).split())
    assert told.exit_code in {Exit.OK, Exit.FINDINGS}, told.output
    assert command.startswith("status --check") or "A\ufffd" in told.output


def test_half_a_character_of_sql_servers_is_shown_as_such() -> None:
    """The test server stores none."""
    assert decoded("Zoë 😀 A".encode("utf-16-le") + b"\x3d\xd8") == "Zoë 😀 A\ufffd"
    assert decoded(None) is None


def test_nothing_is_held_where_all_keys_are_read(world: World) -> None:
    """What is due stays so."""
    key = world.add()
    world.drain()
    world.change(key, CITY0="Bern")
    with hold(world.relay_engine()) as lock:
        assert lock is not None
        lock.take_epoch(0)
        assert not hold_unreadable(lock, sayer(world.settings))
    assert world.statuses(key) == ["applied", "pending"]


def test_any_other_error_holds_nothing(world: World) -> None:
    """The key is replaced only where it is the key that cannot be read."""
    world.drain()
    keys = [world.add() for _ in range(3)]
    engine = world.relay_engine()

    def fail(_cursor: object, statement: str, *_rest: object) -> None:
        if statement.startswith("SELECT") and ".entity_key" in statement.partition("WHERE")[0]:
            raise engine.dialect.loaded_dbapi.OperationalError("HY000", "who knows")

    with hold(engine) as lock:
        assert lock is not None
        lock.take_epoch(0)
        event.listen(engine, "do_execute", fail)
        with pytest.raises(DBAPIError, match="who knows"):
            hold_unreadable(lock, sayer(world.settings))
        event.remove(engine, "do_execute", fail)
    assert [world.statuses(key) for key in keys] == [["pending"]] * 3
