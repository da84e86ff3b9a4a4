"""Records are called as people call them: number, name, amount; the key stands in brackets."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.world.company import World
from tests.world.databases import INVOICES, Databases
from tests.world.desk import Desk
from tests.world.office import Office, position


@pytest.fixture
def office(databases: Databases) -> Office:
    """Cobra with invoices, and two Sage years with master data."""
    return Office(databases)


@pytest.fixture
def desk(databases: Databases, tmp_path: Path) -> Desk:
    """An admin's desk that books invoices."""
    return Desk(databases, tmp_path, **INVOICES)


def _lines(printed: str) -> str:
    return " ".join(printed.split())


def test_an_invoice_by_number_customer_and_amount(office: Office, desk: Desk) -> None:
    """In `list`, `status` and what a command answers; before the relay took it, and after."""
    customer = office.add(SAGENR0="1001")
    key = office.invoice(customer, position("1500.00", account="9999"))
    called = f"Rechnung 20260001, Käserei Müller AG, CHF 1'621.50 (Schlüssel {key})"
    assert called in _lines(desk.relay("list").stdout)
    office.drain()
    listed = _lines(desk.relay("list", "--status", "held").stdout)
    assert called in listed
    assert listed.count("20260001") == 1
    assert "9999" in listed
    assert called in _lines(desk.relay("status").stdout)
    told = desk.relay("skip", "--key", f"invoice:{key}", "--reason", "Test").stdout
    assert f"Übersprungen: 1 Datensatz ({called})." in told


def test_records_are_counted(databases: Databases, tmp_path: Path) -> None:
    """Three entries of one record are one record, in all and in each year."""
    world, desk = World(databases), Desk(databases, tmp_path)
    key = world.add(SAGENR0="1001", CITY0=None)
    world.drain()
    world.change(key, PHONE0="1")
    world.change(key, PHONE0="2")
    world.drain()
    state = desk.json("status")
    assert (state["depth"]["waiting"]["entries"], state["depth"]["waiting"]["records"]) == (3, 1)
    assert [year["depth"] for year in state["years"]] == [{"waiting": 1}] * 2
    assert "wartet  1 " in desk.relay("status").stdout


def test_an_address_by_number_and_name(office: Office, desk: Desk) -> None:
    """In the sentence of its invoice too: a key, such as a GUID, says nothing to people."""
    key = office.add(SAGENR0="1001", CITY0=None)
    invoice = office.invoice(key)
    office.drain()
    assert "Die Adresse 1001, Käserei Müller AG ist noch nicht bereit" in office.told(invoice)
    listed = _lines(desk.relay("list").stdout)
    assert "Rechnung 20260001, Käserei Müller AG" in listed


def test_a_deleted_customer_keeps_the_name(databases: Databases) -> None:
    """A customer that is only flagged as deleted is no bare key in what is told."""
    flag = {"cobra": {"address": {"deleted": {"column": "DELETED0", "is": 1}}}}
    office = Office(databases, **flag)
    key = office.add(SAGENR0="1001", DELETED0=1)
    invoice = office.invoice(key)
    office.drain()
    assert "20260001, Käserei Müller AG, CHF" in office.told(invoice)
