"""What the relay itself writes to cobra."""

from __future__ import annotations

from relay.database import dialect_of
from tests.cobra.capture.clerk import Cobra


def test_own_write_is_ignored_and_the_next_one_is_not(cobra: Cobra) -> None:
    """Only what is marked as the relay's own is ignored: it must not chase its own changes."""
    dialect = dialect_of(cobra.engine)
    with cobra.engine.begin() as relay:
        with dialect.own_writes(relay):
            relay.exec_driver_sql(f"UPDATE {cobra.table()} SET CITY0 = 'Davos'")
            relay.exec_driver_sql(f"INSERT INTO {cobra.table()} (CITY0) VALUES ('Thun')")
            relay.exec_driver_sql(f"DELETE FROM {cobra.table()} WHERE ID = 2")
        relay.exec_driver_sql(f"UPDATE {cobra.table()} SET CITY0 = 'Aarau' WHERE ID = 1")

    assert cobra.changes() == [("1", "update", "city")]


def test_mark_does_not_hide_a_clerks_save(cobra: Cobra) -> None:
    """The mark belongs to the relay's session: what others do meanwhile is noted."""
    with cobra.engine.connect() as relay:
        with relay.begin(), dialect_of(relay).own_writes(relay):
            relay.exec_driver_sql(f"UPDATE {cobra.table()} SET CITY0 = 'Davos' WHERE ID = 1")
        cobra.save(f"UPDATE {cobra.table()} SET CITY0 = 'Aarau' WHERE ID = 2")

    assert cobra.changes() == [("2", "update", "city")]
