"""Nothing is booked twice: crashes at every boundary, changed customers, routes and ledgers."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import date
from typing import Any

import pytest
from sqlalchemy.exc import DBAPIError

from relay.database import Failure
from relay.sage.books import rows as book_rows
from relay.sage.year import SageYear
from tests.world.databases import INVOICES, Databases, merged
from tests.world.office import LAST, THIS, Office, position

BOUNDARIES = [
    "polled",
    "listed",
    "in_hand",
    "read",
    "listed_again",
    "asked",
    "routed",
    f"written:{THIS}",
    f"committed:{THIS}",
    "before_ack",
    "acknowledged",
]


@pytest.mark.parametrize("boundary", BOUNDARIES)
def test_repeats_without_loss_or_double(office: Office, boundary: str) -> None:
    """The first invoice of a customer survives a death at each boundary: booked once, whole."""
    customer = office.add(SAGENR0="1001")
    key = office.invoice(customer)
    assert office.crash_at(boundary)
    office.change(customer, CITY0="Thun")
    office.drain()
    assert office.state(key) == ("applied", None)
    document = office.document_of(20260001)
    assert office.bookings(THIS) == [(key, 1, document, None)]
    assert set(office.journal(THIS)) == {document}
    assert office.in_sage(THIS)["1001"]["City"] == "Thun"
    assert [e.cause for e in office.of_address(customer)].count("link") >= 1
    assert {e.status for e in office.entries()} <= {"applied", "not_for_sage"}
    office.assert_books_right()


@pytest.mark.parametrize("boundary", [f"written:{THIS}", f"committed:{THIS}", "before_ack"])
def test_rebooking_repeats_without_double(databases: Databases, boundary: str) -> None:
    """A death amid reverse and rebook leaves one reversal and one new version."""
    office = Office(databases, cobra={"invoice": {"on_change": "reverse-and-rebook"}})
    key = office.invoice(office.add())
    office.drain()
    office.edit_positions(key, ACCOUNT="3200")
    assert office.crash_at(boundary)
    office.drain()
    assert [(v, r is None) for _, v, _, r in office.bookings(THIS)] == [(1, False), (2, True)]
    assert len(office.journal(THIS)) == 3
    office.assert_books_right()


@pytest.mark.parametrize("boundary", [f"written:{THIS}", f"committed:{THIS}", "before_ack"])
def test_reversal_repeats_without_double(databases: Databases, boundary: str) -> None:
    """A death amid a reversal leaves one, which is acknowledged as what it was."""
    office = Office(databases, cobra={"invoice": {"on_cancel": "reverse"}})
    key = office.invoice(office.add())
    office.drain()
    office.edit(key, CANCELLED=True)
    assert office.crash_at(boundary)
    office.drain()
    assert office.state(key) == ("applied", None)
    assert len(office.journal(THIS)) == 2
    office.assert_books_right()


@pytest.mark.parametrize("boundary", [f"committed:{LAST}", "before_ack"])
def test_moving_repeats_without_double(databases: Databases, boundary: str) -> None:
    """A death between taking back in one year and booking in the other ends as one booking."""
    office = Office(databases, cobra={"invoice": {"on_change": "reverse-and-rebook"}})
    key = office.invoice(office.add(), day=date(2025, 12, 30))
    office.drain()
    office.edit(key, INVOICEDATE=date(2026, 1, 3))
    assert office.crash_at(boundary)
    office.drain_all()
    assert office.state(key) == ("applied", None)
    assert len(office.journal(LAST)) == 2
    assert len(office.journal(THIS)) == 1
    office.assert_books_right()


@pytest.mark.parametrize("boundary", ["routed", f"committed:{THIS}"])
def test_customer_changed_after_a_crash(office: Office, boundary: str) -> None:
    """What Sage already holds keeps its customer; what it does not hold gets the new one."""
    first, second = office.add(SAGENR0="1001"), office.add(SAGENR0="1002")
    key = office.invoice(first)
    assert office.crash_at(boundary)
    office.edit(key, ADDRESSID=int(second))
    office.drain()
    if boundary == "routed":
        assert office.items(THIS) == {"20260001": (1002, "108.10")}
        assert office.state(key) == ("applied", None)
    else:
        assert office.items(THIS) == {"20260001": (1001, "108.10")}
        assert office.state(key) == ("held", "customer_changed")
    assert len(office.bookings(THIS)) == 1


def test_routing_changed_before_the_write(databases: Databases) -> None:
    """A year that was chosen but not written answers "not here": the other one is taken."""
    office = Office(databases)
    key = office.invoice(office.add(), day=date(2025, 12, 30))
    assert office.crash_at("routed")
    office.settings = _with_december_in(office, THIS)
    office.open_december(THIS)
    office.drain()
    assert office.state(key) == ("applied", None)
    assert office.items(LAST) == {}
    assert set(office.items(THIS)) == {"20260001"}


@pytest.mark.parametrize("policy", ["hold", "reverse-and-rebook"])
def test_routing_changed_after_the_write(databases: Databases, policy: str) -> None:
    """A document that stands in the first year is not booked in the second, crash or not."""
    office = Office(databases, cobra={"invoice": {"on_change": policy}})
    key = office.invoice(office.add(), day=date(2025, 12, 30))
    assert office.crash_at(f"committed:{LAST}")
    office.settings = _with_december_in(office, THIS, cobra={"invoice": {"on_change": policy}})
    office.open_december(THIS)
    office.drain()
    assert office.state(key) == ("applied", None)
    assert set(office.items(LAST)) == {"20260001"}
    assert office.items(THIS) == {}


def test_routed_year_that_is_away_has_not_answered(databases: Databases) -> None:
    """While the chosen year is away nothing is booked elsewhere, whatever the routing says now."""
    office = Office(databases)
    key = office.invoice(office.add(), day=date(2025, 12, 30))
    assert office.crash_at(f"committed:{LAST}")
    here = _with_december_in(office, THIS)
    years = [year.model_dump(mode="json") for year in here.sage.year]
    gone = [years[0] | {"url": years[0]["url"] + "_gone"}, years[1]]
    office.open_december(THIS)
    office.settings = databases.settings(**merged(INVOICES, {"sage": {"year": gone}}))
    office.drain()
    assert office.state(key) == ("waiting", "year_away")
    office.settings = databases.settings(**merged(INVOICES, {"sage": {"year": years[1:]}}))
    office.drain()
    assert office.state(key) == ("waiting", "routed_year_missing")
    assert office.items(THIS) == {}
    office.settings = here
    office.drain()
    assert office.state(key) == ("applied", None)
    assert office.items(THIS) == {}


def test_date_moved_to_another_year(databases: Databases) -> None:
    """By policy: taken back in the first year, then chosen anew, then booked in the second."""
    office = Office(databases, cobra={"invoice": {"on_change": "reverse-and-rebook"}})
    key = office.invoice(office.add(), day=date(2025, 12, 30))
    office.drain()
    office.edit(key, INVOICEDATE=date(2026, 1, 3))
    office.drain_all()
    assert office.state(key) == ("applied", None)
    assert [(v, r is None) for _, v, _, r in office.bookings(LAST)] == [(1, False)]
    assert [(v, r is None) for _, v, _, r in office.bookings(THIS)] == [(1, True)]
    office.assert_books_right()


def test_date_moved_to_another_year_is_held_by_default(office: Office) -> None:
    """Policy hold: the document stays in the first year and nothing is booked in the second."""
    key = office.invoice(office.add(), day=date(2025, 12, 30))
    office.drain()
    office.edit(key, INVOICEDATE=date(2026, 1, 3))
    office.drain()
    assert office.state(key) == ("held", "content_changed")
    assert office.items(THIS) == {}


@pytest.mark.parametrize("booking", [False, True], ids=["ledger", "ledger and booking"])
def test_ledger_row_deleted_by_hand(office: Office, *, booking: bool) -> None:
    """Without its ledger row, even without its booking row, an invoice is not booked again."""
    key = office.invoice(office.add())
    office.drain()
    before = office.journal(THIS)
    office.forget_ledger(THIS, key)
    if booking:
        office.forget_booking(THIS)
    office.resend(key)
    office.drain()
    assert office.state(key) == ("applied", None)
    assert office.journal(THIS) == before
    assert office.bookings(THIS) == [(key, 1, 20260001, None)]


def test_booked_in_two_years_is_held(office: Office) -> None:
    """An invoice that stands in two years, as after a restore, is held, not booked a third time."""
    key = office.invoice(office.add(), day=date(2025, 12, 30))
    office.drain()
    office.copy_booking(LAST, THIS)
    office.edit(key, DUEDATE=date(2026, 3, 31))
    office.drain()
    assert office.state(key) == ("held", "booked_twice")


@pytest.mark.parametrize(("day", "kept"), [(date(2025, 12, 30), LAST), (date(2026, 1, 31), THIS)])
def test_of_two_bookings_the_right_year_is_kept(databases: Databases, day: date, kept: str) -> None:
    """What stands in two years, as after a restore, is taken back where it does not belong."""
    office = Office(databases, cobra={"invoice": {"on_change": "reverse-and-rebook"}})
    for year in (LAST, THIS):  # both take postings of the day, so either could be given up
        office.sage_execute(year, "UPDATE Client SET YearFrom='2025-01-01', YearTo='2026-12-31'")
    key = office.invoice(office.add(), day=day)
    office.drain()
    wrong = next(year for year in (LAST, THIS) if year != kept)
    for table in ("Adr", "PKd", "OPd", "Blg", "Bk"):
        for row in office.book(kept, table):
            office.write_sage(wrong, table, **{tag: v for tag, v in row.items() if v is not None})
    office.copy_booking(kept, wrong)
    office.edit(key, SUBJECT="nochmals gedruckt")
    office.drain_all()
    assert office.state(key) == ("applied", None)
    assert office.bookings(kept) == [(key, 1, 20260001, None)]
    assert office.bookings(wrong)[0][3] is not None
    assert office.items(wrong)["20260001"][1] == "0.00"


def test_no_booking_while_a_year_is_doubtful(databases: Databases) -> None:
    """While one year is refused as restored, no invoice goes to any year: it may stand there."""
    office = Office(databases)
    customer = office.add()
    office.invoice(customer, day=date(2025, 12, 30), number="20250001")
    office.drain()
    with office.sage[LAST].begin() as connection:
        connection.execute(office.ledger.applied.delete())
    key = office.invoice(customer)
    office.drain()
    assert office.state(key) == ("waiting", "year_doubtful")
    assert office.items(THIS) == {}


def test_year_that_breaks_when_it_is_asked_delays_only_its_own(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A year lost while all are asked has not answered: its invoices wait, the others go."""
    customer = office.add()
    old = office.invoice(customer, number="20250001", day=date(2025, 9, 1))
    new = office.invoice(customer)
    real = book_rows.standing

    def broken(year: SageYear, keys: Sequence[str]) -> Any:
        if year.name == LAST:
            raise DBAPIError("SELECT", None, sqlite3.OperationalError("no such file: gone"))
        return real(year, keys)

    monkeypatch.setattr(SageYear, "failure", lambda *_: Failure.TECHNICAL)
    monkeypatch.setattr("relay.sage.adapter.SqlYear.standing", broken)
    office.drain()
    assert office.state(old) == ("waiting", "year_away")
    assert office.state(new) == ("applied", None)
    monkeypatch.undo()
    office.drain()
    assert office.state(old) == ("applied", None)
    office.assert_books_right()


