"""Values that come, go, or are empty."""

from __future__ import annotations

import pytest

from tests.cobra.capture.clerk import Cobra


def set_city(cobra: Cobra, *values: str) -> None:
    """Give one address these cities, one after the other."""
    for value in values:
        cobra.save(f"UPDATE {cobra.table()} SET CITY0 = {value} WHERE ID = 1")


def test_coming_and_going_is_a_change(cobra: Cobra) -> None:
    """A field that is filled or cleared is noted; no value and an empty one are different."""
    set_city(cobra, "NULL", "'Chur'", "''", "'Chur'", "NULL", "''", "NULL")

    assert cobra.changes() == [("1", "update", "city")] * 7


@pytest.mark.parametrize("value", ["NULL", "''"])
def test_staying_empty_is_no_change(cobra: Cobra, value: str) -> None:
    """Two missing values are equal, and so are two empty ones."""
    set_city(cobra, value)
    cobra.forget()

    set_city(cobra, value)

    assert cobra.noted() == []
