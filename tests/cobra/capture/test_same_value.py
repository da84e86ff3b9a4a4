"""Columns that are written, but keep their value."""

from __future__ import annotations

from tests.cobra.capture.clerk import Cobra


def test_same_value_makes_no_entry(cobra: Cobra) -> None:
    """A save that changes nothing, as cobra's form does when a clerk only looks, is not noted."""
    cobra.save(f"UPDATE {cobra.table()} SET CITY0 = CITY0, ZIP0 = ZIP0, MAINID = NULL")

    assert cobra.noted() == []


def test_there_and_back_makes_two_entries(cobra: Cobra) -> None:
    """Each statement is compared by itself: a value that was there for a moment is noted."""
    cobra.save(
        f"UPDATE {cobra.table()} SET CITY0 = 'Davos' WHERE ID = 1",
        f"UPDATE {cobra.table()} SET CITY0 = 'Chur' WHERE ID = 1",
    )

    assert cobra.changes() == [("1", "update", "city")] * 2
