"""An item of Sage's own that cobra's database cannot keep costs that item alone."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy.engine import Connection
from structlog.testing import capture_logs

from tests.world.alterations import build
from tests.world.bookkeeper import CUSTOMERS, OPEN, Bookkeeper
from tests.world.office import LAST, THIS

WIDE = "9" * 60
NUMBERS = ("900001", "900009", "r-7", "R-8")
"""Of items that nothing is odd about."""


@pytest.fixture
def desk(bookkeeper: Bookkeeper) -> Bookkeeper:
    """A customer in Sage, whose numbers of items are wide and compared letter by letter.

    Cobra compares them without regard to case: by the server's collation, on SQLite by an index.
    """
    for year in (LAST, THIS):
        with bookkeeper.sage[year].begin() as connection:
            _widen(connection)
    if bookkeeper.dialect.name == "sqlite":
        with bookkeeper.cobra.begin() as connection:
            connection.exec_driver_sql(
                "CREATE UNIQUE INDEX as_compared ON relay_sage_item (year, number COLLATE NOCASE)"
            )
    bookkeeper.invoice(bookkeeper.add(SAGENR0="1001"))
    bookkeeper.drain()
    bookkeeper.look()
    return bookkeeper


def _widen(connection: Connection) -> None:
    if connection.dialect.name == "mssql":
        connection.exec_driver_sql("ALTER TABLE dbo.OPd DROP CONSTRAINT PK_OPd")
        kind = "nvarchar(80) COLLATE Latin1_General_100_BIN2 NOT NULL"
    else:
        kind = "TEXT NOT NULL PRIMARY KEY"
    build(connection, "OPd", f"OpId {kind}", instead_of="OpId")


def items(desk: Bookkeeper) -> dict[str, Decimal]:
    """Return what is open of the items of Sage's own that cobra knows."""
    return {row["number"]: row["open_amount"] for row in desk.answered(desk.answers.sage_item)}


def left_out(logs: list[Any]) -> list[tuple[str, str]]:
    """Return the items of which was told that they cannot be kept."""
    assert not [log for log in logs if log["event"] == "chore_failed"]
    told = [log for log in logs if log["event"] == "answers_item_left_out"]
    assert all(log.get("text") or log.get("limit") == 50 for log in told)
    return [(log["year"], log["number"]) for log in told]


def enter(desk: Bookkeeper, *numbers: str) -> None:
    """Enter items in Sage."""
    for number in numbers:
        desk.own_item(number, 1001, "10.00")


@pytest.mark.parametrize("odd", [WIDE, "R-7"])
def test_it_alone_is_left_out(desk: Bookkeeper, odd: str) -> None:
    """A number that is too wide, or differs by case from another: the page goes on without it."""
    enter(desk, "r-7")
    desk.look()
    enter(desk, odd, *(set(NUMBERS) - {"r-7"}))
    for _ in range(2):  # each look tells once
        with capture_logs() as logs:
            desk.look(CUSTOMERS)
        assert left_out(logs) == [(THIS, odd)]
        assert items(desk) == dict.fromkeys(NUMBERS, Decimal("10.00"))
    (customer,) = (row for row in desk.answered(desk.answers.customer) if row["year"] == THIS)
    assert customer["open_items"] == 1 + len(NUMBERS)
    desk.pay("900009", "4.00")
    for look in (CUSTOMERS, OPEN):
        desk.look(look)
        assert items(desk)["900009"] == Decimal("6.00")


def test_it_is_kept_once_it_can_be(desk: Bookkeeper) -> None:
    """Of two that are one to cobra the other follows when the first is paid."""
    enter(desk, "r-7", "R-7", "900001")
    with capture_logs() as logs:
        desk.look(CUSTOMERS)
    assert left_out(logs) == [(THIS, "r-7")]
    assert set(items(desk)) == {"R-7", "900001"}
    desk.pay("R-7", "10.00")
    with capture_logs() as logs:
        desk.look(OPEN, CUSTOMERS)
    assert left_out(logs) == []
    assert set(items(desk)) == {"r-7", "900001"}


def test_it_is_told_once_of_two_years(desk: Bookkeeper) -> None:
    """What was carried over stands in both, and counts in the newer one."""
    desk.own_item(WIDE, 1001, "10.00", LAST)
    desk.carry_over(WIDE, LAST)
    with capture_logs() as logs:
        desk.look(CUSTOMERS)
    assert left_out(logs) == [(THIS, WIDE)]
    assert items(desk) == {}
