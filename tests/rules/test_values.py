"""Values that cannot be right are held with a sentence; those written in many ways are one."""

from __future__ import annotations

import hashlib
import json
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import insert, update

from relay.base.errors import Refused
from relay.database import dialect_of
from relay.database.reflection import column_named, read_table
from tests.world.databases import INVOICES, Databases, merged
from tests.world.office import THIS, Office, position

NO_DAY, TOO_LATE = date(1900, 1, 1), date(9999, 12, 31)
REVERSES = {"invoice": {"on_cancel": "reverse"}}


def dbo(databases: Databases) -> str:
    """Return what stands before a table's name."""
    return "" if databases.server.dialect == "sqlite" else "dbo."


def test_day_of_nothing_prints_nothing(office: Office) -> None:
    """What SQL Server makes of '' is no day: the draft stays one, and no due day goes over."""
    customer = office.add()
    draft = office.invoice(customer, PRINTEDON=office.printed(NO_DAY), number="1")
    due = office.invoice(customer, DUEDATE=NO_DAY, number="2")
    office.drain()
    assert office.state(draft) == ("not_for_sage", "invoice_draft")
    assert office.state(due) == ("applied", None)
    (item,) = office.book(THIS, "OPd")
    assert str(item["DateD"])[:10] == "2026-03-02"
    office.assert_books_right()


@pytest.mark.parametrize(
    ("columns", "code", "parts"),
    [
        ({"INVOICEDATE": TOO_LATE}, "day_out_of_range", ("31.12.9999", "INVOICEDATE", "2099")),
        ({"INVOICEDATE": date(1926, 1, 31)}, "day_out_of_range", ("31.01.1926", "INVOICEDATE")),
        ({"INVOICEDATE": NO_DAY}, "field_empty", ("INVOICEDATE",)),
        ({"DUEDATE": TOO_LATE}, "day_out_of_range", ("31.12.9999", "DUEDATE")),
        ({"CURRENCY": "EUR", "RATE": "1000000001"}, "number_out_of_range", ("RATE", "1000000001")),
        ({"GROSS": "10000000000000.00"}, "number_out_of_range", ("GROSS", "10000000000000.00")),
        ({"NUMBER": "\u0410-1"}, "key_odd", ("NUMBER", "\\u0410-1", "CYRILLIC")),
    ],
)  # fmt: skip
def test_what_cannot_be_right_is_held(
    office: Office, columns: dict[str, Any], code: str, parts: tuple[str, ...]
) -> None:
    """The sentence names field and value; corrected, the invoice goes by itself."""
    key = office.invoice(office.add(), **columns)
    other = office.invoice(office.add(SAGENR0="1009"), number="20260009")
    office.drain()
    assert office.state(key) == ("held", code)
    told = office.told(key).replace("'", "")
    assert [part for part in parts if part not in told] == []
    assert office.state(other) == ("applied", None)
    right = {
        "INVOICEDATE": date(2026, 1, 31), "DUEDATE": None, "CURRENCY": None, "RATE": None,
        "GROSS": "108.10", "NUMBER": "20260001",
    }  # fmt: skip
    office.edit(key, **{name: right[name] for name in columns})
    office.drain()
    assert office.state(key) == ("applied", None)


def test_printed_in_a_year_that_cannot_be(databases: Databases) -> None:
    """A time of printing that cannot be right is no sentinel: somebody has to look."""
    office = Office(databases, cobra={"earliest_day": "2000-01-01"})
    key = office.invoice(office.add(), PRINTEDON=office.printed(date(1996, 1, 31)))
    office.drain()
    assert office.state(key) == ("held", "day_out_of_range")
    assert "31.01.1996" in office.told(key)


def test_invisible_mark_books_no_second_document(office: Office) -> None:
    """A number is what people see of it."""
    customer = office.add()
    first = office.invoice(customer, number="20260001")
    second = office.invoice(customer, number="\uff12\uff10\uff12\uff16\u200e0001")
    office.drain()
    assert office.state(first) == ("applied", None)
    assert office.state(second) == ("held", "invoice_number_twice")
    assert list(office.items(THIS)) == ["20260001"]


