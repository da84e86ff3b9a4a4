"""A person skips an invoice while the relay works at it, or after it has died in between."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import date, timedelta
from typing import Any

import pytest

from relay.admin.repair import Repair
from relay.admin.selection import EntrySelection
from relay.base.values import Person, RecordId
from relay.cobra.lock import hold
from relay.cobra.outbox import Outbox
from relay.engine.apply import Milestone
from relay.engine.chores import purge
from relay.engine.service import taken_over
from tests.world.company import CrashError
from tests.world.office import LAST, THIS, Office, position
from tests.world.window import Window

BEFORE = ["polled", "listed"]
IN_HAND = [
    "in_hand", "read", "listed_again", "asked", f"written:{THIS}", f"committed:{THIS}",
    "before_ack",
]  # fmt: skip
BOOKED = {"20260001": (1001, "108.10")}


@contextmanager
def at_work(office: Office, reached: Milestone) -> Iterator[Callable[[], None]]:
    """Run a relay; gives what lets it work until nothing is due. Its start tries all anew."""
    with hold(office.relay_engine()) as lock:
        assert lock is not None
        with taken_over(lock, office.settings, reached) as (drain, _):

            def work() -> None:
                while drain.step():
                    pass

            yield work


def corrected(office: Office, work: Callable[[], None]) -> str:
    """Return an invoice that the running relay held, and that was corrected in cobra since."""
    key = office.invoice(office.add(), position("100.00", account="9999"))
    work()
    assert office.state(key)[0] == "held"
    office.edit_positions(key, ACCOUNT="3000")
    assert statuses(office, key) == ["held", "pending"]
    return key


def statuses(office: Office, key: str) -> list[str]:
    """Return the statuses of an invoice's entries in their order, each once."""
    return list(dict.fromkeys(entry.status for entry in office.of_invoice(key)))


def skip(office: Office, key: str) -> list[RecordId]:
    """Skip by the relay's own command; returns what it says that it skipped."""
    with office.cobra.begin() as connection:
        repair = Repair(connection, Person("Rosa Muster", "von Hand verbucht"))
        return repair.skip(EntrySelection(keys=(f"invoice:{key}",)))


def skip_by_script(office: Office, key: str) -> int:
    """Skip by the script of `ops/sql`; returns how many records it says that it skipped."""
    held = office.of_invoice(key)[-2].id
    with Window(office.databases.server, office.databases.cobra) as window:
        with suppress(*window.refusals):  # the procedure refuses what does nothing
            return len(window.script("skip", entry=held, reason="von Hand verbucht")[0])
        return 0


@pytest.fixture(params=[False, True], ids=["command", "script"])
def by_script(request: pytest.FixtureRequest) -> bool:
    """Tell by which of the two ways a person skips."""
    return bool(request.param)


class Moment:
    """Does something when the relay reaches a boundary, for the first time once it is armed."""

    def __init__(self, boundary: str) -> None:
        """Name the boundary; nothing happens before `act` is set."""
        self.boundary = boundary
        self.act: Callable[[], int] | None = None
        self.said: list[int] = []

    def __call__(self, reached: str) -> None:
        """Be told what the relay has reached."""
        if reached == self.boundary and self.act is not None and not self.said:
            self.said.append(-1)
            self.said[0] = self.act()


def die() -> int:
    """Stand for the relay's death."""
    raise CrashError


def skipping(office: Office, key: str, *, by_script: bool) -> Callable[[], int]:
    """Return how a person skips, who is told how many records that were."""
    return lambda: skip_by_script(office, key) if by_script else len(skip(office, key))


@pytest.mark.parametrize("boundary", BEFORE)
def test_a_skip_before_it_is_in_hand_holds(
    office: Office, boundary: str, *, by_script: bool
) -> None:
    """It says that it skipped, and nothing is booked."""
    moment = Moment(boundary)
    with at_work(office, moment) as work:
        key = corrected(office, work)
        moment.act = skipping(office, key, by_script=by_script)
        work()
    assert moment.said == [1]
    office.drain()
    assert statuses(office, key) == ["skipped"]
    assert office.items(THIS) == {}
    office.assert_books_right()


@pytest.mark.parametrize("boundary", IN_HAND)
def test_a_skip_while_it_is_in_hand_skips_nothing(
    office: Office, boundary: str, *, by_script: bool
) -> None:
    """It says so, decides nothing, and the invoice is booked; a change is looked at as ever."""
    moment = Moment(boundary)
    with at_work(office, moment) as work:
        key = corrected(office, work)
        moment.act = skipping(office, key, by_script=by_script)
        work()
    assert moment.said == [0]
    assert statuses(office, key) == ["applied"]
    assert office.items(THIS) == BOOKED
    office.edit_positions(key, NET="200.00")
    office.edit(key, GROSS="216.20")
    office.drain()
    assert office.state(key) == ("held", "content_changed")
    office.assert_books_right()


@pytest.mark.parametrize("boundary", IN_HAND)
def test_a_skip_after_a_death_waits_for_the_ledger(
    office: Office, boundary: str, *, by_script: bool
) -> None:
    """What was perhaps booked cannot be skipped until the relay has asked Sage."""
    moment = Moment(boundary)
    with at_work(office, moment) as work:
        key = corrected(office, work)
        moment.act = die
        with pytest.raises(CrashError):
            work()
    assert skipping(office, key, by_script=by_script)() == 0
    office.drain()
    assert statuses(office, key) == ["applied"]
    assert office.items(THIS) == BOOKED
    office.assert_books_right()