def test_policy_that_changes_at_a_start_goes_by_itself(databases: Databases) -> None:
    """What was held by policy is tried again under the new one when the relay starts."""
    office = Office(databases)
    key = office.invoice(office.add())
    office.drain()
    office.edit(key, CANCELLED=True)
    office.drain()
    assert office.state(key) == ("held", "booked_in_sage")
    told = merged(INVOICES, {"cobra": {"invoice": {"on_cancel": "reverse"}}})
    office.settings = databases.settings(**told)
    office.drain()
    assert office.state(key) == ("applied", None)
    office.assert_books_right()


def test_what_sage_refuses_holds_the_culprit_alone(office: Office) -> None:
    """One invoice that Sage's own constraints refuse is held whole; its batch goes through."""
    for year in (LAST, THIS):
        office.sage_execute(year, "CREATE UNIQUE INDEX one_each ON OPd (MVal)")
    customer = office.add()
    good = [
        office.invoice(customer, position(f"{n}.00"), number=f"2026000{n}") for n in range(1, 5)
    ]
    bad = office.invoice(office.add(), position("2.00"), number="20260009")
    office.drain()
    assert [office.state(key) for key in good] == [("applied", None)] * 4
    assert office.state(bad) == ("held", "sage_refused")
    assert len(office.in_sage(THIS)) == 1
    office.assert_books_right()


