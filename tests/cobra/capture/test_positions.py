"""Invoices and their positions: what happens to a position is an update of its invoice."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy

import pytest

from relay.cobra import capture
from tests.cobra.capture.clerk import Cobra, cobra_on
from tests.world.databases import INVOICES, Server


@pytest.fixture
def office(server: Server) -> Iterator[Cobra]:
    """Cobra with two drafts, one with two positions, captured; the outbox is empty."""
    with cobra_on(server) as cobra:
        cobra.settings = cobra.settings_with(**INVOICES)
        invoices, positions = cobra.table("INVOICES"), cobra.table("POSITIONS")
        cobra.save(
            f"INSERT INTO {invoices} (NUMBER, GROSS) VALUES ('1', '10.00')",
            f"INSERT INTO {invoices} (NUMBER, GROSS) VALUES ('2', '20.00')",
            f"INSERT INTO {positions} (INVOICEID, NET, ACCOUNT) VALUES (1, '4.00', '3000')",
            f"INSERT INTO {positions} (INVOICEID, NET, ACCOUNT) VALUES (1, '6.00', '3000')",
        )
        cobra.install()
        yield cobra


def test_header_is_noticed_like_an_address(office: Cobra) -> None:
    """A change of the header names the invoice and the fields, printing included."""
    table = office.table("INVOICES")
    office.save(f"UPDATE {table} SET PRINTEDON = '2026-01-31', GROSS = '11.00' WHERE ID = 1")
    office.save(f"UPDATE {table} SET NOTES0 = 'x' WHERE ID = 1")
    assert office.changes() == [("1", "update", "gross,final")]


def test_position_that_comes_or_goes_is_an_update_of_its_invoice(office: Cobra) -> None:
    """A new or deleted position is noticed with its invoice's key."""
    table = office.table("POSITIONS")
    office.save(f"INSERT INTO {table} (INVOICEID, NET) VALUES (2, '1.00')")
    office.save(f"DELETE FROM {table} WHERE ID = 1")
    assert office.changes() == [
        ("2", "update", "position.insert"),
        ("1", "update", "position.delete"),
    ]
    with office.clerk.begin():
        rows = office.clerk.execute(office.tables.outbox.select()).all()
    assert {row.entity for row in rows} == {"invoice"}


def test_changed_position_lists_its_fields(office: Cobra) -> None:
    """One statement over two positions gives each its own list; what is unmapped gives none."""
    table = office.table("POSITIONS")
    office.save(f"UPDATE {table} SET NET = '4.00', ACCOUNT = '3200' WHERE INVOICEID = 1")
    office.save(f"UPDATE {table} SET NOTES0 = 'x'")
    assert sorted(office.changes()) == [
        ("1", "update", "position.account"),
        ("1", "update", "position.amount,position.account"),
    ]


def test_moved_position_names_both_invoices(office: Cobra) -> None:
    """A position that moves is noticed for the invoice that loses it and the one that gets it."""
    office.save(f"UPDATE {office.table('POSITIONS')} SET INVOICEID = 2 WHERE ID = 1")
    assert sorted(office.changes()) == [
        ("1", "update", "position.delete"),
        ("2", "update", "position.insert"),
    ]


def test_position_without_an_invoice_concerns_nobody(office: Cobra) -> None:
    """A position that belongs to none is not noticed until it gets an invoice."""
    table = office.table("POSITIONS")
    office.save(
        f"INSERT INTO {table} (NET) VALUES ('1.00')",
        f"UPDATE {table} SET NET = '2.00' WHERE ID = 3",
    )
    assert office.changes() == []
    office.save(f"UPDATE {table} SET INVOICEID = 2 WHERE ID = 3")
    assert office.changes() == [("2", "update", "position.insert")]


def test_three_tables_are_installed_verified_and_dropped(office: Cobra) -> None:
    """Each table has its three triggers; what another mapping left on them is found and removed."""
    assert len(office.trigger_names()) == 9
    assert office.verify() == []
    office.save(f"DROP TRIGGER {office.trigger('relay_position_update')}")
    assert office.verify() == [("trigger_missing", "relay_position_update")]
    addresses_only = office.settings_with()
    invoices, office.settings = office.settings, addresses_only
    assert {code for code, _ in office.verify()} == {"trigger_foreign"}
    office.install()
    assert len(office.trigger_names()) == 3
    office.settings = invoices
    office.install()
    assert len(capture.drop(office.engine, addresses_only)) == 9


def test_each_table_is_checked(office: Cobra) -> None:
    """What speaks against capturing is said for header and positions too, all at once."""
    told = deepcopy(INVOICES)
    told["cobra"]["invoice"]["key"] = "NUMBER"
    told["cobra"]["position"]["fields"]["text"] = "NOSUCH"
    office.settings = office.settings_with(**told)
    with pytest.raises(capture.NotCapturable) as caught:
        office.install()
    codes = {(problem.code, problem.values["entity"]) for problem in caught.value.problems}
    assert ("key_not_unique", "invoice") in codes
    assert any(code == "column_missing" for code, _ in codes)
