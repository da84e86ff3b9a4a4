"""Paid is paid: what others' postings stand in is never taken back, in whatever year they stand."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

from relay.base import texts
from tests.world.databases import INVOICES, Databases, merged
from tests.world.office import LAST, THIS, Office, position

REVERSING: dict[str, Any] = {
    "cobra": {"invoice": {"on_cancel": "reverse", "on_change": "reverse-and-rebook"}}
}
DECEMBER = date(2025, 12, 30)


@pytest.fixture
def office(databases: Databases) -> Office:
    """An office whose relay corrects by itself."""
    return Office(databases, **REVERSING)


def cancel(office: Office, key: str) -> None:
    """Cancel an invoice in cobra."""
    office.edit(key, CANCELLED=True)


def change(office: Office, key: str) -> None:
    """Correct an invoice in cobra."""
    office.edit_positions(key, ACCOUNT="3200")


def pay(office: Office, year: str, number: str, amount: str = "108.10", debtor: int = 1001) -> None:
    """Post a payment into an open item, as a bookkeeper does; totals are Sage's affair."""
    office.write_sage(year, "Blg", BlgNr=77, Date=date(int(year[-4:]), 12, 31))
    rows: tuple[tuple[str, int, dict[str, Any]], ...] = (
        ("1020", 0, {}),
        ("1100", 1, {"OpId": number, "PkKey": debtor}),
    )
    for place, (account, side, item) in enumerate(rows, start=1):
        row = {"AccId": account, "Type": side, "ValNt": amount} | item
        office.write_sage(year, "Bk", BlgNr=77, BkIdx=place, **row)


def carry_over(office: Office, number: str, **columns: Any) -> None:
    """Carry an item that is open in December over into the next year, as Sage does."""
    row = {"PkKey": 1001, "CurId": "CHF", "DateO": DECEMBER, "MVal": "108.10"} | columns
    office.write_sage(THIS, "OPd", OpId=number, **row)


def opened(office: Office, number: str, amount: str = "108.10") -> None:
    """Post what was carried over into its open item, as some years begin."""
    office.write_sage(THIS, "Blg", BlgNr=1, Date=date(2026, 1, 1))
    row = {"AccId": "1100", "Type": 0, "ValNt": amount, "OpId": number, "PkKey": 1001}
    office.write_sage(THIS, "Bk", BlgNr=1, BkIdx=1, **row)


@pytest.mark.parametrize("correct", [cancel, change])
@pytest.mark.parametrize(
    "traces",
    [
        "MCdt = '108.10', MVal = '0.00'",  # MVal is what is still open
        "MCdt = '50.00', MVal = '58.10'",
        "MCdt = '108.10'",  # MVal is what was opened
        "MVal = '58.10'",
        "",  # nothing but the posting itself
    ],
)
def test_paid_whatever_its_value_means(
    office: Office, correct: Callable[[Office, str], None], traces: str
) -> None:
    """Each trace of a payment tells for itself, however this Sage counts what is open."""
    customer = office.add()
    key, other = office.invoice(customer), office.invoice(customer, number="20260002")
    office.drain()
    if traces:
        office.sage_execute(THIS, f"UPDATE OPd SET {traces} WHERE OpId = '20260001'")
    else:
        pay(office, THIS, "20260001")
    before = {n: office.journal(THIS)[n] for n in (20260001, 20260002)}
    for each in (key, other):
        correct(office, each)
    office.drain()
    assert office.state(key) == ("held", "item_paid")
    assert THIS in office.told(key)
    assert office.state(other) == ("applied", None)
    assert {n: office.journal(THIS)[n] for n in (20260001, 20260002)} == before
    assert [b for b in office.bookings(THIS) if b[0] == key] == [(key, 1, 20260001, None)]


@pytest.mark.parametrize("correct", [cancel, change])
@pytest.mark.parametrize("how", ["posting", "settled", "totals", "value", "opened"])
def test_carried_over_and_paid_in_the_next_year(
    office: Office, correct: Callable[[Office, str], None], how: str
) -> None:
    """An item that is paid in the next year's database is paid, whatever that one keeps of it."""
    key = office.invoice(office.add(SAGENR0="1001"), day=DECEMBER, number="7")
    office.drain()
    if how == "totals":
        carry_over(office, "7", MDbt="108.10", MCdt="108.10")
    elif how == "value":
        carry_over(office, "7", MVal="0.00")
    elif how != "settled":  # there the item itself is gone with its payment
        carry_over(office, "7")
    if how == "opened":
        opened(office, "7")
    if how in {"posting", "settled", "opened"}:
        pay(office, THIS, "7")
    correct(office, key)
    office.drain()
    assert office.state(key) == ("held", "item_paid")
    assert THIS in office.told(key)
    assert office.bookings(LAST) == [(key, 1, 7, None)]


