"""Each invoice's document says what stands in Sage, or why it does not."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from tests.world.bureau import Bureau
from tests.world.databases import Databases
from tests.world.office import LAST, THIS, position

CHEESE = {"ARTICLE": "KÄSE-1", "TEXT": "Emmentaler", "QUANTITY": "2.5", "PRICE": "40.00"}


def test_a_booked_invoice_is_a_document_with_positions(bureau: Bureau) -> None:
    """Head and positions say what was sent, to whom, and how it was booked."""
    address = bureau.add()
    key = bureau.invoice(
        address,
        position("100.00", COSTCENTRE="KST1", **CHEESE),
        position("50.00", "3200", "reduced", TEXT="Beratung"),
        day=date(2026, 2, 3),
    )
    bureau.drain()

    d = bureau.document(key)
    assert (d.number, d.kind, d.customer_key) == ("20260001", "invoice", address)
    assert d.customer_name == "Käserei Müller AG"
    assert (d.mandant, d.year, d.currency) == ("MUSTER", THIS, "CHF")
    assert (d.invoice_date, d.due_date) == (date(2026, 2, 3), date(2026, 3, 5))
    assert (d.net, d.tax, d.gross) == (Decimal("150.00"), Decimal("9.40"), Decimal("159.40"))
    assert (d.sage_document, d.open_item, d.version) == (20260001, "20260001", 1)
    assert (d.state, d.stands, d.reason) == ("booked", 1, None)
    first, second = bureau.lines(key)
    assert (first.article, first.text, first.account) == ("KÄSE-1", "Emmentaler", "3000")
    assert (first.quantity, first.unit_price) == (Decimal("2.5"), Decimal(40))
    assert (first.cost_centre, first.tax_key) == ("KST1", "USt81")
    assert (first.net, first.tax) == (Decimal("100.00"), Decimal("8.10"))
    assert (second.article, second.net, second.tax) == (None, Decimal("50.00"), Decimal("1.30"))


def test_a_draft_is_no_document(bureau: Bureau) -> None:
    """What does not concern Sage is not recorded, also when it was printed and is no more."""
    key = bureau.invoice(bureau.add(), position("1.00", "9999"), printed=False)
    bureau.drain()
    assert bureau.documents() == {}
    bureau.edit(key, PRINTEDON=bureau.printed(date(2026, 1, 31)))
    bureau.drain()
    assert bureau.document(key).state == "held"
    bureau.edit(key, PRINTEDON=None)
    bureau.drain()
    assert bureau.documents() == {}
    assert bureau.lines(key) == []


def test_a_held_invoice_says_why(bureau: Bureau) -> None:
    """It is there with customer, positions and reason, stands nowhere, and then is booked."""
    address = bureau.add()
    key = bureau.invoice(address, position("100.00", "9999", **CHEESE))
    bureau.drain()

    d = bureau.document(key)
    assert (d.state, d.stands, d.reason_code) == ("held", 0, "account_missing")
    assert "9999" in d.reason
    assert (d.number, d.customer_key, d.currency_gross) == ("20260001", address, Decimal("108.10"))
    assert bureau.lines(key)[0].article == "KÄSE-1"
    bureau.edit_positions(key, ACCOUNT="3000")
    bureau.drain()
    d = bureau.document(key)
    assert (d.state, d.stands, d.reason_code, d.reason) == ("booked", 1, None, None)


def test_an_invoice_that_is_wrong_in_cobra_is_there_too(bureau: Bureau) -> None:
    """Number, customer and day are told as far as they can be read."""
    address = bureau.add()
    key = bureau.invoice(address, position("100.00", vat="unknown"))
    bureau.drain()

    d = bureau.document(key)
    assert (d.state, d.reason_code) == ("held", "vat_not_mapped")
    assert (d.number, d.customer_key, d.invoice_date) == ("20260001", address, date(2026, 1, 31))


def test_a_waiting_invoice_says_what_for(bureau: Bureau) -> None:
    """A customer without a town keeps it waiting."""
    key = bureau.invoice(bureau.add(CITY0=None))
    bureau.drain()

    d = bureau.document(key)
    assert (d.state, d.stands, d.reason_code) == ("waiting", 0, "address_not_ready")


def test_a_booked_invoice_that_changed_keeps_its_figures(bureau: Bureau) -> None:
    """The news is held, Sage still holds the first content: it counts, and says so."""
    key = bureau.invoice(bureau.add(), position("100.00"))
    bureau.drain()
    bureau.edit_positions(key, NET="200.00")
    bureau.edit(key, GROSS="216.20")
    bureau.drain()

    d = bureau.document(key)
    assert (d.state, d.stands, d.reason_code) == ("held", 1, "content_changed")
    assert (d.net, d.gross) == (Decimal("100.00"), Decimal("108.10"))
    assert bureau.recorded() == bureau.journalled()


def test_a_correction_shows_the_newest_content(databases: Databases) -> None:
    """Reversed and booked anew: the figures are the new ones."""
    told = {"on_change": "reverse-and-rebook", "on_cancel": "reverse"}
    bureau = Bureau(databases, cobra={"invoice": told})
    key = bureau.invoice(bureau.add(), position("100.00"))
    bureau.drain()
    bureau.edit_positions(key, ACCOUNT="3200")
    bureau.drain()

    d = bureau.document(key)
    assert (d.state, d.stands, d.version) == ("corrected", 1, 2)
    assert bureau.lines(key)[0].account == "3200"
    assert bureau.recorded() == bureau.journalled()
    bureau.edit(key, CANCELLED=1)
    bureau.drain()
    d = bureau.document(key)
    assert (d.state, d.stands, d.net) == ("reversed", 0, Decimal("100.00"))
    assert d.reversal is not None
    assert bureau.recorded() == bureau.journalled() == {}


def test_a_credit_note_counts_negative(bureau: Bureau) -> None:
    """Its amounts and quantities are negative, whatever sign cobra writes."""
    address = bureau.add()
    bureau.invoice(address, position("100.00", **CHEESE))
    key = bureau.invoice(address, position("100.00", **CHEESE), number="20260002", KIND="G")
    bureau.drain()

    d = bureau.document(key)
    assert (d.kind, d.net, d.gross) == ("credit-note", Decimal("-100.00"), Decimal("-108.10"))
    assert bureau.lines(key)[0].quantity == Decimal("-2.5")
    assert bureau.recorded() == bureau.journalled() == {}


def test_words_follow_cobra_without_a_booking(bureau: Bureau) -> None:
    """An article that is corrected later changes nothing in Sage, and is right in the enquiry."""
    key = bureau.invoice(bureau.add(), position("100.00", **CHEESE))
    bureau.drain()
    bureau.edit_positions(key, ARTICLE="KÄSE-2")
    bureau.drain()

    assert bureau.lines(key)[0].article == "KÄSE-2"
    assert bureau.document(key).state == "booked"


def test_a_crash_before_the_acknowledgement_loses_no_document(bureau: Bureau) -> None:
    """Sage has the booking, cobra was not told: the repetition records it with its figures."""
    key = bureau.invoice(bureau.add(), position("100.00"))
    assert bureau.crash_at("before_ack")
    assert bureau.documents() == {}
    bureau.drain()

    d = bureau.document(key)
    assert (d.state, d.stands, d.gross, d.year) == ("booked", 1, Decimal("108.10"), THIS)
    assert bureau.recorded() == bureau.journalled()


def test_a_change_after_such_a_crash_loses_none_either(bureau: Bureau) -> None:
    """What stands is told from Sage's own postings, since cobra says something else already."""
    key = bureau.invoice(bureau.add(), position("100.00", COSTCENTRE="KST1"), day=date(2025, 9, 1))
    assert bureau.crash_at("before_ack")
    bureau.edit_positions(key, ACCOUNT="3200")
    bureau.drain()

    d = bureau.document(key)
    assert (d.state, d.stands, d.year) == ("held", 1, LAST)
    assert (bureau.lines(key)[0].account, bureau.lines(key)[0].cost_centre) == ("3000", "KST1")
    assert bureau.recorded() == bureau.journalled()


