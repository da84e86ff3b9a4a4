"""The procedures for SSMS: what each takes, does and refuses, on SQL Server only."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import orjson
import pytest

from relay.base.width import width
from tests.cobra.surface.book import Book, ago

SWISS = ZoneInfo("Europe/Zurich")


@pytest.fixture(autouse=True)
def _only_on_sql_server(request: pytest.FixtureRequest) -> None:
    if request.node.callspec.params["server"] == "sqlite":
        pytest.skip("SQLite has no procedures: ops/sql/sqlite has scripts")


def statuses(book: Book) -> dict[int, str]:
    """Return the status of each entry."""
    return {row.id: row.status for row in book.rows(book.tables.outbox)}


def refused(book: Book, call: str) -> str:
    """Return what the server says to a call that it refuses."""
    with pytest.raises(book.refusals) as caught:
        book.run(call)
    return str(caught.value)


def test_what_is_missing_is_told_in_both_languages(book: Book) -> None:
    """No reason, no choice, no match, no year: nothing changes, and the text names the way out."""
    book.year("A")
    entry, done = book.entry("1", "held"), book.entry("2", "applied")
    calls = {
        "EXEC relay.release @all = 1": ("@reason",),
        "EXEC relay.release @reason = N' ', @all = 1": ("Grund", "reason"),
        f"EXEC relay.skip @reason = NULL, @entry = {entry}": ("Grund", "reason"),
        "EXEC relay.release @reason = N'x'": ("@all = 1", "Welche", "Which"),
        "EXEC relay.skip @reason = N'x', @all = NULL": ("@all = 1", "Welche", "Which"),
        "EXEC relay.resend @reason = N'x'": ("@all = 1", "Welche", "Which"),
        f"EXEC relay.skip @reason = N'x', @entry = {done}": ("v_open", "angehaltene", "held"),
        "EXEC relay.resend @reason = N'x', @key = N'none'": ("v_open", "passt", "matches"),
        "EXEC relay.pause @reason = N'x'": ("@all = 1", "Jahr", "year"),
        "EXEC relay.pause @reason = N'x', @year = N'A', @all = 1": ("@all = 1", "Jahr", "year"),
        "EXEC relay.pause @reason = N'x', @year = N'Z'": ("v_year", "kennt", "knows"),
        "EXEC relay.pause @reason = N'', @all = 1": ("Grund", "reason"),
        "EXEC relay.resume @reason = N'x'": ("@all = 1", "Jahr", "year"),
        "EXEC relay.resume @reason = N'x', @year = N'A'": ("nicht angehalten", "not paused"),
        "EXEC relay.resume @reason = N'', @all = 1": ("Grund", "reason"),
    }
    for call, words in calls.items():
        told = refused(book, call)
        assert [word for word in words if word not in told] == [], call
    assert statuses(book) == {entry: "held", done: "applied"}
    assert book.rows(book.tables.audit) == book.rows(book.tables.pause) == []


def test_release_by_entry_takes_the_older_ones_of_its_record(book: Book) -> None:
    """Held and waiting ones are tried again at once; newer, finished and other ones stay."""
    done = book.entry("1", "applied")
    old = book.entry("1", "waiting", waiting_on="year:A", next_attempt_at=ago(hours=1))
    asked, newer = book.entry("1", "held"), book.entry("1", "held")
    other = book.entry("2", "held")
    (records,) = book.run(f"EXEC relay.release @reason = N'gut', @entry = {asked}")
    assert records == [{"entity": "address", "entity_key": "1", "entries": 2, "entry": asked}]
    assert statuses(book) == {
        done: "applied", old: "pending", asked: "pending", newer: "held", other: "held",
    }  # fmt: skip
    row = next(row for row in book.rows(book.tables.outbox) if row.id == old)
    assert (row.waiting_on, row.next_attempt_at, row.finished_at) == (None, None, None)


def test_choices_restrict_together(book: Book) -> None:
    """By code, by key in the right letters, by local time, and all: what is given must hold."""
    hour = timedelta(hours=1)
    noon = datetime(2026, 7, 15, 12, tzinfo=SWISS)
    kept = book.entry("a", "held", error_code="x", created_at=noon - hour)
    first = book.entry("a", "held", error_code="x", created_at=noon)
    second = book.entry("A", "held", error_code="x", created_at=noon)
    third = book.entry("b", "held", error_code="y", created_at=noon + hour)

    def released(choice: str) -> set[int]:
        before = statuses(book)
        book.run(f"EXEC relay.release @reason = N'x', {choice}")
        return {n for n, status in statuses(book).items() if status != before[n]}

    since = "@since = '2026-07-15 12:00', @until = '2026-07-15 13:00'"
    assert released(f"@key = N'A', {since}") == {second}
    assert released(f"@code = N'x', {since}") == {first}
    assert released("@since = '2026-07-15 13:00'") == {third}
    assert released("@all = 1") == {kept}


def test_a_key_with_its_kind_means_the_record_alone(book: Book) -> None:
    """Whole, whatever its length and with colons of its own; a key alone means every kind."""
    longest = "ä" * 450
    invoice = book.entry("1", "held", entity="invoice")
    address = book.entry("1", "held")
    like_a_kind = book.entry("invoice:1", "held")
    long = book.entry(longest, "held", entity="invoice")
    book.run("EXEC relay.release @reason = N'x', @key = N'address:1'")
    assert statuses(book)[address] == "pending"
    book.run(f"EXEC relay.release @reason = N'x', @key = N'invoice:{longest}'")
    assert statuses(book) == {
        invoice: "held", address: "pending", like_a_kind: "held", long: "pending",
    }  # fmt: skip
    book.run("EXEC relay.release @reason = N'x', @key = N'invoice:1'")
    assert set(statuses(book).values()) == {"pending"}
    new = "ö" * 450
    book.run(f"EXEC relay.resend @reason = N'x', @key = N'invoice:{new}'")
    assert [row.entity_key for row in book.rows(book.tables.outbox)][-1] == new
    told = refused(book, f"EXEC relay.resend @reason = N'x', @key = N'invoice:{new}z'")
    assert told
    assert len(book.rows(book.tables.outbox)) == 5


def test_what_is_too_long_is_refused_or_told_in_part(book: Book) -> None:
    """A reason is never cut unseen; the audit's subject ends with a sign that it was cut."""
    key = "ä" * 450
    entry = book.entry(key, "held")
    longest = "ä" * 1000
    for call in ("release", "skip", "resend"):
        told = refused(book, f"EXEC relay.{call} @reason = N'{longest}x', @entry = {entry}")
        assert "1000" in told
    for call in ("pause", "resume"):
        assert "1000" in refused(book, f"EXEC relay.{call} @reason = N'{longest}x', @all = 1")
    assert statuses(book) == {entry: "held"}
    since, until = "@since = '2000-01-01'", "@until = '2100-01-01'"
    book.run(f"EXEC relay.resend @reason = N'{longest}', @key = N'address:{key}', {since}, {until}")
    (row,) = book.rows(book.tables.audit)
    assert (row.reason, row.subject[-1]) == (longest, "…")
    assert width(row.subject) <= 500


