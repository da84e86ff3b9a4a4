"""A Sage whose tables and columns are called otherwise is written all the same."""

from __future__ import annotations

import pytest

from tests.world.company import World
from tests.world.databases import YEARS, Databases

OURS = {
    "tables": {"Adr": "Kunden"},
    "columns": {"Adr": {"AdrId": "Nr", "ACode": "PLZ", "City": "Ort", "TelB": ""}},
}
TABLE = """
CREATE TABLE Kunden (Nr int NOT NULL PRIMARY KEY, PLZ int, Corp nvarchar(10), Ort nvarchar(30))
"""


def _renamed(databases: Databases) -> World:
    world = World(databases, sage={"profile": OURS})
    for year in YEARS:
        with world.sage[year].begin() as connection:
            connection.exec_driver_sql(TABLE)
    return world


def _rows(world: World, year: str) -> list[tuple[object, ...]]:
    with world.sage[year].connect() as connection:
        rows = connection.exec_driver_sql("SELECT Nr, Corp, Ort FROM Kunden ORDER BY Nr").all()
    return [tuple(row) for row in rows]


def test_renamed_table_with_numbers_as_key(databases: Databases) -> None:
    """Renamed columns are filled, missing ones left out, types and lengths are the table's own.

    Where Sage's number is a whole number, cobra's text must be one too, or the record is held.
    """
    world = _renamed(databases)
    good, bad = world.add(SAGENR0="42", COMPANY1="Käserei Müller"), world.add(SAGENR0="K42")
    world.drain()
    world.change(good, CITY0="Bern")
    world.drain()
    assert world.entries(bad)[-1].error_code == "number_not_numeric"
    assert set(world.statuses(good)) == {"applied"}
    assert [_rows(world, year) for year in YEARS] == [[(42, "Käserei Mü", "Bern")]] * 2


@pytest.mark.parametrize(
    "wrong", [{"SAGENR0": "5²"}, {"SAGENR0": "9" * 20}, {"SAGENR0": "7", "ZIP0": "D-79539"}]
)
def test_value_that_is_no_number_holds_its_record_alone(
    databases: Databases, wrong: dict[str, str]
) -> None:
    """What cannot be converted for a column of numbers is held; the relay and the rest go on."""
    world = _renamed(databases)
    bad, good = world.add(**wrong), world.add(SAGENR0="42")
    world.drain()
    assert (world.statuses(bad), world.statuses(good)) == (["held"], ["applied"])
    world.change(bad, SAGENR0="7", ZIP0="3550")
    world.drain()
    assert world.statuses(bad) == ["applied", "applied"]


def test_leading_zeros_of_a_whole_number_are_none(databases: Databases) -> None:
    """Where Sage's number is a whole number, cobra's 007 is Sage's 7, also at the next change."""
    world = _renamed(databases)
    key, same = world.add(SAGENR0="007"), world.add(SAGENR0="7")
    world.drain()
    world.change(key, CITY0="Bern")
    world.drain()
    assert world.statuses(key) == ["applied", "applied"]
    assert world.entries(same)[-1].error_code == "number_taken"
    assert [row[::2] for row in _rows(world, YEARS[0])] == [(7, "Bern")]


def test_missing_renamed_column_refuses_the_year(databases: Databases) -> None:
    """A column that the profile names and the table lacks is told, and nothing is written."""
    world = World(databases, sage={"profile": {"columns": {"Adr": {"City": "Ort"}}}})
    key = world.add()
    world.drain()
    assert world.statuses(key) == ["waiting"]
    y = world.outbox.year
    with world.cobra.connect() as connection:
        codes = {row.error_code for row in connection.execute(y.select())}
    assert codes == {"sage_columns_missing"}