def test_values_that_fit_no_column_keep_nothing_back(bureau: Bureau) -> None:
    """An overlong text is cut and a quantity that is no number left out: nothing may fail there."""
    odd = {"TEXT": "ä" * 200, "ARTICLE": "x" * 50}
    if bureau.dialect.name == "sqlite":
        odd |= {"QUANTITY": "drei", "PRICE": "1e40", "ARTICLE": "x" * 400, "TEXT": "ä" * 4000}
    key = bureau.invoice(bureau.add(), position("100.00", **odd))
    bureau.drain()

    line = bureau.lines(key)[0]
    assert bureau.document(key).state == "booked"
    assert (line.quantity, line.unit_price) == (None, None)
    assert (len(line.article), len(line.text)) == (50, 200)


def test_addresses_that_went_over_are_noted(bureau: Bureau) -> None:
    """With their first invoice, by their number in Sage; others are not."""
    address, _other = bureau.add(SAGENR0="4711"), bureau.add()
    bureau.invoice(address)
    bureau.drain()

    with bureau.cobra.connect() as connection:
        rows = connection.execute(bureau.enquiry.handed_over.select()).all()
    assert [(row.entity_key, row.number) for row in rows] == [(address, "4711")]


def test_switched_off_nothing_is_recorded(databases: Databases) -> None:
    """Without the section the relay books as ever, and the tables stay empty."""
    bureau = Bureau(databases, documents=None)
    bureau.invoice(bureau.add())
    bureau.drain()

    assert bureau.documents() == {}
    assert len(bureau.bookings(THIS)) == 1