def test_edit_during_the_read_is_not_lost(office: Office) -> None:
    """A clerk who edits a position between our reads is heard: both are read as one state."""
    key = office.invoice(office.add(), position("100.00"))
    edited: list[bool] = []

    def edit_once(reached: str) -> None:
        if reached == "read" and not edited:
            edited.append(True)
            office.edit_positions(key, ACCOUNT="3200")

    office.drain(edit_once)
    assert [row[0] for row in office.journal(THIS)[20260001]] == ["1100", "3200", "2200"]
    assert office.state(key) == ("applied", None)
    assert len(office.bookings(THIS)) == 1


def test_invoice_rests_before_it_is_booked(databases: Databases) -> None:
    """While `settle_seconds` have not passed since its newest notice an invoice is left alone."""
    office = Office(databases, cobra={"invoice": {"settle_seconds": 3600}})
    customer = office.add()
    key = office.invoice(customer)
    office.drain()
    assert [e.status for e in office.of_invoice(key)] == ["pending", "pending"]
    assert office.of_address(customer)[0].status == "not_for_sage"
    office.age(key, seconds=7200, but_last=True)
    office.drain()
    assert {e.status for e in office.of_invoice(key)} == {"pending"}
    office.age(key, seconds=7200)
    office.drain()
    assert office.state(key) == ("applied", None)


