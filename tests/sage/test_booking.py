"""What becomes of an invoice in Sage, case by case."""

from __future__ import annotations

from datetime import date

import pytest

from tests.world.databases import Databases
from tests.world.office import LAST, THIS, Office, position


def test_first_invoice_brings_its_customer(office: Office) -> None:
    """Address, debtor account, open item and postings come with the first invoice, balanced."""
    customer = office.add(SAGENR0="1001")
    key = office.invoice(
        customer,
        position("200.00", COSTCENTRE="KST1"),
        position("50.00", account="3200", vat="reduced"),
    )
    office.drain()
    assert office.state(key) == ("applied", None)
    assert set(office.in_sage(THIS)) == {"1001"}
    assert office.in_sage(LAST) == {}
    (debtor,) = office.book(THIS, "PKd")
    assert (debtor["PkKey"], debtor["AdrId"], debtor["AccId"]) == (1001, "1001", "1100")
    assert office.items(THIS) == {"20260001": (1001, "267.50")}
    (document,) = office.book(THIS, "Blg")
    assert (document["BlgNr"], int(document["Orig"])) == (office.document_of(20260001), 1)
    assert office.journal(THIS)[document["BlgNr"]] == [
        ("1100", "S", "267.50", None),
        ("3000", "H", "200.00", "USt81"),
        ("KST1", "H", "200.00", None),
        ("2200", "H", "16.20", None),
        ("3200", "H", "50.00", "USt26"),
        ("2200", "H", "1.30", None),
    ]
    office.assert_books_right()
    assert [e.status for e in office.of_address(customer)] == ["not_for_sage", "applied"]


def test_postings_point_at_their_rows(office: Office) -> None:
    """The first posting opens the item; a position names its cost and tax row by place."""
    customer = office.add()
    office.invoice(customer, position("200.00", COSTCENTRE="KST1"), position("10.00"))
    office.drain()
    rows = {r["BkIdx"]: r for r in office.book(THIS, "Bk")}
    assert (rows[1]["OpId"], rows[1]["Flags"], rows[1]["CAcc"]) == ("20260001", 1, "3000")
    assert (rows[2]["CIdx"], rows[2]["TIdx"], rows[2]["CAcc"]) == (3, 4, "1100")
    assert (rows[3]["BType"], rows[3]["CAcc"]) == (1, "3000")
    assert (rows[4]["BType"], rows[4]["ValTx"]) == (2, "200.00")
    assert (rows[5]["CIdx"], rows[5]["TIdx"], rows[5]["OpId"]) == (None, 6, None)


def test_every_address_change_follows_at_once(office: Office) -> None:
    """After the first invoice the address is kept up to date in the years that have it."""
    customer = office.add(SAGENR0="1001")
    office.invoice(customer)
    office.drain()
    office.change(customer, CITY0="Bern")
    office.drain()
    assert office.in_sage(THIS)["1001"]["City"] == "Bern"
    assert office.in_sage(LAST) == {}


def test_draft_does_not_concern_sage(office: Office) -> None:
    """A draft is answered at once, with positions edited or not; printing it books it once."""
    customer = office.add()
    key = office.invoice(customer, printed=False)
    office.drain()
    office.edit_positions(key, ACCOUNT="3200")
    office.drain()
    assert office.state(key) == ("not_for_sage", "invoice_draft")
    assert office.items(THIS) == {}
    assert office.in_sage(THIS) == {}
    office.edit(key, PRINTEDON=office.printed(date(2026, 2, 1)))
    office.drain()
    assert office.state(key) == ("applied", None)
    assert [row[0] for row in office.journal(THIS)[20260001]] == ["1100", "3200", "2200"]


def test_reprint_and_texts_change_nothing(office: Office) -> None:
    """What is not booked does not touch the books: another print, a note, a text."""
    key = office.invoice(office.add())
    office.drain()
    before = office.book(THIS, "Bk")
    office.edit(key, PRINTEDON=office.printed(date(2026, 3, 1)), SUBJECT="Rechnung, Kopie")
    office.edit_positions(key, TEXT="Beratung")
    office.drain()
    assert office.state(key) == ("applied", None)
    assert office.book(THIS, "Bk") == before
    office.edit(key, NOTES0="x")
    assert office.drain() == 0


