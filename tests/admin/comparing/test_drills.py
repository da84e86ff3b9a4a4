"""`relay compare` names just what nobody noticed: in cobra past the triggers, in Sage by hand."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import orjson
import pytest
from sqlalchemy import text

from relay.base.errors import Exit
from relay.cobra.capture import drop, install
from tests.world.bookkeeper import Bookkeeper
from tests.world.company import World
from tests.world.contents import contents, statements
from tests.world.databases import INVOICES, YEARS, Databases
from tests.world.desk import Desk
from tests.world.office import LAST, THIS, position

Found = set[tuple[str, str, str | None, str | None, str]]
"""Kind, key, Sage year, field and side of what was found."""


@contextmanager
def without_triggers(world: World) -> Iterator[None]:
    """Let nothing be noticed meanwhile, as after an upgrade of cobra that dropped the triggers."""
    drop(world.relay_engine(), world.settings)
    yield
    install(world.relay_engine(), world.settings)


def compared(desk: Desk, *options: str) -> dict[str, Any]:
    """Return what `relay compare --json` says."""
    result = desk.relay("compare", *options, "--json")
    told: dict[str, Any] = orjson.loads(result.stdout_bytes)
    assert result.exit_code == (Exit.FINDINGS if told["findings"] else Exit.OK), result.output
    return told


def found(desk: Desk, *options: str) -> Found:
    """Return what it found, each difference once."""
    return {
        (one["kind"], one["key"], one["year"], one["field"], one["side"])
        for one in compared(desk, *options)["findings"]
    }


@pytest.fixture
def books(databases: Databases) -> Bookkeeper:
    """Cobra with invoices, two Sage years, and a bookkeeper who works in Sage by hand."""
    return Bookkeeper(databases)


@pytest.fixture
def accounts(databases: Databases, tmp_path: Path) -> Desk:
    """An admin's desk that books invoices."""
    return Desk(databases, tmp_path, **INVOICES)


def test_200_changes_while_there_were_no_triggers(world: World, desk: Desk) -> None:
    """Each changed record and field is named, in each year, as changed in cobra; no other."""
    keys = [world.add(SAGENR0=str(n)) for n in range(1, 221)]
    world.drain()
    assert compared(desk) == {"records": 220, "left": 0, "missed": {}, "findings": []}
    changed, same = keys[:200], keys[200:]
    with without_triggers(world):
        for key in changed:
            world.change(key, CITY0="Thun")
        for key in same:
            world.change(key, ADDRTYPE0="Kunde")
    before = contents(world.cobra, *world.sage.values())
    with statements() as written:
        told = compared(desk)
    assert written == []
    assert contents(world.cobra, *world.sage.values()) == before
    assert {(one["key"], one["year"]) for one in told["findings"]} == {
        (key, year) for key in changed for year in YEARS
    }
    assert {
        (one["kind"], one["field"], one["cobra"], one["sage"], one["side"])
        for one in told["findings"]
    } == {("field", "City", "Thun", "Langnau i. E.", "cobra")}


def test_what_was_noticed_is_no_finding(world: World, desk: Desk) -> None:
    """A change that has its entry is on its way, also while that waits for somebody."""
    first, second = world.add(), world.add()
    world.drain()
    world.change(first, CITY0="Thun")
    world.change(second, CITY0=None)
    assert found(desk) == set()
    world.drain()
    assert world.statuses(second)[-1] == "waiting"
    assert found(desk) == set()


def test_sides_of_an_address(world: World, desk: Desk) -> None:
    """What was sent tells where a field was changed since; a row that is gone is gone."""
    keys = [world.add() for _ in range(5)]
    world.drain()
    numbers = [world.links(THIS)[key][0] for key in keys]

    def by_hand(sql: str, nth: int) -> None:
        with world.sage[THIS].begin() as connection:
            connection.execute(text(f"{sql} WHERE AdrId = '{numbers[nth]}'"))

    by_hand("UPDATE Adr SET Road = 'Bahnhofstrasse 1'", 0)
    by_hand("UPDATE Adr SET City = 'Bern'", 1)
    by_hand("DELETE FROM Adr", 2)
    with without_triggers(world):
        world.change(keys[1], CITY0="Thun", PHONE0="1")
        world.remove(keys[3])
    assert found(desk) == {
        ("field", keys[0], THIS, "Road", "sage"),
        ("field", keys[1], THIS, "City", "both"),
        ("field", keys[1], LAST, "City", "cobra"),
        ("field", keys[1], THIS, "TelB", "cobra"),
        ("field", keys[1], LAST, "TelB", "cobra"),
        ("row_gone", keys[2], THIS, None, "sage"),
        ("deleted", keys[3], THIS, None, "cobra"),
        ("deleted", keys[3], LAST, None, "cobra"),
    }
    assert {one[:3] for one in found(desk, "--year", LAST)} == {
        ("field", keys[1], LAST), ("deleted", keys[3], LAST),
    }  # fmt: skip


def test_bulk_insert_past_the_triggers(world: World, desk: Desk) -> None:
    """Selected addresses without link or entry are named; those that cannot go over with why."""
    world.add()
    world.drain()
    with without_triggers(world):
        loaded = [world.add() for _ in range(3)]
        poor = world.add(CITY0=None)
        world.add(ADDRTYPE0="Lieferant")
    told = compared(desk)["findings"]
    assert {(one["kind"], one["key"], one["year"]) for one in told} == {
        ("not_linked", key, year) for key in (*loaded, poor) for year in YEARS
    }
    assert {one["key"] for one in told if one["note"]} == {poor}
    assert all(one["number"] for one in told)


