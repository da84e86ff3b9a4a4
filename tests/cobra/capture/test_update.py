"""Capture of changed rows."""

from __future__ import annotations

from tests.cobra.capture.clerk import Cobra, Noted


def test_changed_fields_are_listed_by_our_names(cobra: Cobra) -> None:
    """An entry says which mapped fields changed; a column that is mapped twice counts twice."""
    cobra.save(
        f"UPDATE {cobra.table()} SET CITY0 = 'Davos', ZIP0 = '7270', CHANGEDBY0 = 'anna'"
        " WHERE ID = 1",
        f"UPDATE {cobra.table()} SET SAGENR0 = '9' WHERE ID = 2",
    )

    assert cobra.changes() == [
        ("1", "update", "zip,city"),
        ("2", "update", "sage_address_number,debtor_number"),
    ]


def test_parent_and_deleted_mark_count_as_mapped(cobra: Cobra) -> None:
    """What is no field but decides about the record is looked at too."""
    cobra.save(f"UPDATE {cobra.table()} SET MAINID = 2, DELETED0 = 1 WHERE ID = 1")

    assert cobra.changes() == [("1", "update", "parent,deleted")]


def test_two_saves_of_one_row_are_two_entries_in_their_order(cobra: Cobra) -> None:
    """Entries of one record are numbered in the order of its saves."""
    cobra.save(f"UPDATE {cobra.table()} SET CITY0 = 'Davos', CHANGEDBY0 = 'anna' WHERE ID = 1")
    cobra.save(f"UPDATE {cobra.table()} SET ZIP0 = '7270', CHANGEDBY0 = 'reto' WHERE ID = 1")

    assert cobra.noted() == [
        Noted("1", "update", "city", "anna"),
        Noted("1", "update", "zip", "reto"),
    ]


def test_program_still_learns_how_many_rows_it_changed(cobra: Cobra) -> None:
    """The trigger's own rows, and its SET NOCOUNT, do not reach the program that saves."""
    update = f"UPDATE {cobra.table()} SET CITY0 = {{}}"
    with cobra.clerk.begin():
        counts = [
            cobra.clerk.exec_driver_sql(update.format(city)).rowcount
            for city in ("'Davos'", "'Aarau'", "CITY0")
        ]

    assert counts == [2, 2, 2]