def test_change_after_booking_is_held(office: Office) -> None:
    """Policy hold: nothing booked changes; putting it back in cobra releases the hold."""
    key = office.invoice(office.add())
    office.drain()
    before = office.journal(THIS)
    office.edit_positions(key, ACCOUNT="3200")
    office.drain()
    assert office.state(key) == ("held", "content_changed")
    assert "20260001" in office.told(key)
    office.edit_positions(key, ACCOUNT="3000")
    office.drain()
    assert office.state(key) == ("applied", None)
    assert office.journal(THIS) == before


def test_reverse_and_rebook(databases: Databases) -> None:
    """Policy reverse-and-rebook: the old document is taken back, the new one stands beside it."""
    office = Office(databases, cobra={"invoice": {"on_change": "reverse-and-rebook"}})
    key = office.invoice(office.add(SAGENR0="1001"), position("100.00"))
    office.drain()
    with office.cobra.begin() as connection:
        office.add_position(connection, int(key), position("50.00", account="3200"))
    office.edit(key, GROSS="162.15")
    office.drain()
    assert office.state(key) == ("applied", None)
    own = office.document_of(20260001)
    first, second = office.document_of(1_000_000_000, 2), office.document_of(1_000_000_001, 3)
    assert office.bookings(THIS) == [(key, 1, own, first), (key, 2, second, None)]
    assert office.items(THIS) == {"20260001": (1001, "162.15")}
    taken_back = office.journal(THIS)[first]
    assert taken_back[0] == ("1100", "S", "-108.10", None)
    office.assert_books_right()


def test_cancelled_is_held_by_default(office: Office) -> None:
    """Policy hold: a cancelled, unprinted or deleted invoice stays booked until a person acts."""
    customer = office.add()
    keys = [office.invoice(customer, number=f"2026000{n}") for n in range(1, 4)]
    office.drain()
    office.edit(keys[0], CANCELLED=True)
    office.unprint(keys[1])
    office.delete_invoice(keys[2])
    office.drain()
    assert [office.state(key) for key in keys] == [("held", "booked_in_sage")] * 3
    assert len(office.items(THIS)) == 3
    office.edit(keys[0], CANCELLED=False)
    office.edit(keys[1], PRINTEDON=office.printed(date(2026, 2, 1)))
    office.drain()
    assert office.state(keys[0]) == office.state(keys[1]) == ("applied", None)


def test_cancelled_is_reversed_by_policy(databases: Databases) -> None:
    """Policy reverse: what stands is taken back once; printing it again books it again."""
    told = {"on_cancel": "reverse", "credit_notes": "swapped"}
    office = Office(databases, cobra={"invoice": told})
    key = office.invoice(office.add(SAGENR0="1001"))
    office.drain()
    office.edit(key, CANCELLED=True)
    office.drain()
    assert office.state(key) == ("applied", None)
    assert office.warnings(key, THIS) == ["taken_back"]
    assert office.items(THIS) == {"20260001": (1001, "0.00")}
    assert office.journal(THIS)[office.document_of(1_000_000_000, 2)] == [
        ("1100", "H", "108.10", None),
        ("3000", "S", "100.00", "USt81"),
        ("2200", "S", "8.10", None),
    ]
    office.edit(key, SUBJECT="egal")
    office.drain()
    assert office.state(key) == ("not_for_sage", "invoice_cancelled")
    office.edit(key, CANCELLED=False)
    office.drain()
    assert office.bookings(THIS)[-1] == (key, 2, office.document_of(1_000_000_001, 3), None)
    assert office.items(THIS) == {"20260001": (1001, "108.10")}
    office.assert_books_right()


