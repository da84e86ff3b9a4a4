"""Corrections refer to what they correct, keep to their year, and say why they are held."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from relay.base import texts
from tests.world.databases import Databases
from tests.world.office import LAST, THIS, Office

REVERSING = {"on_cancel": "reverse", "on_change": "reverse-and-rebook"}
NEXT_PERIOD = {"closed_period": "next-period"} | REVERSING
DECEMBER = date(2025, 12, 30)
CLOSED = "UPDATE Client SET PeriodFrom = '2026-01-01'"
OPEN = "UPDATE Client SET PeriodFrom = NULL"


def office_with(databases: Databases, **more: Any) -> Office:
    return Office(databases, cobra={"invoice": NEXT_PERIOD}, **more)


def cases(office: Office) -> dict[int, int | None]:
    """Return each document's business case."""
    return {row["BlgNr"]: row["GFNr"] for row in office.book(THIS, "Blg")}


def test_reversal_names_its_original(databases: Databases) -> None:
    """What takes back, and what is booked anew, share the first document's case and its number."""
    office = office_with(databases)
    key = office.invoice(office.add())
    office.drain()
    for account in ("3200", "3000"):
        office.edit_positions(key, ACCOUNT=account)
        office.drain()
    first, *later = sorted(cases(office), key=lambda number: number != 20260001)
    assert cases(office) == {first: None} | dict.fromkeys(later, 20260001)
    told = {(r["BlgNr"], r["Text"]) for r in office.book(THIS, "Bk") if r["AccId"] == "1100"}
    second = later[1]
    assert (later[0], "Storno 20260001: Rechnung") in told
    assert (later[2], f"Storno {second}: Rechnung") in told
    assert (later[3], "Rechnung") in told


def test_long_text_of_a_reversal_is_cut(databases: Databases) -> None:
    """The number of the document that is taken back is never what is cut off."""
    office = office_with(databases)
    key = office.invoice(office.add(), SUBJECT="x" * 60)
    office.drain()
    office.edit(key, CANCELLED=True)
    office.drain()
    texts_of = [r["Text"] for r in office.book(THIS, "Bk") if r["BlgNr"] != 20260001]
    assert texts_of[0] == "Storno 20260001: " + "x" * 43


def test_credit_note_shares_the_case_of_its_invoice(databases: Databases) -> None:
    """In one batch or later, a credit note belongs to the business case of what it corrects."""
    office = office_with(databases)
    customer = office.add()
    office.invoice(customer)
    told: dict[str, Any] = {"KIND": "G", "CORRECTS": "20260001"}
    office.invoice(customer, number="20260002", **told)
    office.drain()
    office.invoice(customer, number="20260003", **told)
    office.drain()
    assert cases(office) == {20260001: None, 20260002: 20260001, 20260003: 20260001}
    office.assert_books_right()


def test_payment_is_seen_without_totals(databases: Databases) -> None:
    """Where Sage keeps no totals on open items, a posting of somebody else's tells of a payment."""
    profile = {"columns": {"OPd": {"MDbt": "", "MCdt": ""}}}
    office = office_with(databases, sage={"profile": profile})
    paid, unpaid = (office.invoice(office.add(), number=number) for number in ("1", "2"))
    office.drain()
    office.write_sage(THIS, "Blg", BlgNr=77, Date=date(2026, 2, 1))
    office.write_sage(
        THIS, "Bk", BlgNr=77, BkIdx=1, AccId="1100", Type=1, ValNt="108.10", OpId="1", PkKey=1001
    )
    for key in (paid, unpaid):
        office.edit(key, CANCELLED=True)
    office.drain()
    assert office.state(paid) == ("held", "item_paid")
    assert office.state(unpaid) == ("applied", None)


def test_vat_settled_by_setting(databases: Databases) -> None:
    """Where Sage does not tell, `vat_settled` of the year says what the tax office was told."""
    office = office_with(databases)
    key = office.invoice(office.add())
    office.drain()
    here = office.settings.sage.year
    settled = here[1].model_copy(update={"vat_settled": date(2026, 3, 31)})
    sage = office.settings.sage.model_copy(update={"year": [here[0], settled]})
    before, office.settings = office.settings, office.settings.model_copy(update={"sage": sage})
    assert before.fingerprint() != office.settings.fingerprint()
    office.edit(key, CANCELLED=True)
    office.drain()
    assert office.state(key) == ("held", "vat_settled")
    office.settings = before
    office.drain()
    assert office.state(key) == ("applied", None)


