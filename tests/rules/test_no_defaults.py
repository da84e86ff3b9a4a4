"""What Sage does not say is never assumed: it is asked for, and then the invoice goes."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from tests.world.databases import Databases
from tests.world.office import THIS, Office, position

TWO: dict[str, Any] = {"collective_account": {"CHF": "1100", "EUR": "1101", "JPY": "1102"}}
REVERSING = {"on_cancel": "reverse", "on_change": "reverse-and-rebook"}
CLIENT = {"Name": THIS, "YearFrom": date(2026, 1, 1), "YearTo": date(2026, 12, 31)}


@pytest.fixture
def office(databases: Databases) -> Office:
    """An office with foreign currencies whose relay corrects by itself."""
    office = Office(databases, sage=TWO, cobra={"invoice": REVERSING})
    for account in ("1101", "1102"):
        office.write_sage(THIS, "Acc", AccId=account)
    office.write_sage(THIS, "FCur", CurId="EUR", Rate="0.95", Unit=1)
    office.write_sage(THIS, "FCur", CurId="JPY", Rate="0.61", Unit=100)
    return office


@pytest.mark.parametrize("currency", ["EUR", None])
def test_without_client_settings_nothing_is_booked(office: Office, currency: str | None) -> None:
    """EUR 108.10 are no CHF 108.10 because nobody says what the year is kept in."""
    office.sage_execute(THIS, "DELETE FROM Client")
    key = office.invoice(office.add(), CURRENCY=currency)
    office.drain()
    assert office.state(key) == ("held", "client_settings_missing")
    assert office.journal(THIS) == {}
    office.write_sage(THIS, "Client", **CLIENT, CurId="CHF")
    office.recheck()
    office.drain()
    assert office.state(key) == ("applied", None)
    account, side, amount, _ = office.journal(THIS)[20260001][0]
    wanted = ("1101", "S", "102.70") if currency else ("1100", "S", "108.10")
    assert (account, side, amount) == wanted


def test_settings_that_contradict_each_other_are_none(office: Office) -> None:
    """Of two rows with other currencies none is simply taken."""
    office.write_sage(THIS, "Client", **CLIENT | {"Name": "zwei"}, CurId="EUR")
    key = office.invoice(office.add())
    office.drain()
    assert office.state(key) == ("held", "client_settings_missing")


def test_without_client_settings_nothing_is_taken_back(office: Office) -> None:
    """Whether the period is open or the VAT settled is not known: that is no yes."""
    key = office.invoice(office.add())
    office.drain()
    office.sage_execute(THIS, "DELETE FROM Client")
    office.edit(key, CANCELLED=True)
    office.drain()
    assert office.state(key) == ("held", "client_settings_missing")
    assert len(office.journal(THIS)) == 1


def test_invoice_without_currency_is_in_the_years_own(office: Office) -> None:
    """A year that is kept in EUR: what names no currency is EUR, in Sage and in every sentence."""
    for year in office.sage:
        office.sage_execute(year, "UPDATE Client SET CurId = 'EUR'")
    customer = office.add()
    key = office.invoice(customer, CURRENCY=None)
    wrong = office.invoice(customer, position("1.00", "9999"), number="2", CURRENCY=None)
    unreadable = office.invoice(customer, number="3", TERMS="unbekannt", CURRENCY=None)
    office.drain()
    assert office.state(key) == ("applied", None)
    (item,) = office.book(THIS, "OPd")
    assert (item["CurId"], str(item["MVal"])) == ("EUR", "108.10")
    assert office.journal(THIS)[20260001][0][0] == "1101"
    for other in (wrong, unreadable):
        assert "EUR" in office.told(other)
        assert "CHF" not in office.told(other)
    office.edit(key, SUBJECT="nochmals gedruckt", CURRENCY="EUR")  # the same, said otherwise
    office.drain()
    assert office.state(key) == ("applied", None)
    assert len(office.journal(THIS)) == 1


@pytest.mark.parametrize(
    ("currency", "rate", "unit"),
    [("JPY", "0.0061", "100"), ("EUR", "95.00", "1"), ("EUR", "0.00095", "1")],
)
def test_rate_for_another_unit_is_held(office: Office, currency: str, rate: str, unit: str) -> None:
    """Sage's rate per 100 and cobra's per 1 differ by exactly the unit: nobody means that."""
    key = office.invoice(office.add(), CURRENCY=currency, RATE=rate)
    office.drain()
    assert office.state(key) == ("held", "rate_unit")
    assert [p for p in (currency, unit) if p not in office.told(key)] == []
    office.edit(key, RATE=None)
    office.drain()
    assert office.state(key) == ("applied", None)


def test_rate_that_is_only_far_is_a_hint(office: Office) -> None:
    """Twice the rate is odd, and booked with a warning."""
    key = office.invoice(office.add(), CURRENCY="JPY", RATE="1.22")
    office.drain()
    assert office.state(key) == ("applied", None)
    assert office.warnings(key, THIS) == ["rate_far"]


def test_term_without_days_needs_a_due_date(databases: Databases) -> None:
    """A term of which Sage keeps no days makes nothing due at once; a due date lets it go."""
    office = Office(databases, sage={"profile": {"columns": {"Zab": {"Days": ""}}}})
    key = office.invoice(office.add())
    office.drain()
    assert office.state(key) == ("held", "terms_days_missing")
    office.edit(key, DUEDATE=date(2026, 3, 31))
    office.drain()
    assert office.state(key) == ("applied", None)


def test_term_of_a_new_debtor_must_be_there(office: Office) -> None:
    """A debtor is not opened without the term that cobra gives the customer."""
    office.sage_execute(THIS, "UPDATE Zab SET ZabId = '10T'")
    key = office.invoice(office.add(TERMS0="30"), TERMS=None)
    office.drain()
    assert office.state(key) == ("held", "address_held")
    assert "30T" in office.told(key)
    office.write_sage(THIS, "Zab", ZabId="30T", Days=30)
    office.recheck()
    office.drain()
    assert office.state(key) == ("applied", None)
    assert [row["ZabId"] for row in office.book(THIS, "PKd")] == ["30T"]


def test_currency_of_a_document_is_compared_before_it_is_linked(office: Office) -> None:
    """The same amounts in another currency are a conflict; none at all is the lead currency."""
    key = office.invoice(office.add())
    office.drain()
    office.forget_booking(THIS)
    office.sage_execute(THIS, "UPDATE OPd SET CurId = 'EUR'")
    office.edit(key, DUEDATE=date(2026, 3, 31))
    office.drain()
    assert office.state(key) == ("held", "document_conflict")
    office.sage_execute(THIS, "UPDATE OPd SET CurId = NULL")
    office.recheck()
    office.drain()
    assert office.state(key) == ("applied", None)
    assert office.warnings(key, THIS) == ["document_adopted"]
