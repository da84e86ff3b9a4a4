"""The engine's own promises, on a real outbox and a Sage that is no database at all.

Whatever holds here needs nothing of the SQL adapter: the engine knows a year by its port.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from uuid import uuid4

import pytest

from relay.base.errors import LockLost, Refused
from relay.cobra.outbox import Outbox
from tests.world.company import CrashError, World
from tests.world.databases import YEARS, Databases, make_databases
from tests.world.memory import MemoryOffice, MemoryWorld
from tests.world.office import LAST, THIS
from tests.world.servers import SqliteServer


@pytest.fixture
def files(tmp_path: Path, request: pytest.FixtureRequest) -> Databases:
    """Cobra on SQLite."""
    return make_databases(SqliteServer(tmp_path, request.getfixturevalue("_templates")))


@pytest.fixture
def world(files: Databases) -> MemoryWorld:
    """A company whose selected addresses go to two years."""
    return MemoryWorld(files)


@pytest.fixture
def office(files: Databases) -> MemoryOffice:
    """A company whose invoices go over."""
    return MemoryOffice(files)


def ledgered(world: MemoryWorld, year: str) -> int:
    """Return how many ledger rows a year has."""
    return len(world.years[year].stock.ledger)


def crash(world: World, name: str) -> None:
    """Drain until a boundary is reached, and die there."""

    def die(reached: str) -> None:
        if reached == name:
            raise CrashError(name)

    with pytest.raises(CrashError):
        world.drain(die)


def test_address_goes_to_each_year_once(world: MemoryWorld) -> None:
    """A second notice of the same state writes nothing, and has its own ledger row."""
    key = world.add(SAGENR0="1")
    assert world.drain() == 1
    assert [world.in_sage(year)["1"]["City"] for year in YEARS] == ["Langnau i. E."] * 2
    world.change(key, CITY0="Bern")
    world.drain()
    assert world.statuses(key) == ["applied", "applied"]
    assert [world.in_sage(year)["1"]["City"] for year in YEARS] == ["Bern"] * 2
    assert [ledgered(world, year) for year in YEARS] == [2, 2]


def test_number_of_somebody_else_is_held_until_it_is_gone(world: MemoryWorld) -> None:
    """An equal number is no proof; the others of the batch go through."""
    for year in YEARS:
        world.write_sage(year, "Adr", AdrId="1", Corp="Fremde AG")
    held, other = world.add(SAGENR0="1"), world.add(SAGENR0="2")
    world.drain()
    assert (world.entries(held)[0].status, world.entries(held)[0].error_code) == (
        "held", "number_unlinked",
    )  # fmt: skip
    assert world.statuses(other) == ["applied"]
    for year in YEARS:
        world.years[year].stock.tables["Adr"].clear()
    world.change(held, CITY0="Bern")
    world.drain()
    assert set(world.statuses(held)) == {"applied"}


def test_year_that_is_away_delays_only_itself(world: MemoryWorld) -> None:
    """It has the address as soon as it is back, and nothing is written to the other twice."""
    world.drain()
    world.years[LAST].is_away = True
    key = world.add(SAGENR0="1")
    world.drain()
    assert (world.statuses(key), list(world.in_sage(THIS))) == (["waiting"], ["1"])
    world.years[LAST].is_away = False
    world.drain()
    assert (world.statuses(key), list(world.in_sage(LAST))) == (["applied"], ["1"])
    assert [ledgered(world, year) for year in YEARS] == [1, 1]


def test_year_that_is_lost_amid_a_batch(world: MemoryWorld) -> None:
    """What its COMMIT did is asked of its ledger, never guessed."""
    world.drain()
    key = world.add(SAGENR0="1")

    def lose(reached: str) -> None:
        world.years[LAST].loses_commit = reached == f"written:{LAST}"

    world.drain(lose)
    assert world.statuses(key) == ["waiting"]
    assert ledgered(world, LAST) == 1
    world.drain()
    assert world.statuses(key) == ["applied"]
    assert [len(world.book(year, "Adr")) for year in YEARS] == [1, 1]
    assert [ledgered(world, year) for year in YEARS] == [1, 1]


IN_SAGE = [f"{what}:{year}" for what in ("written", "committed") for year in YEARS]


@pytest.mark.parametrize("boundary", ["listed", "read", *IN_SAGE, "before_ack"])
def test_ledger_answers_after_a_crash(world: MemoryWorld, boundary: str) -> None:
    """Wherever the relay died, the next one makes it true once and acknowledges it."""
    key = world.add(SAGENR0="1")
    crash(world, boundary)
    assert world.statuses(key) == ["pending"]
    world.drain()
    assert world.statuses(key) == ["applied"]
    assert [len(world.book(year, "Adr")) for year in YEARS] == [1, 1]
    assert [ledgered(world, year) for year in YEARS] == [1, 1]


def test_relay_that_was_overtaken_writes_nothing(world: MemoryWorld) -> None:
    """Another one began with a newer epoch in Sage: this one ends at its next transaction."""
    with world.relay() as (drain, _years):
        key = world.add(SAGENR0="1")
        for year in world.years.values():
            assert year.stock.peer is not None
            year.stock.peer = replace(year.stock.peer, epoch=year.stock.peer.epoch + 1)
        with pytest.raises(LockLost):
            drain.step()
    assert world.statuses(key) == ["pending"]
    assert [world.in_sage(year) for year in YEARS] == [{}, {}]


def test_order_within_a_record(world: MemoryWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    """A change that comes while its record is read is not acknowledged, and the newest counts."""
    key = world.add(SAGENR0="1", CITY0="Thun")
    again = Outbox.without_news
    changes = ["Bern"]

    def meanwhile(outbox: Outbox, records: object) -> object:
        if changes:
            world.change(key, CITY0=changes.pop())
        return again(outbox, records)  # type: ignore[arg-type] # as the step calls it

    with monkeypatch.context() as patched, world.relay() as (drain, _years):
        patched.setattr(Outbox, "without_news", meanwhile)
        drain.step()
        assert (world.statuses(key), world.in_sage(THIS)) == (["pending", "pending"], {})
        drain.step()
    assert world.statuses(key) == ["applied", "applied"]
    assert world.in_sage(THIS)["1"]["City"] == "Bern"
    first, second = world.entries(key)
    assert (first.applied_by, second.applied_by) == (second.id, second.id)


def test_value_that_sage_refuses_holds_its_record_alone(world: MemoryWorld) -> None:
    """The batch is halved down to it; once it is corrected in cobra it goes."""
    keys = [world.add(SAGENR0=str(number)) for number in range(1, 8)]
    world.change(keys[3], CITY0="Nirgends")
    for year in world.years.values():
        year.refused = {"Nirgends"}
    world.drain()
    entry = world.entries(keys[3])[-1]
    assert (entry.status, entry.error_code) == ("held", "sage_refused")
    assert sorted(world.in_sage(THIS)) == ["1", "2", "3", "5", "6", "7"]
    world.change(keys[3], CITY0="Bern")
    world.drain()
    assert len(world.in_sage(THIS)) == 7


def test_row_that_somebody_has_open_comes_later(world: MemoryWorld) -> None:
    """The others of its batch go through, and no attempt is counted."""
    first, second = world.add(SAGENR0="1"), world.add(SAGENR0="2")
    for year in world.years.values():
        year.open_rows = {"1"}
    with world.relay() as (drain, _years):
        drain.step()
    (entry,) = world.entries(first)
    assert (entry.status, entry.error_code, entry.attempts) == ("retrying", "sage_locked", 0)
    assert world.statuses(second) == ["applied"]


def test_year_that_was_put_back_is_refused(world: MemoryWorld) -> None:
    """Its ledger does not know what was acknowledged: nothing is written there."""
    world.add(SAGENR0="1")
    world.drain()
    world.years[THIS].stock.ledger.clear()
    key = world.add(SAGENR0="2")
    world.drain()
    assert world.statuses(key) == ["waiting"]
    assert (sorted(world.in_sage(LAST)), sorted(world.in_sage(THIS))) == (["1", "2"], ["1"])


def test_year_of_another_installation_is_refused(world: MemoryWorld) -> None:
    """It stays as it is, and the other year goes on."""
    world.drain()
    stock = world.years[THIS].stock
    assert stock.peer is not None
    stock.peer = replace(stock.peer, installation=uuid4())
    key = world.add(SAGENR0="1")
    world.drain()
    assert (world.statuses(key), world.in_sage(THIS)) == (["waiting"], {})


def test_restored_cobra_stops_everything(world: MemoryWorld) -> None:
    """A year has a ledger row of an entry that cobra does not know."""
    world.drain()
    stock = world.years[THIS].stock
    assert stock.peer is not None
    stock.peer = replace(stock.peer, newest_id=9, newest_uid=uuid4())
    with pytest.raises(Refused, match="cobra_restored"):
        world.drain()


def balance(office: MemoryOffice, year: str) -> Decimal:
    """Return debit less credit of all postings but those of cost centres."""
    rows = [row for row in office.years[year].stock.tables["Bk"] if row["BType"] != 1]
    return sum((r["ValNt"] * (-1 if r["Type"] else 1) for r in rows), Decimal(0))


def test_invoice_brings_its_customer_along(office: MemoryOffice) -> None:
    """Address, debtor, open item and document are there together, and balanced."""
    key = office.invoice(office.add(SAGENR0="1001"))
    office.drain()
    assert office.state(key) == ("applied", None)
    assert list(office.in_sage(THIS)) == ["1001"]
    assert office.items(THIS) == {"20260001": (1001, "108.10")}
    assert [row["PkKey"] for row in office.book(THIS, "PKd")] == [1001]
    assert balance(office, THIS) == 0
    assert not office.in_sage(LAST)


@pytest.mark.parametrize(
    "boundary", ["asked", "routed", f"written:{THIS}", f"committed:{THIS}", "before_ack"]
)
def test_invoice_is_booked_once_whatever_crashes(office: MemoryOffice, boundary: str) -> None:
    """The booking and the ledger turn the repetition into an acknowledgement."""
    key = office.invoice(office.add(SAGENR0="1001"))
    crash(office, boundary)
    office.drain()
    assert office.state(key) == ("applied", None)
    assert len(office.book(THIS, "Blg")) == 1
    assert len(office.years[THIS].stock.bookings) == 1


def test_missing_account_holds_until_sage_has_it(office: MemoryOffice) -> None:
    """Sage has no trigger: the periodic look lets it go."""
    accounts = office.years[THIS].stock.tables["Acc"]
    revenue = next(row for row in accounts if row["AccId"] == "3000")
    accounts.remove(revenue)
    key = office.invoice(office.add(SAGENR0="1001"))
    office.drain()
    assert office.state(key)[0] == "held"
    office.years[THIS].stock.tables["Acc"].append(revenue)
    office.recheck()
    office.drain()
    assert office.state(key) == ("applied", None)


def test_changed_invoice_is_reversed_and_booked_anew(files: Databases) -> None:
    """What was booked stays and is taken back by a document of its own."""
    rebook = {"on_change": "reverse-and-rebook", "on_cancel": "reverse"}
    office = MemoryOffice(files, cobra={"invoice": rebook})
    key = office.invoice(office.add(SAGENR0="1001"))
    office.drain()
    office.edit_positions(key, NET="200.00")
    office.edit(key, GROSS="216.20")
    office.drain()
    assert office.items(THIS) == {"20260001": (1001, "216.20")}
    assert len(office.book(THIS, "Blg")) == 3
    office.edit(key, CANCELLED=1)
    office.drain()
    assert len(office.book(THIS, "Blg")) == 4
    assert balance(office, THIS) == 0
    totals = {row["AccId"]: (row["MDbt"], row["MCdt"]) for row in office.book(THIS, "Acc")}
    debit, credit = totals["1100"]
    assert Decimal(debit) == Decimal(credit)


def test_year_away_keeps_an_invoice_waiting(office: MemoryOffice) -> None:
    """A year that is away has not answered: nothing is booked, also not in another one."""
    office.drain()
    office.years[THIS].is_away = True
    key = office.invoice(office.add(SAGENR0="1001"))
    office.drain()
    assert office.state(key) == ("waiting", "year_away")
    office.years[THIS].is_away = False
    office.drain()
    assert office.state(key) == ("applied", None)
