"""What does not fit is held or waits, says why, and goes by itself once it is corrected."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from relay.cobra.lock import hold
from relay.engine.service import taken_over
from tests.world.databases import INVOICES, Databases
from tests.world.office import THIS, Office, position


@pytest.mark.parametrize(
    ("positions", "columns", "code", "value"),
    [
        ([position("1.00", account="9999")], {}, "account_missing", "9999"),
        ([position("1.00", COSTCENTRE="KST9")], {}, "cost_centre_missing", "KST9"),
        ([position("1.00", vat="exotic")], {}, "vat_not_mapped", "exotic"),
        ([position("1.00")], {"TERMS": "90"}, "value_not_mapped", "90"),
        ([position("1.00")], {"CURRENCY": "EUR"}, "several_problems", "EUR"),
        ([position("1.00")], {"NUMBER": None}, "field_empty", "NUMBER"),
        ([position("1.00")], {"NUMBER": "12345678901234"}, "invoice_number_too_long", "13"),
        ([position("1.00")], {"NUMBER": "900001"}, "own_number", "900000-999999"),
        ([position("1.00")], {"GROSS": "2.00"}, "total_differs", "2.00"),
        ([position("0.00")], {}, "nothing_to_book", ""),
        ([position("1.00")], {"ADDRESSID": None}, "no_address", "ADDRESSID"),
        ([position("1.00")], {"REFERENCE": "1" * 28}, "reference_unknown", "1111"),
        ([position("1.00", SUPPLIEDON=date(2017, 12, 31))], {}, "vat_not_mapped", "2017"),
        ([position("1.00")], {"KIND": "X"}, "value_not_mapped", "X"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_held(
    office: Office, positions: list[Any], columns: dict[str, Any], code: str, value: str
) -> None:
    """Each mistake has its code, names the value, and leaves nothing in Sage."""
    key = office.invoice(office.add(), *positions, **columns)
    office.drain()
    assert office.state(key) == ("held", code)
    assert value in office.told(key)
    assert office.items(THIS) == {}
    assert office.in_sage(THIS) == {}


def test_message_tells_number_customer_and_amount(office: Office) -> None:
    """A bookkeeper reads which invoice it is, what is wrong, where to correct it and what then."""
    key = office.invoice(office.add(), position("100.00", account="9999"))
    office.drain()
    told = office.told(key)
    names = ("20260001", "Käserei Müller AG", "CHF 108.10", "9999")
    assert all(part in told for part in (*names, "cobra", "Sage", "von selbst"))


def test_all_that_is_wrong_at_once(office: Office) -> None:
    """Nobody corrects one mistake only to be told the next."""
    key = office.invoice(
        office.add(), position("1.00", account="9999", COSTCENTRE="KST9"), position("1.00", "9998")
    )
    office.drain()
    assert office.state(key) == ("held", "several_problems")
    assert all(value in office.told(key) for value in ("9999", "9998", "KST9"))


def test_corrected_in_cobra_goes_by_itself(office: Office) -> None:
    """A newer notice of the record releases the hold; all older entries end with it."""
    key = office.invoice(office.add(), position("1.00", account="9999"))
    office.drain()
    office.edit_positions(key, ACCOUNT="3000")
    office.drain()
    entries = office.of_invoice(key)
    assert {e.status for e in entries} == {"applied"}
    assert {e.applied_by for e in entries} == {entries[-1].id}
    office.assert_books_right()


def test_opened_in_sage_goes_by_itself(office: Office) -> None:
    """An account that is opened in Sage later is found by the periodic look."""
    key = office.invoice(office.add(), position("1.00", account="3400"))
    office.drain()
    assert office.state(key) == ("held", "account_missing")
    office.recheck()
    office.drain()
    assert office.state(key) == ("held", "account_missing")
    office.write_sage(THIS, "Acc", AccId="3400", Text="Neu")
    office.recheck()
    office.drain()
    assert office.state(key) == ("applied", None)


def test_invoice_waits_for_its_address_alone(office: Office) -> None:
    """An invoice whose customer lacks a town waits; the town brings both over by itself."""
    customer, other = office.add(CITY0=None, SAGENR0="1001"), office.add()
    key = office.invoice(customer)
    second = office.invoice(other, number="20260002")
    office.drain()
    assert office.state(key) == ("waiting", "address_not_ready")
    assert office.of_invoice(key)[-1].waiting_on == f"address:{customer}"
    assert "CITY0" in office.told(key)
    assert office.state(second) == ("applied", None)
    office.change(customer, CITY0="Bern")
    office.drain()
    assert office.state(key) == ("applied", None)
    assert office.in_sage(THIS)["1001"]["City"] == "Bern"


def test_address_edit_reopens_even_if_it_does_not_help(office: Office) -> None:
    """Whatever becomes of the address, its invoices look again, and say what is missing now."""
    customer = office.add(CITY0=None, ZIP0=None)
    key = office.invoice(customer)
    office.drain()
    office.change(customer, CITY0="Bern")
    office.drain()
    assert office.state(key) == ("waiting", "address_not_ready")
    assert "ZIP0" in office.told(key)
    assert "CITY0" not in office.told(key)


def test_held_address_blocks_no_known_customer(office: Office) -> None:
    """A customer who is already in Sage gets further invoices, whatever holds the address."""
    customer = office.add(SAGENR0="1001")
    office.invoice(customer)
    office.drain()
    office.change(customer, SAGENR0="1002")
    key = office.invoice(customer, number="20260002")
    office.drain()
    assert office.of_address(customer)[-1].error_code == "number_changed"
    assert office.state(key) == ("applied", None)
    assert office.items(THIS)["20260002"][0] == 1001


def test_unlinked_number_in_sage_is_no_proof(office: Office) -> None:
    """An address or debtor that Sage has and nobody linked is not taken; freeing it releases."""
    office.write_sage(THIS, "Adr", AdrId="1001", Corp="Alte Kundin")
    customer = office.add(SAGENR0="1001")
    key = office.invoice(customer)
    office.drain()
    assert office.state(key) == ("held", "address_held")
    assert "Alte Kundin" in office.told(key)
    office.sage_execute(THIS, "DELETE FROM Adr")
    office.write_sage(THIS, "PKd", PkKey=1001, AdrId="77", AccId="1100")
    office.recheck()
    office.drain()
    assert office.state(key) == ("held", "address_held")
    office.sage_execute(THIS, "DELETE FROM PKd")
    office.recheck()
    office.drain()
    assert office.state(key) == ("applied", None)


def test_debtor_number_must_be_a_free_number(databases: Databases) -> None:
    """A debtor number that belongs to another customer keeps the invoice waiting."""
    fields = {"debtor_number": "TERMS0", "terms": None}
    office = Office(databases, cobra={"address": {"fields": fields}})
    first = office.add(SAGENR0="1", TERMS0="500")
    second = office.add(SAGENR0="2", TERMS0="500")
    office.invoice(first)
    key = office.invoice(second, number="20260002")
    office.drain()
    assert office.state(key) == ("held", "address_held")
    assert "500" in office.told(key)
    office.change(second, TERMS0="501")
    office.drain()
    assert office.state(key) == ("applied", None)
    assert {debtor for debtor, _ in office.items(THIS).values()} == {500, 501}


def test_one_number_is_one_invoice(office: Office) -> None:
    """Two invoices with one number: the first is booked, the second held, in one batch or later."""
    customer = office.add()
    first, second = office.invoice(customer), office.invoice(customer)
    office.drain()
    assert office.state(first) == ("applied", None)
    assert office.state(second) == ("held", "invoice_number_twice")
    office.edit(second, NUMBER="20260002")
    office.drain()
    assert office.state(second) == ("applied", None)
    office.assert_books_right()


def test_missing_year_waits_for_its_configuration(databases: Databases) -> None:
    """An invoice of a mandant or day without a year waits, and goes when the year is there."""
    office = Office(databases)
    here = office.settings
    office.settings = databases.settings(
        **INVOICES | {"sage": INVOICES["sage"] | {"year": [_year(here, 0)]}}
    )
    customer = office.add()
    key, old = office.invoice(customer), office.invoice(customer, number="1", day=date(2025, 9, 1))
    office.drain()
    assert office.state(old) == ("applied", None)
    assert office.state(key) == ("waiting", "year_missing")
    assert office.of_invoice(key)[-1].waiting_on == "routing"
    office.settings = here
    office.drain()
    assert office.state(key) == ("applied", None)


def test_year_that_is_away_delays_only_its_invoices(databases: Databases) -> None:
    """An invoice waits for its own year; the other year's goes."""
    office = Office(databases)
    here = office.settings
    away = _year(here, 1)
    away["url"] += "_gone"
    office.settings = databases.settings(
        **INVOICES | {"sage": INVOICES["sage"] | {"year": [_year(here, 0), away]}}
    )
    customer = office.add()
    key, old = office.invoice(customer), office.invoice(customer, number="1", day=date(2025, 9, 1))
    office.drain()
    assert office.state(old) == ("applied", None)
    assert office.state(key) == ("waiting", "year_away")
    office.settings = here
    office.drain()
    assert office.state(key) == ("applied", None)


