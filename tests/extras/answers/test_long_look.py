"""A look goes on over hours beside a backlog, a page now and then; what happens amid it is met."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy import select
from structlog.testing import capture_logs

from relay.database import utcnow
from relay.extras.answers import looking
from relay.sage.answers import SqlAnswers
from tests.world.bookkeeper import CUSTOMERS, OPEN, Bookkeeper, Look
from tests.world.office import LAST, THIS


@pytest.fixture
def bookkeeper(bookkeeper: Bookkeeper, monkeypatch: pytest.MonkeyPatch) -> Bookkeeper:
    """Three invoices are booked and looked at, one a page."""
    monkeypatch.setattr(looking, "PAGE", 1)
    customer = bookkeeper.add(SAGENR0="1001")
    for number in ("20260001", "20260002", "20260003"):
        bookkeeper.invoice(customer, number=number)
    bookkeeper.invoice(customer, number="20250001", day=date(2025, 12, 30))
    bookkeeper.drain()
    bookkeeper.look()
    return bookkeeper


def test_as_of_is_when_it_began(bookkeeper: Bookkeeper) -> None:
    """The first page is as old as that: what was paid since then may not stand there yet."""
    with bookkeeper.looking() as (looks, _years):
        pages = looks.open_items()
        next(pages)
        bookkeeper.pay("20260001", "108.10")
        with bookkeeper.cobra.connect() as connection:
            meanwhile = connection.execute(select(utcnow())).scalar_one()
        assert list(pages)
    assert bookkeeper.document("1").settled_on is None
    noted = {row["year"]: row["open_at"] for row in bookkeeper.answered(bookkeeper.answers.year)}
    assert set(noted) == {LAST, THIS}
    assert max(noted.values()) <= meanwhile


def test_newer_epoch_amid_a_look(bookkeeper: Bookkeeper) -> None:
    """A year that comes back with a newer epoch, as after a reconciliation, lets us take one."""
    with bookkeeper.looking() as (looks, years):
        pages = looks.open_items()
        next(pages)
        looks.lock.take_epoch(looks.lock.epoch + 7)
        for name in (LAST, THIS):  # a batch was moved since
            year = years.ready(name)
            assert year is not None
            with year.begin(looks.lock.epoch):
                pass
        bookkeeper.pay("20260003", "108.10")
        assert list(pages)
    assert bookkeeper.document("3").settled_on is not None


def test_year_that_was_away_amid_a_look_is_not_said_to_be_fresh(bookkeeper: Bookkeeper) -> None:
    """It did not answer all of it, though it is back before the end."""

    def noted() -> dict[str, Any]:
        return {r["year"]: r["open_at"] for r in bookkeeper.answered(bookkeeper.answers.year)}

    before = noted()
    with bookkeeper.looking() as (looks, years):
        pages = looks.open_items()
        next(pages)
        years.paused = {THIS}
        next(pages)
        years.paused = set()
        assert list(pages)
    assert noted()[THIS] == before[THIS]
    assert noted()[LAST] > before[LAST]


@pytest.mark.parametrize("look", [OPEN, CUSTOMERS])
def test_text_that_cannot_be_read_ends_nothing(
    bookkeeper: Bookkeeper, look: Look, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The driver raises for the whole page where a text of Sage's holds half a character."""

    def fails(*_about: Any) -> Any:
        b"\x3d\xd8".decode("utf-16-le")

    before = bookkeeper.document("1"), bookkeeper.customer("1")
    bookkeeper.pay("20260001", "108.10")
    for name in ("owed", "owed_after", "linked_after"):
        monkeypatch.setattr(SqlAnswers, name, fails)
    with capture_logs() as logs:
        bookkeeper.look(look)
    unread = [log for log in logs if log["event"] == "answers_unread"]
    assert {log["year"] for log in unread} == {LAST, THIS}
    assert (bookkeeper.document("1"), bookkeeper.customer("1")) == before
    monkeypatch.undo()
    bookkeeper.look(OPEN)
    assert bookkeeper.document("1").settled_on is not None