def test_taken_back_number_stays_with_its_customer(databases: Databases) -> None:
    """An open item is never moved to another debtor: with a new number the invoice goes."""
    office = Office(databases, cobra={"invoice": {"on_cancel": "reverse"}})
    first, second = office.add(SAGENR0="1001"), office.add(SAGENR0="1002")
    key = office.invoice(first)
    office.drain()
    office.edit(key, CANCELLED=True)
    office.drain()
    office.edit(key, CANCELLED=False, ADDRESSID=int(second))
    office.drain()
    assert office.state(key) == ("held", "item_of_another_customer")
    office.edit(key, NUMBER="20260002")
    office.drain()
    assert office.items(THIS) == {"20260001": (1001, "0.00"), "20260002": (1002, "108.10")}
    office.assert_books_right()


def test_paid_item_is_not_reversed(databases: Databases) -> None:
    """An open item into which somebody has booked a payment is held, not reversed."""
    office = Office(databases, cobra={"invoice": {"on_cancel": "reverse"}})
    key = office.invoice(office.add())
    office.drain()
    office.sage_execute(THIS, "UPDATE OPd SET MCdt = '50.00'")
    office.edit(key, CANCELLED=True)
    office.drain()
    assert office.state(key) == ("held", "item_paid")


def test_before_book_from_is_never_booked(office: Office) -> None:
    """An invoice dated before `book_from` does not concern Sage."""
    key = office.invoice(office.add(), day=date(2025, 6, 30), number="20250001")
    office.drain()
    assert office.state(key) == ("not_for_sage", "before_start")
    assert office.items(LAST) == {}


def test_nothing_has_to_be_right_before_book_from(office: Office) -> None:
    """An old invoice with a code that nobody maps any more holds nothing up."""
    key = office.invoice(office.add(), position("1.00", vat="old"), day=date(2019, 6, 30))
    office.drain()
    assert office.state(key) == ("not_for_sage", "before_start")


def test_posting_date_decides_the_year(office: Office) -> None:
    """An invoice of December goes to last year's books, one of January to this year's."""
    customer = office.add(SAGENR0="1001")
    december = office.invoice(customer, day=date(2025, 12, 30), number="20250009")
    january = office.invoice(customer, day=date(2026, 1, 3), number="20260001")
    office.drain()
    assert office.state(december) == office.state(january) == ("applied", None)
    assert set(office.items(LAST)) == {"20250009"}
    assert set(office.items(THIS)) == {"20260001"}
    concerned = {e.id for e in office.of_invoice(december)}
    assert not concerned & {d.outbox_id for d in office.deliveries(december, THIS)}
    assert set(office.in_sage(LAST)) == set(office.in_sage(THIS)) == {"1001"}


def test_two_invoices_of_a_new_customer_in_one_batch(office: Office) -> None:
    """The first brings the customer, the second finds it; totals count both."""
    customer = office.add(SAGENR0="1001")
    for n in range(1, 4):
        office.invoice(customer, number=f"2026000{n}")
    office.drain()
    (debtor,) = office.book(THIS, "PKd")
    assert (debtor["MDbt"], debtor["NOp"]) == ("324.30", 3)
    office.assert_books_right()


def test_debtor_is_the_main_address(office: Office) -> None:
    """An invoice to a sub address is booked for its main address, which alone goes over."""
    main = office.add(SAGENR0="1001")
    sub = office.add(SAGENR0="1002", MAINID=int(main))
    key = office.invoice(sub)
    office.drain()
    assert office.state(key) == ("applied", None)
    assert set(office.in_sage(THIS)) == {"1001"}
    assert office.items(THIS)["20260001"][0] == 1001


def test_debtor_can_be_the_address_itself(databases: Databases) -> None:
    """With `debtor = "self"` the address that the invoice names is the debtor."""
    office = Office(databases, cobra={"address": {"debtor": "self"}})
    main = office.add(SAGENR0="1001")
    sub = office.add(SAGENR0="1002", MAINID=int(main))
    office.invoice(sub)
    office.drain()
    assert set(office.in_sage(THIS)) == {"1002"}