def test_closed_period_waits_until_it_is_open(office: Office) -> None:
    """Outside Sage's posting period an invoice waits; opening the period lets it go."""
    office.sage_execute(THIS, "UPDATE Client SET PeriodFrom = '2026-02-01'")
    key = office.invoice(office.add())
    office.drain()
    assert office.state(key) == ("waiting", "period_closed")
    office.sage_execute(THIS, "UPDATE Client SET PeriodFrom = '2026-01-01'")
    office.recheck()
    office.drain()
    assert office.state(key) == ("applied", None)


def test_closed_period_by_policy(databases: Databases) -> None:
    """With `next-period` the document is dated on the period's first day, with a warning."""
    office = Office(databases, cobra={"invoice": {"closed_period": "next-period"}})
    office.sage_execute(THIS, "UPDATE Client SET PeriodFrom = '2026-02-01'")
    key = office.invoice(office.add())
    office.drain()
    assert office.state(key) == ("applied", None)
    assert str(office.book(THIS, "Blg")[0]["Date"]) == "2026-02-01"
    assert office.warnings(key, THIS) == ["posted_later"]


def test_same_document_in_sage_is_adopted(office: Office) -> None:
    """A document of this number that says the same is linked, with a warning, not booked again."""
    customer = office.add(SAGENR0="1001")
    office.invoice(customer)
    office.drain()
    office.forget_booking(THIS)
    before = office.journal(THIS)
    office.edit("1", DUEDATE=date(2026, 3, 31))
    office.drain()
    assert office.state("1") == ("applied", None)
    assert office.warnings("1", THIS) == ["document_adopted"]
    assert office.journal(THIS) == before
    assert office.bookings(THIS) == [("1", 1, 20260001, None)]


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE Bk SET ValNt = '99.00' WHERE BkIdx = 2",
        "UPDATE Bk SET TaxId = 'USt77' WHERE BkIdx = 2",
        "UPDATE Bk SET AccId = '3200' WHERE BkIdx = 2",
        "UPDATE OPd SET PkKey = 5",
        "UPDATE Blg SET Date = '2026-01-30'",
        "DELETE FROM OPd",
        "DELETE FROM Bk",
    ],
)
def test_other_document_in_sage_is_a_conflict(office: Office, change: str) -> None:
    """A document of this number that says something else is never touched, and holds."""
    key = office.invoice(office.add())
    office.drain()
    office.forget_booking(THIS)
    office.sage_execute(THIS, change)
    office.edit(key, DUEDATE=date(2026, 3, 31))
    office.drain()
    assert office.state(key) == ("held", "document_conflict")
    assert office.bookings(THIS) == []


