"""Capture of mass edits."""

from __future__ import annotations

import pytest

from tests.cobra.capture.clerk import Cobra

ROWS = 50_000


@pytest.mark.slow
def test_one_statement_changes_fifty_thousand_rows(cobra: Cobra) -> None:
    """A mass edit is captured whole: one entry for each row, and none twice."""
    digits = "SELECT 0 AS d" + "".join(f" UNION ALL SELECT {d}" for d in range(1, 10))
    tables = ", ".join(f"({digits}) AS t{n}" for n in range(4))
    five = "(SELECT 1 AS d UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4"
    cobra.save(f"DELETE FROM {cobra.table()}")
    cobra.forget()
    cobra.save(
        f"INSERT INTO {cobra.table()} (CITY0)"
        f" SELECT 'Chur' FROM {tables}, {five} UNION ALL SELECT 5) AS t5"
    )
    assert cobra.ask(f"SELECT COUNT(*) FROM {cobra.table()}") == ROWS
    count = f"SELECT COUNT(*) FROM {cobra.tables.outbox.fullname}"
    distinct = f"SELECT COUNT(DISTINCT entity_key) FROM {cobra.tables.outbox.fullname}"
    assert (cobra.ask(count), cobra.ask(distinct)) == (ROWS, ROWS)

    cobra.forget()
    cobra.save(f"UPDATE {cobra.table()} SET CITY0 = 'Davos'")
    only_city = f"{distinct} WHERE operation = 'update' AND changed = 'city'"
    assert (cobra.ask(count), cobra.ask(only_city)) == (ROWS, ROWS)

    cobra.forget()
    cobra.save(f"DELETE FROM {cobra.table()}")
    assert (cobra.ask(count), cobra.ask(distinct)) == (ROWS, ROWS)


def test_only_the_rows_that_differ_are_noted(cobra: Cobra) -> None:
    """Of a statement that touches many rows, those that keep their values make no entry."""
    cobra.save(f"UPDATE {cobra.table()} SET CITY0 = 'Chur'")

    assert cobra.changes() == [("2", "update", "city")]


def test_different_rows_of_one_statement_list_different_fields(cobra: Cobra) -> None:
    """Each entry lists what changed in its own row."""
    cobra.save(
        f"UPDATE {cobra.table()} SET"
        " CITY0 = CASE ID WHEN 1 THEN 'Davos' ELSE CITY0 END,"
        " ZIP0 = CASE ID WHEN 2 THEN '4601' ELSE ZIP0 END"
    )

    assert sorted(cobra.changes()) == [("1", "update", "city"), ("2", "update", "zip")]