def test_credit_note_is_negative(office: Office) -> None:
    """A credit note has the invoice's sides and negative amounts, however cobra signs it."""
    customer = office.add(SAGENR0="1001")
    office.invoice(customer, position("100.00"), KIND="G", number="20260001")
    office.invoice(customer, position("-100.00"), KIND="G", number="20260002")
    office.drain()
    journal = office.journal(THIS)
    first, second = office.document_of(20260001), office.document_of(20260002, 2)
    assert journal[first] == journal[second]
    assert journal[first][0] == ("1100", "S", "-108.10", None)
    office.assert_books_right()


@pytest.mark.parametrize("sign", ["", "-"])
def test_printed_tax_of_a_credit_note_is_turned_with_it(office: Office, sign: str) -> None:
    """A credit note whose amounts and taxes cobra writes positive is one of negative amounts."""
    row = position(f"{sign}100.00", VATAMOUNT=f"{sign}8.10")
    key = office.invoice(office.add(), row, KIND="G")
    office.drain()
    assert office.state(key) == ("applied", None)
    assert office.journal(THIS)[20260001] == [
        ("1100", "S", "-108.10", None),
        ("3000", "H", "-100.00", "USt81"),
        ("2200", "H", "-8.10", None),
    ]


def test_credit_note_can_swap_sides(databases: Databases) -> None:
    """With `credit_notes = "swapped"` amounts are positive and sides swapped."""
    office = Office(databases, cobra={"invoice": {"credit_notes": "swapped"}})
    office.invoice(office.add(), position("100.00"), KIND="G")
    office.drain()
    assert office.journal(THIS)[office.document_of(20260001)] == [
        ("1100", "H", "108.10", None),
        ("3000", "S", "100.00", "USt81"),
        ("2200", "S", "8.10", None),
    ]
    office.assert_books_right()


def test_rounding_has_its_account(office: Office) -> None:
    """A total rounded to five centimes posts the difference to the rounding account."""
    office.invoice(office.add(), position("99.95"), GROSS="108.05", ROUNDING="0.00")
    office.invoice(
        office.add(), position("99.97"), GROSS="108.05", ROUNDING="-0.02", number="20260002"
    )
    office.drain()
    assert office.journal(THIS)[20260002][-1] == ("6940", "H", "-0.02", None)
    assert len(office.journal(THIS)[20260001]) == 3
    office.assert_books_right()


def test_number_that_is_no_document_number(office: Office) -> None:
    """A number with letters is the open item's; the document gets the next of its own range."""
    office.invoice(office.add(), number="R-2026/1")
    office.invoice(office.add(), number="R-2026/2")
    office.drain()
    assert set(office.items(THIS)) == {"R-2026/1", "R-2026/2"}
    assert set(office.journal(THIS)) == {1_000_000_000, 1_000_000_001}


def test_long_texts_are_cut_and_said(office: Office) -> None:
    """A text longer than Sage's column is cut, with a warning; the booking goes through."""
    key = office.invoice(office.add(), position("100.00", TEXT="Beratung " * 12))
    office.drain()
    assert office.state(key) == ("applied", None)
    assert office.warnings(key, THIS) == ["text_cut"]
    assert office.book(THIS, "Bk")[1]["Text"] == ("Beratung " * 12)[:60].strip()


def test_open_item_tells_terms_and_dates(office: Office) -> None:
    """Due date, term, reference and text stand on the open item."""
    customer = office.add()
    office.invoice(
        customer, DUEDATE=date(2026, 2, 15), REFERENCE="21 00000 00003 13947 14300 09017"
    )
    office.invoice(customer, number="20260002")
    office.drain()
    first, second = office.book(THIS, "OPd")
    assert (str(first["DateD"]), first["Ref"]) == ("2026-02-15", "210000000003139471430009017")
    assert (str(second["DateD"]), second["ZabId"]) == ("2026-03-02", "30T")