def test_another_customer_is_always_held(databases: Databases) -> None:
    """A booked invoice is never moved to another customer, whatever the policy."""
    office = Office(databases, cobra={"invoice": {"on_change": "reverse-and-rebook"}})
    first, second = office.add(SAGENR0="1001"), office.add(SAGENR0="1002")
    key = office.invoice(first)
    office.drain()
    office.edit(key, ADDRESSID=int(second))
    office.drain()
    assert office.state(key) == ("held", "customer_changed")
    assert office.items(THIS) == {"20260001": (1001, "108.10")}
    office.edit(key, ADDRESSID=int(first))
    office.drain()
    assert office.state(key) == ("applied", None)


def test_skipping_binds_until_resend(office: Office) -> None:
    """A skipped invoice stays skipped when it changes; `resend` lets it be looked at again."""
    key = office.invoice(office.add(), position("1.00", account="9999"))
    office.drain()
    office.skip(key, "von Hand verbucht")
    office.edit_positions(key, ACCOUNT="3000")
    office.drain()
    assert office.state(key) == ("skipped", "invoice_skipped")
    assert "von Hand verbucht" in office.told(key)
    office.edit(key, DUEDATE=date(2026, 3, 31))
    office.drain()
    assert office.items(THIS) == {}
    office.resend(key)
    office.drain()
    assert office.state(key) == ("applied", None)
    office.edit(key, DUEDATE=date(2026, 4, 30))
    office.drain()
    assert office.state(key) == ("held", "content_changed")


