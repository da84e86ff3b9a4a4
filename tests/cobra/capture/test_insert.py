"""Capture of new rows."""

from __future__ import annotations

from tests.cobra.capture.clerk import Cobra, Noted


def test_new_row_is_noted_with_its_key(cobra: Cobra) -> None:
    """A new address has one entry of its own, which is open and came from a trigger."""
    cobra.save(f"INSERT INTO {cobra.table()} (CITY0, CHANGEDBY0) VALUES ('Thun', 'anna')")

    assert cobra.noted() == [Noted("3", "insert", None, "anna")]
    outbox = cobra.tables.outbox.c
    with cobra.clerk.begin():
        row = cobra.clerk.execute(cobra.tables.outbox.select()).mappings().one()
    assert (row[outbox.entity], row[outbox.cause], row[outbox.status]) == (
        "address",
        "trigger",
        "pending",
    )
    assert row[outbox.uid] is not None
    assert row[outbox.created_at] is not None


def test_each_row_of_an_insert_select_is_noted(cobra: Cobra) -> None:
    """A statement that inserts several rows makes an entry for each."""
    cobra.save(f"INSERT INTO {cobra.table()} (CITY0) SELECT CITY0 FROM {cobra.table()}")

    assert sorted(cobra.changes()) == [("3", "insert", None), ("4", "insert", None)]