def test_looked_up_as_people_see_it(office: Office) -> None:
    """Codes, postcodes, phones and languages are read alike, and Sage gets them plain."""
    customer = office.add(
        SAGENR0="10\u200b01", ZIP0="\uff13\uff16\uff10\uff10", PHONE0="033\u00a0222\u202f11 00",
        LANGUAGE0="franc\u0327ais",
    )  # fmt: skip
    key = office.invoice(customer, position("100.00", account="3000\ufeff"), KIND="R\u200e")
    office.drain()
    assert office.state(key) == ("applied", None)
    row = office.in_sage(THIS)["1001"]
    assert (row["ACode"], row["TelB"], row["Lang"]) == ("3600", "033 222 11 00", "F")


def test_odd_letters_of_an_address_are_held(office: Office) -> None:
    """A number that only looks like one is told with the letter's name."""
    customer = office.add(SAGENR0="1\u043e01")
    key = office.invoice(customer)
    office.drain()
    assert office.state(key) == ("held", "address_held")
    assert "1\\u043e01" in office.told(key)
    office.change(customer, SAGENR0="1001")
    office.drain()
    assert office.state(key) == ("applied", None)


def test_terms_without_end(office: Office) -> None:
    """A term of 999,999,999 days is told, and corrected in Sage the invoice goes by itself."""
    office.sage_execute(THIS, "UPDATE Zab SET Days = 999999999")
    key = office.invoice(office.add())
    dated = office.invoice(office.add(), number="20260002", DUEDATE=date(2026, 3, 1))
    office.drain()
    assert office.state(key) == ("held", "terms_out_of_range")
    assert "30T" in office.told(key)
    assert "999999999" in office.told(key)
    assert office.state(dated) == ("applied", None)
    office.sage_execute(THIS, "UPDATE Zab SET Days = 30")
    office.recheck()
    office.drain()
    assert office.state(key) == ("applied", None)


def test_rates_of_sage_that_cannot_be(office: Office) -> None:
    """A tax key's rate is one of percents; else the key is named with it."""
    office.sage_execute(THIS, "UPDATE Tax SET Rate = '1000000000' WHERE TaxId = 'USt81'")
    key = office.invoice(office.add())
    office.drain()
    assert office.state(key) == ("held", "tax_rate_unusable")
    assert "USt81" in office.told(key)
    office.sage_execute(THIS, "UPDATE Tax SET Rate = '8.1' WHERE TaxId = 'USt81'")
    office.recheck()
    office.drain()
    assert office.state(key) == ("applied", None)


def test_vat_settled_for_ever(office: Office) -> None:
    """A last settled day at the end of all time closes every period, and breaks nothing."""
    office.sage_execute(THIS, "UPDATE Client SET VatTo = '9999-12-31'")
    key = office.invoice(office.add())
    office.drain()
    assert office.state(key)[0] in {"held", "waiting"}
    office.sage_execute(THIS, "UPDATE Client SET VatTo = '1900-01-01', PeriodTo = '1900-01-01'")
    office.recheck()
    office.drain()
    assert office.state(key) == ("applied", None)


def test_account_that_sage_has_twice(databases: Databases) -> None:
    """Which of two rows counts nobody knows: the account is named, others go through."""
    for url in databases.years:
        with databases.server.engine(url).begin() as connection:
            name = f"{dbo(databases)}Konti"
            connection.exec_driver_sql(f"CREATE TABLE {name} (AccId nvarchar(13) NOT NULL)")
    office = Office(databases, sage={"profile": {"tables": {"Acc": "dbo.Konti"}}})
    with office.sage[THIS].begin() as connection:
        konti = read_table(connection, dialect_of(office.sage[THIS]).locate("Konti", None))
        number = column_named(konti, "AccId")
        for account in ("1100", "2200", "3000", "3200", "3200", "6940"):
            connection.execute(insert(konti).values({number: account}))
    key = office.invoice(office.add(), position("100.00", account="3200"))
    other = office.invoice(office.add(), number="20260002")
    office.drain()
    assert office.state(key) == ("held", "sage_row_twice")
    assert "3200" in office.told(key)
    assert office.state(other) == ("applied", None)
    with office.sage[THIS].begin() as connection:
        connection.execute(konti.delete().where(number == "3200"))
        connection.execute(insert(konti).values({number: "3200"}))
    office.recheck()
    office.drain()
    assert office.state(key) == ("applied", None)


