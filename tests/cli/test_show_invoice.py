"""`relay show NUMBER` tells an invoice's life so that a bookkeeper understands it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from tests.world.databases import INVOICES, Databases, merged
from tests.world.desk import Desk
from tests.world.office import Office, position

BY_POLICY = {"cobra": {"invoice": {"on_change": "reverse-and-rebook"}}}


def test_life_of_an_invoice(databases: Databases, tmp_path: Path) -> None:
    """Held, corrected, booked, corrected again: each step stands there, with its journal."""
    office = Office(databases, **BY_POLICY)
    key = office.invoice(
        office.add(SAGENR0="1001"), position("100.00", account="9999", TEXT="Beratung")
    )
    office.drain()
    office.edit_positions(key, ACCOUNT="3000", COSTCENTRE="KST1")
    office.drain()
    office.edit(key, INVOICEDATE=date(2026, 2, 1))
    office.drain()
    desk = Desk(databases, tmp_path, **merged(INVOICES, BY_POLICY))
    told = desk.relay("show", "20260001")
    assert told.exit_code == 0, told.output
    lines = [line.strip() for line in told.output.splitlines()]
    assert lines[0] == f"Rechnung 20260001, Käserei Müller AG, CHF 108.10 (Schlüssel {key})"
    assert any("Konto einer Position" in line for line in lines)
    assert "Beleg 20260001 vom 31.01.2026, offener Posten 20260001, Debitor 1001" in lines
    assert "Soll   1100  108.10         Rechnung" in lines
    assert "Haben  3000  100.00  USt81  Beratung" in lines
    assert "Haben  KST1  100.00         Kostenstelle" in lines
    assert "Haben  2200    8.10         MWST" in lines
    assert "zurückgebucht:" in lines
    assert "Soll   1100  -108.10         Storno 20260001: Rechnung" in lines


def test_part_of_a_customers_name_tells_the_invoices_too(
    databases: Databases, tmp_path: Path
) -> None:
    """Who knows only the customer finds why an invoice is held; other customers' stay out."""
    office = Office(databases)
    mine = office.add(COMPANY1="Sonnenblick AG")
    office.invoice(mine, position("100.00", account="9999"), number="20260011")
    office.invoice(office.add(COMPANY1="Other AG"), number="20260012")
    office.drain()
    told = Desk(databases, tmp_path, **INVOICES).relay("show", "onnenblic")
    assert told.exit_code == 0, told.output
    assert "Sonnenblick AG" in told.output
    assert "20260011" in told.output
    assert "9999" in told.output
    assert "20260012" not in told.output


def test_rest_that_an_invoice_needs_is_told(databases: Databases, tmp_path: Path) -> None:
    """Why a printed invoice is not taken yet stands beside it, until it is."""
    resting = {"cobra": {"invoice": {"settle_seconds": 3600}}}
    office = Office(databases, **resting)
    key = office.invoice(office.add())
    office.drain()
    desk = Desk(databases, tmp_path, **merged(INVOICES, resting))
    assert office.of_invoice(key)[-1].status == "pending"
    assert "3600 Sekunden nicht mehr geändert" in desk.relay("show", "20260001").output
    office.age(key, 3600)
    office.drain()
    assert "3600 Sekunden" not in desk.relay("show", "20260001").output


def test_address_is_found_by_its_number(databases: Databases, tmp_path: Path) -> None:
    """The number in Sage finds the address; keys and entries are still found."""
    office = Office(databases)
    customer = office.add(SAGENR0="1001")
    office.drain()
    desk = Desk(databases, tmp_path, **INVOICES)
    assert desk.relay("show", "1001").output.startswith("Adresse 1001, Käserei Müller AG (")
    assert desk.relay("show", customer).output.startswith("Adresse 1001")
    assert desk.relay("show", "gibt es nicht").exit_code == 4
