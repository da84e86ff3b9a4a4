"""Saves that do not happen."""

from __future__ import annotations

from tests.cobra.capture.clerk import Cobra


def test_rolled_back_save_leaves_no_entry(cobra: Cobra) -> None:
    """The entry is part of the save: both happen, or neither."""
    with cobra.clerk.begin() as transaction:
        cobra.clerk.exec_driver_sql(f"UPDATE {cobra.table()} SET CITY0 = 'Davos'")
        cobra.clerk.exec_driver_sql(f"DELETE FROM {cobra.table()}")
        transaction.rollback()

    assert cobra.noted() == []
    assert cobra.ask(f"SELECT COUNT(*) FROM {cobra.table()} WHERE CITY0 = 'Chur'") == 1


def test_save_back_to_a_savepoint_leaves_the_earlier_entry(cobra: Cobra) -> None:
    """Of a save that was taken back in part, the part that stays is noted."""
    with cobra.clerk.begin():
        cobra.clerk.exec_driver_sql(f"UPDATE {cobra.table()} SET CITY0 = 'Davos' WHERE ID = 1")
        inner = cobra.clerk.begin_nested()
        cobra.clerk.exec_driver_sql(f"UPDATE {cobra.table()} SET CITY0 = 'Aarau' WHERE ID = 2")
        inner.rollback()

    assert cobra.changes() == [("1", "update", "city")]
