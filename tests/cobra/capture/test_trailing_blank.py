"""Changes that a comparison which ignores trailing blanks would not see."""

from __future__ import annotations

from tests.cobra.capture.clerk import Cobra


def test_trailing_blank_is_a_change(cobra: Cobra) -> None:
    """Sage is to hold the very text that cobra holds."""
    cities = ["Chur ", "Chur", "", " ", "  "]

    for city in cities:
        cobra.save(f"UPDATE {cobra.table()} SET CITY0 = ? WHERE ID = 1", values=(city,))

    assert cobra.changes() == [("1", "update", "city")] * len(cities)
