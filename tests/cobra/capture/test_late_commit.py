"""Saves that stay open for a while."""

from __future__ import annotations

from sqlalchemy import select

from relay.cobra import access
from tests.cobra.capture.clerk import Cobra
from tests.cobra.capture.marks import only_mssql


def polled(cobra: Cobra) -> list[str]:
    """Return the keys that the relay sees, as it polls."""
    outbox = cobra.tables.outbox
    query = access.POLLED.on(select(outbox.c.entity_key), outbox)
    with cobra.engine.connect() as connection:
        return sorted(connection.execute(query).scalars())


def test_open_save_hides_only_itself_from_the_relay(cobra: Cobra) -> None:
    """While a clerk's save is open the relay sees the others; once committed it sees this one."""
    cobra.save(f"UPDATE {cobra.table()} SET CITY0 = 'Davos' WHERE ID = 1")
    slow = cobra.connect()
    save = slow.begin()
    slow.exec_driver_sql(f"UPDATE {cobra.table()} SET CITY0 = 'Aarau' WHERE ID = 2")

    assert polled(cobra) == ["1"]
    save.commit()

    assert polled(cobra) == ["1", "2"]


@only_mssql
def test_open_save_does_not_keep_others_from_saving(cobra: Cobra) -> None:
    """A later save is committed, and seen, before the one that began first; its number is lower."""
    slow = cobra.connect()
    save = slow.begin()
    slow.exec_driver_sql(f"UPDATE {cobra.table()} SET CITY0 = 'Aarau' WHERE ID = 2")

    cobra.save(f"UPDATE {cobra.table()} SET CITY0 = 'Davos' WHERE ID = 1")

    assert polled(cobra) == ["1"]
    save.commit()
    assert polled(cobra) == ["1", "2"]
