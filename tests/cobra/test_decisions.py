"""A person's newest decision about an invoice counts, whatever is purged in between."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from relay.cobra.lock import hold
from relay.cobra.outbox import Outbox
from relay.engine.chores import purge
from tests.world.databases import Databases
from tests.world.office import THIS, Office, position
from tests.world.window import Window

Act = Callable[[Office, str], None]


def by_command() -> tuple[Act, Act]:
    """Return how a person skips and resends with the relay's own commands."""
    return lambda o, key: o.skip(key, "von Hand verbucht"), lambda o, key: o.resend(key)


def by_script() -> tuple[Act, Act]:
    """Return how a person skips and resends with the scripts of `ops/sql`."""

    def skip(o: Office, key: str) -> None:
        entry = o.of_invoice(key)[-1].id
        with _window(o) as window:
            window.script("skip", entry=entry, reason="von Hand verbucht")

    def resend(o: Office, key: str) -> None:
        with _window(o) as window:
            window.script("resend", key=f"invoice:{key}", reason="nochmals")

    return skip, resend


def _window(office: Office) -> Window:
    return Window(office.databases.server, office.databases.cobra)


@pytest.fixture(params=[by_command, by_script], ids=["command", "script"])
def means(request: pytest.FixtureRequest) -> Any:
    """Give each of the ways by which a person decides."""
    return request.param


def days_pass(office: Office, days: int) -> None:
    """Let all that has ended be older, and purge what has been kept long enough."""
    o = office.outbox.outbox
    with office.cobra.begin() as connection:
        for entry in connection.execute(o.select().where(o.c.finished_at.is_not(None))).all():
            earlier = {
                name: getattr(entry, name) - timedelta(days=days)
                for name in ("created_at", "finished_at")
            }
            connection.execute(o.update().where(o.c.id == entry.id).values(**earlier))
    with hold(office.relay_engine()) as lock:
        assert lock is not None
        lock.take_epoch(0)
        while purge(Outbox(lock), office.settings):
            pass


def skipped(office: Office, skip: Act) -> str:
    """Return an invoice that was held and then skipped."""
    key = office.invoice(office.add(), position("100.00", account="9999"))
    office.drain()
    assert office.state(key)[0] == "held"
    skip(office, key)
    assert office.state(key)[0] == "skipped"
    office.edit_positions(key, ACCOUNT="3000")
    office.drain()
    assert office.state(key) == ("skipped", "invoice_skipped")
    assert "von Hand verbucht" in office.told(key)
    return key


def test_a_skip_binds_after_its_entry_was_purged(office: Office, means: Any) -> None:
    """Its entry is forgotten after 90 days like any other; the decision is not."""
    skip, _ = means()
    key = skipped(office, skip)
    days_pass(office, 91)
    assert office.of_invoice(key) == []
    office.edit(key, SUBJECT="Mahnung")
    office.drain()
    assert office.state(key) == ("skipped", "invoice_skipped")
    assert office.items(THIS) == {}


def test_a_resend_counts_after_its_entry_was_purged(office: Office, means: Any) -> None:
    """Skipped, a draft again, resent, and printed days later: it is booked."""
    skip, resend = means()
    key = skipped(office, skip)
    office.unprint(key)
    office.drain()
    resend(office, key)
    office.drain()
    assert office.state(key)[0] == "not_for_sage"
    days_pass(office, 4)
    assert "resend" not in {entry.cause for entry in office.of_invoice(key)}
    office.edit(key, PRINTEDON=office.printed(office.of_invoice(key)[0].created_at))
    office.drain()
    assert office.state(key) == ("applied", None)
    assert office.items(THIS) == {"20260001": (1001, "108.10")}


def test_what_was_resent_is_taken_back_later(databases: Databases, means: Any) -> None:
    """Skipped, resent, booked, and cancelled a quarter later: it does not stay booked."""
    office = Office(databases, cobra={"invoice": {"on_cancel": "reverse"}})
    skip, resend = means()
    key = skipped(office, skip)
    resend(office, key)
    office.drain()
    assert office.items(THIS) == {"20260001": (1001, "108.10")}
    days_pass(office, 91)
    office.edit(key, CANCELLED=1)
    office.drain()
    assert office.state(key) == ("applied", None)
    assert office.items(THIS) == {"20260001": (1001, "0.00")}


def test_the_newest_of_several_decisions_counts(office: Office, means: Any) -> None:
    """Skipped, resent and held, skipped once more: one row says so, with the last reason."""
    skip, resend = means()
    key = skipped(office, skip)
    office.edit_positions(key, ACCOUNT="9999")
    resend(office, key)
    office.drain()
    assert office.state(key)[0] == "held"
    skip(office, key)
    office.edit_positions(key, ACCOUNT="3000")
    office.drain()
    assert office.state(key) == ("skipped", "invoice_skipped")
    assert office.items(THIS) == {}
    d = office.outbox.decision
    with office.cobra.connect() as connection:
        (row,) = connection.execute(d.select()).all()
    assert (row.entity, row.entity_key, row.decision) == ("invoice", key, "skip")
    assert row.reason == "von Hand verbucht"
    assert row.decided_by
