"""Columns that are none of our business."""

from __future__ import annotations

from tests.cobra.capture.clerk import Cobra


def test_change_of_an_unmapped_column_makes_no_entry(cobra: Cobra) -> None:
    """Notes, and who changed the row, concern nobody in Sage."""
    cobra.save(f"UPDATE {cobra.table()} SET NOTES0 = 'rang twice', CHANGEDBY0 = 'anna'")

    assert cobra.noted() == []


def test_unmapped_column_is_not_listed(cobra: Cobra) -> None:
    """Of a change to both, only the mapped column is listed."""
    cobra.save(f"UPDATE {cobra.table()} SET NOTES0 = 'moved', CITY0 = 'Davos' WHERE ID = 1")

    assert cobra.changes() == [("1", "update", "city")]