@pytest.mark.parametrize("how", ["item", "opened", "kept"])
def test_carried_over_is_not_paid(office: Office, how: str) -> None:
    """What only was carried over, with or without a posting that opens it there, may go."""
    key = office.invoice(office.add(SAGENR0="1001"), day=DECEMBER, number="7")
    office.drain()
    totals = {"MDbt": "108.10"} if how == "kept" else {}
    carry_over(office, "7", **totals)
    if how != "item":
        opened(office, "7")
    cancel(office, key)
    office.drain()
    assert office.state(key) == ("applied", None)
    assert office.items(LAST)["7"][1] == "0.00"


def test_another_invoice_of_the_number_is_not_meant(office: Office) -> None:
    """Another customer's item, or an invoice of its own, may have the number in another year."""
    customer = office.add(SAGENR0="1001")
    old = office.invoice(customer, day=DECEMBER, number="7")
    strange = office.invoice(customer, day=DECEMBER, number="8")
    new = office.invoice(customer, number="7")
    office.drain()
    office.sage_execute(THIS, "UPDATE OPd SET MCdt = '108.10' WHERE OpId = '7'")
    carry_over(office, "8", PkKey=5, MVal="0.00")
    for key in (old, strange, new):
        cancel(office, key)
    office.drain()
    assert office.state(old) == office.state(strange) == ("applied", None)
    assert office.state(new) == ("held", "item_paid")


def test_earlier_year_with_the_number_on_another_day(office: Office) -> None:
    """Nothing is carried over backwards: last year's number 7 is another invoice, paid or not."""
    office.write_sage(
        LAST, "OPd", OpId="7", PkKey=1001, DateO=date(2025, 5, 5), MVal="0.00", MDbt="108.10"
    )
    key = office.invoice(office.add(SAGENR0="1001"), number="7")
    office.drain()
    cancel(office, key)
    office.drain()
    assert office.state(key) == ("applied", None)


@pytest.mark.parametrize("language", texts.LANGUAGES)
def test_year_that_is_away_has_not_said_unpaid(databases: Databases, language: str) -> None:
    """A correction waits for the year that may know of a payment, then goes or is held."""
    office = Office(databases, language=language, **REVERSING)
    customer = office.add(SAGENR0="1001")
    paid, unpaid = (office.invoice(customer, day=DECEMBER, number=n) for n in ("7", "8"))
    office.drain()
    carry_over(office, "7", MVal="0.00")
    here = office.settings
    years = [year.model_dump(mode="json") for year in here.sage.year]
    years[1]["url"] += "_gone"
    told = merged(merged(INVOICES, REVERSING), {"sage": {"year": years}, "language": language})
    office.settings = databases.settings(**told)
    for key in (paid, unpaid):
        cancel(office, key)
    office.drain()
    for key in (paid, unpaid):
        assert office.state(key) == ("waiting", "payment_unknown")
        alone = {"de": "von selbst", "en": "by itself"}[language]
        assert [part for part in (THIS, alone) if part not in office.told(key)] == []
    assert len(office.journal(LAST)) == 2
    office.settings = here
    office.drain()
    assert office.state(paid) == ("held", "item_paid")
    assert office.state(unpaid) == ("applied", None)


def test_all_years_are_asked_at_once(office: Office) -> None:
    """However many invoices a batch takes back, another year is asked with the same statements."""
    counts = []
    for size in (1, 8):
        customer = office.add()
        keys = [
            office.invoice(customer, position("5.00"), day=DECEMBER, number=f"{size}00{n}")
            for n in range(size)
        ]
        office.drain()
        for key in keys:
            cancel(office, key)
        counts.append(_statements_of(office, "OPd"))
        assert {office.state(key) for key in keys} == {("applied", None)}
    assert counts[0] == counts[1] > 0


def _statements_of(office: Office, table: str) -> int:
    """Drain, and count the statements that name one of Sage's tables."""
    seen: list[str] = []

    def note(_c: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        if table in statement:
            seen.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        office.drain()
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    return len(seen)


@pytest.mark.parametrize("paid", [True, False])
def test_moving_to_another_year_reverses_first(office: Office, paid: bool) -> None:  # noqa: FBT001
    """A paid invoice whose posting date moves into another year is booked there by nobody."""
    key = office.invoice(office.add(), day=DECEMBER, number="7")
    office.drain()
    if paid:
        pay(office, LAST, "7")
    office.edit(key, INVOICEDATE=date(2026, 1, 5))
    office.drain_all()
    if not paid:
        assert office.state(key) == ("applied", None)
        assert (office.items(LAST)["7"][1], office.items(THIS)["7"][1]) == ("0.00", "108.10")
        cancel(office, key)  # what was taken back in the one year is not paid there
        office.drain()
        assert office.state(key) == ("applied", None)
        assert office.items(THIS)["7"][1] == "0.00"
        return
    assert office.state(key) == ("held", "item_paid")
    assert office.items(THIS) == {}
    assert office.bookings(LAST) == [(key, 1, 7, None)]
