"""`relay documents` tells people who owes what, by the views."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from relay.base.errors import Exit
from relay.extras.documents import views
from tests.world.bookkeeper import Bookkeeper
from tests.world.databases import INVOICES, Databases, merged
from tests.world.desk import Desk
from tests.world.office import position

TODAY = date.today()  # noqa: DTZ011 - the server's own day, as the views take it
LATE, SOON = TODAY - timedelta(days=40), TODAY + timedelta(days=40)


@pytest.fixture
def desk(databases: Databases, tmp_path: Path) -> Desk:
    return Desk(databases, tmp_path, **merged(INVOICES, {"documents": {}, "answers": {}}))


@pytest.fixture
def anna(bookkeeper: Bookkeeper) -> str:
    """A customer with an invoice that is overdue, one that is paid, and one that is not due."""
    key = bookkeeper.add(COMPANY1="Anna AG", SAGENR0="7001")
    for number, due in (("1", LATE), ("2", LATE), ("3", SOON)):
        bookkeeper.invoice(key, position("100.00"), number=number, DUEDATE=due)
    other = bookkeeper.add(COMPANY1="Beat GmbH", SAGENR0="7002")
    bookkeeper.invoice(other, position("50.00"), number="4", DUEDATE=LATE)
    bookkeeper.drain()
    bookkeeper.pay("1", "8.10")
    bookkeeper.pay("2", "108.10", DateP=TODAY)
    bookkeeper.set_item("1", Warn=2)
    bookkeeper.look()
    with bookkeeper.relay_engine().begin() as connection:
        views.create(connection, bookkeeper.settings)
    return key


def unpaid(desk: Desk, *more: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = desk.json("documents", "--unpaid", *more)
    return found


def test_what_is_open_is_listed_with_days(desk: Desk, anna: str) -> None:
    """The oldest first; what is settled is not there; amounts are exact."""
    first, second, third = unpaid(desk)
    assert {first["number"], second["number"]} == {"1", "4"}
    assert third["number"] == "3"
    mine = {one["number"]: one for one in (first, second, third)}
    assert (mine["1"]["open_amount"], mine["1"]["paid"]) == ("100.00", "8.10")
    assert mine["1"]["days_overdue"] == 40
    assert mine["1"]["reminder_level"] == 2
    assert mine["3"]["days_overdue"] == 0
    assert mine["1"]["customer_key"] == anna


@pytest.mark.parametrize("customer", ["7001", "Anna"])
def test_of_one_customer(desk: Desk, anna: str, customer: str) -> None:
    for asked in (customer, anna):
        assert {one["number"] for one in unpaid(desk, "--customer", asked)} == {"1", "3"}


def test_overdue_for_more_than_some_days(desk: Desk, anna: str) -> None:
    """`--overdue` alone asks for what is unpaid."""
    numbers = {one["number"] for one in desk.json("documents", "--overdue", "30")}
    assert numbers == {"1", "4"}, anna
    assert desk.json("documents", "--overdue", "40") == []


def test_screen_says_as_of_when(desk: Desk, anna: str) -> None:
    told = desk.relay("documents", "--unpaid")
    assert told.exit_code == Exit.OK, anna
    for word in ("Anna AG", "Beat GmbH", "100.00", "Stand "):
        assert word in told.stdout
    assert "Nichts offen" in desk.relay("documents", "--overdue", "400").stdout


def test_workbook(desk: Desk, anna: str, tmp_path: Path) -> None:
    file = tmp_path / "offen.xlsx"
    assert desk.relay("documents", "--unpaid", "--xlsx", str(file)).exit_code == Exit.OK, anna
    sheet = load_workbook(file).active
    assert sheet is not None
    heads, *rows = sheet.iter_rows(values_only=True)
    lines = [dict(zip(heads, row, strict=True)) for row in rows]
    assert {line["rechnungsnummer"]: line["offen"] for line in lines} == {
        "1": 100,
        "3": 108.1,
        "4": 54.05,
    }
    assert {line["art"] for line in lines} == {"Rechnung"}


def test_customer_shows_payment_and_balance(desk: Desk, anna: str) -> None:
    told = desk.relay("documents", "--customer", "7001").stdout
    assert "Saldo 208.10, überfällig 100.00, 2 offene Posten" in told, anna
    assert f"bezahlt am {TODAY:%d.%m.%Y}" in told
    assert "offen 100.00" in told


@pytest.mark.parametrize("asked", [("--unpaid",), ("--customer", "7001")])
def test_views_that_are_missing_are_told(
    desk: Desk, bookkeeper: Bookkeeper, asked: tuple[str, ...]
) -> None:
    """With what makes them."""
    if bookkeeper.dialect.name == "mssql":
        pytest.skip("SQL Server says so by error 208, the stand-in by a number of its own")
    bookkeeper.add()
    result = desk.relay("documents", *asked)
    assert result.exit_code == Exit.REFUSED
    assert "relay migrate" in result.stderr


def test_switched_off_it_says_how_to_switch_on(databases: Databases, tmp_path: Path) -> None:
    """No silent emptiness."""
    desk = Desk(databases, tmp_path, **merged(INVOICES, {"documents": {}}))
    told = desk.relay("documents", "--unpaid")
    assert told.exit_code == Exit.REFUSED
    assert "[answers]" in told.stderr
