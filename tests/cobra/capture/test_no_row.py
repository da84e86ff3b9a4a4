"""Capture of statements that find nothing."""

from __future__ import annotations

from tests.cobra.capture.clerk import Cobra


def test_statement_without_rows_makes_no_entry(cobra: Cobra) -> None:
    """Nothing changed, so nothing is noted."""
    table = cobra.table()

    cobra.save(
        f"UPDATE {table} SET CITY0 = 'Davos' WHERE ID = 99",
        f"DELETE FROM {table} WHERE ID = 99",
        f"INSERT INTO {table} (CITY0) SELECT CITY0 FROM {table} WHERE ID = 99",
    )

    assert cobra.noted() == []