def test_closed_year_without_a_next_one(databases: Databases) -> None:
    """The last configured year is closed: the invoice waits for it, or for another one."""
    office = office_with(databases)
    office.sage_execute(THIS, "UPDATE Client SET PeriodFrom = '2027-01-01'")
    key = office.invoice(office.add())
    office.drain()
    assert office.state(key) == ("waiting", "next_year_missing")
    office.sage_execute(THIS, OPEN)
    office.recheck()
    office.drain()
    assert office.state(key) == ("applied", None)


@pytest.mark.parametrize("boundary", ["routed", f"written:{THIS}", f"committed:{THIS}"])
def test_closed_year_is_opened_amid_a_crash(databases: Databases, boundary: str) -> None:
    """An invoice that went to the next year stays there; one that only was to go is put right."""
    office = office_with(databases)
    office.sage_execute(LAST, CLOSED)
    key = office.invoice(office.add(), day=DECEMBER)
    assert office.crash_at(boundary)
    office.sage_execute(LAST, OPEN)
    office.drain_all()
    assert office.state(key) == ("applied", None)
    went = boundary.startswith("committed")
    assert [len(office.items(year)) for year in (LAST, THIS)] == ([0, 1] if went else [1, 0])
    office.assert_books_right()


def test_closed_year_is_opened_after_the_booking(databases: Databases) -> None:
    """A reprint leaves an invoice where it was posted; a correction puts it where it belongs."""
    office = office_with(databases)
    office.sage_execute(LAST, CLOSED)
    key = office.invoice(office.add(), day=DECEMBER)
    office.drain()
    office.sage_execute(LAST, OPEN)
    office.edit(key, SUBJECT="Nochmals gedruckt")
    office.drain_all()
    assert office.items(LAST) == {}
    office.edit_positions(key, ACCOUNT="3200")  # now it is corrected: where it belongs
    office.drain_all()
    assert office.state(key) == ("applied", None)
    assert office.items(THIS)["20260001"][1] == "0.00"
    assert office.items(LAST)["20260001"][1] == "108.10"
    office.assert_books_right()


@pytest.mark.parametrize("language", texts.LANGUAGES)
def test_held_correction_says_all(databases: Databases, language: str) -> None:
    """Number, customer, amount, what is wrong, where to correct it, and what happens then."""
    office = office_with(databases, language=language)
    key = office.invoice(office.add(), day=DECEMBER)
    office.drain()
    office.sage_execute(LAST, CLOSED)
    office.edit(key, CANCELLED=True)
    office.drain()
    for code, change in (
        ("correction_period_closed", "UPDATE Client SET VatTo = '2025-12-31'"),
        ("vat_settled", "UPDATE OPd SET MCdt = '108.10'"),
        ("item_paid", OPEN),
    ):
        assert office.state(key) == ("held", code)
        told = office.told(key)
        alone = {"de": "von selbst", "en": "by itself"}[language]
        known = ["20260001", "Käserei Müller AG", "CHF 108.10", "Sage", alone]
        assert [part for part in known if part not in told] == []
        assert code == "item_paid" or {"de": "30.12.2025", "en": "2025-12-30"}[language] in told
        office.sage_execute(LAST, change)
        office.recheck()
        office.drain()


@pytest.mark.parametrize("language", texts.LANGUAGES)
@pytest.mark.parametrize(
    ("code", "where"),
    [
        ("period_closed", ("cobra", "Sage")),
        ("period_closed_held", ("cobra", "Sage")),
        ("next_year_missing", ("relay.toml", "Sage")),
        ("correction_period_closed", ("cobra", "Sage")),
        ("vat_settled", ("cobra", "Sage")),
        ("item_paid", ("Sage",)),
        ("corrects_other_customer", ("cobra",)),
        ("booked_in_sage", ("cobra", "Sage")),
        ("content_changed", ("cobra", "Sage")),
        ("number_of_booked_changed", ("cobra",)),
        ("invoice_number_twice", ("cobra",)),
        ("customer_changed", ("cobra", "Sage")),
    ],
)
def test_every_sentence_says_where_and_what_then(
    code: str, where: tuple[str, ...], language: str
) -> None:
    """Where to correct it, and that it then goes by itself; the invoice itself is named before."""
    told = texts.catalogue()[code][language]
    alone = {"de": "von selbst", "en": "by itself"}[language]
    assert [part for part in (*where, alone) if part not in told] == []


def test_deleted_invoice_is_named_by_sage(databases: Databases) -> None:
    """What cobra does not hold any more is told by what Sage holds of it."""
    office = Office(databases)
    key = office.invoice(office.add())
    office.drain()
    office.delete_invoice(key)
    office.drain()
    assert office.state(key) == ("held", "booked_in_sage")
    assert "20260001, Käserei Müller AG, CHF 108.10" in office.told(key)
