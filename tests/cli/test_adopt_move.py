"""`relay adopt move`: an address takes the place of one that cobra holds no more."""

from __future__ import annotations

from pathlib import Path

import pytest

from relay.base.errors import Exit
from tests.world.company import World
from tests.world.databases import INVOICES, YEARS, Databases
from tests.world.desk import Desk
from tests.world.office import THIS, Office


@pytest.fixture
def desk(databases: Databases, tmp_path: Path) -> Desk:
    """An admin of a relay for addresses."""
    return Desk(databases, tmp_path)


@pytest.fixture
def office(databases: Databases) -> Office:
    """A company whose relay books invoices."""
    return Office(databases)


@pytest.fixture
def books(databases: Databases, tmp_path: Path) -> Desk:
    """An admin of a relay for invoices."""
    return Desk(databases, tmp_path, **INVOICES)


def moved(desk: Desk, former: str, key: str) -> None:
    """Decide that an address took a former one's place."""
    done = desk.relay("adopt", "move", former, key, "--reason", "neu erfasst")
    assert done.exit_code == 0, done.output


def test_entered_again_under_the_same_number(world: World, desk: Desk) -> None:
    """Deleted in cobra and entered anew: held, and by one decision linked and written again."""
    former = world.add(SAGENR0="7")
    world.drain()
    world.remove(former)
    key = world.add(SAGENR0="7", CITY0="Bern")
    world.drain()
    assert world.entries(key)[-1].error_code == "number_taken"
    assert "relay adopt move" in world.entries(key)[-1].error
    moved(desk, former, key)
    world.drain()
    assert {*world.statuses(key)} == {"applied"}
    assert "held" not in world.statuses(former)
    for year in YEARS:
        assert {k: number for k, (number, _) in world.links(year).items()} == {key: "7"}
        assert world.in_sage(year)["7"]["City"] == "Bern"
    with world.cobra.connect() as connection:
        (row,) = connection.execute(world.outbox.audit.select()).all()
    assert (row.action, row.reason, row.subject) == ("move", "neu erfasst", f"{former} -> {key}")
    assert f'"address {key}"' in row.detail
    world.change(key, CITY0="Thun")
    world.drain()
    assert world.in_sage(YEARS[0])["7"]["City"] == "Thun"


def test_nothing_moves_while_the_former_one_is_there_again(world: World, desk: Desk) -> None:
    """Cobra got the record back before the relay came: each has its own, and the new one waits."""
    former = world.add(SAGENR0="7")
    world.drain()
    world.remove(former)
    key = world.add(SAGENR0="7", CITY0="Bern")
    world.drain()
    moved(desk, former, key)
    world.add_as(former, SAGENR0="7")
    world.drain()
    assert world.entries(key)[-1].error_code == "number_taken"
    assert [*world.links(YEARS[0])] == [former]


def test_what_cannot_be_moved_is_refused(world: World, desk: Desk) -> None:
    """One that is there, one that is not, one that no year knows, twice the same: and the way."""
    there, former = world.add(SAGENR0="7"), world.add(SAGENR0="8")
    unknown = world.add(ADDRTYPE0="Lieferant")
    world.drain()
    world.remove(former)
    world.remove(unknown)
    entries = len(world.entries())
    cases = {
        (there, there): "zweimal", (there, former): "gibt es in cobra noch",
        (former, "999999"): "gibt es in cobra nicht", (unknown, there): "Kein Sage-Jahr",
    }  # fmt: skip
    for (one, other), words in cases.items():
        told = desk.relay("adopt", "move", one, other, "--reason", "x")
        assert told.exit_code == Exit.REFUSED, told.output
        assert words in " ".join(told.output.split())
    assert len(world.entries()) == entries
    with world.cobra.connect() as connection:
        assert connection.execute(world.outbox.decision.select()).all() == []


def test_merged_with_a_duplicate_one_decision_does_for_all_invoices(
    office: Office, books: Desk
) -> None:
    """Both stand in Sage; invoices that now name the other one stay booked, also later ones."""
    former, key = office.add(SAGENR0="7"), office.add(SAGENR0="8")
    invoices = [office.invoice(former, number=f"2026000{n}") for n in (1, 2, 3)]
    office.invoice(key, number="20260009")
    office.drain()
    stood = office.journal(THIS), office.items(THIS)
    for invoice in invoices[:2]:
        office.edit(invoice, ADDRESSID=int(key))
    office.drain()
    assert {office.state(one) for one in invoices[:2]} == {("held", "customer_changed")}
    office.edit(invoices[2], ADDRESSID=int(key))
    office.remove(former)
    moved(books, former, key)
    office.drain()
    assert {office.state(one) for one in invoices} == {("applied", None)}
    assert (office.journal(THIS), office.items(THIS)) == stood
    office.edit(invoices[0], SUBJECT="anderer Betreff")
    office.drain()
    assert office.state(invoices[0]) == ("applied", None)
    office.edit(invoices[0], GROSS="999.00")
    office.drain()
    assert office.state(invoices[0])[0] == "held"
    assert {k: n for k, (n, _) in office.links(THIS).items()} == {former: "7", key: "8"}
    office.assert_books_right()


def test_entered_again_with_its_debtor(office: Office, books: Desk) -> None:
    """The debtor account goes along: the next invoice is booked for it, the former ones stay."""
    former = office.add(SAGENR0="7")
    first = office.invoice(former)
    office.drain()
    office.remove(former)
    key = office.add(SAGENR0="7")
    office.edit(first, ADDRESSID=int(key))
    second = office.invoice(key, number="20260002")
    office.drain()
    assert office.state(first) == ("held", "customer_changed")
    assert office.state(second)[1] == "address_held"
    moved(books, former, key)
    office.drain()
    assert {office.state(first), office.state(second)} == {("applied", None)}
    assert {debtor for debtor, _ in office.items(THIS).values()} == {7}
    assert [(r.entity_key, r.number) for r in office.rows(THIS, office.ledger.debtor)] == [(key, 7)]
    office.assert_books_right()


def test_the_newest_place_counts(office: Office, books: Desk) -> None:
    """Said of one address and then of another: only the latter has the former one's invoices."""
    former, wrong, right = (office.add(SAGENR0=n) for n in ("7", "8", "9"))
    invoice = office.invoice(former)
    office.drain()
    office.remove(former)
    moved(books, former, wrong)
    moved(books, former, right)
    office.edit(invoice, ADDRESSID=int(wrong))
    office.drain()
    assert office.state(invoice) == ("held", "customer_changed")
    office.edit(invoice, ADDRESSID=int(right))
    office.drain()
    assert office.state(invoice) == ("applied", None)