def test_invoices_past_the_triggers(books: Bookkeeper, accounts: Desk) -> None:
    """Final invoices without booking are named; drafts and those before the start are not."""
    customer = books.add()
    booked = [books.invoice(customer, number=f"2026000{n}") for n in range(1, 6)]
    books.drain_all()
    assert compared(accounts)["findings"] == []
    with without_triggers(books):
        new = books.invoice(customer, number="20260010")
        wrong = books.invoice(customer, position("5.00", account="9999"), number="20260011")
        books.invoice(customer, number="20260012", printed=False)
        books.invoice(customer, number="20240001", day=date(2024, 12, 31))
        books.invoice(customer, number="20260013", CANCELLED=1)
        books.edit_positions(booked[0], NET="200.00")
        books.edit(booked[0], GROSS="216.20")
        books.edit(booked[1], CANCELLED=1)
        books.delete_invoice(booked[2])
        books.edit(booked[3], SUBJECT="anderer Text")
        books.edit(booked[4], ADDRESSID=None)
    assert found(accounts) == {
        ("not_booked", new, THIS, None, "cobra"),
        ("not_booked", wrong, THIS, None, "cobra"),
        ("changed", booked[0], THIS, None, "cobra"),
        ("changed", booked[1], THIS, None, "cobra"),
        ("changed", booked[2], THIS, None, "cobra"),
        ("changed", booked[4], None, None, "cobra"),
    }
    assert found(accounts, "--addresses") == set()
    assert found(accounts, "--since", "2026-02-01") == {("changed", booked[2], THIS, None, "cobra")}


def _posting(account: str) -> Callable[[str, int], str]:
    return lambda _i, d: f"DELETE FROM Bk WHERE BlgNr = {d} AND AccId = '{account}'"


BY_HAND: dict[str, tuple[Callable[[str, int], str], set[tuple[str, str]]]] = {
    "open item removed": (
        lambda i, _d: f"DELETE FROM OPd WHERE OpId = '{i}'", {("item_gone", "OpId")},
    ),
    "item of another": (
        lambda i, _d: f"UPDATE OPd SET PkKey = 4711 WHERE OpId = '{i}'",
        {("item_changed", "PkKey")},
    ),
    "document removed": (
        lambda _i, d: f"DELETE FROM Blg WHERE BlgNr = {d}", {("document_gone", "BlgNr")},
    ),
    "revenue removed": (_posting("3000"), {("document_changed", "Bk")}),
    "debtor's posting removed": (
        _posting("1100"), {("document_changed", "Bk"), ("document_changed", "TIdx")},
    ),
    "tax removed": (_posting("2200"), {("document_changed", "TIdx")}),
    "another account": (
        lambda _i, d: f"UPDATE Bk SET AccId = '3200' WHERE BlgNr = {d} AND AccId = '3000'",
        {("document_changed", "Bk")},
    ),
    "another amount": (
        lambda _i, d: f"UPDATE Bk SET ValNt = '99.00' WHERE BlgNr = {d} AND AccId = '3000'",
        {("document_changed", "Bk")},
    ),
}  # fmt: skip
"""What somebody does in Sage, and what is found of it."""


def test_by_hand_in_the_books(books: Bookkeeper, accounts: Desk) -> None:
    """What somebody changed or deleted of documents and items is told; what was paid is not."""
    customer = books.add()
    keys = [books.invoice(customer, number=f"2026{n:04}") for n in range(1, len(BY_HAND) + 3)]
    books.drain_all()
    documents = {key: document for key, _, document, _ in books.bookings(THIS)}
    assert compared(accounts)["findings"] == []
    expected: Found = set()
    for nth, (sql, kinds) in enumerate(BY_HAND.values()):
        key, number = keys[nth], f"2026{nth + 1:04}"
        books.sage_execute(THIS, sql(number, documents[key]))
        expected |= {(kind, key, THIS, field, "sage") for kind, field in kinds}
    books.pay(f"2026{len(keys):04}", "50.00")
    assert found(accounts) == expected
    with without_triggers(books):  # whatever cobra says by now
        books.edit(keys[0], GROSS="1.00")
    assert ("item_gone", keys[0], THIS, "OpId", "sage") in found(accounts)


def test_table_and_file(world: World, desk: Desk, tmp_path: Path) -> None:
    """People read what differs, with numbers and names, and what they can do."""
    key = world.add(SAGENR0="4711")
    world.drain()
    with without_triggers(world):
        world.change(key, CITY0="Thun")
    told = desk.relay("compare")
    assert told.exit_code == Exit.FINDINGS
    assert "4711, Käserei Müller AG" in told.output
    assert "1 Datensatz verglichen, 2 Unterschiede" in told.output
    assert "--notice" in told.output
    file = tmp_path / "compare.csv"
    assert desk.relay("compare", "--csv", str(file)).exit_code == Exit.FINDINGS
    with file.open(encoding="utf-8-sig", newline="") as opened:
        rows = list(csv.DictReader(opened, delimiter=";"))
    assert {
        (r["Nummer"], r["Feld"], r["in cobra"], r["in Sage"], r["geändert in"]) for r in rows
    } == {("4711", "City", "Thun", "Langnau i. E.", "cobra")}


def test_year_that_is_away(world: World, desk: Desk) -> None:
    """What cannot be compared is said, and is no agreement."""
    world.add()
    world.drain()
    p = world.ledger.peer
    with world.sage[LAST].begin() as connection:
        connection.execute(p.update().values(newest_uid=None, newest_id=None, generation="x"))
        connection.execute(world.ledger.applied.delete())
    told = desk.relay("compare")
    assert told.exit_code == Exit.UNAVAILABLE, told.output
    assert f"Sage-Jahr {LAST}: nicht verglichen" in told.output