def test_an_open_decision_keeps_only_its_own_invoice(office: Office) -> None:
    """While a person's transaction is open the invoice comes later; others are booked."""
    if office.dialect.name == "sqlite":
        pytest.skip("SQLite has one writer at a time")
    with office.cobra.connect() as connection:
        if connection.exec_driver_sql("SELECT CAST(SERVERPROPERTY('Babelfish') AS int)").scalar():
            pytest.skip("this server (Babelfish) waits for what READPAST passes over")
    with at_work(office, Moment("")) as work:
        key = corrected(office, work)
        other = office.invoice(office.add(), number="20260002")
        with office.cobra.connect() as connection:
            transaction = connection.begin()
            repair = Repair(connection, Person("Rosa Muster", "von Hand verbucht"))
            assert repair.skip(EntrySelection(keys=(f"invoice:{key}",)))
            work()
            assert office.state(other)[0] == "applied"
            transaction.commit()
        work()
    assert statuses(office, key) == ["skipped"]
    assert set(office.items(THIS)) == {"20260002"}


def test_what_was_booked_before_a_skip_is_told_when_its_year_is_back(office: Office) -> None:
    """Died before the acknowledgement, the year away, skipped, and back a quarter later."""
    customer = office.add()
    key = office.invoice(customer)
    assert office.crash_at("before_ack")
    assert office.items(THIS) == BOOKED
    office.change(customer, CITY0="Bern")
    pause(office, THIS)
    office.drain()
    assert office.state(key) == ("waiting", "year_away")
    assert skip(office, key)
    resume(office, THIS)
    office.drain()
    office.drain()
    assert office.state(key) == ("applied", None)
    assert office.in_sage(THIS)["1001"]["City"] == "Bern"
    office.assert_books_right()
    _a_quarter_passes(office)
    office.drain()
    assert office.items(THIS) == BOOKED
    assert [y.state for y in _years(office)] == ["ready", "ready"]


def test_what_was_booked_before_a_skip_is_told_when_a_pause_ends(office: Office) -> None:
    """The same while one relay runs on: no connection was lost, so nothing else asks the ledger."""
    key = office.invoice(office.add())
    assert office.crash_at("before_ack")
    pause(office, THIS)
    with hold(office.relay_engine()) as lock:
        assert lock is not None
        with taken_over(lock, office.settings) as (drain, years):
            while drain.step():
                pass
            assert office.state(key) == ("waiting", "year_away")
            assert skip(office, key)
            resume(office, THIS)
            years.look(drain.outbox)
            while drain.step():
                pass
    assert office.state(key) == ("applied", None)
    office.assert_books_right()


def _a_quarter_passes(office: Office) -> None:
    o = office.outbox.outbox
    with office.cobra.begin() as connection:
        for entry in connection.execute(o.select().where(o.c.finished_at.is_not(None))).all():
            earlier = entry.finished_at - timedelta(days=91)
            connection.execute(o.update().where(o.c.id == entry.id).values(finished_at=earlier))
    with hold(office.relay_engine()) as lock:
        assert lock is not None
        lock.take_epoch(0)
        while purge(Outbox(lock), office.settings):
            pass


def _years(office: Office) -> list[Any]:
    y = office.outbox.year
    with office.cobra.connect() as connection:
        return list(connection.execute(y.select().where(y.c.name.in_((LAST, THIS)))).all())


def _one_year_behind(office: Office) -> str:
    """Let an address that both years have change while the older one is paused; its key."""
    customer = office.add()
    office.invoice(customer)
    office.invoice(customer, number="20250001", day=date(2025, 8, 1))
    office.drain()
    pause(office, LAST)
    office.change(customer, CITY0="Bern")
    office.drain()
    return customer


def test_a_skip_for_one_year_outlives_a_pause_of_the_other(office: Office) -> None:
    """An address that one year has and that was skipped for the other stays skipped."""
    customer = _one_year_behind(office)
    with office.cobra.begin() as connection:
        repair = Repair(connection, Person("Rosa Muster", "bleibt im alten Jahr"))
        assert repair.skip(EntrySelection(keys=(f"address:{customer}",)))
    for year, step in ((LAST, resume), (THIS, pause)):
        step(office, year)
    office.drain()
    resume(office, THIS)
    office.drain()
    assert [entry.status for entry in office.entries(customer)][-1] == "skipped"
    cities = [row["City"] for year in (LAST, THIS) for row in office.in_sage(year).values()]
    assert cities == ["Langnau i. E.", "Bern"]


def test_what_a_year_got_before_a_skip_is_told_though_the_other_had_told(office: Office) -> None:
    """What was acknowledged of the one year says nothing of what the other one has."""
    customer = _one_year_behind(office)
    resume(office, LAST)
    assert office.crash_at(f"committed:{LAST}")
    pause(office, LAST)
    office.drain()
    with office.cobra.begin() as connection:
        repair = Repair(connection, Person("Rosa Muster", "bleibt im alten Jahr"))
        assert repair.skip(EntrySelection(keys=(f"address:{customer}",)))
    resume(office, LAST)
    office.drain()
    assert [entry.status for entry in office.entries(customer)][-1] == "applied"
    assert office.deliveries(customer, LAST)[-1].status == "applied"


def pause(office: Office, year: str) -> None:
    """Let nothing be written to a year."""
    with office.cobra.begin() as connection:
        Repair(connection, Person("Rosa Muster", "Umbau")).pause(year)


def resume(office: Office, year: str) -> None:
    """End that."""
    with office.cobra.begin() as connection:
        Repair(connection, Person("Rosa Muster", "fertig")).resume(year)