def test_debtor_gone_before_the_invoice(databases: Databases) -> None:
    """A cancelled invoice whose debtor Sage lacks is held by the debtor's number."""
    office = Office(databases, cobra=REVERSES)
    key = office.invoice(office.add(SAGENR0="1001"))
    office.drain()
    office.sage_execute(THIS, "DELETE FROM PKd")
    office.edit(key, CANCELLED=True)
    office.drain()
    assert office.state(key) == ("held", "debtor_missing")
    assert "1001" in office.told(key)
    pkd = {"PkKey": 1001, "AdrId": "1001", "AccId": "1100", "MDbt": "108.10", "NOp": 1}
    office.write_sage(THIS, "PKd", **pkd)
    office.recheck()
    office.drain()
    assert office.state(key) == ("applied", None)
    office.assert_books_right()


def before(number: str, customer: str, gross: str, rounding: str, *, credit: bool) -> str:
    """Return the hash of an invoice of one position as relays made it that knew no versions."""
    net = str(Decimal(gross).copy_sign(-1) if credit else Decimal(gross))
    told = [
        number, credit, "MUSTER", customer, "2026-01-31", "None", "CHF", "30T", "", net, rounding,
        "None", [["3000", "USt00", "", net, "0.00"]],
    ]  # fmt: skip
    return hashlib.sha256(json.dumps(told, ensure_ascii=False).encode()).hexdigest()


def test_bookings_of_an_older_relay(office: Office) -> None:
    """After an upgrade nothing counts as changed that has not, and what has does."""
    customer = office.add()
    nets = (position("100.00", vat="none"),)
    invoice = office.invoice(customer, *nets, number="1", GROSS="100.00")
    note = office.invoice(customer, *nets, number="2", GROSS="100.00", KIND="G")
    odd = office.invoice(customer, *nets, number="3", GROSS="100.00")
    office.drain()
    stored = {
        invoice: before("1", customer, "100.00", "0.00", credit=False),
        note: before("2", customer, "100.00", "-0.00", credit=True),
        odd: "f" * 64,  # of a text that was read otherwise then
    }
    b = office.ledger.booking
    with office.sage[THIS].begin() as connection:
        for key, content in stored.items():
            here = update(b).where(b.c.entity_key == key)
            assert connection.execute(here.values(content=content)).rowcount == 1
    for key in stored:
        office.edit(key, SUBJECT="anders")
    office.drain()
    assert [office.state(key) for key in stored] == [("applied", None)] * 3
    assert len(office.journal(THIS)) == 3
    for key in stored:
        office.edit(key, DUEDATE=date(2026, 5, 1))
    office.drain()
    assert [office.state(key) for key in stored] == [("held", "content_changed")] * 3


def test_written_otherwise_is_not_changed(databases: Databases) -> None:
    """Another scale, a zero's sign, a rate with francs, a position of nothing: the same."""
    office = Office(databases, cobra={"invoice": {"on_change": "reverse-and-rebook"}})
    key = office.invoice(office.add(), RATE="0.93")
    office.drain()
    office.edit(key, RATE="0.930000", ROUNDING="-0.00", GROSS="108.1", DUEDATE=NO_DAY)
    office.drain()
    office.edit(key, RATE="1")
    with office.cobra.begin() as connection:
        office.add_position(connection, int(key), position("0.00", account="3200", LINE=2))
    office.drain()
    assert office.state(key) == ("applied", None)
    assert len(office.journal(THIS)) == 1
    office.edit_positions(key, VATAMOUNT="0.00")
    office.drain()
    assert office.state(key)[0] == "held"  # its tax is none any more: that is no spelling


def test_rounding_told_later_is_no_change(office: Office) -> None:
    """What comes to the same postings is the same, though cobra now says what it left open."""
    key = office.invoice(office.add(), position("100.02", vat="none"), GROSS="100.00")
    office.drain()
    assert office.state(key) == ("applied", None)
    office.edit(key, ROUNDING="-0.02")
    office.drain()
    assert office.state(key) == ("applied", None)
    assert len(office.journal(THIS)) == 1