def test_skip_ends_and_reopens_what_waited(book: Book) -> None:
    """Entry and deliveries are skipped with the reason; what waited for the record goes on."""
    entry = book.entry("1", "held")
    book.delivery(entry, "A", "applied")
    book.delivery(entry, "B", "held")
    invoice = book.entry("9", "waiting", entity="invoice", waiting_on="address:1")
    another = book.entry("8", "waiting", entity="invoice", waiting_on="address:2")
    book.run(f"EXEC relay.skip @reason = N'Test', @entry = {entry}")
    assert statuses(book) == {entry: "skipped", invoice: "pending", another: "waiting"}
    row = book.rows(book.tables.outbox)[0]
    assert (row.reason, row.applied_by) == ("Test", None)
    assert row.finished_at is not None
    assert {d.year: d.status for d in book.rows(book.tables.delivery)} == {
        "A": "applied", "B": "skipped",
    }  # fmt: skip


def test_resend_queues_each_record_once(book: Book) -> None:
    """Finished ones too, one fresh notice for each record, with the login that asked."""
    for key, status in (("1", "applied"), ("1", "skipped"), ("2", "held")):
        book.entry(key, status, error_code="x" if key == "2" else None)
    (records,) = book.run("EXEC relay.resend @reason = N'x', @all = 1")
    assert [(row["entity_key"], row["entries"]) for row in records] == [("1", 1), ("2", 1)]
    fresh = [row for row in book.rows(book.tables.outbox) if row.cause == "resend"]
    assert sorted((row.entity_key, row.operation, row.status) for row in fresh) == [
        ("1", "snapshot", "pending"), ("2", "snapshot", "pending"),
    ]  # fmt: skip
    (login,) = book.ask("SELECT ORIGINAL_LOGIN() AS login")
    assert {row.created_by for row in fresh} == {login["login"]}


def test_each_action_is_audited(book: Book) -> None:
    """Who, what, why, by which choice, and a list of the records, whatever their keys are."""
    book.year("A&B")
    awkward = 'a"<1>&ü'
    harder = '"},{"r":"\\ \x01\t\x1f/'  # of JSON's own, and characters that XML forbids
    book.entry("1", "held", error_code="x")
    book.entry(awkward, "held", error_code="x")
    book.entry(harder, "held", error_code="x")
    book.run("EXEC relay.release @reason = N'weil', @code = N'x'")
    book.run("EXEC relay.pause @reason = N'Abschluss', @year = N'A&B'")
    book.run("EXEC relay.pause @reason = N'Umzug', @all = 1")
    assert "schon" in refused(book, "EXEC relay.pause @reason = N'x', @all = 1")
    book.run("EXEC relay.resume @reason = N'fertig', @year = N'A&B'")
    assert [(p.scope, p.reason) for p in book.rows(book.tables.pause)] == [("*", "Umzug")]
    rows: list[Any] = book.rows(book.tables.audit)
    assert [(row.action, row.reason) for row in rows] == [
        ("release", "weil"), ("pause", "Abschluss"), ("pause", "Umzug"), ("resume", "fertig"),
    ]  # fmt: skip
    assert [row.subject for row in rows[1:]] == ["A&B", "*", "A&B"]
    assert orjson.loads(rows[0].subject) == {"code": "x"}
    told = ["address 1", f"address {awkward}", f"address {harder}"]
    assert orjson.loads(rows[0].detail) == told
    (login,) = book.ask("SELECT ORIGINAL_LOGIN() AS login")
    assert {row.who for row in rows} == {login["login"]}


def test_a_row_limit_of_the_session_cuts_nothing_off(book: Book) -> None:
    """`SET ROWCOUNT`, which SSMS can set for a window, does not limit what is done."""
    for key in ("1", "2", "3"):
        book.entry(key, "held")
    book.run("SET ROWCOUNT 1")
    book.run("EXEC relay.release @reason = N'x', @all = 1")
    book.run("SET ROWCOUNT 0")
    assert set(statuses(book).values()) == {"pending"}