def test_the_longest_reason_of_a_person_is_told_as_far_as_it_fits(office: Office) -> None:
    """What is told of a skipped invoice names the reason; both are cut where their column ends."""
    key = office.invoice(office.add(), position("1.00", account="9999"))
    office.drain()
    office.skip(key, "Grund" * 250)
    office.edit_positions(key, ACCOUNT="3000")
    office.drain()
    assert office.state(key) == ("skipped", "invoice_skipped")
    reasons = {row.reason for row in office.of_invoice(key)}
    assert {(len(reason), reason[-1]) for reason in reasons} == {(1000, "…")}
    assert len(reasons) == 2  # the person's own, and what is told of the later entries


def test_skipping_an_address_lets_its_invoices_look_again(office: Office) -> None:
    """An invoice that waits for an address is looked at when a person gives the address up."""
    customer = office.add(CITY0=None)
    key = office.invoice(customer)
    office.drain()
    assert office.of_invoice(key)[-1].status == "waiting"
    office.change(customer, SAGENR0=None)
    with office.cobra.begin() as connection:
        o = office.outbox.outbox
        connection.execute(o.update().where(o.c.entity == "address").values(status="held"))
    office.skip(customer, "egal", "address")
    assert office.of_invoice(key)[-1].status == "pending"


def test_unreadable_amount_is_named(databases: Databases) -> None:
    """An amount with more than two places is held with the column's name."""
    office = Office(databases, cobra={"position": {"fields": {"amount": "PRICE"}}})
    key = office.invoice(office.add(), position("1.00", PRICE="1.2345"))
    office.drain()
    assert office.state(key) == ("held", "not_an_amount")
    assert "PRICE" in office.told(key)


def test_word_in_place_of_an_amount_is_named(databases: Databases) -> None:
    """A total that is no number at all is held with the column's name, as others are."""
    office = Office(databases, cobra={"invoice": {"fields": {"gross": "SUBJECT"}}})
    key = office.invoice(office.add(), SUBJECT="hundert")
    office.drain()
    assert office.state(key) == ("held", "not_an_amount")
    assert "hundert" in office.told(key)


def test_rounding_that_is_not_told_needs_its_account_too(databases: Databases) -> None:
    """Nothing is booked on an account that Sage has not; once it is there, it goes by itself."""
    office = Office(databases, sage={"rounding_account": "6941"})
    key = office.invoice(office.add(), position("99.97"), GROSS="108.05")
    office.drain()
    assert office.state(key) == ("held", "own_account_missing")
    assert "6941" in office.told(key)
    office.write_sage(THIS, "Acc", AccId="6941", Text="Rundung")
    office.recheck()
    office.drain()
    assert office.state(key) == ("applied", None)


def test_blanks_in_place_of_a_day_are_none(databases: Databases) -> None:
    """A text column that holds blanks says as much as an empty one."""
    office = Office(databases, cobra={"invoice": {"fields": {"due_date": "SUBJECT"}}})
    key = office.invoice(office.add(), SUBJECT="   ")
    office.drain()
    assert office.state(key) == ("applied", None)


def _year(settings: Any, index: int) -> dict[str, Any]:
    return dict(settings.sage.year[index].model_dump(mode="json"))


def test_completed_address_lets_its_invoice_go_on_at_once(office: Office) -> None:
    """In the relay that is running: a start would take up what waits by itself."""
    customer = office.add(CITY0=None)
    key = office.invoice(customer)
    with hold(office.relay_engine()) as lock:
        assert lock is not None
        with taken_over(lock, office.settings) as (drain, _years):
            while drain.step():
                pass
            assert office.state(key) == ("waiting", "address_not_ready")
            office.change(customer, CITY0="Bern")
            while drain.step():
                pass
    assert office.state(key) == ("applied", None)