def test_noise_of_an_inexact_column(databases: Databases) -> None:
    """What a column of type float adds goes, with a warning; what somebody meant is held."""
    table = f"{dbo(databases)}POSITIONS"
    with databases.server.engine(databases.cobra).begin() as connection:
        connection.exec_driver_sql(f"ALTER TABLE {table} ADD UNGEFAEHR float NULL")
        connection.exec_driver_sql(f"ALTER TABLE {table} ADD GROB real NULL")
    office = Office(databases, cobra={"position": {"fields": {"amount": "UNGEFAEHR"}}})
    customer = office.add()
    exact = office.invoice(customer, _rough(3.3), number="1", GROSS="3.30")
    noisy = office.invoice(customer, _rough(3.3000000000000003), number="2", GROSS="3.30")
    meant = office.invoice(customer, _rough(3.304), number="3", GROSS="3.30")
    office.drain()
    assert office.state(exact) == ("applied", None)
    assert office.warnings(exact, THIS) == []
    assert office.state(noisy) == ("applied", None)
    assert office.warnings(noisy, THIS) == ["amount_rounded"]
    assert office.state(meant) == ("held", "not_an_amount")
    assert {amount for _, amount in office.items(THIS).values()} == {"3.30"}
    office.assert_books_right()


def _rough(amount: float) -> dict[str, Any]:
    return position("0.00", vat="none", UNGEFAEHR=amount)


@pytest.mark.parametrize(
    ("section", "key"),
    [
        ({"invoice": {"final": {"column": "CANCELLED", "is": "ja"}}}, "cobra.invoice.final"),
        ({"invoice": {"cancelled": {"column": "MANDANT", "is": "ja"}}}, "cobra.invoice.cancelled"),
        ({"address": {"deleted": {"column": "DELETED0", "is": 2}}}, "cobra.address.deleted"),
        ({"address": {"deleted": {"column": "DELETED0", "is": "null"}}}, "cobra.address.deleted"),
    ],
)
def test_condition_that_can_never_be(office: Office, section: dict[str, Any], key: str) -> None:
    """The relay does not start with a flag that never comes true; it names key and column."""
    office.settings = office.databases.settings(**merged(INVOICES, {"cobra": section}))
    with pytest.raises(Refused) as refused:
        office.drain()
    assert (refused.value.code, refused.value.values["key"]) == ("condition_cannot_tell", key)


def test_flag_in_a_number_told_as_text(databases: Databases) -> None:
    """`is = "1"` on a number is what it says."""
    final = {"column": "MANDANT", "is": "1"}
    office = Office(databases, cobra={"invoice": {"final": final}})
    key = office.invoice(office.add(), printed=False)
    office.drain()
    assert office.state(key) == ("applied", None)


def test_text_into_a_column_of_days(databases: Databases) -> None:
    """A profile that puts a text where days stand is refused by the year, and named."""
    table = f"{dbo(databases)}Adr"
    for url in databases.years:
        with databases.server.engine(url).begin() as connection:
            connection.exec_driver_sql(f"ALTER TABLE {table} ADD GEBOREN date NULL")
    office = Office(databases, sage={"profile": {"columns": {"Adr": {"Salut": "GEBOREN"}}}})
    key = office.invoice(office.add())
    office.drain()
    assert office.state(key)[0] == "waiting"
    y = office.outbox.year
    with office.cobra.connect() as connection:
        codes = {row.error_code for row in connection.execute(y.select())}
    assert codes == {"column_unsuitable"}


def test_text_into_a_column_of_numbers(databases: Databases) -> None:
    """A text where this Sage keeps a number is held with both."""
    table = f"{dbo(databases)}Adr"
    for url in databases.years:
        with databases.server.engine(url).begin() as connection:
            connection.exec_driver_sql(f"ALTER TABLE {table} ADD PLZ int NULL")
    office = Office(databases, sage={"profile": {"columns": {"Adr": {"ACode": "PLZ"}}}})
    customer = office.add(ZIP0="SW1A 1AA", COUNTRY0="GB")
    key = office.invoice(customer)
    other = office.invoice(office.add(SAGENR0="1009"), number="20260009")
    office.drain()
    assert office.state(key) == ("held", "address_held")
    assert "SW1A 1AA" in office.told(key)
    assert office.state(other) == ("applied", None)
    with office.sage[THIS].connect() as connection:
        adr = read_table(connection, dialect_of(office.sage[THIS]).locate("Adr", None))
        plz = column_named(adr, "PLZ")
        assert list(connection.execute(adr.select().with_only_columns(plz)).scalars()) == [3550]