def _with_december_in(office: Office, year: str, **overrides: Any) -> Any:
    """Return settings under which December belongs to the other year."""
    years = [y.model_dump(mode="json") for y in office.settings.sage.year]
    years[0]["last_day"], years[1]["first_day"] = "2025-11-30", "2025-12-01"
    assert years[1]["name"] == year
    told = merged(INVOICES, {"sage": {"year": years}})
    return office.databases.settings(**merged(told, overrides))


def test_news_after_a_crash_is_not_taken_for_ledgered(databases: Databases) -> None:
    """What came after a crash has no ledger row: to say otherwise would look like a restore."""
    office = Office(databases, cobra={"invoice": {"on_cancel": "reverse"}})
    key = office.invoice(office.add())
    office.drain()
    office.unprint(key)
    assert office.crash_at(f"committed:{THIS}")
    office.edit_positions(key, TEXT="noch ein Entwurf")
    office.edit(key, SUBJECT="zweiter Entwurf")
    office.drain()
    ledgered = {row.uid for row in office.rows(THIS, office.ledger.applied)}
    told = {e.uid: e.status for e in office.of_invoice(key)}
    assert {uid for uid, status in told.items() if status == "applied"} <= ledgered
    assert set(told.values()) == {"applied", "not_for_sage"}
    other = office.invoice(office.add(), NUMBER="20260002")
    office.drain()  # the handshake finds the newest acknowledged entry in the ledger
    assert office.state(other) == ("applied", None)


def test_hold_after_a_crash_concerns_only_what_came_later(office: Office) -> None:
    """What Sage's ledger has is told as applied; another customer, chosen later, is held."""
    key = office.invoice(office.add(SAGENR0="1001"))
    assert office.crash_at(f"committed:{THIS}")
    before = {e.uid for e in office.of_invoice(key)}
    office.edit(key, ADDRESSID=int(office.add(SAGENR0="1002")))
    office.drain()
    told = {e.uid: (e.status, e.error_code) for e in office.of_invoice(key)}
    assert {told[uid] for uid in before} == {("applied", None)}
    assert {told[uid] for uid in told.keys() - before} == {("held", "customer_changed")}
    assert {row.uid for row in office.rows(THIS, office.ledger.applied)} >= before
