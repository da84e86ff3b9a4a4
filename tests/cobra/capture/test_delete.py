"""Capture of deleted rows."""

from __future__ import annotations

from tests.cobra.capture.clerk import Cobra


def test_deleted_row_is_noted_with_its_key(cobra: Cobra) -> None:
    """A deleted address has an entry with the key that it had."""
    cobra.save(f"DELETE FROM {cobra.table()} WHERE ID = 1")

    assert cobra.changes() == [("1", "delete", None)]


def test_each_row_of_one_delete_is_noted(cobra: Cobra) -> None:
    """A statement that deletes several rows makes an entry for each."""
    cobra.save(f"DELETE FROM {cobra.table()}")

    assert sorted(cobra.changes()) == [("1", "delete", None), ("2", "delete", None)]
